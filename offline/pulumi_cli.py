"""The Pulumi CLI: the user's own, else ours, downloaded or built once and kept in the user's cache."""

import fcntl
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from offline.cache import cache

VERSION = "v3.255.0"
OLDEST = (3, 220)
"""Older engines lack error hooks, which the program's retries need, or speak an older protocol to providers."""

RELEASE = "https://get.pulumi.com/releases/sdk/pulumi-{version}-{system}-{machine}.tar.gz"
ANSWER_WITHIN = 5.0
"""Seconds: a machine that reaches the internet gets an answer in less."""

MODULE = Path(__file__).with_name("pulumi-cli")
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
HOST = "pulumi-language-python"

_HOST_SCRIPT = """#!/bin/sh
# Runs Python programs for the CLI beside it, whose modules bring no language host.
: "${OFFLINE_PYTHON:?run this CLI with: python -m offline run -- pulumi ...}"
: "${OFFLINE_SOURCE:?run this CLI with: python -m offline run -- pulumi ...}"
exec "$OFFLINE_PYTHON" -P -c '
import sys
sys.path.append(sys.argv.pop(1))
from offline.language_host import main
main()' "$OFFLINE_SOURCE" "$@"
"""

Tell = Callable[[str], None]


class EngineError(Exception):
    """There is no engine to run with; the text says why and what to do."""


class _UnavailableError(Exception):
    """This way of getting the CLI is closed here; the text says why."""


def find() -> Path:
    """The CLI to use. At the first call on a machine without one it takes minutes, and says what it does.

    May be interrupted at any moment and called again; two at a time make it once.

    :raises EngineError: there is none, and neither its installer nor Go can be reached.
    """
    return of_the_user() or kept() or _make()


def folder() -> Path:
    """Where our own CLI is kept."""
    return cache() / f"pulumi-{VERSION}" / "bin"


def kept() -> Path | None:
    """Our own CLI, when it is there: it is put there whole or not at all."""
    cli = folder() / "pulumi"
    return cli if cli.exists() else None


def of_the_user(path: str | None = None) -> Path | None:
    """A CLI on PATH that is new enough and not ours. It must have its language host, which ours brings along."""
    elsewhere = os.pathsep.join(
        entry
        for entry in (path or os.environ.get("PATH", "")).split(os.pathsep)
        if entry and Path(entry).absolute() != folder().absolute()
    )
    found = shutil.which("pulumi", path=elsewhere)
    if found is None:
        return None
    beside = str(Path(found).resolve().parent)
    if shutil.which(HOST, path=os.pathsep.join([elsewhere, beside])) is None:
        return None
    version = version_of(Path(found))
    return Path(found).absolute() if version is not None and version >= OLDEST else None


def version_of(cli: Path) -> tuple[int, ...] | None:
    """What a CLI says that it is; None where it does not run."""
    try:
        told = subprocess.run(
            [cli, "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", told)
    return tuple(int(part) for part in found.groups()) if found else None


def _make() -> Path:
    with _progress() as tell, _alone(tell):
        if (made := kept()) is not None:
            return made
        for abandoned in folder().parent.parent.glob(f".pulumi-{VERSION}-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        closed = []
        for name, way in (("the official release", _download), ("a build from its Go modules", _build)):
            new = Path(tempfile.mkdtemp(prefix=f".pulumi-{VERSION}-", dir=folder().parent.parent))
            try:
                way(new / "bin", tell)
                if version_of(new / "bin" / "pulumi") is None:
                    raise _UnavailableError("what came of it does not run here")
                # A folder of an earlier try without its CLI would be in the way.
                shutil.rmtree(folder().parent, ignore_errors=True)
                new.replace(folder().parent)
            except _UnavailableError as reason:
                closed.append(f"  {name}: {reason}")
            finally:
                shutil.rmtree(new, ignore_errors=True)
            if (made := kept()) is not None:
                return made
    raise EngineError(
        f"There is no Pulumi CLI of version {OLDEST[0]}.{OLDEST[1]} or later on PATH, and none could be got:\n"
        + "\n".join(closed)
        + "\nInstall one (https://www.pulumi.com/docs/install/) or Go 1.26 (https://go.dev/dl/), and run this again."
    )


def _download(target: Path, tell: Tell) -> None:
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower()
    )
    if machine is None:
        raise _UnavailableError(f"there is none for {platform.machine()}")
    url = RELEASE.format(version=VERSION, system=sys.platform, machine=machine)
    tell("Downloading the Pulumi CLI …")
    try:
        with (
            urllib.request.urlopen(url, timeout=ANSWER_WITHIN) as answer,  # noqa: S310 - https, spelled out above
            tarfile.open(fileobj=answer, mode="r|gz") as archive,
        ):
            archive.extractall(target.parent, filter="data")
    except (OSError, EOFError, tarfile.TarError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise _UnavailableError(f"{url}: {reason}") from None
    unpacked = target.parent / "pulumi"
    if not (unpacked / HOST).exists():
        raise _UnavailableError(f"{url}: the archive is not whole")
    unpacked.rename(target)


def _build(target: Path, tell: Tell) -> None:
    go = shutil.which("go")
    if go is None:
        raise _UnavailableError("Go is not installed")
    tell("Building the Pulumi CLI from its Go modules, once on this machine (2 to 10 minutes) …")
    flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"
    build = subprocess.Popen(
        [
            *(go, "build", "-v", "-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", flags),
            *("-o", str(target / "pulumi"), PACKAGE),
        ],
        cwd=MODULE,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert build.stderr is not None
        complaints = _follow(build.stderr, tell)
        if build.wait() != 0:
            raise _UnavailableError(
                "\n    ".join(complaints[-5:]) or f"go build ended with {build.returncode}"
            )
    finally:
        build.terminate()
        build.wait()
    host = target / HOST
    host.write_text(_HOST_SCRIPT)
    host.chmod(host.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _follow(lines: IO[str], tell: Tell) -> list[str]:
    """Say how far `go build -v` is; what is neither a download nor a package's name is a complaint."""
    downloaded = compiled = 0
    complaints = []
    for line in lines:
        if line.startswith("go: downloading "):
            downloaded += 1
            tell(f"Building the Pulumi CLI: {downloaded} modules downloaded …")
        elif re.fullmatch(r"[\w./~-]+\n", line):
            compiled += 1
            tell(f"Building the Pulumi CLI: {compiled} packages compiled …")
        else:
            complaints.append(line.rstrip())
    return complaints


@contextmanager
def _alone(tell: Tell) -> Iterator[None]:
    """One at a time makes the CLI; the system drops the lock with the process that holds it."""
    folder().parent.parent.mkdir(parents=True, exist_ok=True)
    with (folder().parent.parent / f".pulumi-{VERSION}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("Another run is getting the Pulumi CLI; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _progress() -> Iterator[Tell]:
    """Phase and time for a person; for a log, one line for each phase's beginning."""
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as shown:
            task = shown.add_task("Looking for the Pulumi CLI …", total=None)
            yield lambda phase: shown.update(task, description=phase)
        return
    said: set[str] = set()

    def say(phase: str) -> None:
        # A phase that counts is one line here.
        if (kind := re.sub(r"\d+", "", phase)) not in said:
            said.add(kind)
            console.print(phase, highlight=False, soft_wrap=True)

    yield say
