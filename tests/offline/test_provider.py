"""The azure-native provider as the engine meets it: over gRPC, against a small Azure."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

from offline.plugin_server import UNKNOWN, from_struct, to_struct
from offline.provider import AzureNative
from tests.offline.small_azure import OBJECT_ID, SUBSCRIPTION, Answer, SmallAzure, engine_and_azure

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/ai"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
DETAILS = "grpc-status-details-bin"

Scenario = Callable[[Any, SmallAzure, AzureNative], Awaitable[None]]


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ARM_TENANT_ID": "tenant",
        "ARM_CLIENT_ID": "client",
        "ARM_CLIENT_SECRET": "hush",
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
    }.items():
        monkeypatch.setenv(name, value)


def run(scenario: Scenario) -> None:
    """One scenario with an engine, an Azure and a provider of its own."""

    async def within() -> None:
        async with engine_and_azure() as (engine, azure, provider):
            await scenario(engine, azure, provider)

    asyncio.run(within())


def urn(token: str, name: str = "it") -> str:
    return f"urn:pulumi:dev::project::{token}::{name}"


ACCOUNT_URN = urn("azure-native:cognitiveservices:Account", "ai")
NETWORK_URN = urn("azure-native:network:VirtualNetwork", "net")
GROUP_URN = urn("azure-native:resources:ResourceGroup", "rg")

ACCOUNT_INPUTS = {
    "accountName": "ai",
    "resourceGroupName": "rg",
    "location": "southcentralus",
    "kind": "OpenAI",
    "sku": {"name": "S0"},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/an/identity"]},
    "properties": {"customSubDomainName": "ai"},
}
NETWORK_INPUTS = {
    "virtualNetworkName": "net",
    "resourceGroupName": "rg",
    "location": "southcentralus",
    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
}


def create(
    inputs: dict[str, Any], urn: str = ACCOUNT_URN, *, preview: bool = False
) -> provider_pb2.CreateRequest:
    return provider_pb2.CreateRequest(urn=urn, properties=to_struct(inputs), preview=preview)


async def refused(call: Awaitable[Any]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def partial_state(error: grpc.aio.AioRpcError) -> provider_pb2.ErrorResourceInitFailed:
    """What an error says is there all the same."""
    metadata: Any = error.trailing_metadata()
    details = dict(metadata)[DETAILS]
    found = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(details).details[0].Unpack(found)
    return found


def test_configure_supports_previews_and_strips_secrets() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        answer = await engine.Configure(provider_pb2.ConfigureRequest())
        assert answer.supportsPreview
        assert answer.supports_autonaming_configuration
        assert not answer.acceptSecrets

    run(scenario)


def test_create_puts_what_arm_expects_and_returns_what_arm_shows() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        answer = await engine.Create(create(ACCOUNT_INPUTS))
        assert answer.id == ACCOUNT
        assert azure.sent("/accounts/ai") == {
            "location": "southcentralus",
            "kind": "OpenAI",
            "sku": {"name": "S0"},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/an/identity": {}}},
            "properties": {"customSubDomainName": "ai"},
        }
        outputs = from_struct(answer.properties)
        assert outputs["identity"]["userAssignedIdentities"] == {"/an/identity": {}}
        assert outputs["name"] == "ai"
        assert outputs["azureApiVersion"] == "2025-06-01"
        assert "accountName" not in outputs
        assert azure.methods("/accounts/ai") == ["GET", "PUT", "GET"]

    run(scenario)


def test_create_of_what_exists_is_refused() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.resources[ACCOUNT] = {"id": ACCOUNT}
        error = await refused(engine.Create(create(ACCOUNT_INPUTS)))
        assert error.details() == f"cannot create already existing resource '{ACCOUNT}'"
        assert azure.methods("/accounts/ai") == ["GET"]

    run(scenario)


def test_create_preview_knows_the_inputs_and_nothing_else() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        outputs = from_struct((await engine.Create(create(ACCOUNT_INPUTS, preview=True))).properties)
        assert outputs["location"] == "southcentralus"
        assert outputs["properties"]["customSubDomainName"] == "ai"
        assert outputs["properties"]["endpoint"] == UNKNOWN
        assert outputs["name"] == UNKNOWN
        assert outputs["identity"]["userAssignedIdentities"] == UNKNOWN
        assert azure.asked == []

    run(scenario)


def test_update_preview_also_knows_name_and_location() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        request = provider_pb2.UpdateRequest(
            id=ACCOUNT,
            urn=ACCOUNT_URN,
            news=to_struct(ACCOUNT_INPUTS),
            olds=to_struct({"name": "ai", "etag": "1"}),
            preview=True,
        )
        outputs = from_struct((await engine.Update(request)).properties)
        assert outputs["name"] == "ai"
        assert outputs["etag"] == UNKNOWN

    run(scenario)


def test_a_long_create_is_followed_to_its_end() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.long["/accounts/ai"] = [
            {"status": "InProgress"},
            {"status": "InProgress"},
            {"status": "Succeeded"},
        ]
        await engine.Create(create(ACCOUNT_INPUTS))
        assert azure.methods("/operations//accounts/ai") == ["GET"] * 3

    run(scenario)


def test_an_accepted_create_that_fails_leaves_its_state_with_the_engine() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.long["/accounts/ai"] = [
            {"status": "Failed", "error": {"code": "InsufficientQuota", "message": "no more"}}
        ]
        error = await refused(engine.Create(create(ACCOUNT_INPUTS)))
        assert error.details() == 'Status=200 Code="InsufficientQuota" Message="no more"'
        state = partial_state(error)
        assert state.id == ACCOUNT
        assert from_struct(state.properties)["name"] == "ai"
        assert from_struct(state.inputs)["accountName"] == "ai"
        assert list(state.reasons) == [error.details()]

    run(scenario)


def test_a_refused_create_leaves_nothing_with_the_engine() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        body = {"error": {"code": "RequestConflict", "message": "busy"}}
        azure.first.append(Answer("PUT", "/accounts/ai", 409, body))
        error = await refused(engine.Create(create(ACCOUNT_INPUTS)))
        assert error.details() == 'Status=409 Code="RequestConflict" Message="busy"'
        metadata: Any = error.trailing_metadata()
        assert DETAILS not in dict(metadata)
        assert azure.methods("/accounts/ai") == ["GET", "PUT"]

    run(scenario)


def test_the_flat_errors_of_insights_are_read() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.first.append(Answer("PUT", "/accounts/ai", 400, {"code": "BadRequest", "message": "flat"}))
        error = await refused(engine.Create(create(ACCOUNT_INPUTS)))
        assert error.details() == 'Status=400 Code="BadRequest" Message="flat"'

    run(scenario)


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "SubscriptionRequestsThrottled"), (503, "ServerBusy"), (409, "AnotherOperationInProgress")],
)
def test_what_passes_is_tried_again(status: int, code: str) -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        body = {"error": {"code": code, "message": "wait"}}
        azure.first += [Answer("PUT", "/accounts/ai", status, body, {"Retry-After": "6"})] * 2
        await engine.Create(create(ACCOUNT_INPUTS))
        assert azure.methods("/accounts/ai") == ["GET", "PUT", "PUT", "PUT", "GET"]

    run(scenario)


def test_it_gives_up_after_three_repetitions() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        body = {"error": {"code": "AnotherOperationInProgress", "message": "wait"}}
        azure.first += [Answer("PUT", "/accounts/ai", 409, body)] * 9
        error = await refused(engine.Create(create(ACCOUNT_INPUTS)))
        assert "AnotherOperationInProgress" in (error.details() or "")
        assert azure.methods("/accounts/ai") == ["GET", *["PUT"] * 4]

    run(scenario)


def test_cancel_ends_what_waits_and_keeps_what_is_there() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.long["/accounts/ai"] = [{"status": "InProgress"}]
        creating = asyncio.ensure_future(refused(engine.Create(create(ACCOUNT_INPUTS))))
        await azure.polled.wait()
        provider.cancelled.set()
        error = await asyncio.wait_for(creating, 2)
        assert error.details() == "cancelled"
        assert partial_state(error).id == ACCOUNT

    run(scenario)


def test_a_create_that_takes_longer_than_the_program_allows_is_given_up() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.long["/accounts/ai"] = [{"status": "InProgress"}]
        request = create(ACCOUNT_INPUTS)
        request.timeout = 0.1
        error = await refused(engine.Create(request))
        assert error.details() == "operation timed out"
        assert partial_state(error).id == ACCOUNT

    run(scenario)


def test_a_create_that_is_not_even_answered_in_time_leaves_nothing_with_the_engine() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.silent.add("/accounts/ai")
        request = create(ACCOUNT_INPUTS)
        request.timeout = 0.1
        error = await asyncio.wait_for(refused(engine.Create(request)), 5)
        assert error.details() == "operation timed out"
        metadata: Any = error.trailing_metadata()
        assert DETAILS not in dict(metadata or ())

    run(scenario)


def test_delete_of_what_is_gone_succeeds() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.first.append(Answer("DELETE", "/accounts/ai", 404, {"error": {"code": "ResourceNotFound"}}))
        await engine.Delete(provider_pb2.DeleteRequest(id=ACCOUNT, urn=ACCOUNT_URN))
        assert azure.methods("/accounts/ai") == ["DELETE"]

    run(scenario)


def test_a_long_delete_is_followed_to_its_end() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        where = {"Location": f"{azure.url}/operations/gone?api-version=1"}
        azure.first += [
            Answer("DELETE", "/accounts/ai", 202, {}, where),
            Answer("GET", "/operations/gone", 202, {}, where),
            Answer("GET", "/operations/gone", 200),
        ]
        await engine.Delete(provider_pb2.DeleteRequest(id=ACCOUNT, urn=ACCOUNT_URN))
        assert azure.methods("/operations/gone") == ["GET", "GET"]

    run(scenario)


def test_a_secret_is_deleted_in_the_vault_itself() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        token = "azure-native:keyvault:Secret"
        id = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv/secrets/key"
        await engine.Delete(provider_pb2.DeleteRequest(id=id, urn=urn(token)))
        assert [(method, path) for method, path, _ in azure.asked] == [("DELETE", "/secrets/key")]

    run(scenario)


def test_read_of_what_is_gone_says_so() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        answer = await engine.Read(provider_pb2.ReadRequest(id=ACCOUNT, urn=ACCOUNT_URN))
        assert answer.id == ""

    run(scenario)


def test_import_makes_the_inputs_from_the_resource() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        await engine.Create(create(ACCOUNT_INPUTS))
        azure.resources[ACCOUNT]["properties"]["endpoint"] = "https://ai"
        answer = await engine.Read(provider_pb2.ReadRequest(id=ACCOUNT, urn=ACCOUNT_URN))
        assert from_struct(answer.inputs) == ACCOUNT_INPUTS | {"azureApiVersion": "2025-06-01"}
        assert from_struct(answer.properties)["properties"]["endpoint"] == "https://ai"

    run(scenario)


def test_refresh_takes_over_what_changed_and_no_defaults() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        azure.resources[ACCOUNT] = {
            "id": ACCOUNT,
            "kind": "OpenAI",
            "tags": {"owner": "somebody else"},
            "properties": {"customSubDomainName": "ai", "publicNetworkAccess": "Enabled"},
        }
        olds = {
            "kind": "OpenAI",
            "properties": {"customSubDomainName": "ai", "publicNetworkAccess": "Enabled"},
        }
        answer = await engine.Read(
            provider_pb2.ReadRequest(
                id=ACCOUNT, urn=ACCOUNT_URN, inputs=to_struct(ACCOUNT_INPUTS), properties=to_struct(olds)
            )
        )
        assert from_struct(answer.inputs) == ACCOUNT_INPUTS | {"tags": {"owner": "somebody else"}}

    run(scenario)


def test_an_update_of_a_network_keeps_the_subnets_that_the_program_leaves_out() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        await engine.Create(create(NETWORK_INPUTS, NETWORK_URN))
        assert azure.sent("/net")["properties"]["subnets"] == []
        azure.resources[NETWORK]["properties"]["subnets"] = [{"name": "apps"}]
        request = provider_pb2.UpdateRequest(
            id=NETWORK, urn=NETWORK_URN, news=to_struct(NETWORK_INPUTS | {"tags": {"a": "b"}})
        )
        await engine.Update(request)
        assert azure.sent("/net")["properties"]["subnets"] == [{"name": "apps"}]
        assert azure.sent("/net")["tags"] == {"a": "b"}

    run(scenario)


def test_a_refresh_shows_subnets_that_are_resources_of_their_own_and_takes_none_of_them_over() -> None:
    """Neither those that came since the network was written, nor those that its update has found."""

    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        async def refreshed(inputs: dict[str, Any], olds: Struct) -> None:
            request = provider_pb2.ReadRequest(
                id=NETWORK, urn=NETWORK_URN, inputs=to_struct(inputs), properties=olds
            )
            answer = await engine.Read(request)
            assert from_struct(answer.inputs) == inputs
            assert [subnet["name"] for subnet in from_struct(answer.properties)["subnets"]] == ["apps"]

        made = await engine.Create(create(NETWORK_INPUTS, NETWORK_URN))
        azure.resources[NETWORK]["properties"]["subnets"] = [{"name": "apps"}]
        await refreshed(NETWORK_INPUTS, made.properties)
        news = NETWORK_INPUTS | {"tags": {"a": "b"}}
        request = provider_pb2.UpdateRequest(id=NETWORK, urn=NETWORK_URN, news=to_struct(news))
        changed = await engine.Update(request)
        await refreshed(news, changed.properties)

    run(scenario)


def test_functions_tell_who_is_signed_in_and_the_keys() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        async def invoke(function: str, **arguments: str) -> dict[str, Any]:
            request = provider_pb2.InvokeRequest(tok=f"azure-native:{function}", args=to_struct(arguments))
            return from_struct(getattr(await engine.Invoke(request), "return"))

        assert await invoke("authorization:getClientConfig") == {
            "clientId": "client",
            "objectId": OBJECT_ID,
            "subscriptionId": SUBSCRIPTION,
            "tenantId": "tenant",
        }
        keys = await invoke("cognitiveservices:listAccountKeys", accountName="ai", resourceGroupName="rg")
        assert keys == {"key1": "one", "key2": "two"}
        assert azure.methods("/accounts/ai/listKeys") == ["POST"]
        azure.resources[GROUP] = {"id": GROUP, "name": "rg", "location": "westeurope"}
        group = await invoke("resources:getResourceGroup", resourceGroupName="rg")
        assert (group["id"], group["location"]) == (GROUP, "westeurope")
        error = await refused(engine.Invoke(provider_pb2.InvokeRequest(tok="azure-native:web:getPage")))
        assert "has no function azure-native:web:getPage" in (error.details() or "")

    run(scenario)


def test_a_type_that_is_not_there_is_named() -> None:
    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        request = provider_pb2.CheckRequest(urn=urn("azure-native:web:WebApp"))
        error = await refused(engine.Check(request))
        assert error.details() == "the offline azure-native provider has no azure-native:web:WebApp"

    run(scenario)


def test_without_credentials_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARM_CLIENT_SECRET")

    async def scenario(engine: Any, azure: SmallAzure, provider: AzureNative) -> None:
        error = await refused(engine.Create(create(ACCOUNT_INPUTS)))
        assert "ARM_CLIENT_SECRET not set" in (error.details() or "")

    run(scenario)
