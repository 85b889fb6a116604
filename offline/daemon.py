"""Starting and stopping the service process from a command."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import psutil

from offline.home import Home, ServiceRecord

DEFAULT_SPEED = 200.0
"""Azure's seconds in one of ours: an `up` that takes Azure ten minutes takes seconds."""
DEFAULT_PORT = 4000
"""LiteLLM's own, where people look for it."""

STOP_SECONDS = 60.0
"""How long a stop may take: replicas finish the answers that they have begun."""


class ServiceError(Exception):
    """The service does not do what a command needs; the text says why and what to do."""


def start(home: Home, *, speed: float, ingress_port: int) -> ServiceRecord:
    """Start the service unless it runs, and come back once it answers.

    :param ingress_port: wanted port of the first gateway's ingress; 0 is any. Another one is taken when it is busy.
    :raises ServiceError: it did not come up.
    """
    running = home.service()
    if running is not None:
        return running
    home.make()
    read, write = os.pipe()
    with home.log.open("ab") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "offline.service",
                str(home.path),
                "--speed",
                str(speed),
                "--ingress-port",
                str(ingress_port),
                "--ready",
                str(write),
            ],
            cwd=Path(__file__).parent.parent,
            pass_fds=[write],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    os.close(write)
    with os.fdopen(read) as ready:
        line = ready.readline()
    if not line:
        code = process.wait()
        raise ServiceError(
            f"The offline Azure did not start (exit {code}). The end of {home.log}:\n{_tail(home.log)}"
        )
    return ServiceRecord(**json.loads(line))


def stop(home: Home) -> bool:
    """Stop the service and everything that it started; False when it did not run."""
    record = home.service()
    if record is None:
        return False
    process = psutil.Process(record.pid)
    family = [process, *process.children(recursive=True)]
    process.terminate()
    if _left([process], STOP_SECONDS):
        process.kill()
    stragglers = _left(family, 1)
    for straggler in stragglers:
        with suppress(psutil.NoSuchProcess):
            straggler.kill()
    _left(stragglers, 5)
    home.clear_service()
    return True


def _left(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run after so many seconds. A zombie has ended, though nobody may ever fetch its status."""
    ends = time.monotonic() + seconds
    left = [process for process in processes if _runs(process)]
    while left and time.monotonic() < ends:
        _, waiting = psutil.wait_procs(left, timeout=0.05)
        left = [process for process in waiting if _runs(process)]
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def forget(home: Home) -> None:
    """Stop, and remove all that the home holds.

    :raises ServiceError: the folder is not a home of the offline Azure.
    """
    stop(home)
    if not home.path.exists():
        return
    if not home.database.exists() and any(home.path.iterdir()) and not home.stacks.exists():
        raise ServiceError(f"{home.path} is not a home of the offline Azure; nothing was removed")
    shutil.rmtree(home.path)


def announce(record: ServiceRecord, descriptor: int) -> None:
    """Tell the command that waits in `start` that the service answers."""
    with os.fdopen(descriptor, "w") as ready:
        ready.write(json.dumps(asdict(record)) + "\n")


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
