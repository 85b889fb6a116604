"""The service: every part of the offline Azure, put together in one process.

`python -m offline start` runs it; its own options are no interface.
"""

import argparse
import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from offline import daemon
from offline.apps.host import AppsHost
from offline.arm.access import Access
from offline.arm.faults import Faults
from offline.arm.kinds import Azure
from offline.arm.manager import ResourceManager
from offline.arm.operations import Operations
from offline.arm.registry import KINDS
from offline.arm.store import Store
from offline.arrival import Caller
from offline.clock import Clock
from offline.control_surface import ControlSurface
from offline.dataplane.openai.handler import OpenAI
from offline.dataplane.redis.handler import Redis
from offline.dataplane.redis.servers import Servers
from offline.dataplane.signin import SignIn
from offline.dataplane.vault.handler import KeyVault
from offline.fabric import Fabric
from offline.home import Home, ServiceRecord
from offline.network import Network
from offline.tls import Authority
from offline.tokens import Tokens

logger = logging.getLogger(__name__)


class Service:
    """One offline Azure."""

    def __init__(self, home: Home, speed: float) -> None:
        self._home = home
        credentials = home.credentials()
        clock = Clock(speed)
        store = Store(home.database)
        tokens = Tokens(home.signing_key, credentials.tenant_id)
        access = Access(
            store, clock, owner_id=credentials.object_id, subscription_id=credentials.subscription_id
        )
        faults = Faults(store)
        self.fabric = Fabric(store, Authority(home), {}, Network(store))
        self.apps = AppsHost(store=store, clock=clock, home=home, fabric=self.fabric, tokens=tokens)
        self.caches = Servers(store, home)
        azure = Azure(
            store=store,
            clock=clock,
            tenant_id=credentials.tenant_id,
            subscription_id=credentials.subscription_id,
            apps=self.apps,
            caches=self.caches,
            kinds=KINDS,
        )
        self.operations = Operations(azure, faults)
        manager = ResourceManager(
            azure, access=access, tokens=tokens, operations=self.operations, faults=faults
        )
        self.fabric.register("manager", manager.handle)
        self.fabric.register("sign_in", SignIn(tokens, credentials, clock).handle)
        openai = OpenAI(store, tokens=tokens, access=access)
        self.fabric.register("openai", openai.handle)
        self.fabric.register("vault", KeyVault(store, tokens=tokens, access=access).handle)
        self.fabric.register("apps", self.apps.handle)
        self.fabric.register_stream("redis", Redis(store, tokens=tokens, servers=self.caches).connect)
        self.control = ControlSurface(
            azure, fabric=self.fabric, apps=self.apps, caches=self.caches, faults=faults
        )
        self._store = store

    async def run(self, wanted_port: int, speed: float, ready: int | None) -> None:
        """Serve until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        person = await self.fabric.open(Caller(name="person", kind="person"), self._last_port("proxy"))
        control = await self.control.serve()
        ingress = await self.apps.ingress.serve_local(_free(wanted_port))
        await self.caches.start()
        await self.apps.start()
        self.operations.resume()
        record = ServiceRecord(
            pid=os.getpid(),
            started=psutil.Process().create_time(),
            control_port=control,
            proxy_port=person,
            ingress_port=ingress,
            speed=speed,
        )
        self._store.set_fact("port.proxy", person)
        self._home.write_service(record)
        logger.info("ready: %s", record)
        if ready is not None:
            daemon.announce(record, ready)
        await stop.wait()
        logger.info("stopping")
        await self.operations.close()
        await self.apps.shutdown()
        await self.caches.close()
        await self.control.close()
        await self.fabric.shut_down()
        self._store.close()
        self._home.clear_service()

    def _last_port(self, name: str) -> int:
        """The port of the run before, so that environments that people have kept go on working; else any."""
        known = self._store.fact(f"port.{name}")
        return _free(known) if isinstance(known, int) else 0


def _free(port: int) -> int:
    """The port when nobody listens on it, else 0, which is any."""
    with socket.socket() as trial, suppress(OSError):
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(("127.0.0.1", port))
        return port
    return 0


def _only_one(home: Home) -> int:
    """Hold the home's lock for the life of this process; -1 when another one holds it."""
    lock = os.open(home.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return -1
    return lock


async def _tell_of_the_other(home: Home, ready: int | None) -> int:
    """Another command has just started the service: wait for it, and pass its record on."""
    for _ in range(600):
        record = home.service()
        if record is not None:
            if ready is not None:
                daemon.announce(record, ready)
            return 0
        await asyncio.sleep(0.1)
    logger.error("the home is locked, and the service that locks it does not answer")
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--ingress-port", type=int, required=True)
    parser.add_argument("--ready", type=int)
    words = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    home = Home(words.home)
    home.make()
    if _only_one(home) < 0:
        return asyncio.run(_tell_of_the_other(home, words.ready))
    asyncio.run(Service(home, words.speed).run(words.ingress_port, words.speed, words.ready))
    return 0


if __name__ == "__main__":
    sys.exit(main())
