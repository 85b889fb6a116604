"""The example programs as commands, built once and kept in the user's cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from offline.cache import cache
from tests.cloud import ROOT
from tests.tools import tool

LANGUAGES = ("python", "typescript")


def command(language: str) -> list[str | Path]:
    """What starts the example of a language."""
    if language == "python":
        return [sys.executable, ROOT / "examples" / "python" / "chat.py"]
    node, _ = (tool(name, "the TypeScript example is built and run with it") for name in ("node", "npm"))
    return [node, built() / "dist" / "chat.js"]


def built() -> Path:
    """The compiled TypeScript example with its packages: another source or lock is another folder."""
    example = ROOT / "examples" / "typescript"
    sources = [*(example / name for name in ("package.json", "package-lock.json", "tsconfig.json"))]
    sources += sorted((example / "src").glob("*.ts"))
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = cache() / f"typescript-example-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            for source in sources:
                kept = folder / source.relative_to(example)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, kept)
            for step in (["npm", "ci", "--ignore-scripts"], ["npm", "run", "build"]):
                done = subprocess.run(step, cwd=folder, capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{' '.join(step)}: {done.stdout}{done.stderr}"
            (folder / ".complete").touch()
    return folder


def bare_environment() -> dict[str, str]:
    """Enough to start a program, and nothing that points it at a service."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
