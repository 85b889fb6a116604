"""The lock that an engine leaves in a state backend when it is killed: is its holder still there?

The engine's own backends (a folder, a bucket) name the holder in what they answer to everybody else.
"""

import re
import socket
from dataclasses import dataclass
from datetime import datetime

import psutil

_HOLDER = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_LOCKED = re.compile(r"the stack is currently locked by|Another update is currently in progress")

# A lock is written seconds after its engine's start; clocks of processes are no finer than this.
_TOLERANCE = 2.0


@dataclass(frozen=True)
class Holder:
    """Who took a lock."""

    user: str
    host: str
    pid: int
    since: datetime

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid}), since {self.since:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def is_here(self) -> bool:
        """Whether it is a process of this machine."""
        return self.host == socket.gethostname()

    @property
    def lives(self) -> bool:
        """Whether that very process still runs; only asked where `is_here`. A reused pid is another process."""
        try:
            process = psutil.Process(self.pid)
            begun = process.create_time() <= self.since.timestamp() + _TOLERANCE
            return begun and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def is_locked(said: str) -> bool:
    """Whether the engine refused because somebody else is at work, or was."""
    return _LOCKED.search(said) is not None


def holders(said: str) -> list[Holder]:
    """Whom the engine names; nobody in Pulumi Cloud, which keeps no such locks."""
    return [
        Holder(found["user"], found["host"], int(found["pid"]), datetime.fromisoformat(found["since"]))
        for found in _HOLDER.finditer(said)
    ]
