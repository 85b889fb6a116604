"""What is wrong with a resource as it is shown, judged by the SDK's classes and by Microsoft's own ARM types.

Shows: nothing is shown that ARM has no place for, and every output is there that the SDK promises. Does not show:
that values are the ones that Azure would give.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from offline.schema import layout, resources, translate
from offline.schema.layout import Body
from offline.schema.shapes import Fields, Type
from tests.offline import arm_types
from tests.offline.arm_types import ArmType, Node


def complaints(token: str, shown: Mapping[str, Any], *, absent: tuple[str, ...] = ()) -> list[str]:
    """Outputs that are missing, and properties that have no place; the latter only where the ARM types are at hand.

    :param absent: outputs that the SDK promises and Azure does not show: `replica.role`.
    """
    resource = resources.by_token(f"azure-native:{token}")
    assert resource is not None, token
    body = layout.of(resource)
    missing = _missing(body, body.shapes.outputs, translate.from_arm(resource, shown), "")
    found = [f"missing: {path}" for path in missing if path not in absent]
    if resource.token in arm_types.index():
        arm = ArmType.of(resource.token)
        found += _strays(arm, arm.body, shown, "")
    return found


def _missing(body: Body, fields: Fields, outputs: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, one in fields.items():
        where = f"{path}.{name}" if path else name
        if outputs.get(name) is None:
            if one.required:
                yield where
            continue
        yield from _missing_below(body, one.type, outputs[name], where)


def _missing_below(body: Body, type_: Type, value: Any, where: str) -> Iterator[str]:
    if type_.kind == "list" and isinstance(value, list) and type_.of is not None:
        for index, item in enumerate(value):
            yield from _missing_below(body, type_.of, item, f"{where}[{index}]")
    elif type_.kind == "map" and isinstance(value, Mapping) and type_.of is not None:
        for key, item in value.items():
            yield from _missing_below(body, type_.of, item, f"{where}.{key}")
    elif type_.kind == "object" and isinstance(value, Mapping) and type_.object is not None:
        yield from _missing(body, body.shapes.objects[type_.object], value, where)


def _strays(arm: ArmType, node: Node, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping) and node["$type"] in ("ObjectType", "DiscriminatedObjectType"):
        known = arm.properties(node)
        others = node.get("additionalProperties")
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            if name in known:
                yield from _strays(arm, arm.follow(known[name]["type"]), inner, where)
            elif others is not None:
                yield from _strays(arm, arm.follow(others), inner, where)
            else:
                yield f"no place: {where}"
    elif isinstance(value, list) and node["$type"] == "ArrayType":
        for index, item in enumerate(value):
            yield from _strays(arm, arm.follow(node["itemType"]), item, f"{path}[{index}]")
