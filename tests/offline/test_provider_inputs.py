"""What the provider makes of a program's inputs: what it fills in, what it refuses, what a change of them means."""

import asyncio
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from offline.azure_native.diff import carried_over, differences
from offline.plugin_server import UNKNOWN, from_struct, to_struct
from offline.schema import resources
from offline.schema.resources import ResourceType
from tests.offline.small_azure import SUBSCRIPTION, engine_and_azure

ACCOUNT = "azure-native:cognitiveservices:Account"
GROUP_PATH = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
FULL = {
    "accountName": "ai",
    "resourceGroupName": "rg",
    "location": "southcentralus",
    "kind": "OpenAI",
    "sku": {"name": "S0"},
    "properties": {"customSubDomainName": "ai"},
}
WORKSPACE = "azure-native:operationalinsights:Workspace"


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"ARM_{name}", "x")
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", SUBSCRIPTION)


def check(
    token: str,
    news: dict[str, Any],
    *,
    olds: dict[str, Any] | None = None,
    config: dict[str, str] | None = None,
    group_location: str | None = None,
    autonaming: provider_pb2.CheckRequest.AutonamingOptions | None = None,
) -> tuple[dict[str, Any], dict[str, str]]:
    """The checked inputs, and the refusals by property."""

    async def within() -> Any:
        async with engine_and_azure() as (engine, azure, _):
            if group_location is not None:
                azure.resources[GROUP_PATH] = {"id": GROUP_PATH, "location": group_location}
            await engine.Configure(provider_pb2.ConfigureRequest(args=to_struct(config or {})))
            return await engine.Check(
                provider_pb2.CheckRequest(
                    urn=f"urn:pulumi:dev::project::{token}::it",
                    news=to_struct(news),
                    olds=to_struct(olds or {}),
                    randomSeed=b"seed",
                    autonaming=autonaming,
                )
            )

    answer = asyncio.run(within())
    return from_struct(answer.inputs), {failure.property: failure.reason for failure in answer.failures}


def test_full_inputs_come_back_with_the_api_version() -> None:
    assert check(ACCOUNT, FULL) == (FULL | {"azureApiVersion": "2025-06-01"}, {})


def test_a_misspelt_property_is_refused_with_the_nearest_name() -> None:
    _, failures = check(ACCOUNT, FULL | {"properties": {"customSubDomanName": "ai"}})
    assert failures == {
        "properties.customSubDomanName": "'properties.customSubDomanName' is no property of AccountProperties"
        " (azure-native drops unknown properties without a word); did you mean 'customSubDomainName'?"
    }


def test_a_missing_name_gets_eight_hex_digits_that_the_seed_decides() -> None:
    inputs, failures = check(ACCOUNT, {k: v for k, v in FULL.items() if k != "accountName"})
    again, _ = check(ACCOUNT, {k: v for k, v in FULL.items() if k != "accountName"})
    assert failures == {}
    assert inputs["accountName"] == again["accountName"]
    assert inputs["accountName"].startswith("it")
    assert len(bytes.fromhex(inputs["accountName"].removeprefix("it"))) == 4
    assert inputs["__createBeforeDelete"] is True


def test_a_child_is_named_like_its_pulumi_resource() -> None:
    inputs, failures = check(
        "azure-native:cognitiveservices:Deployment", {"accountName": "ai", "resourceGroupName": "rg"}
    )
    assert failures == {}
    assert inputs["deploymentName"] == "it"
    assert "__createBeforeDelete" not in inputs


def test_a_name_once_made_stays() -> None:
    olds = FULL | {"accountName": "it12345678", "__createBeforeDelete": True}
    inputs, _ = check(ACCOUNT, {k: v for k, v in FULL.items() if k != "accountName"}, olds=olds)
    assert inputs["accountName"] == "it12345678"
    assert inputs["__createBeforeDelete"] is True


def test_the_engines_own_autonaming_is_followed() -> None:
    options = provider_pb2.CheckRequest.AutonamingOptions
    unnamed = {k: v for k, v in FULL.items() if k != "accountName"}
    inputs, _ = check(ACCOUNT, unnamed, autonaming=options(proposed_name="it-dev", mode=options.PROPOSE))
    assert inputs["accountName"] == "it-dev"
    _, failures = check(ACCOUNT, unnamed, autonaming=options(mode=options.DISABLE))
    assert failures == {"accountName": "missing required property 'accountName'"}


def test_location_comes_from_the_configuration_before_the_group() -> None:
    unplaced = {"resourceGroupName": "rg", "workspaceName": "logs"}
    configured, _ = check(WORKSPACE, unplaced, config={"location": "eastus"}, group_location="westeurope")
    from_group, _ = check(WORKSPACE, unplaced, group_location="westeurope")
    assert (configured["location"], from_group["location"]) == ("eastus", "westeurope")


def test_location_of_a_group_that_is_not_known_yet_is_unknown() -> None:
    inputs, failures = check(WORKSPACE, {"resourceGroupName": UNKNOWN, "workspaceName": "logs"})
    assert inputs["location"] == UNKNOWN
    assert failures == {}


def test_no_location_anywhere_is_refused_with_the_way_to_set_one() -> None:
    _, failures = check(WORKSPACE, {"resourceGroupName": "rg", "workspaceName": "logs"})
    assert "pulumi config set azure-native:location" in failures["location"]


def _type(token: str) -> ResourceType:
    found = resources.by_token(token)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("token", "changed", "path", "replaces"),
    [
        pytest.param(ACCOUNT, {"accountName": "other"}, "accountName", True, id="name"),
        pytest.param(ACCOUNT, {"location": "eastus"}, "location", True, id="location"),
        pytest.param(ACCOUNT, {"sku": {"name": "S1"}}, "sku.name", False, id="nested"),
        pytest.param(ACCOUNT, {"tags": {"a.b": "c"}}, "tags", False, id="added"),
        pytest.param(
            "azure-native:network:PrivateEndpoint", {"subnet": {"id": "/x"}}, "subnet", True, id="subnet"
        ),
        pytest.param(
            "azure-native:authorization:RoleAssignment", {"scope": "/x"}, "scope", True, id="role's scope"
        ),
        pytest.param(
            "azure-native:app:ContainerApp", {"environmentId": "/x"}, "environmentId", True, id="environment"
        ),
        pytest.param(
            "azure-native:app:ManagedEnvironment", {"vnetConfiguration": {}}, "vnetConfiguration", False,
            id="an environment's network, which Azure ignores",
        ),
    ],
)  # fmt: skip
def test_what_replaces_and_what_does_not(
    token: str, changed: dict[str, Any], path: str, replaces: bool
) -> None:
    found = differences(_type(token), FULL, FULL | changed)
    assert [(one.path, one.replaces) for one in found] == [(path, replaces)]


def test_spelling_of_a_location_or_a_group_is_no_change() -> None:
    spelt = {"location": "South Central US", "resourceGroupName": "RG"}
    assert differences(_type(ACCOUNT), FULL, FULL | spelt) == []


ENVIRONMENT = "azure-native:app:ManagedEnvironment"


@pytest.mark.parametrize(
    ("token", "old", "new", "replaces"),
    [
        pytest.param(ENVIRONMENT, {"zoneRedundant": False}, {}, False, id="no longer said"),
        pytest.param(ENVIRONMENT, {}, {"zoneRedundant": False}, False, id="said as it is"),
        pytest.param(ENVIRONMENT, {}, {"zoneRedundant": True}, True, id="said for the first time, another"),
        pytest.param(ENVIRONMENT, {"zoneRedundant": False}, {"zoneRedundant": True}, True, id="changed"),
        pytest.param(
            "azure-native:network:PrivateEndpoint",
            {"subnet": {"id": "/x"}},
            {"subnet": {"id": "/x", "privateEndpointNetworkPolicies": "Disabled"}},
            False,
            id="more said within an object",
        ),
        pytest.param(
            "azure-native:network:PrivateEndpoint",
            {"subnet": {"id": "/x"}},
            {"subnet": {"id": "/y"}},
            True,
            id="changed within an object",
        ),
    ],
)
def test_of_what_is_fixed_only_another_value_replaces(
    token: str, old: dict[str, Any], new: dict[str, Any], replaces: bool
) -> None:
    (found,) = differences(_type(token), old, new, {"zoneRedundant": False})
    assert found.replaces is replaces


def test_true_is_not_one() -> None:
    assert len(differences(_type(ACCOUNT), {"a": [True]}, {"a": [1]})) == 1


def test_keys_of_a_map_are_quoted_where_they_must_be() -> None:
    found = differences(_type(ACCOUNT), {"tags": {"a.b": "1", "c": "1"}}, {"tags": {"a.b": "2"}})
    assert {(one.path, one.change) for one in found} == {('tags["a.b"]', "update"), ("tags.c", "delete")}


def test_an_explicit_name_is_deleted_first_and_a_random_one_last() -> None:
    def first(olds: dict[str, Any]) -> bool:
        async def within() -> Any:
            async with engine_and_azure() as (engine, _, _):
                return await engine.Diff(
                    provider_pb2.DiffRequest(
                        urn=f"urn:pulumi:dev::project::{ACCOUNT}::it",
                        old_inputs=to_struct(olds),
                        news=to_struct(olds | {"location": "eastus"}),
                    )
                )

        answer = asyncio.run(within())
        assert list(answer.replaces) == ["location"]
        assert answer.detailedDiff["location"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
        return bool(answer.deleteBeforeReplace)

    assert first(FULL)
    assert not first(FULL | {"__createBeforeDelete": True})


def test_a_refresh_changes_only_the_inputs_that_changed_in_azure() -> None:
    inputs = {"rules": [{"port": 1}], "size": 1, "gone": 1}
    old = {"rules": [{"port": 1, "filled": 0}], "size": 1, "gone": 1, "default": 0}
    new = {"rules": [{"port": 2, "filled": 0}], "size": 1, "default": 0, "added": 3}
    assert carried_over(inputs, old, new) == {"rules": [{"port": 2}], "size": 1, "added": 3}
