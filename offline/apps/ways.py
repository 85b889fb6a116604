"""Each app's own way into the network: the fabric knows a caller by the port that it comes through."""

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

    async def close(self, port: int) -> None:
        """Take a way away."""
        ...


class Ways:
    """One way an app, for as long as its environment stays in the same network."""

    def __init__(self, store: Store, fabric: Fabric) -> None:
        self._store = store
        self._fabric = fabric
        self._ports: dict[str, tuple[Caller, int]] = {}

    async def proxy_of(self, app: App) -> str:
        """The app's proxy: `http://127.0.0.1:port`."""
        caller = Caller(
            name=app.name,
            kind="app",
            network_id=environment_of(self._store, app).network_id,
            app_id=app.id.text,
        )
        known = self._ports.get(app.id.key)
        if known is None or known[0] != caller:
            # The way through the network that it was in stays open for the replicas that still have it.
            known = (caller, await self._fabric.open(caller))
            self._ports[app.id.key] = known
        return f"http://127.0.0.1:{known[1]}"

    async def close(self, app: App) -> None:
        known = self._ports.pop(app.id.key, None)
        if known is not None:
            await self._fabric.close(known[1])
