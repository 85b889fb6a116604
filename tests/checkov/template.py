"""An ARM template out of what was sent: the bodies of a stack, as the resource manager took them."""

import copy
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline.arm.ids import ResourceId
from offline.arm.store import Store

JSON = dict[str, Any]

# A resource group and what is in it side by side: checkov reads resources, and nobody deploys this.
_FRAME = {
    "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
}


@dataclass(frozen=True)
class Template:
    """The resources of a stack as ARM writes them, by their ids."""

    resources: Mapping[str, JSON]

    @classmethod
    def of(cls, store: Store, ids: Collection[str]) -> "Template":
        """What was last sent for each of these ids, without the values of secrets: the record has none.

        :raises KeyError: one of them was never sent.
        """
        sent = {
            path.lower(): _resource(path, api_version, body)
            for _, path, api_version, body, status in store.requests("PUT")
            if 200 <= status < 300 and body is not None
        }
        return cls({wanted: sent[wanted.lower()] for wanted in ids})

    def of_type(self, kind: str) -> Iterator[tuple[str, JSON]]:
        """(id, resource) of every resource of a type."""
        return ((name, found) for name, found in self.resources.items() if found["type"] == kind)

    def ids(self, word: str) -> list[str]:
        """The ids of a resource that is called as checkov calls it; an extension's name may be another's too."""
        return [name for name, found in self.resources.items() if called(found) == word]

    def changed(self, *edits: "Edit") -> "Template":
        """The same after some edits, which may also drop resources and add some."""
        resources = copy.deepcopy(dict(self.resources))
        for edit in edits:
            edit(resources)
        return Template(resources)

    def write(self, folder: Path, name: str) -> None:
        """As a file that checkov takes for a template."""
        resources = [_literal(found) for found in self.resources.values()]
        (folder / f"{name}.json").write_text(json.dumps({**_FRAME, "resources": resources}, indent=1))


Edit = Callable[[dict[str, JSON]], None]
"""A change of a template's resources, by their ids."""


def called(resource: JSON) -> str:
    """As checkov calls a resource: its type and its name."""
    return f"{resource['type']}.{resource['name']}"


def within(resources: Mapping[str, JSON], kind: str) -> Iterable[JSON]:
    """The resources of a type; there are some.

    :raises LookupError: there are none, and an edit would be none either.
    """
    found = [resource for resource in resources.values() if resource["type"] == kind]
    if not found:
        raise LookupError(f"no {kind} in the template")
    return found


def _resource(path: str, api_version: str, body: JSON) -> JSON:
    """Type and full name from the path, `scope` for what hangs on another resource, and the body as it was sent."""
    wanted = ResourceId(path)
    group = wanted.group_id
    at = wanted.scope
    hangs = at is not None and (group is None or at.key != group.key)
    head = {"type": wanted.type, "apiVersion": api_version, "name": "/".join(wanted.names)}
    return {**head, **({"scope": str(at)} if hangs else {}), **body}


def _literal(value: Any) -> Any:
    """ARM takes a text in square brackets for an expression, unless the first is doubled."""
    if isinstance(value, dict):
        return {name: _literal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return f"[{value}"
    return value
