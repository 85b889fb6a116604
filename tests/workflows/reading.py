"""The workflows and the composite action, as GitHub reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cloud import ROOT

GITHUB = ROOT / ".github"
FILES = (*sorted((GITHUB / "workflows").glob("*.yml")), *sorted((GITHUB / "actions").glob("*/action.yml")))


@dataclass(frozen=True)
class Step:
    """One step, and where it stands."""

    file: Path
    job: str
    told: dict[str, Any]

    @property
    def run(self) -> str | None:
        found: str | None = self.told.get("run")
        return found

    @property
    def uses(self) -> str | None:
        found: str | None = self.told.get("uses")
        return found

    def __str__(self) -> str:
        return f"{self.file.name}, {self.job}: {self.told.get('name', self.uses)}"


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    """The jobs of a workflow; an action has none."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text()).get("jobs", {})
    return found


def steps() -> Iterator[Step]:
    """Of every job and action."""
    for file in FILES:
        for name, job in jobs(file).items():
            for step in job.get("steps", ()):
                yield Step(file, name, step)
        for step in yaml.safe_load(file.read_text()).get("runs", {}).get("steps", ()):
            yield Step(file, "action", step)


def step(file: str, job: str, name: str) -> Step:
    """One by its name; fails when there is no such."""
    (found,) = [one for one in steps() if (one.file.name, one.job, one.told.get("name")) == (file, job, name)]
    return found
