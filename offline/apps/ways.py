"""Each app's own ways into the network: the fabric knows a caller by the port that it comes through."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from offline.apps.places import environment_of
from offline.arm.container_app_template import App
from offline.arm.store import Store
from offline.arrival import Caller


class Fabric(Protocol):
    """Opens ways into the network."""

    async def open(self, caller: Caller) -> int:
        """A loopback port of a forward proxy that speaks for that caller."""
        ...

    async def open_to(self, caller: Caller, host: str, port: int) -> int:
        """A loopback port from which that caller gets to one host and port."""
        ...

    async def close(self, port: int) -> None:
        """Take a way away."""
        ...


@dataclass
class _Opened:
    """The ways of an app from the network that it is in."""

    caller: Caller
    proxy: int
    tunnels: dict[tuple[str, int], int] = field(default_factory=dict)


class Ways:
    """One proxy an app, and a tunnel to each place that no proxy leads to, for as long as its environment stays in
    the same network."""

    def __init__(self, store: Store, fabric: Fabric) -> None:
        self._store = store
        self._fabric = fabric
        self._opened: dict[str, _Opened] = {}
        self._lock = asyncio.Lock()
        """Replicas that start together ask for the same ways."""

    async def proxy_of(self, app: App) -> str:
        """The app's proxy: `http://127.0.0.1:port`."""
        async with self._lock:
            return f"http://127.0.0.1:{(await self._of(app)).proxy}"

    async def tunnel_of(self, app: App, host: str, port: int) -> int:
        """The port of 127.0.0.1 from which the app gets to that host and port."""
        async with self._lock:
            opened = await self._of(app)
            place = (host.lower(), port)
            if place not in opened.tunnels:
                opened.tunnels[place] = await self._fabric.open_to(opened.caller, *place)
            return opened.tunnels[place]

    async def close(self, app: App) -> None:
        async with self._lock:
            opened = self._opened.pop(app.id.key, None)
            if opened is not None:
                for port in (opened.proxy, *opened.tunnels.values()):
                    await self._fabric.close(port)

    async def _of(self, app: App) -> _Opened:
        caller = Caller(
            name=app.name,
            kind="app",
            network_id=environment_of(self._store, app).network_id,
            app_id=app.id.text,
        )
        opened = self._opened.get(app.id.key)
        if opened is None or opened.caller != caller:
            # The ways through the network that it was in stay open for the replicas that still have them.
            opened = _Opened(caller, await self._fabric.open(caller))
            self._opened[app.id.key] = opened
        return opened
