"""Programs that single tests need beside Python."""

import os
import shutil

import pytest


def tool(name: str, why: str) -> str:
    """Where it is. Without it the test is left out, but not in CI, which promises to run them all."""
    found = shutil.which(name)
    if found is not None:
        return found
    text = f"{name} is not installed: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)
