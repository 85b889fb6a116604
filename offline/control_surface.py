"""What commands ask of the running service (`offline.control`), on loopback."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from aiohttp import web

from offline.apps.host import AppsHost
from offline.arm import models
from offline.arm.faults import Fault, Faults
from offline.arm.kinds import Azure
from offline.arm.store import Resource
from offline.arrival import Caller
from offline.dataplane.openai import disturbances
from offline.dataplane.redis import outages
from offline.dataplane.redis.servers import Servers
from offline.fabric import Fabric
from offline.laws import laws

NETWORK = "Microsoft.Network/virtualNetworks"
LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
CLUSTER = "Microsoft.Cache/redisEnterprise"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"

_Answer = Callable[[dict[str, Any]], Awaitable[object] | object]


class UnknownNameError(Exception):
    """Something that was named is not there; the text lists what is."""


class ControlSurface:
    """A small HTTP server on loopback."""

    def __init__(
        self, azure: Azure, *, fabric: Fabric, apps: AppsHost, caches: Servers, faults: Faults
    ) -> None:
        self._azure = azure
        self._fabric = fabric
        self._apps = apps
        self._caches = caches
        self._faults = faults
        self._ways: dict[str, int] = {}
        self._runner: web.AppRunner | None = None

    async def serve(self) -> int:
        """Start; returns the port."""
        application = web.Application()
        for method, path, answer in (
            ("GET", "/status", self._status),
            ("POST", "/as-of", self._judge_by),
            ("POST", "/settled", self._settled),
            ("POST", "/ways", self._way),
            ("GET", "/faults", self._list_faults),
            ("DELETE", "/faults", self._clear_faults),
            ("POST", "/faults/operation", self._fault_operation),
            ("POST", "/faults/deployment", self._fault_deployment),
            ("POST", "/faults/cache", self._fault_cache),
            ("POST", "/faults/link", self._fault_link),
            ("POST", "/faults/role", self._fault_role),
            ("POST", "/faults/retire", self._fault_retire),
        ):
            application.router.add_route(method, path, _answering(answer))
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        return port

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    # What there is -------------------------------------------------------------------------------------------

    def _status(self, _: dict[str, Any]) -> object:
        store = self._azure.store
        resources = Counter(r.type for r in store.below("/subscriptions") if not _is_inner(r))
        connections = Counter(
            (caller, kind, host, verdict) for caller, kind, host, _, verdict in store.connections()
        )
        return {
            "apps": [asdict(app) for app in self._apps.status()],
            "caches": [asdict(cache) for cache in self._caches.status()],
            "redis_missing": self._caches.missing(),
            "resources": dict(resources),
            "operations": [{"resource": row.resource.text, "verb": row.verb} for row in store.unfinished()],
            "connections": [
                {"caller": caller, "kind": kind, "host": host, "verdict": verdict, "count": count}
                for (caller, kind, host, verdict), count in connections.items()
            ],
            "faults": self._list_faults({}),
            "held": [asdict(held) for held in self._faults.held()],
        }

    def _judge_by(self, words: dict[str, Any]) -> object:
        day = words["day"]
        models.set_as_of(self._azure.store, date.fromisoformat(day) if day is not None else None)
        return {}

    async def _settled(self, words: dict[str, Any]) -> object:
        return {"settled": await self._apps.settled(float(words["seconds"]))}

    async def _way(self, words: dict[str, Any]) -> object:
        network = self._named(NETWORK, words["network"])
        if network.id.key not in self._ways:
            caller = Caller(name=f"inside {network.id.name}", kind="person", network_id=network.id.text)
            self._ways[network.id.key] = await self._fabric.open(caller)
        return {"port": self._ways[network.id.key]}

    # What goes wrong -----------------------------------------------------------------------------------------

    def _list_faults(self, _: dict[str, Any]) -> object:
        return [
            *(asdict(fault) for fault in self._faults.list()),
            *(asdict(found) for found in disturbances.listed(self._azure.store)),
            *(asdict(found) for found in outages.listed(self._azure.store)),
            *({"retired": model} for model in models.retired_on_demand(self._azure.store)),
        ]

    def _clear_faults(self, _: dict[str, Any]) -> object:
        self._faults.clear()
        disturbances.clear(self._azure.store)
        outages.clear(self._azure.store)
        self._caches.obey()
        return {}

    def _fault_operation(self, words: dict[str, Any]) -> object:
        known = next((law for law in laws() if law.code == words.get("code")), None)
        text = {"status": known.status, "message": known.message} if known is not None else {}
        fault = self._faults.add(Fault(**{**text, **words}))
        answer = f", {fault.status} {fault.code}" if fault.effect in ("refuse", "fail") else ""
        return {
            "says": f"Next {fault.verb} of {fault.type} {fault.name}: {fault.effect}{answer}.",
            "id": fault.id,
        }

    def _fault_deployment(self, words: dict[str, Any]) -> object:
        found = disturbances.add(self._azure.store, disturbances.Disturbance(**words))
        return {"says": f"Calls of {found.deployment} in {found.account}: {found.answer}."}

    def _fault_cache(self, words: dict[str, Any]) -> object:
        cluster = self._named(CLUSTER, words["cluster"])
        outage = outages.Outage(**{**words, "cluster": cluster.id.text})
        outages.add(self._azure.store, outage)
        self._caches.obey()
        return {"says": f"Connections to {cluster.id.name}: {outage.answer}."}

    def _fault_link(self, words: dict[str, Any]) -> object:
        network = self._named(NETWORK, words["network"])
        links = [link for link in self._azure.store.of_type(LINK) if _linked(link).lower() == network.id.key]
        for link in links:
            self._azure.store.remove(link.id)
        return {"says": f"{len(links)} private DNS links of {network.id.name} are gone."}

    def _fault_role(self, words: dict[str, Any]) -> object:
        identity = self._named(IDENTITY, words["principal"])
        principal = str(identity.properties.get("principalId")).lower()
        held = [
            found
            for found in self._azure.store.of_type(ROLE_ASSIGNMENT)
            if str(found.properties.get("principalId")).lower() == principal
        ]
        for assignment in held:
            self._azure.store.remove(assignment.id)
        return {"says": f"{len(held)} roles of {identity.id.name} are gone."}

    def _fault_retire(self, words: dict[str, Any]) -> object:
        disturbances.retire(self._azure.store, words["model"], words["version"])
        return {"says": f"{words['model']} {words['version']} has retired."}

    def _named(self, resource_type: str, name: str) -> Resource:
        """A resource by ARM id or by name."""
        found = self._azure.store.of_type(resource_type)
        for resource in found:
            if name.lower() in (resource.id.key, resource.id.name.lower()):
                return resource
        there = ", ".join(resource.id.name for resource in found) or "none"
        raise UnknownNameError(f"No {resource_type} is named {name!r}; there is: {there}")


def _answering(answer: _Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        words = await request.json() if request.can_read_body else {}
        try:
            said = answer(words)
            return web.json_response(await said if isinstance(said, Awaitable) else said)
        except (UnknownNameError, ValueError, TypeError) as problem:
            return web.json_response({"message": str(problem)}, status=400)

    return handle


def _is_inner(resource: Resource) -> bool:
    return resource.id.group is None or "/revisions" in resource.id.key


def _linked(link: Resource) -> str:
    network = link.properties.get("virtualNetwork")
    return str(network.get("id", "")) if isinstance(network, dict) else ""
