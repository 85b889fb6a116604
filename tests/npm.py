"""Node programs of ours with their packages, built once and kept in the user's cache."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from offline.cache import cache


def built(name: str, project: Path, sources: Sequence[Path], *more: Sequence[str]) -> Path:
    """A folder with a project and its locked packages: another source or lock is another folder.

    :param sources: the project's files; `package.json` and its lock are among them.
    :param more: commands after the installation.
    """
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = cache() / f"{name}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            for source in sources:
                kept = folder / source.relative_to(project)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, kept)
            for step in (["npm", "ci", "--ignore-scripts"], *more):
                done = subprocess.run(step, cwd=folder, capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{' '.join(step)}: {done.stdout}{done.stderr}"
            (folder / ".complete").touch()
    return folder
