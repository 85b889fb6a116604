"""What a person does whose state and Azure do not agree: refresh, strike from the state, import; and what is there."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from offline.schema import resources
from ops.arm_ids import PLACES, arm_id
from tests.cloud import Stack
from tests.laws.azure import Azure

Entry = Mapping[str, Any]
"""A resource in the state, or in the engine's file of what is to be imported."""

IMPORT = ("--yes", "--skip-preview", "--generate-code=false", "--protect=false")

_EACH_TIME_ANEW = frozenset(
    {"etag", "eTag", "systemData", "modifiedDate", "revision", "timeModified", "updatedOn", "updated"}
)
"""What Azure changes with every write, whatever is written."""

_BONDS = ("parent", "dependencies", "propertyDependencies", "deletedWith", "retainOnDelete", "protect")


@dataclass(frozen=True)
class Step:
    """What the engine did to one resource."""

    op: str
    paths: Mapping[str, str]
    """Changed properties and how: `{"tags.a": "add"}`."""


def steps(stack: Stack, verb: str, *words: str) -> dict[str, Step]:
    """Run the engine to its end; what it did by its own account, by URN. What stays the same is left out."""
    log = stack.cloud.folder / "events.json"
    log.unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patched:
        # `--event-log` is one of the engine's commands for debugging.
        patched.setenv("PULUMI_DEBUG_COMMANDS", "true")
        stack.run(verb, "--yes", "--skip-preview", "--event-log", str(log), *words)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    done = [event["resOutputsEvent"]["metadata"] for event in events if "resOutputsEvent" in event]
    return {
        step["urn"]: Step(
            op=step["op"],
            paths={path: how["diffKind"] for path, how in (step.get("detailedDiff") or {}).items()},
        )
        for step in done
        if step["op"] != "same"
    }


def held(stack: Stack, package: str = "azure-native") -> dict[str, Entry]:
    """The resources of a package that the state holds, by URN."""
    found = stack.state()["checkpoint"]["latest"].get("resources", [])
    return {entry["urn"]: entry for entry in found if entry["type"].startswith(f"{package}:")}


def one_of_each(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Of every type the resource whose URN is the first, by type."""
    return {entries[urn]["type"]: entries[urn] for urn in sorted(entries, reverse=True)}


def type_of(urn: str) -> str:
    """A resource's type."""
    return urn.split("::")[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """A resource's Pulumi name."""
    return urn.rpartition("::")[2]


def api_version(entry: Entry) -> str:
    """To ask Azure for a resource."""
    found = resources.by_token(entry["type"])
    assert found is not None, f"no such type: {entry['type']}"
    return found.api_version


def ids(azure: Azure, entries: Mapping[str, Entry]) -> dict[tuple[str, str], str]:
    """The ids to import resources by, by type and Pulumi name: Azure's own, but for what hangs on another resource.

    There it begins as the program writes that resource's id: Azure spells it otherwise, and azure-native takes another
    spelling of a scope for another scope.
    """
    subscription = azure.base.rpartition("/")[2]
    return {
        (entry["type"], name_of(urn)): entry["id"]
        if PLACES[entry["type"]].path.startswith("/")
        else arm_id(entry["type"], entry["inputs"], subscription)
        for urn, entry in entries.items()
    }


def bonds(entries: Mapping[str, Entry]) -> dict[str, dict[str, Any]]:
    """What the state knows of each resource beside its properties: whose child it is, what has to be there first.

    Random resources are left out: they are nowhere but in the state.
    """
    return {
        urn: {name: _known(entry[name]) for name in _BONDS if entry.get(name)}
        for urn, entry in entries.items()
    }


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(item) for name, item in value.items()}
    return sorted(urn for urn in value if "random:" not in urn) if isinstance(value, list) else value


def command(stack: Stack, *words: str, fails: bool = False) -> str:
    """One of the engine's commands that take no stack file; what it printed."""
    done = subprocess.run(
        ["pulumi", "-C", str(stack.program), *words, "--stack", stack.name, "--non-interactive"],
        env=stack.cloud.engine(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def wanted(stack: Stack) -> dict[str, Any]:
    """The engine's own list of what the program would create, for an import: the ids are left open in it."""
    file = stack.cloud.folder / "wanted.json"
    stack.run("preview", "--import-file", str(file))
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def key_of(entry: Entry) -> tuple[str, str]:
    """Type and Pulumi name in the engine's list."""
    return entry["type"], entry.get("logicalName", entry["name"])


def filled(listed: Iterable[Entry], known: Mapping[tuple[str, str], str]) -> list[Entry]:
    """What is to be imported, with ids; components have none."""
    return [entry if entry.get("component") else {**entry, "id": known[key_of(entry)]} for entry in listed]


def adopt_all(stack: Stack, listed: Mapping[str, Any]) -> None:
    """Import everything in a list."""
    file = stack.cloud.folder / "import.json"
    file.write_text(json.dumps(listed))
    stack.run("import", "--file", str(file), *IMPORT)


def adopt(stack: Stack, entry: Entry, id: str) -> None:
    """Import one resource under its parent."""
    parent = ("--parent", f"parent={entry['parent']}") if "Stack::" not in entry["parent"] else ()
    stack.run("import", entry["type"], name_of(entry["urn"]), id, *parent, *IMPORT)


def shown(azure: Azure, entries: Mapping[str, Entry]) -> dict[str, Any]:
    """What Azure shows of each resource, without what every write changes."""
    return {
        urn: _lasting(azure.rest("GET", entry["id"], version=api_version(entry)).raise_for_status().json())
        for urn, entry in entries.items()
    }


def _lasting(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _lasting(item) for name, item in value.items() if name not in _EACH_TIME_ANEW}
    if isinstance(value, list):
        items = [_lasting(item) for item in value]
        # What has an id has its place by it, and not by the order in which Azure happens to list it.
        named = all(isinstance(item, Mapping) and "id" in item for item in items)
        return sorted(items, key=lambda item: str(item["id"])) if named else items
    return value


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    """The paths at which two bodies differ, by URN; equal ones left out."""
    found = {urn: list(_differing(before.get(urn), after.get(urn), "")) for urn in sorted({*before, *after})}
    return {urn: paths for urn, paths in found.items() if paths}


def _differing(before: Any, after: Any, path: str) -> Iterable[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            yield from _differing(before.get(name), after.get(name), f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            yield from _differing(old, new, f"{path}[]")
    elif before != after:
        yield path.removeprefix(".")


def by_type(done: Mapping[str, Step]) -> dict[str, dict[str, str]]:
    """What happened to the properties of each type; an item's place in its list left out."""
    found: dict[str, dict[str, str]] = {}
    for urn, step in done.items():
        paths = found.setdefault(type_of(urn), {})
        paths |= {re.sub(r"\[\d+\]", "[]", path): how for path, how in step.paths.items()}
    return found
