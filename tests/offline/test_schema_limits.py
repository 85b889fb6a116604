"""The table of lengths, patterns and ranges says what Microsoft's types say."""

from collections.abc import Iterator

import pytest

from offline.schema import layout, limits
from offline.schema.layout import Layout
from offline.schema.limits import Limit
from offline.schema.resources import ResourceType
from offline.schema.shapes import Type
from tests.offline import arm_types
from tests.offline.arm_types import ArmType, Node

OURS_ALONE = {("keyvault:VaultProperties", "softDeleteRetentionInDays")}
"""Known from Key Vault's documentation, missing from the snapshot."""

LEFT_OUT = {
    # Custom question answering and QnA Maker, which no OpenAI account has.
    "cognitiveservices:ApiProperties",
    # Lengths of lists, which azure-native does not check.
    "consumption:Notification",
    # Deprecated: Azure ignores retention of diagnostic settings.
    "monitor:MicrosoftCommonRetentionPolicy",
}


def published(node: Node) -> Limit | None:
    limit = Limit(
        pattern=node.get("pattern"),
        shortest=node.get("minLength"),
        longest=node.get("maxLength"),
        lowest=node.get("minValue"),
        highest=node.get("maxValue"),
    )
    return limit if limit != Limit() else None


def walk(resource: ResourceType) -> Iterator[tuple[tuple[str, str], Limit]]:
    """Every published limit of an input, by its class and name."""
    body, arm = layout.of(resource), ArmType.of(resource.token)
    seen: set[str] = set()

    def of_object(owner: str, places: Layout, node: Node) -> Iterator[tuple[tuple[str, str], Limit]]:
        if owner in seen:
            return
        seen.add(owner)
        for name, place in places.places.items():
            path = (place.name,) if place.below is None else (place.below, place.name)
            found = arm.property(node, *path)
            if found is not None:
                limit = published(found)
                if limit is not None and owner not in LEFT_OUT:
                    yield (owner, name), limit
                yield from within(places.fields[name].type, found)

    def within(type_: Type, node: Node) -> Iterator[tuple[tuple[str, str], Limit]]:
        if type_.kind == "list" and type_.of is not None and node["$type"] == "ArrayType":
            yield from within(type_.of, arm.follow(node["itemType"]))
        elif type_.kind == "map" and type_.of is not None and "additionalProperties" in node:
            yield from within(type_.of, arm.follow(node["additionalProperties"]))
        elif type_.kind == "object" and node["$type"] != "AnyType":
            yield from of_object(f"{resource.module}:{type_.object}", body.object(type_), node)

    yield from of_object(f"{resource.module}:{resource.name}", body.inputs, arm.body)


@arm_types.needed
def test_limits_of_properties_are_the_published_ones() -> None:
    found = {key: limit for resource in arm_types.DESCRIBED for key, limit in walk(resource)}
    assert {key: one for key, one in limits.PROPERTIES.items() if key not in OURS_ALONE} == found


@arm_types.needed
def test_limits_of_names_are_the_published_ones() -> None:
    found = {}
    for resource in arm_types.DESCRIBED:
        arm = ArmType.of(resource.token)
        name = arm.property(arm.body, "name")
        limit = published(name) if name is not None else None
        if limit is not None:
            found[f"{resource.module}:{resource.name}"] = limit
    assert found == limits.NAMES


@pytest.mark.parametrize(
    ("limit", "value", "says"),
    [
        pytest.param(Limit(shortest=3), "ab", "is too short (2): at least 3 characters required", id="short"),
        pytest.param(Limit(longest=1), "ab", "is too long (2): at most 1 characters allowed", id="long"),
        pytest.param(Limit(pattern="^a"), "ba", "does not match expression '^a'", id="pattern"),
        pytest.param(Limit(lowest=7), 6, "is too low (6 < 7)", id="low"),
        pytest.param(Limit(highest=90), 91, "is too high (91 > 90)", id="high"),
        pytest.param(Limit(lowest=7, highest=90), 7, None, id="at the edge"),
        pytest.param(Limit(lowest=7), True, None, id="a boolean is no number"),
    ],
)
def test_a_broken_limit_is_told_as_azure_native_tells_it(
    limit: Limit, value: object, says: str | None
) -> None:
    assert limit.broken_by(value) == says
