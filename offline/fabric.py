"""The network that callers speak through: a forward proxy on loopback, one port for each caller.

The port says who calls, and so from which network. A connection to one of Azure's hosts ends here: the fabric
answers TLS as that host and hands the requests to the service behind it. Everything is recorded, refusals too.
"""

import asyncio
import json
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage

from offline.arm.store import Store
from offline.arrival import Arrival, Caller, Handler, StreamHandler
from offline.incoming import Handover, Incoming, Tunnel
from offline.network import HTTPS, Network, Route, Service
from offline.relay import Relay, request_through
from offline.tls import Authority

LARGEST_BODY = 64 * 1024 * 1024
_LONGEST_HEAD = 64 * 1024
_HEAD_SECONDS = 60.0
_HANDSHAKE_SECONDS = 30.0
_CLOSE_SECONDS = 1.0


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
        self._streams: dict[Service, StreamHandler] = {}
        self._ways: dict[int, asyncio.Server] = {}
        self._connections: set[Incoming] = set()
        self._sites: dict[tuple[Caller, str, Service], web.Server] = {}

    def register(self, service: Service, handler: Handler) -> None:
        """Put a service behind its hosts."""
        self._handlers[service] = handler

    def register_stream(self, service: Service, handler: StreamHandler) -> None:
        """Put a service that does not speak HTTP behind its hosts."""
        self._streams[service] = handler

    async def open(self, caller: Caller, port: int = 0) -> int:
        """Give a caller a way in; returns its port on 127.0.0.1.

        :raises OSError: the wanted port is in use.
        """
        return await self._listen(lambda: Connection(self, caller), port)

    async def open_to(self, caller: Caller, host: str, port: int) -> int:
        """Give a caller a port on 127.0.0.1 that leads to one host, for programs that know no proxy.

        Each connection is decided about when it comes, as if its caller had asked for the host by name.
        """

        async def reach(transport: asyncio.Transport) -> None:
            route = self.decide(caller, host, port)
            if route.service in self._streams:
                await self.answer_stream(transport, caller, host.lower(), route)
            else:
                transport.abort()

        return await self._listen(lambda: Tunnel(reach), 0)

    async def _listen(self, make: Callable[[], Incoming], port: int) -> int:
        def connection() -> Incoming:
            self._connections = {known for known in self._connections if not known.closed}
            made = make()
            self._connections.add(made)
            return made

        server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", port)
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
        if route.service is not None and port != route.port:
            route = Route(verdict="unresolved", reason=f"{host} answers on port {route.port} alone")
        if route.service is not None and not (
            route.service in self._handlers or route.service in self._streams
        ):
            route = Route(verdict="unresolved", reason=f"{route.service} does not run in this offline Azure")
        self._store.note_connection(caller.name, caller.kind, host.lower(), port, route.verdict)
        return route

    async def answer_tls(
        self, transport: asyncio.Transport, caller: Caller, host: str, service: Service
    ) -> None:
        """Speak TLS as that host, and serve HTTP on it.

        :raises OSError: the client went away or does not trust us.
        """
        handover = Handover()
        secure = await _secured(transport, handover, self._authority.context(host))
        handover.pass_on(self._site(caller, host, service)(), secure)

    def is_stream(self, service: Service) -> bool:
        """Whether a service is handed its connections as they are."""
        return service in self._streams

    async def answer_stream(
        self, transport: asyncio.Transport, caller: Caller, host: str, route: Route
    ) -> None:
        """Hand the connection to the service that does not speak HTTP; by TLS, as that host and as 127.0.0.1.

        :raises OSError: the client went away or does not trust us.
        """
        assert route.service is not None
        handover = Handover()
        if route.encrypted:
            context = self._authority.context(host, local=True)
            transport = await _secured(transport, handover, context)
        else:
            transport.set_protocol(handover)
            transport.resume_reading()
        arrival = Arrival(
            caller=caller,
            host=host,
            resource_id=route.resource_id,
            private=route.private,
            encrypted=route.encrypted,
        )

        def is_open() -> bool:
            now = self._network.route(caller, host)
            return now.service is not None and now.resource_id == route.resource_id

        handover.pass_on(self._streams[route.service](arrival, is_open), transport)

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


class Connection(Incoming):
    """One connection of a caller, up to the end of its first request's head."""

    def __init__(self, fabric: Fabric, caller: Caller) -> None:
        super().__init__()
        self._fabric = fabric
        self._caller = caller
        self._buffer = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._timer = asyncio.get_running_loop().call_later(_HEAD_SECONDS, self.abort)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not end:
            if len(self._buffer) > _LONGEST_HEAD:
                self._refuse(431, "The request's head is too long.")
            return
        if self._task is None:
            self._stop_timer()
            self._proceed(self._route(head, rest))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._stop_timer()
        super().abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

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
        if route.service is not None and self._fabric.is_stream(route.service):
            self._transport.write(_ESTABLISHED)
            await self._fabric.answer_stream(self._transport, self._caller, host.lower(), route)
        elif route.service is not None:
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


_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


async def _secured(
    transport: asyncio.Transport, protocol: asyncio.Protocol, context: ssl.SSLContext
) -> asyncio.Transport:
    """:raises OSError: the client went away or does not trust us."""
    secure = await asyncio.get_running_loop().start_tls(
        transport, protocol, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_SECONDS
    )
    if secure is None:
        raise ConnectionAbortedError("the client went away during the handshake")
    return secure


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
