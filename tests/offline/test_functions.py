"""azure-native's functions that ask for what a GET does not show, against the resource manager."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.azure_native import functions
from offline.azure_native.client import AzureClient, Body, Endpoints, SignIn
from tests.offline.arm_rig import CLIENT, SUBSCRIPTION, TENANT, Rig

GROUP = "/resourceGroups/rg"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/acrone"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-one"


class SignedIn(AzureClient):
    """A client that has its token already."""

    def __init__(self, rig: Rig) -> None:
        sign_in = SignIn(tenant_id=TENANT, client_id=CLIENT, client_secret="-", subscription_id=SUBSCRIPTION)
        super().__init__(sign_in, Endpoints(resource_manager=rig.origin), asyncio.Event())
        self._token = rig.token

    async def token(self, audience: str) -> str:
        return self._token


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.group()
    yield started
    started.stop()


def call(rig: Rig, function: str, **arguments: Any) -> Body:
    """What a program's `…_output()` gets."""

    async def within() -> Body:
        client = SignedIn(rig)
        try:
            return await functions.call(client, f"azure-native:{function}", arguments)
        finally:
            await client.close()

    return asyncio.run(within())


def test_the_credentials_of_a_registry(rig: Rig) -> None:
    sku, properties = {"name": "Basic"}, {"adminUserEnabled": True}
    rig.make(REGISTRY, {"location": "southcentralus", "sku": sku, "properties": properties})
    told = call(
        rig, "containerregistry:listRegistryCredentials", resourceGroupName="rg", registryName="acrone"
    )
    assert told == rig.ask("POST", f"{REGISTRY}/listCredentials").json()
    assert told["username"] == "acrone"


@pytest.mark.parametrize("function", ["getSharedKeys", "getWorkspaceSharedKeys"])
def test_the_keys_of_a_workspace(rig: Rig, function: str) -> None:
    rig.make(WORKSPACE, {"location": "southcentralus", "properties": {}})
    told = call(rig, f"operationalinsights:{function}", resourceGroupName="rg", workspaceName="log-one")
    assert set(told) == {"primarySharedKey", "secondarySharedKey"}
    assert told == rig.ask("POST", f"{WORKSPACE}/sharedKeys").json()


def test_the_keys_of_a_redis_database(rig: Rig) -> None:
    cluster = f"{GROUP}/providers/Microsoft.Cache/redisEnterprise/redis-one"
    properties = {"publicNetworkAccess": "Disabled"}
    sku = {"name": "Balanced_B0"}
    rig.make(cluster, {"location": "southcentralus", "sku": sku, "properties": properties})
    rig.make(f"{cluster}/databases/default", {"properties": {"accessKeysAuthentication": "Enabled"}})
    told = call(
        rig,
        "redisenterprise:listDatabaseKeys",
        resourceGroupName="rg",
        clusterName="redis-one",
        databaseName="default",
    )
    assert told == rig.ask("POST", f"{cluster}/databases/default/listKeys").json()
    assert set(told) == {"primaryKey", "secondaryKey"}
