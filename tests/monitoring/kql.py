"""Queries as Microsoft's own parser reads them (Kusto.Language, from npm): every name bound to a table or column."""

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from config.workbook import PARTS, Metric, Query
from tests import npm
from tests.tools import tool

FOLDER = Path(__file__).parent
TABLES: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "tables.yaml").read_text())

QUERIES = tuple(panel for part in PARTS for panel in part.panels if isinstance(panel, Query))
METRICS = tuple(panel for part in PARTS for panel in part.panels if isinstance(panel, Metric))


@dataclass(frozen=True)
class Parsed:
    """What a query is to the parser."""

    errors: tuple[str, ...]
    columns: dict[str, str]
    """Of its result, with their types."""


def asked(text: str) -> str:
    """A query as the portal sends it: with the grain of the time that is chosen."""
    return text.replace("{TimeRange:grain}", "1h")


@cache
def parsed() -> dict[str, Parsed]:
    """The workbook's queries by title, bound to the tables that a workspace has."""
    return dict(
        zip((query.title for query in QUERIES), parse(*(query.text for query in QUERIES)), strict=True)
    )


def parse(*texts: str) -> list[Parsed]:
    """What the parser makes of each."""
    project = FOLDER / "kql"
    node, _ = (tool(name, "Microsoft's parser of queries runs on it") for name in ("node", "npm"))
    sources = [project / name for name in ("package.json", "package-lock.json", "check.cjs")]
    folder = npm.built("kql-parser", project, sources)
    done = subprocess.run(
        [node, folder / "check.cjs"],
        input=json.dumps({"tables": TABLES, "queries": [asked(text) for text in texts]}),
        capture_output=True,
        text=True,
        check=True,
    )
    return [Parsed(tuple(found["errors"]), found["columns"]) for found in json.loads(done.stdout)]
