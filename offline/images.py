"""Container images, as far as this machine can stand in for them.

A replica is a process here, not a container. What an image holds is therefore installed beside it: LiteLLM's image is a
virtual environment with the same LiteLLM and what the image brings along, from a lock with hashes. It lies in the
user's cache, so that every offline Azure of the machine shares one. Every other image is a placeholder.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from offline.cache import cache

LOCK = Path(__file__).parent / "litellm" / "requirements.lock"
_LITELLM = re.compile(
    r"^ghcr\.io/berriai/litellm[a-z0-9_-]*(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:^|-)v?(?P<version>\d+\.\d+\.\d+)(?P<rest>.*)$")
_SAME_CODE = re.compile(r"(?:[.-](?:stable|patch)[.\d-]*)?$")
"""What may follow the version in a tag that PyPI has under the plain version."""
COMPLETE = ".complete"
LITELLM = "ghcr.io/berriai/litellm"
"""LiteLLM's image, in the version of the lock."""


class ImageUnavailableError(Exception):
    """The image is one that this machine should be able to run, and cannot."""


@dataclass(frozen=True, kw_only=True)
class ImageCommand:
    """What runs in an image's place."""

    entry_point: tuple[str, ...]
    """What a container without `command` starts."""
    programs: Path
    """Folder that comes first in PATH, where the template's own `command` is looked up."""
    stands_for: str
    """What it is, for people: `LiteLLM 1.106.2`."""
    default_port: int | None = None
    """Where the image listens unless told otherwise; None when that is not known."""
    port_option: str | None = None
    """The program's own option for its port; a replica's port takes its value's place."""
    host_option: str | None = None


def locked_version() -> str:
    """The LiteLLM version of the lock."""
    found = re.search(r"^litellm==(\S+)", LOCK.read_text(), re.MULTILINE)
    if found is None:
        raise ImageUnavailableError(f"{LOCK} pins no litellm")
    return found.group(1)


def litellm_folder() -> Path:
    """The virtual environment of the locked LiteLLM: another lock or interpreter is another folder."""
    kind = f"{sys.version_info[0]}.{sys.version_info[1]}".encode()
    digest = hashlib.sha256(LOCK.read_bytes() + kind).hexdigest()[:12]
    return cache() / f"litellm-{locked_version()}-{digest}"


def is_litellm(image: str) -> bool:
    """True for LiteLLM's published images, whatever their variant, tag or digest.

    :raises ImageUnavailableError: the tag names another version than the lock's. Azure would run it, we cannot, and
        running a different one in its place would prove nothing.
    """
    parts = _LITELLM.match(image)
    if parts is None:
        return False
    version = _VERSION.search(parts["tag"] or "")
    locked = locked_version()
    if version is not None and not (version["version"] == locked and _SAME_CODE.fullmatch(version["rest"])):
        raise ImageUnavailableError(
            f"the offline Azure runs LiteLLM {locked} and the tag says {parts['tag']}; pin v{locked}, "
            f"or put the other version into offline/litellm/requirements.in and compile its lock anew"
        )
    return True


def prepare(image: str) -> ImageCommand | None:
    """Make an image's stand-in ready; None means that a placeholder runs in its place.

    Installs at the first call, which takes a minute or two, and again only when the lock has changed. It may be
    interrupted at any moment and called again.

    :raises ImageUnavailableError: another LiteLLM than the locked one, or its installation failed.
    """
    if not is_litellm(image):
        return None
    folder = litellm_folder()
    if not (folder / COMPLETE).exists():
        with _alone(folder):
            if not (folder / COMPLETE).exists():
                _install(folder)
                (folder / COMPLETE).touch()
    programs = folder / "bin"
    return ImageCommand(
        entry_point=(str(programs / "litellm"),),
        programs=programs,
        stands_for=f"LiteLLM {locked_version()}",
        default_port=4000,
        port_option="--port",
        host_option="--host",
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time installs; the system drops the lock with the process that holds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _install(folder: Path) -> None:
    """Build the environment where it stays, since an environment cannot be moved.

    What an interrupted attempt left is thrown away: the downloads are in the installer's own cache.
    """
    if folder.exists():
        shutil.rmtree(folder)
    python = folder / "bin" / "python"
    uv = shutil.which(
        "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    )
    if uv is not None:
        steps = [
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--python", str(python), "--require-hashes", "-r", str(LOCK)],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", str(folder)],
            # The lock is whole. pip would refuse an extra of a locked package that the lock does not spell out.
            [
                str(python),
                "-m",
                "pip",
                "install",
                "--require-hashes",
                "--no-deps",
                "--no-input",
                "-r",
                str(LOCK),
            ],
        ]
    console = Console(stderr=True)
    title = f"Installing LiteLLM {locked_version()} (once, into {folder})"
    if not console.is_terminal:
        console.print(title, soft_wrap=True)
    with console.status(title) as status:
        for step in steps:
            _run(step, lambda line: status.update(f"{title}\n  [dim]{line[:100]}"))


def _run(command: list[str], show: Callable[[str], None]) -> None:
    last: deque[str] = deque(maxlen=20)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.strip():
                    last.append(line.rstrip())
                    show(line.strip().replace("[", r"\["))
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise ImageUnavailableError(
            f"{Path(command[0]).name} could not install LiteLLM (exit status {process.returncode}); "
            "its last words:\n" + "\n".join(last)
        )
