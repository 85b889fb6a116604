"""Microsoft's own description of each ARM type, where its files are at hand: the judge of our tables.

Files in the form of Azure/bicep-types-az, one for each Pulumi token, in the folder that ARM_TYPES names or in
`../shared/arm-types` beside the checkout.
"""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from offline.schema import resources

FOLDER = Path(os.environ.get("ARM_TYPES") or Path(__file__).parents[3] / "shared" / "arm-types")
needed = pytest.mark.skipif(
    not (FOLDER / "index.json").exists(), reason=f"no ARM types in {FOLDER}; ARM_TYPES names another folder"
)

WITHOUT = frozenset({"azure-native:dbforpostgresql:FirewallRule", "azure-native:network:SecurityRule"})
"""Types of ours that the folder has no file of; the SDK alone judges them."""

DESCRIBED = tuple(one for one in resources.TYPES if one.token not in WITHOUT)
"""Our types that it has."""

REQUIRED, READ_ONLY = 1, 2

Node = dict[str, Any]


def index() -> dict[str, dict[str, str]]:
    """Pulumi token -> {arm, apiVersion, file}; empty where the files are not at hand."""
    file = FOLDER / "index.json"
    found: dict[str, dict[str, str]] = json.loads(file.read_text()) if file.exists() else {}
    return found


@dataclass(frozen=True)
class ArmType:
    """One file: `types[0]` is the body, `$ref` points into the list."""

    file: Path

    @classmethod
    def of(cls, token: str) -> "ArmType":
        return cls(FOLDER / index()[token]["file"])

    @cached_property
    def types(self) -> list[Node]:
        found: list[Node] = json.loads(self.file.read_text())["types"]
        return found

    @property
    def body(self) -> Node:
        return self.types[0]

    def follow(self, reference: Node) -> Node:
        return self.types[int(reference["$ref"].removeprefix("#/"))]

    def properties(self, node: Node) -> dict[str, Node]:
        """All properties of an object, those of every variant among them."""
        if node["$type"] == "DiscriminatedObjectType":
            variants = [self.properties(self.follow(one)) for one in node["elements"].values()]
            return {name: one for each in (node["baseProperties"], *variants) for name, one in each.items()}
        return dict(node.get("properties", {}))

    def variants(self, node: Node) -> list[Node]:
        """The objects that a discriminated one may be; a plain one is its only variant."""
        if node["$type"] != "DiscriminatedObjectType":
            return [node]
        return [
            {"$type": "ObjectType", "properties": node["baseProperties"] | self.properties(self.follow(one))}
            for one in node["elements"].values()
        ]

    def property(self, node: Node, *names: str) -> Node | None:
        """The type at the end of a path of properties."""
        for name in names:
            found = self.properties(node).get(name)
            if found is None:
                return None
            node = self.follow(found["type"])
        return node
