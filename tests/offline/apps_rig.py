"""A Container Apps host of a test's own, with made-up images, vault and fabric."""

import asyncio
import copy
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import certifi
from aiohttp import web
from yarl import URL

from offline.apps.host import AppsHost
from offline.apps.identities import Identity
from offline.apps.revision import Patience
from offline.apps.secrets import SecretUnreadableError
from offline.arm.container_apps import KINDS, ContainerApp, ManagedEnvironment
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.store import Resource, Store
from offline.arrival import Arrival, Caller
from offline.clock import Clock
from offline.home import Home
from offline.images import ImageCommand, ImageUnavailableError
from tests.offline.arm_rig import NoCaches

STUB = Path(__file__).parent / "apps_stub.py"
GROUP = "/subscriptions/s/resourceGroups/g"
ENVIRONMENT = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/gateway"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
SUBNET = f"{NETWORK}/subnets/apps"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me"
VAULT = "https://v.vault.azure.net/secrets"
PERSON = Caller(name="person", kind="person")

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that happens by itself."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.05)


def made_up_images(image: str) -> ImageCommand | None:
    """`stub` runs, `missing` cannot be had, everything else is a placeholder."""
    if image.startswith("missing"):
        raise ImageUnavailableError(
            'GET https:: MANIFEST_UNKNOWN: manifest tagged by "nope" is not found; map[Tag:nope]'
        )
    if not image.startswith("stub"):
        return None
    return ImageCommand(
        entry_point=(sys.executable, str(STUB)),
        programs=Path(sys.executable).parent,
        stands_for="stub",
        default_port=4000,
        port_option="--port",
        host_option="--host",
    )


class FakeFabric:
    def __init__(self) -> None:
        self.callers: list[Caller] = []
        self.tunnels: list[tuple[Caller, str, int]] = []
        self.closed: list[int] = []

    async def open(self, caller: Caller) -> int:
        self.callers.append(caller)
        return 50000 + len(self.callers)

    async def open_to(self, caller: Caller, host: str, port: int) -> int:
        self.tunnels.append((caller, host, port))
        return 60000 + len(self.tunnels)

    async def close(self, port: int) -> None:
        self.closed.append(port)


class FakeTokens:
    def managed_identity(self, *, principal_id: str, client_id: str, resource: str) -> tuple[str, int]:
        return f"token of {client_id} for {resource}", 2_000_000_000


class FakeVault:
    """Secrets by URL; what is not there cannot be read."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.asked: list[tuple[str, str, str]] = []

    async def read(self, url: str, identity: Identity, proxy: str) -> str:
        self.asked.append((url, identity.client_id, proxy))
        if url not in self.secrets:
            raise SecretUnreadableError(url)
        return self.secrets[url]


class Stand:
    """A store with an environment in it, and a host."""

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = 2000,
        real_seconds: float = 20,
        images: Callable[[str], ImageCommand | None] = made_up_images,
    ) -> None:
        self.home = Home(folder / "home")
        self.home.make()
        self.home.bundle.write_text(certifi.contents())
        self.store = Store(self.home.database)
        self.fabric = FakeFabric()
        self.vault = FakeVault()
        self.clock = Clock(speed)
        self.host = AppsHost(
            store=self.store,
            clock=self.clock,
            home=self.home,
            fabric=self.fabric,
            tokens=FakeTokens(),
            vault=self.vault,
            images=images,
            patience=Patience(real_seconds=real_seconds),
            idle_seconds=2,
        )
        self.azure = Azure(
            store=self.store,
            clock=self.clock,
            tenant_id="t",
            subscription_id="s",
            apps=self.host,
            caches=NoCaches(),
            kinds={kind.type.lower(): kind for kind in KINDS},
        )
        self.add(NETWORK, {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
        self.add(
            SUBNET,
            {
                "addressPrefix": "10.0.0.0/26",
                "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.App/environments"}}],
            },
        )
        self.add(IDENTITY, {"principalId": "principal-1", "clientId": "client-1"})

    async def __aenter__(self) -> "Stand":
        await self.host.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.host.shutdown()
        self.store.close()

    def add(self, resource_id: str, properties: JSON) -> None:
        body: JSON = {"id": resource_id, "properties": {"provisioningState": "Succeeded", **properties}}
        self.store.put(Resource(id=ResourceId(resource_id), body=body))

    def remove(self, resource_id: str) -> None:
        self.store.remove(ResourceId(resource_id))

    def write(self, kind: Kind, resource_id: str, body: JSON) -> Resource:
        """What a PUT does at the request: checks, defaults, store.

        :raises ArmError: a law.
        """
        write = self.asked(resource_id, body)
        kind.check(self.azure, write)
        return self.store.put(kind.accept(self.azure, write))

    def asked(self, resource_id: str, body: JSON) -> Write:
        return Write(
            id=ResourceId(resource_id),
            api_version="2025-02-02-preview",
            body=copy.deepcopy(body),
            existing=self.store.get(resource_id),
            principal_id="p",
        )

    def environment(self, **properties: object) -> Resource:
        body: JSON = {
            "location": "southcentralus",
            "properties": {
                "vnetConfiguration": {"infrastructureSubnetId": SUBNET, "internal": False},
                "workloadProfiles": [{"name": "Consumption", "workloadProfileType": "Consumption"}],
                **properties,
            },
        }
        made = self.write(ManagedEnvironment(), ENVIRONMENT, body)
        return self.store.put(made.with_properties(provisioningState="Succeeded"))

    async def deploy(self, body: JSON, app_id: str = APP) -> Resource:
        """A PUT and its operation.

        :raises ArmError: a law, at the request or at the operation's end.
        """
        kind = ContainerApp()
        kind.check(self.azure, self.asked(app_id, body))
        await kind.check_late(self.azure, self.asked(app_id, body))
        app = self.write(kind, app_id, body)
        try:
            changes = await kind.provision(self.azure, app)
        except BaseException:
            self.store.put(self.app(app_id).with_properties(provisioningState="Failed"))
            raise
        done = self.app(app_id).with_properties(**changes, provisioningState="Succeeded")
        return self.store.put(done)

    def app(self, app_id: str = APP) -> Resource:
        found = self.store.get(app_id)
        assert found is not None
        return found

    async def get(self, path: str = "/") -> tuple[int, Any]:
        """A call on the local port."""
        if self.host.ingress.local_port is None:
            await self.host.ingress.serve_local(0)
        url = f"http://127.0.0.1:{self.host.ingress.local_port}{path}"
        async with aiohttp.ClientSession() as session, session.get(URL(url, encoded=True)) as response:
            if response.content_type == "application/json":
                return response.status, await response.json()
            return response.status, await response.text()

    async def call(
        self, host: str, path: str = "/", *, caller: Caller = PERSON, private: bool = False
    ) -> tuple[int, str]:
        """A call by host name: the fabric's side of the ingress, without its proxy and TLS."""
        arrival = Arrival(caller=caller, host=host, resource_id=None, private=private)

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self.host.handle(request, arrival)

        runner = web.ServerRunner(web.Server(handle))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
            async with aiohttp.ClientSession() as session, session.get(URL(url, encoded=True)) as response:
                return response.status, await response.text()
        finally:
            await runner.cleanup()


def app_body(*, version: str = "1", args: tuple[str, ...] = (), **changes: object) -> JSON:
    """An app of one stub container; `changes` go into the template, the configuration or the top by name."""
    container: JSON = {
        "name": "gateway",
        "image": "stub:1",
        "args": ["--version", version, *args],
        "resources": {"cpu": 0.5, "memory": "1Gi"},
        "probes": [
            {
                "type": kind,
                "httpGet": {"path": "/ready", "port": 4000},
                "periodSeconds": 1,
                "failureThreshold": 10,
            }
            for kind in ("Startup", "Readiness")
        ],
        **_taken(changes, "env", "volumeMounts", "probes", "image", "command"),
    }
    return {
        "location": "southcentralus",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        **_taken(changes, "tags", "identity"),
        "properties": {
            "environmentId": ENVIRONMENT,
            "workloadProfileName": "Consumption",
            "configuration": {
                "activeRevisionsMode": "Single",
                "ingress": {
                    "external": True,
                    "targetPort": 4000,
                    **_taken(changes, "external", "targetPort", "ipSecurityRestrictions", "traffic"),
                },
                **_taken(changes, "secrets", "activeRevisionsMode", "identitySettings"),
            },
            "template": {
                "containers": [container],
                "scale": {"minReplicas": 1, "maxReplicas": 1},
                "terminationGracePeriodSeconds": 5,
                **_taken(changes, "volumes", "scale", "revisionSuffix"),
            },
            **changes,
        },
    }


def _taken(changes: dict[str, object], *names: str) -> JSON:
    return {name: changes.pop(name) for name in names if name in changes}
