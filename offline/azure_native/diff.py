"""What a change of inputs means: nothing, an update, or a replacement.

Inputs are compared with inputs. Source: pulumi-azure-native `provider/pkg/provider/diff.go`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from offline.schema.resources import ResourceType

Change = Literal["add", "delete", "update"]
Values = dict[str, Any]

CREATE_BEFORE_DELETE = "__createBeforeDelete"
"""Marks inputs whose name was made at random: such a resource can be replaced by a new one before it goes."""

_FORCES_NEW: dict[str, frozenset[str]] = {
    # Properties that Azure's specification lets be set at the creation only (`x-ms-mutability` without update) …
    "azure-native:app:ContainerApp": frozenset({"environmentId", "managedEnvironmentId"}),
    "azure-native:app:Job": frozenset({"environmentId"}),
    "azure-native:app:ManagedEnvironment": frozenset({"infrastructureResourceGroup", "zoneRedundant"}),
    "azure-native:dbforpostgresql:Server": frozenset(
        {"administratorLogin", "pointInTimeUTC", "sourceServerResourceId"}
    ),
    # … and azure-native's own list (`provider/pkg/gen/replacement.go`).
    "azure-native:authorization:RoleAssignment": frozenset({"principalId"}),
    "azure-native:network:PrivateEndpoint": frozenset({"subnet"}),
    "azure-native:network:PublicIPAddress": frozenset({"publicIPAddressVersion", "publicIPPrefix", "sku"}),
    "azure-native:storage:StorageAccount": frozenset({"isHnsEnabled"}),
}


def forces_new(resource: ResourceType, name: str) -> bool:
    """Whether a changed input replaces the resource: what makes up its id, its location, what is fixed at creation.

    The network of a Container Apps environment and the model of a deployment are not here, as in azure-native:
    Azure ignores or refuses those, and a program says `replace_on_changes`.
    """
    return name in resource.parameters or name == "location" or name in _FORCES_NEW.get(resource.token, ())


@dataclass(frozen=True)
class Difference:
    """One changed property."""

    path: str
    change: Change
    replaces: bool


def differences(
    resource: ResourceType,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    outputs: Mapping[str, Any] | None = None,
) -> list[Difference]:
    """Every changed input, as deep as it goes.

    :param outputs: what Azure last showed.
    """
    return [
        Difference(
            path,
            change,
            forces_new(resource, name) and _replaces(path, name, change, new.get(name), outputs or {}),
        )
        for name in {**old, **new}
        if not name.startswith("__") and not _same_word(name, old.get(name), new.get(name))
        for path, change in _changes(name, old.get(name), new.get(name))
    ]


def _replaces(path: str, name: str, change: Change, value: object, outputs: Mapping[str, Any]) -> bool:
    """Whether a change of an input that is fixed at the creation makes a new resource.

    Left out is no opinion: an import reads what Azure has chosen as inputs, and the program says nothing of it
    (pulumi/pulumi-azure-native#4785). Written out as Azure has it already, it changes nothing either; and of an
    object only what it holds with another value counts.
    """
    if change == "update":
        return True
    return change == "add" and path == name and outputs.get(name) != value


def _same_word(name: str, old: object, new: object) -> bool:
    """`South Central US` is `southcentralus`, and a resource group's case is of no account."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    if name == "location":
        return old.replace(" ", "").lower() == new.replace(" ", "").lower()
    return name == "resourceGroupName" and old.lower() == new.lower()


def _changes(path: str, old: object, new: object) -> Iterator[tuple[str, Change]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {**old, **new}:
            yield from _changes(_step(path, name), old.get(name), new.get(name))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from _changes(f"{path}[{index}]", before, after)
    elif old is None or new is None:
        if old is not new:
            yield path, "add" if old is None else "delete"
    elif old != new or isinstance(old, bool) != isinstance(new, bool):  # Python has True == 1
        yield path, "update"


def _step(path: str, name: str) -> str:
    """The engine's way to write paths quotes what is no plain word, such as the key of a tag."""
    return f"{path}.{name}" if name.replace("_", "").isalnum() else f'{path}["{name}"]'


def carried_over(inputs: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Values:
    """The inputs, with what changed in Azure between two readings put into them.

    What Azure fills in by itself is in both readings and stays out of the inputs.

    :param old: the earlier reading, in the shape of inputs.
    :param new: the later one.
    """
    result = {name: value for name, value in inputs.items() if not (name in old and name not in new)}
    for name, value in new.items():
        if name not in old or old[name] != value:
            result[name] = _carried(inputs[name], old.get(name), value) if name in inputs else value
    return result


def _carried(value: Any, old: Any, new: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(old, Mapping) and isinstance(new, Mapping):
        return carried_over(value, old, new)
    if isinstance(value, list) and isinstance(old, list) and isinstance(new, list):
        return [
            _carried(value[index], old[index], item) if index < min(len(value), len(old)) else item
            for index, item in enumerate(new)
        ]
    return new
