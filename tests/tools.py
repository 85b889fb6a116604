"""Programs that single tests need beside Python."""

import os
import shutil
from typing import NoReturn

import pytest


def tool(name: str, why: str) -> str:
    """Where it is. Without it the test is left out."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed: {why}")
    return found


def missing(why: str) -> NoReturn:
    """Leave the test out, but not in CI, which promises to run them all."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
