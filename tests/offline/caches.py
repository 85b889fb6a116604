"""A cluster of Azure Managed Redis behind a fabric, laid straight into the store, and its callers."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from offline.arm.store import Store
from offline.arrival import Caller, Handler
from offline.dataplane.redis import program
from offline.dataplane.redis.handler import Redis
from offline.dataplane.redis.program import ServerProgram
from offline.dataplane.redis.servers import CacheStatus, Servers
from offline.home import Home
from offline.network import Service
from offline.tokens import Tokens
from tests.offline.accounts import tokens_of
from tests.offline.services import APP, NETWORK, Running, running

GROUP = "/subscriptions/s/resourceGroups/g/providers"
CLUSTER = f"{GROUP}/Microsoft.Cache/redisEnterprise/redis-one"
DATABASE = f"{CLUSTER}/databases/default"
HOST = "redis-one.southcentralus.redis.azure.net"
PORT = 10000
ZONE = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.redis.azure.net"
LINK = f"{ZONE}/virtualNetworkLinks/link"
RECORD = f"{ZONE}/A/redis-one.southcentralus"
ENDPOINT = f"{GROUP}/Microsoft.Network/privateEndpoints/endpoint"
AUDIENCE = "https://redis.azure.com"

GATEWAY = "55555555-5555-4555-8555-555555555555"
"""Object id of an identity that may use the database."""
STRANGER = "66666666-6666-4666-8666-666666666666"
KEYS = {"primaryKey": "primary-key-of-a-test", "secondaryKey": "secondary-key-of-a-test"}


def needs_server() -> None:
    """Skip where no Redis server can be started; in CI that is a failure."""
    if program.find() is None:
        if os.environ.get("CI"):
            pytest.fail(program.MISSING)
        pytest.skip(program.MISSING)


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that happens by itself."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)


@dataclass
class Caches:
    """The cluster, and who calls it."""

    net: Running
    tokens: Tokens
    servers: Servers

    def token(self, principal: str = GATEWAY, audience: str = AUDIENCE, seconds: int = 3600) -> str:
        """What the directory gives to an identity."""
        return self.tokens.issue(
            audience=audience, principal_id=principal, client_id="client", seconds=seconds
        )[0]

    def port(self, caller: Caller = APP, port: int = PORT) -> int:
        """A tunnel of that caller's."""
        return self.net.run(self.net.fabric.open_to(caller, HOST, port))

    def client(self, caller: Caller = APP, /, **words: Any) -> "redis.Redis":
        """As a program of that caller's: signed in as the gateway unless `words` say otherwise."""
        usual = {
            "username": GATEWAY,
            "password": self.token(),
            "ssl": True,
            "ssl_ca_certs": str(self.net.home.bundle),
        }
        return redis.Redis(
            host="127.0.0.1",
            port=words.pop("at", None) or self.port(caller),
            retry=Retry(NoBackoff(), 0),
            socket_timeout=words.pop("timeout", 20),
            decode_responses=True,
            **{**usual, **words},
        )

    def refused(self, caller: Caller = APP, /, **words: Any) -> str:
        """How a client that cannot get in is told."""
        with self.client(caller, **words) as client, pytest.raises(redis.RedisError) as told:
            client.ping()
        return f"{type(told.value).__name__}: {told.value}"

    def cluster(self, **properties: Any) -> None:
        self.net.put(CLUSTER, {"hostName": HOST, "publicNetworkAccess": "Disabled", **properties})

    def database(self, **properties: Any) -> None:
        asked = {"port": PORT, "clientProtocol": "Encrypted", "accessKeysAuthentication": "Disabled"}
        self.net.put(DATABASE, {**asked, **properties}, **KEYS)

    def assign(self, principal: str = GATEWAY, name: str = "gateway") -> None:
        self.net.put(
            f"{DATABASE}/accessPolicyAssignments/{name}",
            {"accessPolicyName": "default", "user": {"objectId": principal}},
        )

    def connect_network(self) -> None:
        """The private endpoint, and the zone by which the app's network finds it."""
        self.net.put(ZONE, {})
        self.net.put(LINK, {"virtualNetwork": {"id": NETWORK}, "virtualNetworkLinkState": "Completed"})
        self.net.put(RECORD, {"aRecords": [{"ipv4Address": "10.0.0.4"}]})
        connection = {
            "privateLinkServiceId": CLUSTER,
            "groupIds": ["redisEnterprise"],
            "privateLinkServiceConnectionState": {"status": "Approved"},
        }
        self.net.put(
            ENDPOINT,
            {
                "subnet": {"id": f"{NETWORK}/subnets/endpoints"},
                "privateLinkServiceConnections": [{"name": "c", "properties": connection}],
            },
            address="10.0.0.4",
        )

    def remove(self, resource_id: str) -> None:
        self.net.store.remove(self.net.put(resource_id, {}).id)

    def inside(self, work: Callable[[], None]) -> None:
        """Call something in the services' own loop."""

        async def call() -> None:
            work()

        self.net.run(call())

    def status(self) -> CacheStatus:
        """The database as it stands."""
        found: list[CacheStatus] = []
        self.inside(lambda: found.extend(self.servers.status()))
        return found[0]


@contextmanager
def caches(folder: Path, find: Callable[[], ServerProgram | None] = program.find) -> Iterator[Caches]:
    """A cluster with its database and one assignment, which the app's network reaches by a private endpoint."""
    made: list[tuple[Redis, Tokens, Servers]] = []

    def services(home: Home, store: Store) -> dict[Service, Handler]:
        """None that speaks HTTP."""
        tokens, servers = tokens_of(home), Servers(store, home, find)
        made.append((Redis(store, tokens=tokens, servers=servers), tokens, servers))
        return {}

    with running(folder, services) as net:
        [(answering, tokens, servers)] = made
        started = Caches(net, tokens, servers)
        net.fabric.register_stream("redis", answering.connect)
        net.run(servers.start())
        started.cluster()
        started.database()
        started.assign()
        started.connect_network()
        try:
            yield started
        finally:
            net.run(servers.close())
