"""Every input and output of every type stands at a place that exists in ARM, with a type that fits."""

from collections.abc import Iterator

import pytest

from offline.schema import layout, resources
from offline.schema.layout import Body, Layout
from offline.schema.resources import ResourceType
from offline.schema.shapes import Type
from tests.offline import arm_types
from tests.offline.arm_types import ArmType, Node

NEWER_THAN_THE_SNAPSHOT = {
    "cognitiveservices:RaiPolicyContentFilter.action",
    "cognitiveservices:RaiPolicyProperties.safetyProviders",
    "network:Subnet.serviceGateway",
}
"""The SDK's inputs that the snapshot of the ARM types does not have."""

FITS = {
    "string": {"StringType", "StringLiteralType", "UnionType", "AnyType"},
    "integer": {"IntegerType"},
    "number": {"IntegerType"},  # the snapshot has no other number
    "boolean": {"BooleanType"},
    "any": {"AnyType", "ObjectType", "UnionType", "DiscriminatedObjectType"},
    "list": {"ArrayType"},
    "map": {"ObjectType"},
    "object": {"ObjectType", "DiscriminatedObjectType", "AnyType"},
    "union": {"DiscriminatedObjectType", "UnionType", "ObjectType"},
}


class Walk:
    """Collects what has no place in ARM."""

    def __init__(self, resource: ResourceType) -> None:
        self.body: Body = layout.of(resource)
        self.arm = ArmType.of(resource.token)
        self.module = resource.module
        self.seen: set[tuple[str, int]] = set()

    def object(self, owner: str, places: Layout, node: Node) -> Iterator[str]:
        if (owner, id(node)) in self.seen or node["$type"] == "AnyType":
            return
        self.seen.add((owner, id(node)))
        for name, place in places.places.items():
            where = f"{owner}.{name}"
            if where in NEWER_THAN_THE_SNAPSHOT:
                continue
            path = (place.name,) if place.below is None else (place.below, place.name)
            found = self.arm.property(node, *path)
            if found is None:
                yield f"{where} has no place {'.'.join(path)}"
            elif not layout.is_identities(name):
                yield from self.value(places.fields[name].type, found, where)

    def value(self, type_: Type, node: Node, where: str) -> Iterator[str]:
        if node["$type"] not in FITS[type_.kind]:
            yield f"{where} is {type_.kind} here and {node['$type']} there"
        elif type_.kind == "object":
            yield from self.object(f"{self.module}:{type_.object}", self.body.object(type_), node)
        elif type_.kind == "list" and type_.of is not None:
            yield from self.value(type_.of, self.arm.follow(node["itemType"]), f"{where}[]")
        elif type_.kind == "map" and type_.of is not None and "additionalProperties" in node:
            yield from self.value(type_.of, self.arm.follow(node["additionalProperties"]), f"{where}{{}}")
        elif type_.kind == "union":
            for option in type_.options:
                yield from min((self.fresh(option, one, where) for one in self.arm.variants(node)), key=len)

    def fresh(self, type_: Type, node: Node, where: str) -> list[str]:
        """What there is to say, also of what was walked before."""
        walk = Walk(self.body.resource)
        return list(walk.value(type_, node, where))


@arm_types.needed
@pytest.mark.parametrize("resource", arm_types.DESCRIBED, ids=lambda one: one.token)
def test_every_property_has_its_place(resource: ResourceType) -> None:
    walk = Walk(resource)
    owner = f"{resource.module}:{resource.name}"
    assert list(walk.object(f"{owner} (inputs)", walk.body.inputs, walk.arm.body)) == []
    assert list(walk.object(f"{owner} (outputs)", walk.body.outputs, walk.arm.body)) == []


@arm_types.needed
def test_the_judge_refuses_a_wrong_place() -> None:
    """The walk itself: a container app whose template is looked for beside `properties`."""
    app = resources.by_token("azure-native:app:ContainerApp")
    assert app is not None
    walk = Walk(app)
    wrong = Layout(
        {"template": layout.Place(None, "template")}, {"template": walk.body.inputs.fields["template"]}
    )
    assert list(walk.object("app", wrong, walk.arm.body)) == ["app.template has no place template"]
