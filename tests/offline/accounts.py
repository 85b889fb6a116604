"""Azure OpenAI accounts and vaults behind a fabric, laid straight into the store."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
from azure.core.credentials import AccessToken

from offline.arm.access import Access
from offline.arm.models import catalog
from offline.arm.store import Store
from offline.arrival import Caller, Handler
from offline.clock import Clock
from offline.dataplane.openai.handler import OpenAI
from offline.dataplane.vault.handler import KeyVault
from offline.home import Home
from offline.network import Service
from offline.tokens import Tokens
from tests.offline.services import NETWORK, PERSON, Running, running

GROUP = "/subscriptions/s/resourceGroups/g/providers"
ACCOUNT = f"{GROUP}/Microsoft.CognitiveServices/accounts/ai-idha-sbx-scus-001"
HOST = "https://ai-idha-sbx-scus-001.openai.azure.com"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/kv-idha"
VAULT_HOST = "https://kv-idha.vault.azure.net"
KEY = "a" * 84
NOTE_VERSION = "2024-08-01-preview"
COGNITIVE = "https://cognitiveservices.azure.com"

OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"


@contextmanager
def started(folder: Path) -> Iterator[Running]:
    """A fabric with both data planes, an account with three deployments, and a vault; open to the internet."""

    def handlers(home: Home, store: Store) -> dict[Service, Handler]:
        tokens = tokens_of(home)
        access = Access(store, Clock(1000), owner_id="owner", subscription_id="s")
        return {
            "openai": OpenAI(store, tokens=tokens, access=access, pace=0.002).handle,
            "vault": KeyVault(store, tokens=tokens, access=access).handle,
        }

    with running(folder, handlers) as azure:
        account(azure)
        deployment(azure, "gpt-4o-2024-08-06", "gpt-4o", "2024-08-06")
        deployment(azure, "thinker", "gpt-5.1", "2025-11-13")
        deployment(azure, "text-embedding-3-small", "text-embedding-3-small", "1")
        vault(azure)
        yield azure


def tokens_of(home: Home) -> Tokens:
    return Tokens(home.signing_key, home.credentials().tenant_id)


def account(azure: Running, **properties: Any) -> None:
    azure.put(
        ACCOUNT,
        {"customSubDomainName": "ai-idha-sbx-scus-001", "publicNetworkAccess": "Enabled", **properties},
        key1=KEY,
        key2="b" * 84,
    )


def deployment(azure: Running, name: str, model: str, version: str, *, state: str = "Succeeded") -> None:
    assert catalog().find(model, version) is not None
    made = azure.put(
        f"{ACCOUNT}/deployments/{name}",
        {"provisioningState": state, "model": {"format": "OpenAI", "name": model, "version": version}},
    )
    made.body["sku"] = {"name": "GlobalStandard", "capacity": 10}
    azure.store.put(made)


def vault(azure: Running, **properties: Any) -> None:
    azure.put(
        VAULT,
        {
            "tenantId": azure.home.credentials().tenant_id,
            "enableRbacAuthorization": True,
            "publicNetworkAccess": "Enabled",
            "softDeleteRetentionInDays": 90,
            "vaultUri": f"{VAULT_HOST}/",
            **properties,
        },
    )


def assign(azure: Running, principal: str, role: str, scope: str) -> None:
    """A role that counts at once."""
    azure.put(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{role}",
        {"principalId": principal, "roleDefinitionId": f"/x/roleDefinitions/{role}", "scope": scope},
        effective=0.0,
    )


def token(azure: Running, principal: str, audience: str = COGNITIVE, *, seconds: int = 3600) -> str:
    return tokens_of(azure.home).issue(
        audience=audience, principal_id=principal, client_id="app", seconds=seconds
    )[0]


class Bearer:
    """A credential that holds one token."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self._value, 9999999999)


def dated(
    azure: Running,
    caller: Caller = PERSON,
    *,
    api_key: str | None = KEY,
    api_version: str = NOTE_VERSION,
    azure_ad_token: str | None = None,
) -> openai.AzureOpenAI:
    """The official client on a dated api-version."""
    return openai.AzureOpenAI(
        azure_endpoint=HOST,
        http_client=_through(azure, caller),
        max_retries=0,
        api_key=api_key,
        api_version=api_version,
        azure_ad_token=azure_ad_token,
    )


def undated(azure: Running, *, api_key: str = KEY) -> openai.OpenAI:
    """The official client on the v1 path."""
    return openai.OpenAI(
        base_url=f"{HOST}/openai/v1/",
        http_client=_through(azure, PERSON),
        max_retries=0,
        api_key=api_key,
    )


def _through(azure: Running, caller: Caller) -> openai.DefaultHttpxClient:
    return openai.DefaultHttpxClient(
        proxy=azure.proxy(caller),
        verify=ssl.create_default_context(cafile=azure.home.bundle),
        trust_env=False,
    )


def link_privately(azure: Running) -> None:
    """A private endpoint to the account in the app's network, with zone, link and record."""
    zone = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.openai.azure.com"
    azure.put(zone, {})
    linked = {"virtualNetwork": {"id": NETWORK}, "virtualNetworkLinkState": "Completed"}
    azure.put(f"{zone}/virtualNetworkLinks/link", linked)
    azure.put(f"{zone}/A/ai-idha-sbx-scus-001", {"aRecords": [{"ipv4Address": "10.0.0.4"}]})
    azure.put(
        f"{GROUP}/Microsoft.Network/privateEndpoints/endpoint",
        {
            "subnet": {"id": f"{NETWORK}/subnets/endpoints"},
            "privateLinkServiceConnections": [
                {
                    "properties": {
                        "privateLinkServiceId": ACCOUNT,
                        "groupIds": ["account"],
                        "privateLinkServiceConnectionState": {"status": "Approved"},
                    }
                }
            ],
        },
        address="10.0.0.4",
    )


def post(
    azure: Running,
    path: str,
    body: object,
    *,
    caller: Caller = PERSON,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """A request as no official client makes it."""
    with azure.client(caller) as client:
        return client.post(
            HOST + path,
            headers={"api-key": KEY} if headers is None else headers,
            content=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
