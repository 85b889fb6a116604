"""The linters of the workflows: actionlint, built from its Go module once on a machine, and zizmor from the lock."""

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offline.cache import cache
from tests.tools import tool

MODULE = Path(__file__).with_name("actionlint")
"""Pins actionlint and everything that it is made of."""

PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
BIN = Path(sys.executable).parent


def actionlint(repository: Path) -> "subprocess.CompletedProcess[str]":
    """Check the workflows of a folder, and the shell in them."""
    command = [str(_built()), "-color=false", "-oneline", "-pyflakes=", f"-shellcheck={BIN / 'shellcheck'}"]
    files = sorted((repository / ".github/workflows").glob("*.yml"))
    return subprocess.run(
        [*command, *map(str, files)], cwd=repository, capture_output=True, text=True, check=False
    )


def zizmor(repository: Path) -> "subprocess.CompletedProcess[str]":
    """Look for what an attacker could use, in workflows, actions and Dependabot's file. Asks nobody."""
    command = [str(BIN / "zizmor"), "--offline", "--persona=pedantic", "--no-progress", "--format=plain"]
    return subprocess.run(
        [*command, str(repository / ".github")], cwd=repository, capture_output=True, text=True, check=False
    )


def _built() -> Path:
    (version,) = re.findall(r"rhysd/actionlint (v\S+)", (MODULE / "go.mod").read_text())
    kept = cache() / f"actionlint-{version}" / "actionlint"
    with _alone(kept.parent):
        if not kept.exists():
            go = tool("go", "actionlint is built with it")
            new = kept.with_name(f".new-{os.getpid()}")
            built = subprocess.run(
                [go, "build", "-trimpath", "-mod=readonly", "-o", new, PACKAGE],
                cwd=MODULE,
                env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert built.returncode == 0, built.stderr
            new.replace(kept)
    return kept


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Tests run side by side."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
