"""What the engine's state says of a run that was cut short. Pure: reads and edits the exported JSON."""

import re
from collections.abc import Mapping, Sequence, Set
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Export = dict[str, Any]
"""What `pulumi stack export` prints; secrets in it are encrypted."""

_OPTIONS = ("dependencies", "propertyDependencies", "deletedWith", "retainOnDelete", "protect")
_ARM_ID = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})(?:/|$)")


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An operation that the engine began and did not see end."""

    what: str
    """creating, updating, deleting, reading or importing; planned for what the next `up` would create"""
    urn: str
    type: str
    inputs: Mapping[str, object]
    id: str | None
    """In Azure, where the engine knows it: not while creating."""
    parent: str | None
    provider: str
    """URN and id of the provider, `urn::id`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the program says of it beside its inputs, which no import knows: what it depends on, who is deleted with
    whom."""

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


def pending(export: Export) -> list[Pending]:
    """The operations that were under way. Components are left out: they are in the state alone."""
    return [
        Pending(
            what=operation["type"],
            urn=operation["resource"]["urn"],
            type=operation["resource"]["type"],
            inputs=operation["resource"].get("inputs", {}),
            id=operation["resource"].get("id") or None,
            parent=operation["resource"].get("parent"),
            provider=operation["resource"].get("provider", ""),
            options=_options(operation["resource"]),
        )
        for operation in export["deployment"].get("pending_operations") or ()
        if operation["resource"].get("custom")
    ]


def planned(export: Export, steps: Sequence[Mapping[str, Any]]) -> list[Pending]:
    """What the next `up` would create below something that the state holds: all of it may be there already.

    :param steps: of `pulumi preview --json`.
    """
    under_way = {operation.urn for operation in pending(export)}
    return [
        Pending(
            what="planned",
            urn=new["urn"],
            type=new["type"],
            inputs=new.get("inputs", {}),
            id=None,
            parent=new.get("parent"),
            provider=new.get("provider", ""),
            options=_options(new),
        )
        for step in steps
        if step["op"].startswith("create") and (new := step["newState"]).get("custom")
        if new["urn"] not in under_way and _absent(export, new["urn"])
        if new.get("parent") is None or held(export, new["parent"]) is not None
    ]


def _options(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {name: resource[name] for name in _OPTIONS if resource.get(name)}


def _absent(export: Export, urn: str) -> bool:
    """Whether the state holds no such resource, or one that was deleted to be made anew."""
    there = held(export, urn)
    return there is None or bool(there.get("pendingReplacement"))


def resource_groups(export: Export) -> list[str]:
    """Ids of the resource groups that are the stack's own."""
    return [
        found["id"] for found in resources(export) if found["type"] == "azure-native:resources:ResourceGroup"
    ]


def held(export: Export, urn: str) -> Mapping[str, Any] | None:
    """A resource of the state; one that only waits for its delete is not meant."""
    for resource in export["deployment"].get("resources") or ():
        if resource["urn"] == urn and not resource.get("delete"):
            found: Mapping[str, Any] = resource
            return found
    return None


def resources(export: Export) -> list[Mapping[str, Any]]:
    """What the state holds in Azure; halves of replacements are left out."""
    return [
        resource
        for resource in export["deployment"].get("resources") or ()
        if resource["type"].startswith("azure-native:")
        and resource.get("id")
        and not resource.get("delete")
        and not resource.get("pendingReplacement")
    ]


def subscription(export: Export) -> str | None:
    """The subscription that the stack is in; None while the state does not tell."""
    ids, configured = [], []
    for resource in export["deployment"].get("resources") or ():
        if resource["type"] == "pulumi:providers:azure-native":
            configured.append(resource.get("inputs", {}).get("subscriptionId"))
        elif resource["type"].startswith("azure-native:"):
            found = _ARM_ID.match(str(resource.get("id", "")))
            ids.append(found[1] if found is not None else None)
    return next((known for known in (*ids, *configured) if isinstance(known, str)), None)


def settled(
    export: Export,
    unfinished: Mapping[str, str],
    replaced: Sequence[Pending] = (),
    adopted: Sequence[Pending] = (),
) -> Export:
    """The state without operations under way.

    :param unfinished: URN → why it has to be written again. The engine calls such a resource partly made
        (`initErrors`), and its next `up` updates it whether or not its inputs changed.
    :param replaced: creates that came to their end, of resources that stand in the state as deleted and not yet made
        again (`pendingReplacement`): what was made takes the old one's place.
    :param adopted: what was imported. An import knows no options: without them the next destroy would ask for each of
        them by itself, in an order that Azure refuses.
    """
    edited = deepcopy(export)
    edited["deployment"]["pending_operations"] = []
    inputs = {operation.urn: operation.inputs for operation in replaced}
    options = {operation.urn: operation.options for operation in adopted}
    before: set[str] = set()
    for resource in edited["deployment"].get("resources") or ():
        resource.update(_known(options.get(resource["urn"], {}), before))
        before.add(resource["urn"])
        if resource.get("delete"):
            continue
        if resource["urn"] in inputs and resource.pop("pendingReplacement", False):
            resource["inputs"] = dict(inputs[resource["urn"]])
        if resource["urn"] in unfinished:
            resource["initErrors"] = [unfinished[resource["urn"]]]
    return edited


def _known(options: Mapping[str, Any], before: Set[str]) -> dict[str, Any]:
    """The options, without references to what does not stand before it in the state: the engine reads no others."""
    known = dict(options)
    if "dependencies" in known:
        known["dependencies"] = [urn for urn in known["dependencies"] if urn in before]
    if "propertyDependencies" in known:
        known["propertyDependencies"] = {
            name: [urn for urn in urns or () if urn in before]
            for name, urns in known["propertyDependencies"].items()
        }
    if known.get("deletedWith") not in before:
        known.pop("deletedWith", None)
    return known


def import_file(adopted: Sequence[tuple[Pending, str]]) -> dict[str, Any]:
    """What `pulumi import --file` reads.

    :param adopted: resources with their ARM ids.
    """
    names: dict[str, str] = {}
    entries: list[dict[str, str]] = []
    for operation, arm_id in adopted:
        entry = {"type": operation.type, "name": operation.name, "id": arm_id}
        if operation.parent is not None:
            names[operation.parent] = operation.parent
            entry["parent"] = operation.parent
        provider, _, _ = operation.provider.rpartition("::")
        default = re.search(r"::default_(\d+)_(\d+)_(\d+)(\S*)$", provider)
        if default is not None:
            entry["version"] = ".".join(default.groups()[:3]) + default[4].replace("_", "-", 1)
        elif provider:
            names[provider] = provider
            entry["provider"] = provider
        entries.append(entry)
    return {"nameTable": names, "resources": entries}
