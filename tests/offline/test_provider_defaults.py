"""What is there with its parent is taken over by a create, and set back by a delete."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from offline.plugin_server import from_struct, to_struct
from tests.offline.small_azure import SUBSCRIPTION, SmallAzure, engine_and_azure

SERVER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql"
PARAMETER = f"{SERVER}/configurations/max_connections"
URN = "urn:pulumi:dev::project::azure-native:dbforpostgresql:Configuration::it"
INPUTS = {
    "resourceGroupName": "rg",
    "serverName": "psql",
    "configurationName": "max_connections",
    "value": "100",
    "source": "user-override",
}


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", SUBSCRIPTION)


def run(scenario: Callable[[Any, SmallAzure], Awaitable[None]]) -> None:
    async def within() -> None:
        async with engine_and_azure() as (engine, azure, _):
            await scenario(engine, azure)

    asyncio.run(within())


def there(azure: SmallAzure, source: str) -> None:
    """The parameter as Azure has it."""
    azure.resources[PARAMETER] = {"id": PARAMETER, "properties": {"value": "50", "source": source}}


def test_a_parameter_that_nobody_has_set_is_taken_over() -> None:
    async def scenario(engine: Any, azure: SmallAzure) -> None:
        there(azure, "system-default")
        made = await engine.Create(provider_pb2.CreateRequest(urn=URN, properties=to_struct(INPUTS)))
        assert made.id == PARAMETER
        assert from_struct(made.properties)["value"] == "100"
        assert azure.sent("max_connections") == {"properties": {"value": "100", "source": "user-override"}}

    run(scenario)


def test_a_parameter_that_somebody_has_set_is_not() -> None:
    async def scenario(engine: Any, azure: SmallAzure) -> None:
        there(azure, "user-override")
        with pytest.raises(grpc.aio.AioRpcError, match="cannot create already existing resource"):
            await engine.Create(provider_pb2.CreateRequest(urn=URN, properties=to_struct(INPUTS)))

    run(scenario)


def test_a_delete_sets_it_back() -> None:
    async def scenario(engine: Any, azure: SmallAzure) -> None:
        there(azure, "user-override")
        await engine.Delete(provider_pb2.DeleteRequest(urn=URN, id=PARAMETER))
        assert azure.methods("max_connections") == ["PUT"]
        assert azure.sent("max_connections") == {"properties": {"source": "system-default"}}

    run(scenario)
