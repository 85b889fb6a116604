"""The fabric with services behind it, in a thread of the test's own."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from offline.arm.ids import ResourceId
from offline.arm.store import Resource, Store
from offline.arrival import Caller, Handler
from offline.fabric import Fabric
from offline.home import Home
from offline.network import Network, Service
from offline.tls import Authority

T = TypeVar("T")

PERSON = Caller(name="person", kind="person")
NETWORK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n"
APP = Caller(name="app", kind="app", network_id=NETWORK)


class Running:
    """A fabric that runs; `open` gives a caller a way into it."""

    def __init__(self, home: Home, loop: asyncio.AbstractEventLoop, fabric: Fabric, store: Store) -> None:
        self.home = home
        self.store = store
        """A connection of the test's thread to the same memory."""
        self._loop = loop
        self.fabric = fabric
        self._ports: dict[Caller, int] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the services' own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def port(self, caller: Caller) -> int:
        if caller not in self._ports:
            self._ports[caller] = self.run(self.fabric.open(caller))
        return self._ports[caller]

    def proxy(self, caller: Caller) -> str:
        return f"http://127.0.0.1:{self.port(caller)}"

    def client(self, caller: Caller = PERSON) -> httpx.Client:
        """Like any program of that caller."""
        return httpx.Client(
            proxy=self.proxy(caller),
            verify=ssl.create_default_context(cafile=self.home.bundle),
            trust_env=False,
            timeout=20,
        )

    def put(self, resource_id: str, properties: dict[str, Any], **private: Any) -> Resource:
        """Let a resource exist."""
        return self.store.put(
            Resource(
                id=ResourceId(resource_id),
                body={
                    "location": "southcentralus",
                    "properties": {"provisioningState": "Succeeded", **properties},
                },
                private=private,
            )
        )

    def verdicts(self) -> list[tuple[str, str]]:
        """(host, verdict) of every connection."""
        return [(host, verdict) for _, _, host, _, verdict in self.store.connections()]


@contextmanager
def running(folder: Path, handlers: Callable[[Home, Store], dict[Service, Handler]]) -> Iterator[Running]:
    """Start a fabric with those services, and stop it."""
    home = Home(folder)
    home.make()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[Fabric, Store]:
        store = Store(home.database)
        return Fabric(store, Authority(home), handlers(home, store), Network(store)), store

    fabric, store = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    own = Store(home.database)

    async def stop() -> None:
        await fabric.shut_down()
        store.close()

    try:
        yield Running(home, loop, fabric, own)
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(20)
        own.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
