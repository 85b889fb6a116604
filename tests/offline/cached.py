"""A whole offline Azure with a cache in it, reached from one network by its private endpoint."""

import socket
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from offline import control
from tests.laws.azure import REGION, Azure

PORT = 10000


@dataclass(frozen=True, kw_only=True)
class Cached:
    """A cluster, its database, and the network that reaches it."""

    azure: Azure
    group: str
    network: str
    name: str

    @property
    def host(self) -> str:
        return f"{self.name}.{REGION}.redis.azure.net"

    @property
    def cluster(self) -> str:
        return f"{self.group}/providers/Microsoft.Cache/redisEnterprise/{self.name}"

    @property
    def database(self) -> str:
        return f"{self.cluster}/databases/default"

    def assign(self, principal_id: str) -> None:
        """Let somebody use it."""
        properties = {"accessPolicyName": "default", "user": {"objectId": principal_id}}
        path = f"{self.database}/accessPolicyAssignments/a{principal_id.replace('-', '')}"
        self.azure.put(path, {"properties": properties})

    def make_database(self) -> None:
        self.azure.put(
            self.database,
            {"properties": {"clientProtocol": "Encrypted", "clusteringPolicy": "EnterpriseCluster"}},
        )
        self.assign(self.owner)

    @property
    def owner(self) -> str:
        return self.azure.cloud.home.credentials().object_id

    def status(self) -> dict[str, Any]:
        """The cache, as `offline status` tells."""
        [found] = self.azure.cloud.status()["caches"]
        return dict(found)

    @contextmanager
    def terminal(self) -> Iterator["Terminal"]:
        """A connection from inside the network, signed in as the owner by a token of the directory.

        :raises OSError: the cache does not let it in.
        """
        record, home = self.azure.cloud.record, self.azure.cloud.home
        trusted = ssl.create_default_context(cafile=str(home.bundle))
        way = control.way_from(record, self.azure.base + self.network)
        with socket.create_connection(("127.0.0.1", way), timeout=30) as plain:
            plain.sendall(f"CONNECT {self.host}:{PORT} HTTP/1.1\r\n\r\n".encode())
            answer = plain.recv(4096)
            if b" 200 " not in answer.splitlines()[0]:
                raise ConnectionRefusedError(answer.decode())
            with trusted.wrap_socket(plain, server_hostname=self.host) as secure:
                token = self.azure.credential.get_token("https://redis.azure.com/.default").token
                typed = Terminal(secure)
                assert typed.ask(f"AUTH {self.owner} {token}") == "+OK"
                yield typed


class Terminal:
    """Lines that are typed, and what comes back."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def ask(self, line: str) -> str:
        """The first line of the answer.

        :raises OSError: there is nobody any more, or no answer in time.
        """
        self._connection.sendall(f"{line}\r\n".encode())
        return self.hear()

    def hear(self) -> str:
        """The next line that comes.

        :raises OSError: as `ask` does.
        """
        said = b""
        while not said.endswith(b"\r\n"):
            more = self._connection.recv(1)
            if not more:
                raise ConnectionResetError
            said += more
        return said.decode().strip()

    def wait(self, seconds: float) -> None:
        """For how long an answer is waited."""
        self._connection.settimeout(seconds)


def deploy(azure: Azure) -> Cached:
    """Make it by the resource manager."""
    group = azure.group()
    name = f"redis-{uuid.uuid4().hex[:8]}"
    cluster = f"{group}/providers/Microsoft.Cache/redisEnterprise/{name}"
    properties = {"publicNetworkAccess": "Disabled", "minimumTlsVersion": "1.2"}
    azure.put(cluster, {"location": REGION, "sku": {"name": "Balanced_B0"}, "properties": properties})
    network = azure.private_path(group, cluster, "redisEnterprise", "privatelink.redis.azure.net")
    made = Cached(azure=azure, group=group, network=network, name=name)
    made.make_database()
    return made
