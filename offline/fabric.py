"""The network that callers speak through: a forward proxy on loopback, one port for each caller.

The port says who calls, and so from which network. A connection to one of Azure's hosts ends here: the fabric
answers TLS as that host and hands the requests to the service behind it. Everything is recorded, refusals too.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage

from offline.arm.store import Store
from offline.arrival import Arrival, Caller, Handler
from offline.network import Network, Route, Service
from offline.relay import Relay, request_through
from offline.tls import Authority

logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024 * 1024
_LONGEST_HEAD = 64 * 1024
_HEAD_SECONDS = 60.0
_HANDSHAKE_SECONDS = 30.0
_CLOSE_SECONDS = 1.0
HTTPS = 443


class Fabric:
    """Opens ways into the network and closes them.

    :param handlers: the services behind the hosts. One that is missing answers 502.
    """

    def __init__(
        self, store: Store, authority: Authority, handlers: Mapping[Service, Handler], network: Network
    ) -> None:
        self._store = store
        self._authority = authority
        self._handlers = dict(handlers)
        self._network = network
        self._ways: dict[int, asyncio.Server] = {}
        self._connections: set[Connection] = set()
        self._sites: dict[tuple[Caller, str, Service], web.Server] = {}

    def register(self, service: Service, handler: Handler) -> None:
        """Put a service behind its hosts."""
        self._handlers[service] = handler

    async def open(self, caller: Caller, port: int = 0) -> int:
        """Give a caller a way in; returns its port on 127.0.0.1.

        :raises OSError: the wanted port is in use.
        """
        loop = asyncio.get_running_loop()

        def connection() -> Connection:
            self._connections = {known for known in self._connections if not known.closed}
            made = Connection(self, caller)
            self._connections.add(made)
            return made

        server = await loop.create_server(connection, "127.0.0.1", port)
        opened: int = server.sockets[0].getsockname()[1]
        self._ways[opened] = server
        return opened

    async def close(self, port: int) -> None:
        """Take one way away, with every connection on it."""
        server = self._ways.pop(port, None)
        if server is None:
            return
        server.close()
        for connection in list(self._connections):
            if connection.port == port:
                connection.abort()

    async def shut_down(self) -> None:
        """Close every way; answers that have begun get a moment to end."""
        for server in self._ways.values():
            server.close()
        self._ways.clear()
        for site in self._sites.values():
            site.pre_shutdown()
        await asyncio.gather(*(site.shutdown(_CLOSE_SECONDS) for site in self._sites.values()))
        for connection in list(self._connections):
            connection.abort()

    def decide(self, caller: Caller, host: str, port: int) -> Route:
        """Decide about a connection, and record the decision."""
        route = self._network.route(caller, host)
        if route.service is not None and port != HTTPS:
            route = Route(verdict="unresolved", reason=f"{host} answers HTTPS on port {HTTPS} alone")
        if route.service is not None and route.service not in self._handlers:
            route = Route(verdict="unresolved", reason=f"{route.service} does not run in this offline Azure")
        self._store.note_connection(caller.name, caller.kind, host.lower(), port, route.verdict)
        return route

    async def answer_tls(
        self, transport: asyncio.Transport, caller: Caller, host: str, service: Service
    ) -> None:
        """Speak TLS as that host, and serve HTTP on it.

        :raises OSError: the client went away or does not trust us.
        """
        handover = _Handover()
        secure = await asyncio.get_running_loop().start_tls(
            transport,
            handover,
            self._authority.context(host),
            server_side=True,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
        )
        if secure is None:
            raise ConnectionAbortedError("the client went away during the handshake")
        handover.pass_on(self._site(caller, host, service)(), secure)

    def _site(self, caller: Caller, host: str, service: Service) -> web.Server:
        key = (caller, host, service)
        if key not in self._sites:
            self._sites[key] = web.Server(
                self._requests_of(caller, host),
                request_factory=_request,
                access_log=None,
                keepalive_timeout=75,
                # A client that drops its stream stops the model; a write to the resource manager goes on.
                handler_cancellation=service == "openai",
            )
        return self._sites[key]

    def _requests_of(
        self, caller: Caller, host: str
    ) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            # Judged again at every request: what a kept connection could still do must not outlive an endpoint,
            # a link or an account that is gone.
            route = self._network.route(caller, host)
            handler = self._handlers.get(route.service) if route.service is not None else None
            if handler is None:
                self._store.note_connection(caller.name, caller.kind, host, HTTPS, route.verdict)
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=502, text=route.reason)
            arrival = Arrival(caller=caller, host=host, resource_id=route.resource_id, private=route.private)
            return await handler(request, arrival)

        return handle


class Connection(asyncio.Protocol):
    """One connection of a caller, up to the end of its first request's head."""

    def __init__(self, fabric: Fabric, caller: Caller) -> None:
        self._fabric = fabric
        self._caller = caller
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.port = 0

    @property
    def closed(self) -> bool:
        return self._transport is not None and self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]
        self._timer = asyncio.get_running_loop().call_later(_HEAD_SECONDS, self.abort)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not end:
            if len(self._buffer) > _LONGEST_HEAD:
                self._refuse(431, "The request's head is too long.")
            return
        if self._task is None and self._transport is not None:
            self._transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._proceed(head, rest))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._stop_timer()
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _proceed(self, head: bytes, rest: bytes) -> None:
        self._stop_timer()
        try:
            await self._route(head, rest)
        except OSError as problem:
            logger.debug("%s: %s", self._caller.name, problem)
            if self._transport is not None:
                self._transport.abort()

    async def _route(self, head: bytes, rest: bytes) -> None:
        assert self._transport is not None
        line, _, headers = head.decode("latin-1").partition("\r\n")
        words = line.split(" ")
        if len(words) != 3:
            self._refuse(400, "This is the offline Azure's way into its network: a forward proxy.")
            return
        method, target, _ = words
        if method == "CONNECT":
            await self._connect(target, rest)
            return
        plain = re.fullmatch(r"http://([^/?#]+)(.*)", target, re.IGNORECASE)
        if plain is None:
            self._refuse(400, "This is the offline Azure's way into its network: a forward proxy.")
            return
        host, port = _host_and_port(plain[1], 80)
        route = self._fabric.decide(self._caller, host, port)
        if route.verdict == "passed":
            relayed = request_through(method, plain[2] or "/", headers)
            await self._tunnel(host, port, greeting=None, first=relayed + rest)
        else:
            self._refuse_route(route)

    async def _connect(self, target: str, rest: bytes) -> None:
        assert self._transport is not None
        host, port = _host_and_port(target, HTTPS)
        route = self._fabric.decide(self._caller, host, port)
        if route.service is not None:
            self._transport.write(_ESTABLISHED)
            await self._fabric.answer_tls(self._transport, self._caller, host.lower(), route.service)
        elif route.verdict == "passed":
            await self._tunnel(host, port, greeting=_ESTABLISHED, first=rest)
        else:
            self._refuse_route(route)

    async def _tunnel(self, host: str, port: int, *, greeting: bytes | None, first: bytes) -> None:
        """Pass bytes on to the real internet."""
        assert self._transport is not None
        ours, theirs = Relay(), Relay()
        try:
            upstream, _ = await asyncio.wait_for(
                asyncio.get_running_loop().create_connection(lambda: theirs, host, port), _HANDSHAKE_SECONDS
            )
        except (TimeoutError, OSError) as problem:
            self._refuse(502, f"{host}:{port} cannot be reached: {problem}")
            return
        ours.join(self._transport, upstream)
        theirs.join(upstream, self._transport)
        self._transport.set_protocol(ours)
        if greeting is not None:
            self._transport.write(greeting)
        if first:
            upstream.write(first)
        self._transport.resume_reading()

    def _refuse_route(self, route: Route) -> None:
        self._refuse(403 if route.verdict == "refused" else 502, route.reason)

    def _refuse(self, status: int, reason: str) -> None:
        if self._transport is None:
            return
        body = json.dumps({"error": {"code": "OfflineNetwork", "message": reason}}).encode()
        phrase = {400: "Bad Request", 403: "Forbidden", 431: "Head Too Large", 502: "Bad Gateway"}[status]
        self._transport.write(
            f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"x-offline-reason: {reason}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1", "replace")
            + body
        )
        self._transport.close()


class _Handover(asyncio.Protocol):
    """Keeps what arrives with the end of the handshake until the HTTP protocol is in its place."""

    def __init__(self) -> None:
        self._early = bytearray()
        self._ended = False
        self._lost: list[Exception | None] = []

    def data_received(self, data: bytes) -> None:
        self._early += data

    def eof_received(self) -> bool:
        self._ended = True
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.append(exc)

    def pass_on(self, protocol: asyncio.Protocol, transport: asyncio.Transport) -> None:
        protocol.connection_made(transport)
        transport.set_protocol(protocol)
        if self._early:
            protocol.data_received(bytes(self._early))
        if self._ended and not protocol.eof_received():
            transport.close()
        for reason in self._lost:
            protocol.connection_lost(reason)


_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def _host_and_port(target: str, default: int) -> tuple[str, int]:
    host, colon, port = target.rpartition(":")
    if colon and port.isdigit():
        return host.strip("[]"), int(port)
    return target.strip("[]"), default


def _request(
    message: RawRequestMessage,
    payload: object,
    protocol: object,
    writer: object,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    """A request as aiohttp makes it, with room for prompts that carry images."""
    return web.BaseRequest(
        message,
        payload,  # type: ignore[arg-type]  # aiohttp does not publish the types of its parts
        protocol,  # type: ignore[arg-type]
        writer,  # type: ignore[arg-type]
        task,
        asyncio.get_running_loop(),
        client_max_size=LARGEST_BODY,
    )
