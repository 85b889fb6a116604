"""What a request's path names: a resource, a collection, or an action of a resource."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Route


@dataclass(frozen=True, kw_only=True)
class Target:
    """The meaning of a path."""

    shape: Literal["resource", "collection", "action"]
    id: ResourceId
    """The resource; for a collection, the group, parent or scope that it is listed in."""
    type: str
    action: str = ""


def clean(path: str) -> str:
    """Without doubled and trailing slashes: clients join scopes that begin with one."""
    return "/" + "/".join(segment for segment in path.split("/") if segment)


def target_of(path: str, method: str) -> Target | None:
    """Read a path; None when it names nothing that ARM has."""
    segments = path.strip("/").split("/")
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        return _without_provider(segments, lowered)
    at = len(lowered) - 1 - lowered[::-1].index("providers")
    rest = segments[at + 1 :]
    if len(rest) < 2:
        return None
    if len(rest) % 2 == 1:
        resource = ResourceId(path)
        return Target(shape="resource", id=resource, type=resource.type)
    if method == "POST":
        if len(rest) < 4:
            return None
        resource = ResourceId("/" + "/".join(segments[:-1]))
        return Target(shape="action", id=resource, type=resource.type, action=rest[-1])
    listed = "/".join([rest[0], *rest[1::2]])
    scope = segments[:at] if len(rest) == 2 else segments[:-1]
    return Target(shape="collection", id=ResourceId("/" + "/".join(scope)), type=listed)


def _without_provider(segments: list[str], lowered: list[str]) -> Target | None:
    if lowered[0] != "subscriptions":
        return None
    match lowered[2:]:
        case ["resourcegroups"]:
            scope = ResourceId("/" + "/".join(segments[:2]))
            return Target(shape="collection", id=scope, type="Microsoft.Resources/resourceGroups")
        case ["resourcegroups", _]:
            group = ResourceId("/" + "/".join(segments))
            return Target(shape="resource", id=group, type=group.type)
        case ["resourcegroups", _, _]:
            group = ResourceId("/" + "/".join(segments[:4]))
            return Target(shape="action", id=group, type=group.type, action=segments[4])
    return None


def canonical(azure: Azure, resource_id: ResourceId, kind: Kind) -> ResourceId:
    """The id in the case that Azure answers with: the type's own, and the names as they were first written."""
    existing = azure.store.get(resource_id)
    if existing is not None:
        return existing.id
    parent, scope = resource_id.parent, resource_id.scope
    if parent is not None:
        above = azure.store.get(parent)
        return (above.id if above is not None else parent).child(
            kind.type.rsplit("/", 1)[-1], resource_id.name
        )
    if kind.type == "Microsoft.Resources/resourceGroups":
        return ResourceId(f"/subscriptions/{azure.subscription_id}/resourceGroups/{resource_id.name}")
    if scope is None:
        return resource_id
    above = azure.store.get(scope)
    before = above.id.text if above is not None else scope.text
    return ResourceId(f"{before}/providers/{kind.type}/{resource_id.name}")


@cache
def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.escape(path)
    many = re.sub(r"\\\{(\w+)\\\.\\\.\\\.\\\}", r"(?P<\1>.*)", escaped)
    one = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", many)
    return re.compile(one, re.IGNORECASE)


def routed(kinds: Mapping[str, Kind], method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route of a service that a request goes to, and its words."""
    for kind in kinds.values():
        for route in kind.routes:
            if route.method == method:
                found = _pattern(route.path).fullmatch(path)
                if found is not None:
                    return route, found.groupdict()
    return None
