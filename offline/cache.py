"""What every offline Azure of a user shares, so that each thing is built once."""

import os
from pathlib import Path


def cache() -> Path:
    """The folder for it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "litellm-azure"
