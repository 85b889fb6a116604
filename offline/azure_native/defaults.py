"""Resources that are there with their parent: a create sets them, and a delete sets them back.

Source: pulumi-azure-native `provider/pkg/openapi/defaults/defaultResourcesState.go`; the row of this module's types.
"""

from collections.abc import Mapping
from typing import Any

from offline.schema import translate
from offline.schema.resources import ResourceType

Values = dict[str, Any]

_DEFAULTS: dict[str, Values] = {
    "azure-native:dbforpostgresql:Configuration": {"source": "system-default"},
}
"""azure-native's properties of such a resource before anybody has set it, by token."""


def is_as_made(resource: ResourceType, body: Mapping[str, Any]) -> bool:
    """Whether what Azure has is what its parent brought along, so that a create may take it over."""
    default = _DEFAULTS.get(resource.token)
    if default is None:
        return False
    outputs = translate.from_arm(resource, body)
    return all(outputs.get(name) == value for name, value in default.items())


def body_to_set_back(resource: ResourceType) -> Values | None:
    """What a delete PUTs instead; None for what can be deleted."""
    default = _DEFAULTS.get(resource.token)
    return translate.body_of(resource, default) if default is not None else None
