"""Between azure-native and ARM: inputs become a path and a body, a body becomes outputs.

What the SDK does not know is dropped on either way, as azure-native does.
"""

from collections.abc import Callable, Mapping
from typing import Any

from offline.arm.ids import ResourceId
from offline.schema import layout
from offline.schema.layout import Body, Layout
from offline.schema.resources import ResourceType
from offline.schema.shapes import Fields, Type

Values = dict[str, Any]

SUBRESOURCES: dict[str, tuple[tuple[str, ...], ...]] = {
    "azure-native:network:VirtualNetwork": (
        ("properties", "subnets"),
        ("properties", "virtualNetworkPeerings"),
    ),
    "azure-native:network:NetworkSecurityGroup": (("properties", "securityRules"),),
    "azure-native:keyvault:Vault": (("properties", "accessPolicies"),),
}
"""Lists in ARM's body that hold what may also be resources of their own.

Left out of a program they are sent empty at the creation, and as Azure has them at an update, so that an update of
a network does not delete its subnets. Source: pulumi-azure-native CONTRIBUTING.md, "Sub-resources".
"""


def to_arm(resource: ResourceType, inputs: Mapping[str, Any], subscription: str) -> tuple[ResourceId, Values]:
    """The id and the body of the PUT that makes a resource of these inputs.

    :raises KeyError: an input that is part of the path is missing.
    """
    parameters = {name: str(inputs[name]) for name in resource.parameters}
    return resource.id(subscription, parameters), body_of(resource, inputs)


def body_of(resource: ResourceType, inputs: Mapping[str, Any]) -> Values:
    """The body alone."""
    known = layout.of(resource)
    return _inward(known, known.inputs, inputs)


def from_arm(resource: ResourceType, body: Mapping[str, Any]) -> Values:
    """The outputs that azure-native makes of a body that Azure answers."""
    known = layout.of(resource)
    outputs = _outward(known, known.outputs, body, known.inputs)
    return outputs | {"azureApiVersion": resource.api_version}


def inputs_of(resource: ResourceType, id: str, body: Mapping[str, Any]) -> Values:
    """The inputs that would make a resource as it is: for an import.

    Lists and objects with nothing in them are left out: most are what Azure shows where nothing was said. Source:
    pulumi-azure-native `provider/pkg/convert/responseToSdkInputs.go`.

    :raises ValueError: the id is none of this type.
    """
    parameters = resource.parse(id)
    if parameters is None:
        raise ValueError(f"{id!r} is no id of {resource.token}: expected {resource.path}")
    known = layout.of(resource)
    inputs = _outward(known, known.inputs, body, known.inputs)
    # Network types let their id and type be sent; nobody writes them.
    kept = {name: value for name, value in inputs.items() if name not in {"id", "type", "etag"}}
    told: Values = _without_empty(kept)
    return told | parameters | {"azureApiVersion": resource.api_version}


def _without_empty(value: Any) -> Any:
    """A value without the collections in it, however deep, that hold nothing."""
    if isinstance(value, Mapping):
        kept = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if not _is_empty(item)}
    if isinstance(value, list | tuple):
        return [item for item in map(_without_empty, value) if not _is_empty(item)]
    return value


def _is_empty(value: object) -> bool:
    return isinstance(value, Mapping | list) and not value


def projected(resource: ResourceType, outputs: Mapping[str, Any]) -> Values:
    """What of the outputs could be an input: the rest is read-only."""
    known = layout.of(resource)
    return _project(known, known.inputs.fields, outputs)


def _list_of_ids(value: object) -> object:
    return sorted(value) if isinstance(value, Mapping) else value


def _inward(body: Body, places: Layout, values: Mapping[str, Any]) -> Values:
    result: Values = {}
    for name, value in values.items():
        place = places.places.get(name)
        if place is None or value is None:
            continue
        target = result if place.below is None else result.setdefault(place.below, {})
        type_ = places.fields[name].type
        if layout.is_identities(name) and type_.kind == "list":
            target[place.name] = {id: {} for id in value}
        else:
            target[place.name] = _each(
                body, type_, value, lambda inner, item: _inward(body, body.object(inner), item)
            )
    return result


def _outward(body: Body, places: Layout, values: Mapping[str, Any], inputs: Layout) -> Values:
    """:param inputs: knows the type where the SDK says of an output only that it may be anything."""
    result: Values = {}
    for name, place in places.places.items():
        source = values if place.below is None else values.get(place.below)
        value = source.get(place.name) if isinstance(source, Mapping) else None
        if value is None:
            continue
        type_ = places.fields[name].type
        if type_.kind == "any" and name in inputs.fields:
            type_ = inputs.fields[name].type
        if layout.is_identities(name) and type_.kind == "list":
            result[name] = _list_of_ids(value)
        else:
            result[name] = _each(
                body, type_, value, lambda inner, item: _outward(body, body.object(inner), item, inputs)
            )
    return result


def _project(body: Body, fields: Fields, values: Mapping[str, Any]) -> Values:
    result: Values = {}
    for name, one in fields.items():
        value = values.get(name)
        if value is None:
            continue
        if layout.is_identities(name) and one.type.kind == "list":
            result[name] = _list_of_ids(value)
        else:
            result[name] = _each(
                body,
                one.type,
                value,
                lambda inner, item: _project(body, body.shapes.objects[inner.object or ""], item),
            )
    return result


def _each(body: Body, type_: Type, value: Any, change: Callable[[Type, Mapping[str, Any]], Values]) -> Any:
    """Change every object within a value, however deep."""
    if type_.kind == "union" and isinstance(value, Mapping):
        return _each(body, _option(body, type_, value), value, change)
    if type_.kind == "list" and isinstance(value, list | tuple) and type_.of is not None:
        return [_each(body, type_.of, item, change) for item in value]
    if type_.kind == "map" and isinstance(value, Mapping) and type_.of is not None:
        return {key: _each(body, type_.of, item, change) for key, item in value.items()}
    if type_.kind == "object" and isinstance(value, Mapping):
        return change(type_, value)
    return value


def _option(body: Body, union: Type, value: Mapping[str, Any]) -> Type:
    """Which member of a union a value is: the one whose properties it shares most with."""

    def shared(option: Type) -> int:
        if option.kind != "object":
            return -1
        places = body.object(option)
        names = set(places.places) | {place.name for place in places.places.values()}
        return 2 * len(names & set(value)) - len(names | set(value))

    return max(union.options, key=shared)


def unset_subresources(resource: ResourceType, body: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Which lists of sub-resources a body leaves out."""
    return [path for path in SUBRESOURCES.get(resource.token, ()) if _at(body, path) is None]


def copy_subresource(path: tuple[str, ...], existing: Mapping[str, Any], body: Values) -> None:
    """Put one list of what Azure has into a body; an empty one where it has none."""
    target = body
    for step in path[:-1]:
        target = target.setdefault(step, {})
    found = _at(existing, path)
    target[path[-1]] = found if found is not None else []


def without_unset_subresources(
    resource: ResourceType, inputs: Mapping[str, Any], outputs: Mapping[str, Any]
) -> Values:
    """Outputs for a comparison with others: without the lists of sub-resources that the program leaves out.

    They are others' to change, and no change of this resource's inputs. Source: pulumi/pulumi-azure-native#4178.
    """
    flattened = "properties" not in layout.of(resource).outputs.fields
    result = dict(outputs)
    for path in SUBRESOURCES.get(resource.token, ()):
        place = path[1:] if flattened else path
        if _at(inputs, place) is None:
            result = _without(result, place)
    return result


def _without(values: Mapping[str, Any], path: tuple[str, ...]) -> Values:
    """A copy that has nothing at the end of a path."""
    first, *rest = path
    if not rest:
        return {name: value for name, value in values.items() if name != first}
    inner = values.get(first)
    return {**values, first: _without(inner, tuple(rest))} if isinstance(inner, Mapping) else dict(values)


def _at(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    for step in path[:-1]:
        inner = values.get(step)
        if not isinstance(inner, Mapping):
            return None
        values = inner
    return values.get(path[-1])
