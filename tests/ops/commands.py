"""The commands of `ops`, as a user runs them."""

import subprocess
import sys
from collections.abc import Mapping

from tests.cloud import ROOT, Stack


def run(
    stack: Stack,
    command: str,
    *words: str,
    fails: bool = False,
    environment: Mapping[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """One of them on a stack, in the folder that `offline run` commands work on; it must end as expected.

    :param environment: that of `offline run` when left out.
    """
    folder = stack.cloud.home.path / "config" / "litellm-azure"
    line = [sys.executable, "-m", "ops", command, "--stack", stack.name, "--cwd", str(folder), *words]
    done = subprocess.run(
        line,
        env=dict(stack.cloud.engine() if environment is None else environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done
