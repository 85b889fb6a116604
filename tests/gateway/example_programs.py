"""The example programs as commands, built once and kept in the user's cache."""

import os
import sys
from pathlib import Path

from tests import npm
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
    """The compiled TypeScript example with its packages."""
    example = ROOT / "examples" / "typescript"
    sources = [*(example / name for name in ("package.json", "package-lock.json", "tsconfig.json"))]
    sources += sorted((example / "src").glob("*.ts"))
    return npm.built("typescript-example", example, sources, ["npm", "run", "build"])


def bare_environment() -> dict[str, str]:
    """Enough to start a program, and nothing that points it at a service."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
