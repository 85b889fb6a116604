"""The table of types agrees with the SDK and with ARM, and takes ids apart as it puts them together."""

import importlib.util
import re
from pathlib import Path

import pytest

from offline.schema import resources, shapes
from offline.schema.resources import ResourceType
from tests.offline import arm_types

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
every_type = pytest.mark.parametrize("resource", resources.TYPES, ids=lambda one: one.token)


@every_type
def test_what_makes_up_a_path_is_an_input(resource: ResourceType) -> None:
    inputs = shapes.of(resource).inputs
    assert [name for name in resource.parameters if name not in inputs] == []
    # Only the resource's own name may be left out.
    assert [name for name in resource.parameters[:-1] if not inputs[name].required] == []


@every_type
def test_the_api_version_is_the_one_that_the_sdk_names(resource: ResourceType) -> None:
    sdk = importlib.util.find_spec("pulumi_azure_native")
    assert sdk is not None
    assert sdk.origin is not None
    folder = Path(sdk.origin).parent / resource.module
    sources = (file.read_text(encoding="utf-8") for file in folder.glob("*.py") if file.name[0] != "_")
    [source] = [text for text in sources if f"class {resource.name}(pulumi.CustomResource)" in text]
    assert re.findall(r"Uses Azure REST API version ([\w-]+)\.", source)[:1] == [resource.api_version]


@arm_types.needed
@pytest.mark.parametrize("resource", arm_types.DESCRIBED, ids=lambda one: one.token)
def test_type_and_api_version_are_those_of_the_arm_type(resource: ResourceType) -> None:
    row = arm_types.index()[resource.token]
    assert (resource.type, resource.api_version) == (row["arm"], row["apiVersion"])


@arm_types.needed
def test_no_arm_type_is_left_out() -> None:
    assert set(arm_types.index()) == {one.token for one in arm_types.DESCRIBED}


@every_type
def test_an_id_is_taken_apart_as_it_was_put_together(resource: ResourceType) -> None:
    parameters = {name: f"x-{name}" for name in resource.parameters}
    if resource.scope_parameter is not None:
        parameters[resource.scope_parameter] = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
    id = resource.id(SUBSCRIPTION, parameters)
    assert resource.parse(id.text) == parameters
    assert resource.parse(id.text.replace("/providers/", "/Providers/")) == parameters
    assert resource.parse(id.text + "/more/of-it") is None


def test_an_id_of_another_type_is_none_of_this_one() -> None:
    account = resources.by_token("azure-native:cognitiveservices:Account")
    assert account is not None
    assert account.parse("/subscriptions/x/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v") is None


@pytest.mark.parametrize("record", resources.RECORD_TYPES)
def test_record_sets_of_every_kind_are_one_pulumi_type(record: str) -> None:
    found = resources.by_type(f"Microsoft.Network/privateDnsZones/{record}")
    assert found is not None
    assert found.name == "PrivateRecordSet"


def test_types_are_found_whatever_their_case() -> None:
    found = resources.by_type("microsoft.cognitiveservices/ACCOUNTS")
    assert found is not None
    assert found.name == "Account"
    assert resources.by_type("Microsoft.Web/sites") is None
