"""Holds request bodies against Microsoft's own types: what was really sent, not what our tables say."""

import re
from collections.abc import Iterator

from offline.arm.ids import ResourceId
from offline.arm.store import Store
from tests.offline.arm_types import READ_ONLY, REQUIRED, ArmType, Node, index

_PATH = frozenset({"id", "name", "type", "apiVersion"})
"""Part of the request's path, not of its body."""


def sent(store: Store) -> Iterator[tuple[str, str, dict[str, object]]]:
    """(token, path, body) of every accepted write."""
    by_type = {entry["arm"].lower(): token for token, entry in index().items()}
    for _, path, _, body, status in store.requests("PUT"):
        if 200 <= status < 300 and body is not None:
            kind = ResourceId(path).type.lower()
            yield by_type.get(kind, kind), path, body


def problems(token: str, body: object) -> list[str]:
    """Everything in a body that its type does not allow."""
    judge = ArmType.of(token)
    return list(_against(judge, judge.body, body, "", top=True))


def _against(judge: ArmType, node: Node, value: object, at: str, *, top: bool = False) -> Iterator[str]:
    match node["$type"]:
        case "ObjectType":
            yield from _object(judge, node, value, at, top=top)
        case "DiscriminatedObjectType":
            if not isinstance(value, dict):
                yield f"{at}: {value!r} is no object"
                return
            chosen = node["elements"].get(value.get(node["discriminator"]))
            if chosen is None:
                yield f"{at}: no variant {value.get(node['discriminator'])!r}"
                return
            properties = node["baseProperties"] | judge.properties(judge.follow(chosen))
            yield from _object(judge, {"properties": properties}, value, at)
        case "UnionType":
            found = [list(_against(judge, judge.follow(one), value, at)) for one in node["elements"]]
            if all(found):
                yield min(found, key=len)[0]
        case "ArrayType":
            if not isinstance(value, list):
                yield f"{at}: {value!r} is no list"
                return
            for number, item in enumerate(value):
                yield from _against(judge, judge.follow(node["itemType"]), item, f"{at}[{number}]")
        case "StringLiteralType":
            if value != node["value"]:
                yield f"{at}: {value!r} is not {node['value']!r}"
        case "StringType":
            yield from _string(node, value, at)
        case "IntegerType":
            # Microsoft's files have no type for a float: a container's cpu of 0.5 is legal.
            if isinstance(value, bool) or not isinstance(value, int | float):
                yield f"{at}: {value!r} is no number"
        case "BooleanType":
            if not isinstance(value, bool):
                yield f"{at}: {value!r} is no boolean"


def _object(judge: ArmType, node: Node, value: object, at: str, *, top: bool = False) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no object"
        return
    properties: dict[str, Node] = node.get("properties", {})
    for name, field in properties.items():
        flags = field.get("flags", 0)
        if flags & REQUIRED and not flags & READ_ONLY and name not in value and not (top and name in _PATH):
            yield f"{at}.{name}: required"
    for name, item in value.items():
        found = properties.get(name)
        if found is None:
            further = node.get("additionalProperties")
            if further is None:
                yield f"{at}.{name}: unknown"
            else:
                yield from _against(judge, judge.follow(further), item, f"{at}.{name}")
        elif not (top and name in _PATH):
            if found.get("flags", 0) & READ_ONLY:
                yield f"{at}.{name}: read-only"
            yield from _against(judge, judge.follow(found["type"]), item, f"{at}.{name}")


def _string(node: Node, value: object, at: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{at}: {value!r} is no text"
    elif len(value) < node.get("minLength", 0) or len(value) > node.get("maxLength", len(value)):
        yield f"{at}: {value!r} has the wrong length"
    elif "pattern" in node and re.search(node["pattern"], value) is None:
        yield f"{at}: {value!r} does not match {node['pattern']}"
