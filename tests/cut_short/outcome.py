"""What a run came to, so that two runs can be held side by side.

Generated values (GUIDs, times, digests, the domain of an environment) differ from run to run and are masked; what is
left must be the same.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from offline.arm.store import Resource
from tests.cloud import Stack

_MASKS = (
    (re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.I), "GUID"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"), "TIME"),
    (re.compile(r"\b[a-z]+-[0-9a-f]{8}\."), "DOMAIN."),
    (re.compile(r"--[a-z0-9]{6,}"), "--REVISION"),
    (re.compile(r"\b[0-9a-f]{16,}\b", re.I), "DIGEST"),
    (re.compile(r"(?<![-.\d])\d{1,3}(\.\d{1,3}){3}(?![-./\d])"), "ADDRESS"),
)
_GENERATED = ("/revisions", "/replicas", "/versions/")
"""Resources that Azure makes by itself, as many as there were writes."""
_HISTORY = frozenset(
    {
        "systemData",
        "etag",
        "attributes",
        "resourceGuid",
        "internalId",
        "latestRevisionName",
        "latestReadyRevisionName",
    }
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Azure and the engine's state after a run, masked."""

    azure: dict[str, Any]
    """Bodies by id."""
    deleted: list[str]
    """What Azure keeps as soft-deleted."""
    state: dict[str, Any]
    """The engine's resources by URN: id, inputs."""
    pending: list[str]
    """What the engine thinks is under way."""

    def differences(self, other: "Outcome") -> list[str]:
        """Each leaf that differs, in words; empty when the two are the same."""
        found = []
        for part in fields(self):
            mine, theirs = (dict(_leaves(getattr(one, part.name), part.name)) for one in (self, other))
            for path in sorted({*mine, *theirs}):
                if mine.get(path) != theirs.get(path):
                    found.append(f"{path}: {theirs.get(path)!r} instead of {mine.get(path)!r}")
        return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path} · {key}")
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path} · {number}")
    else:
        yield path, value


def outcome(stack: Stack) -> Outcome:
    """What there is now."""
    store = stack.cloud.store()
    try:
        resources = [r for r in store.below("/subscriptions") if not any(p in r.id.key for p in _GENERATED)]
        kept = sorted(
            masked(found.id.key)
            for kind in ("Microsoft.CognitiveServices/accounts", "Microsoft.KeyVault/vaults")
            for found in store.deleted(kind)
        )
    finally:
        store.close()
    latest = stack.state()["checkpoint"]["latest"]
    return Outcome(
        azure={masked(resource.id.key): _shown(resource) for resource in resources},
        deleted=kept,
        state={
            masked(resource["urn"]): {
                "id": masked(str(resource.get("id", ""))).lower(),
                "again": resource.get("initErrors", []),
                "replaced": bool(resource.get("pendingReplacement") or resource.get("delete")),
                "inputs": _without_secrets(masked(resource.get("inputs", {}))),
            }
            for resource in latest.get("resources", [])
            if resource["type"].startswith("azure-native:")
        },
        pending=[operation["resource"]["urn"] for operation in latest.get("pending_operations") or ()],
    )


def _shown(resource: Resource) -> Any:
    return _without(masked(resource.body))


def _without(value: Any) -> Any:
    """Without what tells the history, and lists in an order of their own."""
    if isinstance(value, dict):
        return {key: _without(inner) for key, inner in value.items() if key not in _HISTORY}
    if isinstance(value, list):
        return sorted((_without(inner) for inner in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def masked(value: Any) -> Any:
    """The value with its generated parts masked, and ids in one case."""
    if isinstance(value, dict):
        return {masked(key): masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if isinstance(value, str):
        for pattern, word in _MASKS:
            value = pattern.sub(word, value)
        return value.lower() if value.startswith("/subscriptions/") else value
    return value


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        if "ciphertext" in value:
            return "SECRET"
        return {key: _without_secrets(inner) for key, inner in value.items()}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value
