"""The door of a database: who says who he is gets in, and speaks with the real server from then on.

Of what a client says, AUTH and HELLO are read, and what they hold is judged. They reach the server with its own
password in place of a token or key that is good, and with a wrong one otherwise: so the server itself refuses, in its
own words and in the right place of a pipeline, whoever has not signed in. Its answers pass as they are. A client may
sign in again on a connection, and has to before its token expires (docs redis/entra-for-authentication).
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable

from offline.arm.ids import ResourceId
from offline.arm.store import Store
from offline.arrival import Arrival
from offline.dataplane.redis.admission import Admission, Guest, takes_keys
from offline.dataplane.redis.servers import USER, Server, Servers, UnavailableError
from offline.dataplane.redis.wire import Command, Commands, command
from offline.relay import Relay
from offline.tokens import Tokens

logger = logging.getLogger(__name__)

_WRONG = b"wrong"
"""No server has this password: theirs are long and random."""


class Redis:
    """Answers for every database."""

    def __init__(self, store: Store, *, tokens: Tokens, servers: Servers) -> None:
        self._store = store
        self._admission = Admission(store, tokens)
        self._servers = servers

    def connect(self, arrival: Arrival, is_open: Callable[[], bool]) -> asyncio.Protocol:
        """A connection to a cluster's host."""
        return Door(arrival, is_open, self._store, self._admission, self._servers)


class Door(Relay):
    """A client's end of its connection."""

    def __init__(
        self,
        arrival: Arrival,
        is_open: Callable[[], bool],
        store: Store,
        admission: Admission,
        servers: Servers,
    ) -> None:
        super().__init__()
        assert arrival.resource_id is not None
        self._database = ResourceId(arrival.resource_id)
        self._arrival = arrival
        self._is_open = is_open
        self._store = store
        self._admission = admission
        self._servers = servers
        self._keys_counted = self._keys_count()
        self._commands = Commands()
        self._client: asyncio.Transport | None = None
        self._server: Server | None = None
        self._waiting = bytearray()
        """What the client has said before there was a server."""
        self._guest: Guest | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._reaching: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._client = transport
        self._reaching = asyncio.get_running_loop().create_task(self._reach())

    def data_received(self, data: bytes) -> None:
        if self._server is None:
            self._waiting += data
            return
        if not self._stands():
            self._drop()
            return
        for found in self._commands.feed(data):
            super().data_received(found if isinstance(found, bytes) else self._told(found, self._server))

    def eof_received(self) -> bool:
        """A client that has said all by TLS has hung up."""
        return super().eof_received() and not self._arrival.encrypted

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._reaching is not None:
            self._reaching.cancel()
        if self._expiry is not None:
            self._expiry.cancel()

    async def _reach(self) -> None:
        """Get to the server, then pass on what the client has said already."""
        assert self._client is not None
        theirs = Relay()
        try:
            upstream, server = await self._servers.connect(self._database, lambda: theirs)
        except UnavailableError as why:
            logger.warning("%s, called by %s: %s", self._arrival.host, self._arrival.caller.name, why)
            self._drop()
            return
        self._server = server
        theirs.join(upstream, self._client)
        self.join(self._client, upstream)
        if self._waiting:
            self.data_received(bytes(self._waiting))
            self._waiting.clear()

    def _told(self, said: Command, server: Server) -> bytes:
        """What the server is told in place of a command that says who the client is."""
        words = list(said.words)
        at = _password_at(said)
        if at is not None:
            # A key is said alone, or with the name that it has; user and token stand beside each other.
            given = slice(1 if said.name == b"AUTH" else at - 1, at + 1)
            words[given] = USER, self._password(said.words[given], server)
        return command(words)

    def _password(self, given: tuple[bytes, ...], server: Server) -> bytes:
        """The server's own for whoever may come in."""
        guest = self._admission.judge(self._database, given, encrypted=self._arrival.encrypted)
        if guest is None:
            return _WRONG
        self._guest = guest
        if self._expiry is not None:
            self._expiry.cancel()
        if guest.until < math.inf:
            left = guest.until - time.time()
            self._expiry = asyncio.get_running_loop().call_later(left, self._drop)
        return server.password

    def _stands(self) -> bool:
        """Whether the client would still be let in: it is asked again whenever it says something."""
        # Whoever turns keys off ends all connections, those of identities too (docs redis/entra-for-authentication).
        if self._keys_counted and not self._keys_count():
            return False
        return self._is_open() and (
            self._guest is None or self._admission.stands(self._database, self._guest)
        )

    def _keys_count(self) -> bool:
        database = self._store.get(self._database)
        return database is not None and takes_keys(database)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.abort()


def _password_at(said: Command) -> int | None:
    """Where the command holds a password; None when it holds none, or makes no sense: that is for the server to say."""
    if said.name == b"AUTH":
        return len(said.words) - 1 if len(said.words) in (2, 3) else None
    at = 2
    while at < len(said.words):
        match said.words[at].upper():
            case b"AUTH" if at + 2 < len(said.words):
                return at + 2
            case b"SETNAME":
                at += 2
            case _:
                return None
    return None
