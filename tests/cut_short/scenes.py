"""The scenes: a stack, and a phase of its life."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import yaml

from tests.cloud import ROOT

Phase = Literal["create", "change", "destroy"]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A stack and a phase of its life."""

    stack: str
    phase: Phase

    def __str__(self) -> str:
        return f"{self.stack} {self.phase}"

    @property
    def verb(self) -> str:
        """The engine's command."""
        return "destroy" if self.phase == "destroy" else "up"

    @property
    def values(self) -> Mapping[str, object]:
        """Settings of the phase, over those of the stack's file."""
        return _changed(self.stack) if self.phase == "change" else {}


SCENES = tuple(
    Scene(stack=stack, phase=phase) for stack in ("dev", "prod") for phase in ("create", "change", "destroy")
)


@dataclass(frozen=True)
class Operation:
    """A write to Azure. Its pattern fits the same one in another run, where generated names differ."""

    pattern: str
    verb: str

    def __str__(self) -> str:
        return f"{self.verb} {self.pattern}"


@cache
def _changed(stack: str) -> dict[str, object]:
    """Everything that can change while a stack lives: a tag on all of it, a deployment renamed (made, used, the old one
    deleted), embedding deployments made anew with another model, more capacity, another master key."""
    file = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    deployments: list[dict[str, Any]] = file["config"]["litellm-azure:deployments"]
    first = deployments[0]
    first["name"] = "renamed"
    first["capacity"] += 5
    other = {
        "text-embedding-3-small": "text-embedding-3-large",
        "text-embedding-3-large": "text-embedding-3-small",
    }
    for deployment in deployments:
        deployment["model"] = other.get(deployment["model"], deployment["model"])
    return {
        "litellm-azure:deployments": deployments,
        "litellm-azure:tags": {"cost-center": "4711"},
        "litellm-azure:secrets": {"masterKey": 2},
    }
