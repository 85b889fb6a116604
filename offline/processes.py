"""Child processes that never outlive the service: started, stopped, and found again when the service was killed."""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from offline.home import write_private

RECORD = "process.json"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Runs in the child before its program: Linux kills it when the service dies, however it dies."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    told: str | None = None,
) -> asyncio.subprocess.Process:
    """Start a process in a session of its own, its output appended to a log that only the owner can read.

    :param told: all that it reads on its standard input: what may stand in no argument and in no file.
    :raises OSError: there is no such program.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL if told is None else asyncio.subprocess.PIPE,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if _libc is not None else None,
        )
    finally:
        os.close(output)
    with contextlib.suppress(psutil.NoSuchProcess):
        write_private(
            log.parent / f"{log.stem}.{RECORD}",
            json.dumps({"pid": process.pid, "started": psutil.Process(process.pid).create_time()}),
        )
    if told is not None and process.stdin is not None:
        process.stdin.write(told.encode())
        process.stdin.close()
    return process


async def stop(process: asyncio.subprocess.Process, grace: float) -> None:
    """SIGTERM, so many seconds, SIGKILL to whatever is left of its session."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), grace)
    _kill_session(process.pid)
    await process.wait()


def _kill_session(leader: int) -> None:
    """The leader's own children may have outlived it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def kill_orphans(folder: Path) -> int:
    """End what an earlier service of this home left behind when it was killed; returns how many there were.

    They are known by their records, and by HOME, which every process and its children inherit: a folder of their
    own, three below this one.
    """
    left: dict[int, psutil.Process] = {}
    for record in folder.glob(f"*/*/*/*.{RECORD}"):
        found = _recorded(record)
        if found is not None:
            left[found.pid] = found
        record.unlink(missing_ok=True)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and Path(process.environ().get("HOME", "/")).is_relative_to(folder):
                left[process.pid] = process
    for process in left.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(list(left.values()), timeout=5)
    return len(left)


def _recorded(record: Path) -> psutil.Process | None:
    """The process of a record, unless its pid is somebody else's by now."""
    try:
        told = json.loads(record.read_text())
        process = psutil.Process(int(told["pid"]))
        same = abs(process.create_time() - float(told["started"])) < 1
    except (psutil.Error, ValueError, KeyError, OSError):
        return None
    return process if same else None
