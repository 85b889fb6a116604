"""What is known of a resource's outputs before there is one: what the program says, and nothing else."""

from collections.abc import Mapping
from typing import Any

from offline.schema import layout
from offline.schema.layout import Body
from offline.schema.resources import ResourceType
from offline.schema.shapes import Fields, Type
from offline.schema.validate import UNKNOWN

Values = dict[str, Any]


def preview(resource: ResourceType, inputs: Mapping[str, Any]) -> Values:
    """Outputs with the inputs filled in; all others are unknown, also those within an object."""
    body = layout.of(resource)
    return _outputs(body, body.shapes.outputs, inputs)


def _outputs(body: Body, fields: Fields, inputs: Mapping[str, Any]) -> Values:
    return {
        name: UNKNOWN
        if inputs.get(name) is None or layout.is_identities(name)
        else _value(body, one.type, inputs[name])
        for name, one in fields.items()
    }


def _value(body: Body, type_: Type, value: Any) -> Any:
    if type_.kind == "list" and isinstance(value, list) and type_.of is not None:
        return [_value(body, type_.of, item) for item in value]
    if type_.kind == "map" and isinstance(value, Mapping) and type_.of is not None:
        return {key: _value(body, type_.of, item) for key, item in value.items()}
    if type_.kind == "object" and isinstance(value, Mapping) and type_.object is not None:
        return _outputs(body, body.shapes.objects[type_.object], value)
    return value
