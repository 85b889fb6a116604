"""Environments and container apps: what Azure fills in, and what it refuses."""

import ipaddress
import re
from pathlib import Path
from typing import Any

import pytest

from offline.arm.container_apps import ContainerApp, ManagedEnvironment
from offline.arm.errors import ArmError
from offline.arm.store import Resource
from tests.offline.apps_rig import (
    APP,
    ENVIRONMENT,
    GROUP,
    IDENTITY,
    NETWORK,
    SUBNET,
    VAULT,
    Stand,
    app_body,
    run,
)

PROFILES = [{"name": "Consumption", "workloadProfileType": "Consumption"}]
DELEGATED = [{"name": "d", "properties": {"serviceName": "Microsoft.App/environments"}}]


def environment_body(**properties: object) -> dict[str, object]:
    return {
        "location": "southcentralus",
        "properties": {
            "vnetConfiguration": {"infrastructureSubnetId": SUBNET, "internal": True},
            "workloadProfiles": PROFILES,
            **properties,
        },
    }


def refusal(stand: Stand, body: dict[str, Any], app_id: str = APP) -> ArmError:
    with pytest.raises(ArmError) as found:
        ContainerApp().check(stand.azure, stand.asked(app_id, body))
    return found.value


# Environments --------------------------------------------------------------------------------------------------------


def test_environment_gets_a_domain_an_address_and_defaults(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    made = stand.write(ManagedEnvironment(), ENVIRONMENT, environment_body()).properties
    assert re.fullmatch(
        r"[a-z]+-[0-9a-f]{8}\.southcentralus\.azurecontainerapps\.io", str(made["defaultDomain"])
    )
    assert ipaddress.ip_address(str(made["staticIp"])) in ipaddress.ip_network("10.0.0.0/26")
    assert made["publicNetworkAccess"] == "Disabled"
    assert made["zoneRedundant"] is False
    assert made["infrastructureResourceGroup"] == "ME_env_g_southcentralus"
    custom = made["customDomainConfiguration"]
    assert isinstance(custom, dict)
    assert re.fullmatch("[0-9A-F]{64}", custom["customDomainVerificationId"])
    stand.store.close()


def test_environment_with_a_public_ingress_gets_a_public_address(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    made = stand.environment().properties
    assert ipaddress.ip_address(str(made["staticIp"])) in ipaddress.ip_network("198.51.100.0/24")
    assert made["publicNetworkAccess"] == "Enabled"
    stand.store.close()


def test_changed_network_is_answered_with_success_and_ignored(tmp_path: Path) -> None:
    """env-net-change: 200, and nothing has changed."""
    stand = Stand(tmp_path)
    first = stand.write(ManagedEnvironment(), ENVIRONMENT, environment_body())
    other = {"infrastructureSubnetId": f"{NETWORK}/subnets/other", "internal": False}
    second = stand.write(
        ManagedEnvironment(), ENVIRONMENT, environment_body(vnetConfiguration=other, zoneRedundant=True)
    )
    for name in ("vnetConfiguration", "zoneRedundant", "defaultDomain", "staticIp"):
        assert second.properties[name] == first.properties[name]
    stand.store.close()


@pytest.mark.parametrize(
    ("subnet", "profiles", "status", "code", "message"),
    [
        pytest.param(
            {"addressPrefix": "10.0.0.0/26", "delegations": []},
            PROFILES,
            400,
            "ManagedEnvironmentSubnetDelegationError",
            "The subnet of the environment must be delegated to the service 'Microsoft.App/environments'.",
            id="env-delegation",
        ),
        pytest.param(
            {"addressPrefix": "10.0.0.0/28", "delegations": DELEGATED},
            PROFILES,
            400,
            "ManagedEnvironmentInvalidNetworkConfiguration",
            "The environment network configuration is invalid: Provided subnet must have a size of at least /27",
            id="env-size",
        ),
        pytest.param(
            {"addressPrefix": "10.0.0.0/24", "delegations": DELEGATED},
            [],
            400,
            "ManagedEnvironmentInvalidNetworkConfiguration",
            "The environment network configuration is invalid: Provided subnet must have a size of at least /23",
            id="env-size, consumption only",
        ),
        pytest.param(
            {"addressPrefixes": ["10.0.0.0/26"], "delegations": DELEGATED},
            PROFILES,
            400,
            "ManagedEnvironmentInvalidNetworkConfiguration",
            "The environment network configuration is invalid: The subnet and its addressPrefix could not be found.",
            id="env-subnet-missing, made through addressPrefixes",
        ),
        pytest.param(
            None,
            PROFILES,
            400,
            "ManagedEnvironmentInvalidNetworkConfiguration",
            "The environment network configuration is invalid: Invalid vnet resource ID provided, or the virtual "
            "network could not be found.",
            id="env-subnet-missing",
        ),
    ],
)
def test_environment_is_refused(
    tmp_path: Path,
    subnet: dict[str, object] | None,
    profiles: list[object],
    status: int,
    code: str,
    message: str,
) -> None:
    stand = Stand(tmp_path)
    stand.remove(SUBNET)
    if subnet is not None:
        stand.add(SUBNET, subnet)
    with pytest.raises(ArmError) as found:
        stand.write(ManagedEnvironment(), ENVIRONMENT, environment_body(workloadProfiles=profiles))
    assert (found.value.status, found.value.code, found.value.message) == (status, code, message)
    stand.store.close()


def test_subnet_of_another_environment_is_refused(tmp_path: Path) -> None:
    """env-subnet-shared"""
    stand = Stand(tmp_path)
    stand.environment()
    with pytest.raises(ArmError) as found:
        stand.write(ManagedEnvironment(), f"{ENVIRONMENT}2", environment_body())
    assert (found.value.status, found.value.code) == (400, "ManagedEnvironmentSubnetInUse")
    assert ENVIRONMENT in found.value.message
    stand.store.close()


def test_environment_with_apps_cannot_be_deleted(tmp_path: Path) -> None:
    """env-has-apps"""
    stand = Stand(tmp_path)
    environment = stand.environment()
    stand.write(ContainerApp(), APP, app_body())
    with pytest.raises(ArmError) as found:
        ManagedEnvironment().check_delete(stand.azure, environment)
    assert (found.value.status, found.value.code, found.value.message) == (
        409,
        "ManagedEnvironmentHasContainerApps",
        "The specified environment env cannot be deleted because it still contains 1 ContainerApps",
    )
    stand.remove(APP)
    ManagedEnvironment().check_delete(stand.azure, environment)
    stand.store.close()


# Apps ----------------------------------------------------------------------------------------------------------------

NAME_MESSAGE = (
    "Invalid Container App name '{}'. A name must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character and cannot have '--'. The length must not be more "
    "than 32 characters."
)


@pytest.mark.parametrize("name", ["Upper", "a--b", "1abc", "abc-", "a" * 33])
def test_app_name_is_refused(tmp_path: Path, name: str) -> None:
    """app-name"""
    stand = Stand(tmp_path)
    stand.environment()
    found = refusal(stand, app_body(), f"{GROUP}/providers/Microsoft.App/containerApps/{name}")
    assert (found.status, found.law, found.message) == (400, "app-name", NAME_MESSAGE.format(name))
    stand.store.close()


def secret(**entry: object) -> dict[str, object]:
    return {"secrets": [entry]}


@pytest.mark.parametrize(
    ("change", "status", "code", "message"),
    [
        pytest.param(
            secret(name="a", value=""),
            400,
            "ContainerAppSecretInvalid",
            "Invalid Request: Container app secret(s) with name(s) 'a' are invalid: value or keyVaultUrl and identity "
            "should be provided.",
            id="app-secret: an empty value counts as none",
        ),
        pytest.param(
            secret(name="a", keyVaultUrl=f"{VAULT}/a"),
            400,
            "ContainerAppSecretInvalid",
            "Invalid Request: Container app secret(s) with name(s) 'a' are invalid: value or keyVaultUrl and identity "
            "should be provided.",
            id="app-secret: reference without identity",
        ),
        pytest.param(
            secret(name="My_Key", value="x"),
            400,
            "ContainerAppInvalidSecretName",
            "Secret name has an invalid value 'My_Key'. A value must consist of lower case alphanumeric characters, "
            "'-', and must start and end with an alphanumeric character. The length must not be more than 253 "
            "characters.",
            id="app-secret-name",
        ),
        pytest.param(
            {"env": [{"name": "K", "secretRef": "nope"}]},
            400,
            "ContainerAppSecretRefNotFound",
            "SecretRef 'nope' defined for container 'gateway' not found.",
            id="app-secretref: variable",
        ),
        pytest.param(
            {
                "volumes": [{"name": "v", "storageType": "Secret", "secrets": [{"secretRef": "nope"}]}],
                "volumeMounts": [{"volumeName": "v", "mountPath": "/v"}],
            },
            400,
            "ContainerAppSecretRefNotFound",
            "SecretRef 'nope' defined for container 'gateway' not found.",
            id="app-secretref: volume",
        ),
        pytest.param(
            {"volumeMounts": [{"volumeName": "v", "mountPath": "/"}]},
            400,
            "ContainerAppInvalidMountPath",
            "Invalid Request: Invalid mount path was given. mountPath is required when mounting volume 'v'. mountPath "
            "must not contain ':'.",
            id="app-mount: root",
        ),
        pytest.param(
            {"volumeMounts": [{"volumeName": "v", "mountPath": "/a:b"}]},
            400,
            "ContainerAppInvalidMountPath",
            "Invalid Request: Invalid mount path was given. mountPath is required when mounting volume 'v'. mountPath "
            "must not contain ':'.",
            id="app-mount: colon",
        ),
        pytest.param(
            {"targetPort": 70000},
            400,
            "ContainerAppInvalidIngressTargetPort",
            "Invalid Request: Ingress targetPort '70000' is invalid. It must be between 1 and 65535.",
            id="app-port",
        ),
        pytest.param(
            secret(name="a", keyVaultUrl=f"{VAULT}/a", identity=f"{IDENTITY}2"),
            400,
            "ContainerAppIdentityNotAssigned",
            f"Invalid Request: The identity '{IDENTITY}2' is not assigned to the container app 'gateway'.",
            id="app-identity",
        ),
    ],
)
def test_app_is_refused(tmp_path: Path, change: dict[str, Any], status: int, code: str, message: str) -> None:
    stand = Stand(tmp_path)
    stand.environment()
    found = refusal(stand, app_body(**change))
    assert (found.status, found.code, found.message) == (status, code, message)
    stand.store.close()


@pytest.mark.parametrize(
    ("cpu", "memory", "legal"),
    [(0.25, "0.5Gi", True), (4, "8Gi", True), (0.5, "2Gi", False), (0.3, "0.6Gi", False), (8, "16Gi", False)],
)
def test_processor_and_memory_come_in_pairs(tmp_path: Path, cpu: float, memory: str, legal: bool) -> None:
    """app-cpu"""
    stand = Stand(tmp_path)
    stand.environment()
    body: dict[str, Any] = app_body()
    body["properties"]["template"]["containers"][0]["resources"] = {"cpu": cpu, "memory": memory}
    if legal:
        ContainerApp().check(stand.azure, stand.asked(APP, body))
    else:
        found = refusal(stand, body)
        assert (found.status, found.code) == (400, "ContainerAppInvalidResourceTotal")
        assert f"(CPU: {cpu}, memory: {memory}) is invalid" in found.message
        assert (
            "[cpu: 0.25, memory: 0.5Gi]; [cpu: 0.5, memory: 1Gi]; [cpu: 0.75, memory: 1.5Gi]" in found.message
        )
    stand.store.close()


def test_environment_has_to_be_there_and_whole(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    missing = refusal(stand, app_body())
    assert (missing.status, missing.code) == (404, "ManagedEnvironmentNotFound")
    body: dict[str, Any] = app_body()
    body["properties"]["environmentId"] = ""
    invalid = refusal(stand, body)
    assert (invalid.code, invalid.message) == (
        "InvalidManagedEnvironmentId",
        "Invalid ManagedEnvironmentId value ''.",
    )
    stand.store.put(stand.environment().with_properties(provisioningState="Failed"))
    failed = refusal(stand, app_body())
    assert (failed.status, failed.code, failed.message) == (
        400,
        "ManagedEnvironmentNotProvisioned",
        f"The environment '{ENVIRONMENT}' has not been provisioned successfully.",
    )
    stand.store.close()


def configuration(app: Resource) -> dict[str, Any]:
    found = app.properties["configuration"]
    assert isinstance(found, dict)
    return found


def test_app_shows_names_of_secrets_and_no_value(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            reference = {"name": "key", "keyVaultUrl": f"{VAULT}/key", "identity": IDENTITY}
            body = app_body(secrets=[{"name": "config", "value": "very-secret"}, reference])
            kind = ContainerApp()
            app = stand.write(kind, APP, body)
            assert configuration(app)["secrets"] == [{"name": "config"}, reference]
            assert "very-secret" not in str(kind.shown(stand.azure, app))
            listed = await kind.actions["listSecrets"](stand.azure, app, {})
            assert listed == {"value": [{"name": "config", "value": "very-secret"}, reference]}
            # What a PATCH of something else sends back has no value, and keeps the one that is there.
            sent = {name: app.body[name] for name in ("location", "identity", "properties")}
            again = stand.write(kind, APP, sent)
            assert again.private["secrets"] == {"config": "very-secret"}

    run(story())


def test_app_gets_defaults_and_outputs(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    environment = stand.environment()
    domain = environment.properties["defaultDomain"]
    app = stand.write(ContainerApp(), APP, app_body())
    ingress = configuration(app)["ingress"]
    assert ingress["fqdn"] == f"gateway.{domain}"
    assert ingress["traffic"] == [{"latestRevision": True, "weight": 100}]
    assert ingress["allowInsecure"] is False
    assert configuration(app)["activeRevisionsMode"] == "Single"
    assert app.properties["managedEnvironmentId"] == ENVIRONMENT
    assert app.properties["outboundIpAddresses"] == [environment.private["outboundAddress"]]
    assert app.properties["customDomainVerificationId"]
    assert str(app.properties["eventStreamEndpoint"]).endswith(f"{APP}/eventstream")
    identity: Any = app.body["identity"]
    assert identity["userAssignedIdentities"] == {
        IDENTITY: {"principalId": "principal-1", "clientId": "client-1"}
    }
    inside = stand.write(ContainerApp(), f"{APP}2", app_body(external=False))
    assert configuration(inside)["ingress"]["fqdn"] == f"gateway2.internal.{domain}"
    stand.store.close()


def test_own_identity_keeps_its_ids(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.environment()
    body = app_body(identity={"type": "SystemAssigned"})
    first: Any = stand.write(ContainerApp(), APP, body).body["identity"]
    second: Any = stand.write(ContainerApp(), APP, body).body["identity"]
    assert first["principalId"] == second["principalId"]
    assert first["tenantId"] == "t"
    stand.store.close()
