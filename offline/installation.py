"""Programs of a lock of their own: what would not fit beside this project's packages is installed next to them.

Each is a virtual environment in the user's cache, so that all checkouts and offline Azures of the machine share one.
Another lock or another interpreter is another folder.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from offline.cache import cache

COMPLETE = ".complete"


class InstallationError(Exception):
    """It could not be installed; the message holds the installer's last words."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A Python program from a lock with hashes."""

    package: str
    """The lock's word for it: `litellm`."""
    title: str
    """People's word for it: `LiteLLM`."""
    lock: Path
    seconds: float | None = None
    """How long installing may take before it is given up; None waits for as long as it takes."""

    @property
    def version(self) -> str:
        """The version of the lock."""
        found = re.search(rf"^{self.package}==(\S+)", self.lock.read_text(), re.MULTILINE)
        if found is None:
            raise InstallationError(f"{self.lock} pins no {self.package}")
        return found.group(1)

    @property
    def folder(self) -> Path:
        """The virtual environment."""
        kind = f"{sys.version_info[0]}.{sys.version_info[1]}".encode()
        digest = hashlib.sha256(self.lock.read_bytes() + kind).hexdigest()[:12]
        return cache() / f"{self.package}-{self.version}-{digest}"

    @property
    def programs(self) -> Path:
        """Where its commands are, once it is installed."""
        return self.folder / "bin"

    def prepare(self) -> None:
        """Install it, where that has not been done.

        It may be interrupted at any moment and called again.

        :raises InstallationError: the installer failed, or took too long.
        """
        folder = self.folder
        if not (folder / COMPLETE).exists():
            with _alone(folder):
                if not (folder / COMPLETE).exists():
                    self._install(folder)
                    (folder / COMPLETE).touch()

    def _install(self, folder: Path) -> None:
        """Build the environment where it stays, since an environment cannot be moved.

        What an interrupted attempt left is thrown away: the downloads are in the installer's own cache.
        """
        if folder.exists():
            shutil.rmtree(folder)
        python = str(folder / "bin" / "python")
        uv = _uv()
        locked = ["--require-hashes", "-r", str(self.lock)]
        if uv is not None:
            steps = [
                [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
                # As pip does by itself. Where Python may not keep what it compiles, each start would do it anew.
                [uv, "pip", "install", "--compile-bytecode", "--python", python, *locked],
            ]
        else:
            steps = [
                [sys.executable, "-m", "venv", str(folder)],
                # The lock is whole. pip would refuse an extra of a locked package that the lock does not spell out.
                [python, "-m", "pip", "install", "--no-deps", "--no-input", *locked],
            ]
        console = Console(stderr=True)
        title = f"Installing {self.title} {self.version} (once, into {folder})"
        if not console.is_terminal:
            console.print(title, soft_wrap=True)
        with console.status(title) as status:
            for step in steps:
                self._step(step, lambda line: status.update(f"{title}\n  [dim]{line[:100]}"))

    def _step(self, command: list[str], show: Callable[[str], None]) -> None:
        try:
            code, last = _run(command, show, self.seconds)
        except TimeoutError:
            raise InstallationError(
                f"{Path(command[0]).name} had not installed {self.title} after {self.seconds:g} s; "
                "is there a way to the package index?"
            ) from None
        if code != 0:
            raise InstallationError(
                f"{Path(command[0]).name} could not install {self.title} (exit status {code}); "
                "its last words:\n" + "\n".join(last)
            )


def _uv() -> str | None:
    """uv, if there is one: beside this Python, on the PATH, or where `make` has put its own."""
    own = sorted(cache().glob("uv-*/bin"), reverse=True)
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", ""), *map(str, own)]
    return shutil.which("uv", path=os.pathsep.join(places))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time installs; the system drops the lock with the process that holds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _run(command: list[str], show: Callable[[str], None], seconds: float | None) -> tuple[int, list[str]]:
    """Run one step of an installation: its exit status, and its last lines.

    :raises TimeoutError: it was ended, because it took longer.
    """
    last: deque[str] = deque(maxlen=20)
    late = threading.Event()
    # A group of its own, so that what the installer has started ends with it.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None

        def give_up() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        clock = threading.Timer(seconds or 0, give_up)
        if seconds is not None:
            clock.start()
        try:
            for line in process.stdout:
                if line.strip():
                    last.append(line.rstrip())
                    show(line.strip().replace("[", r"\["))
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
        finally:
            clock.cancel()
    if late.is_set():
        raise TimeoutError
    return process.returncode, list(last)
