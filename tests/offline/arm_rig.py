"""A resource manager of a test's own, behind a loopback port."""

import asyncio
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
from aiohttp import web

from offline.arm.access import Access
from offline.arm.errors import JSON
from offline.arm.faults import Faults
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind
from offline.arm.manager import ResourceManager
from offline.arm.operations import Operations
from offline.arm.registry import KINDS
from offline.arm.store import Resource, Store
from offline.arrival import Arrival, Caller
from offline.clock import Clock
from offline.schema import resources
from offline.tokens import Tokens

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
OWNER = "33333333-3333-4333-8333-333333333333"
CLIENT = "44444444-4444-4444-8444-444444444444"

VERSIONS = {
    "resourcegroups": "2022-09-01",
    "network": "2024-05-01",
    "privatednszones": "2024-06-01",
    "managedidentity": "2023-01-31",
    "authorization": "2022-04-01",
    "locks": "2020-05-01",
    "operationalinsights": "2023-09-01",
    "diagnosticsettings": "2021-05-01-preview",
    "metricalerts": "2018-03-01",
    "actiongroups": "2024-10-01-preview",
    "cognitiveservices": "2025-06-01",
    "keyvault": "2024-11-01",
}

T = TypeVar("T")


class NoApps:
    """No container app runs in these tests."""

    async def roll(self, app: Resource) -> JSON:
        return {}

    async def stop_app(self, app: Resource) -> None:
        return None

    async def check_secrets(self, app: Resource) -> None:
        return None


class NoCaches:
    """No database is served in these tests."""

    def end(self, database: ResourceId) -> None:
        return None


class Rig:
    """The service in a thread, and a client for it.

    :param speed: virtual seconds in a real one.
    """

    def __init__(self, folder: Path, *, speed: float = 2000, kinds: Mapping[str, Kind] | None = None) -> None:
        self.database = folder / "azure.db"
        self.speed = speed
        self.kinds = {**KINDS, **(kinds or {})}
        self._key = _signing_key(folder)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        self.base = f"/subscriptions/{SUBSCRIPTION}"
        self.token = self.token_of(OWNER)
        self.http = httpx.Client(base_url=self.origin, timeout=30)

    def token_of(self, principal: str, audience: str = "https://management.azure.com/") -> str:
        return self.tokens.issue(audience=audience, principal_id=principal, client_id=CLIENT)[0]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()

    async def _start(self) -> None:
        self.store = Store(self.database)
        clock = Clock(self.speed)
        self.azure = Azure(
            store=self.store,
            clock=clock,
            tenant_id=TENANT,
            subscription_id=SUBSCRIPTION,
            apps=NoApps(),
            caches=NoCaches(),
            kinds=self.kinds,
        )
        self.faults = Faults(self.store)
        self.operations = Operations(self.azure, self.faults)
        self.tokens = Tokens(self._key, TENANT)
        self.access = Access(self.store, clock, owner_id=OWNER, subscription_id=SUBSCRIPTION)
        arrival = Arrival(
            caller=Caller(name="person", kind="person"),
            host="management.azure.com",
            resource_id=None,
            private=False,
        )

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return await self.manager.handle(request, arrival)

        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._runner = runner
        host, port = runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"
        self.manager = ResourceManager(
            self.azure,
            access=self.access,
            tokens=self.tokens,
            operations=self.operations,
            faults=self.faults,
            origin=self.origin,
        )
        self.operations.resume()

    def inside(self, work: Callable[[], T]) -> T:
        """Call something on the service's own thread."""

        async def call() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)

    def run_at(self, *, speed: float) -> None:
        """Let what starts from now on take longer."""
        self.azure.clock.speed = speed

    def idle(self) -> None:
        """Wait until no operation runs."""

        async def wait() -> None:
            while running := self.store.unfinished():
                await self.operations.ended(running[0].id)

        asyncio.run_coroutine_threadsafe(wait(), self._loop).result(30)

    def stop(self) -> None:
        async def end() -> None:
            await self.operations.close()
            await self._runner.cleanup()
            self.store.close()

        self.http.close()
        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # Requests ------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None, **words: Any) -> httpx.Response:
        """One request; `path` may leave out the subscription."""
        if path.startswith(self.origin):
            path = path[len(self.origin) :]
        whole = (
            path
            if path.lower().startswith(("/subscriptions", "/tenants", "/providers"))
            else self.base + path
        )
        parameters = {} if "api-version=" in whole else {"api-version": _version(whole)}
        parameters.update(words.pop("query", {}))
        headers = {"Authorization": f"Bearer {words.pop('token', self.token)}", **words.pop("headers", {})}
        return self.http.request(
            method, whole, params=parameters or None, json=body, headers=headers, **words
        )

    def start(self, path: str, body: Any, **words: Any) -> httpx.Response:
        """A PUT that is accepted; its operation may run on."""
        reply = self.ask("PUT", path, body, **words)
        assert reply.status_code in (200, 201, 202), reply.text
        return reply

    def make(self, path: str, body: Any, **words: Any) -> Any:
        """A PUT, and what is there once its operation has ended well."""
        self.ended(self.start(path, body, **words))
        return self.see(path)

    def ended(self, reply: httpx.Response) -> Any:
        """Follow an operation to its end; the operation as it then is."""
        where = reply.headers.get("Azure-AsyncOperation")
        if where is None:
            return {"status": "Succeeded"}
        while (now := self.ask("GET", where).json())["status"] == "InProgress":
            pass
        return now

    def remove(self, path: str) -> Any:
        reply = self.ask("DELETE", path)
        assert reply.status_code in (200, 202, 204), reply.text
        return self.ended(reply)

    def see(self, path: str) -> Any:
        reply = self.ask("GET", path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    # Things that most tests start from -------------------------------------------------------------------------

    def group(self, name: str = "rg") -> str:
        path = f"/resourceGroups/{name}"
        self.make(path, {"location": "southcentralus"})
        return path

    def network(self, group: str, name: str = "vnet", space: str = "10.0.0.0/16") -> str:
        path = f"{group}/providers/Microsoft.Network/virtualNetworks/{name}"
        self.make(path, network_body(space))
        return path

    def subnet(self, network: str, name: str, prefix: str, **properties: Any) -> str:
        path = f"{network}/subnets/{name}"
        self.make(path, {"properties": {"addressPrefix": prefix, **properties}})
        return path

    def account(self, group: str, name: str = "ai-1", **properties: Any) -> str:
        path = f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}"
        self.start(path, account_body(name, **properties), query={"api-version": "2025-06-01"})
        self.idle()
        return path

    def identity(self, group: str, name: str = "id-1") -> Any:
        return self.make(
            f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
            {"location": "southcentralus"},
        )

    def endpoint_body(self, subnet: str, target: str, group_id: str = "account") -> dict[str, Any]:
        return {
            "location": "southcentralus",
            "properties": {
                "subnet": {"id": self.base + subnet},
                "privateLinkServiceConnections": [
                    {
                        "name": "link",
                        "properties": {"privateLinkServiceId": self.base + target, "groupIds": [group_id]},
                    }
                ],
            },
        }


@cache
def _made_key() -> bytes:
    """Making an RSA key takes a while; one does for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "signing.pem"
        Tokens(file, TENANT)
        return file.read_bytes()


def _signing_key(folder: Path) -> Path:
    file = folder / "signing.pem"
    file.write_bytes(_made_key())
    return file


def network_body(space: str = "10.0.0.0/16") -> dict[str, Any]:
    return {"location": "southcentralus", "properties": {"addressSpace": {"addressPrefixes": [space]}}}


def account_body(name: str, **properties: Any) -> dict[str, Any]:
    return {
        "location": "southcentralus",
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": name, **properties},
    }


def role_body(principal: str, role: str, **properties: Any) -> dict[str, Any]:
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {
        "properties": {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": "ServicePrincipal",
            **properties,
        }
    }


def new_guid() -> str:
    return str(uuid.uuid4())


def error(reply: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    body = reply.json()
    inner = body.get("error", body)
    return reply.status_code, inner["code"], inner["message"]


def _version(path: str) -> str:
    lowered = path.lower()
    for word in ("locks", "privatednszones", "diagnosticsettings", "metricalerts", "actiongroups"):
        if word in lowered:
            return VERSIONS[word]
    for word in (
        "managedidentity",
        "authorization",
        "operationalinsights",
        "network",
        "cognitiveservices",
        "keyvault",
    ):
        if f"microsoft.{word}" in lowered:
            return VERSIONS[word]
    known = resources.by_type(ResourceId(path).type) if "/providers/" in lowered else None
    return known.api_version if known is not None else VERSIONS["resourcegroups"]
