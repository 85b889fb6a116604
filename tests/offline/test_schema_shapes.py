"""What is read from the SDK's source is what the SDK has, and a second reading comes from the cache."""

import subprocess
import sys
from pathlib import Path

import pulumi_azure_native
import pytest

from offline.plugin_server import UNKNOWN as PLUGIN_UNKNOWN
from offline.schema import resources, shapes
from offline.schema.resources import ResourceType
from offline.schema.validate import UNKNOWN


def _type(token: str) -> ResourceType:
    found = resources.by_token(f"azure-native:{token}")
    assert found is not None
    return found


def test_the_kinds_of_type_are_told_apart() -> None:
    account = shapes.of(_type("cognitiveservices:Account"))
    properties = account.objects["AccountProperties"]
    assert account.inputs["resourceGroupName"].required
    assert not account.inputs["location"].required
    assert properties["disableLocalAuth"].type.kind == "boolean"
    assert properties["allowedFqdnList"].type.of == shapes.Type("string")
    assert account.inputs["tags"].type.kind == "map"
    open_values = properties["publicNetworkAccess"].type
    assert (open_values.values, open_values.open) == (("Enabled", "Disabled"), True)
    closed_values = account.objects["Identity"]["type"].type
    assert not closed_values.open
    assert "SystemAssigned, UserAssigned" in closed_values.values


def test_a_resource_is_not_mistaken_for_the_nested_type_of_its_name() -> None:
    network = shapes.of(_type("network:VirtualNetwork"))
    subnet = shapes.of(_type("network:Subnet"))
    assert "virtualNetworkName" in subnet.inputs
    assert "virtualNetworkName" not in network.objects["Subnet"]


def test_outputs_are_known_beside_inputs() -> None:
    vault = shapes.of(_type("keyvault:Vault"))
    assert "provisioningState" in vault.objects["VaultPropertiesResponse"]
    assert "provisioningState" not in vault.objects["VaultProperties"]


@pytest.mark.parametrize("module", ["app", "keyvault", "cognitiveservices"])
def test_the_inputs_are_those_of_the_imported_classes(module: str) -> None:
    """The source read as text against the classes themselves."""
    for resource in resources.TYPES:
        if resource.module == module:
            arguments = getattr(getattr(pulumi_azure_native, module), f"{resource.name}Args")
            named = {n for n in vars(arguments) if isinstance(vars(arguments)[n], property)}
            assert len(named) == len(shapes.of(resource).inputs)


def test_what_was_read_is_kept_and_a_broken_cache_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    resource = _type("keyvault:Secret")
    file = shapes.cache_folder() / "keyvault.Secret.json"
    shapes.of.cache_clear()
    first = shapes.of(resource)
    file.write_text(file.read_text()[:100])
    shapes.of.cache_clear()
    assert shapes.of(resource) == first
    monkeypatch.setattr(shapes, "read", lambda _: pytest.fail("the cache was not used"))
    shapes.of.cache_clear()
    assert shapes.of(resource) == first
    shapes.of.cache_clear()


def test_the_provider_never_imports_the_sdk() -> None:
    """Importing the network module alone takes most of a second."""
    code = (
        "import sys, offline.provider; print(any(m.startswith('pulumi_azure_native') for m in sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_the_unknown_value_is_the_engines() -> None:
    assert UNKNOWN == PLUGIN_UNKNOWN
