"""The ingress: from a host name to a replica, streaming both ways.

Answers of its own are worded as Azure's edge (Envoy) words them.
"""

import contextlib
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from offline.apps.replica import Replica
from offline.apps.revision import Revision
from offline.apps.running import RunningApp
from offline.arm.addresses import address_of
from offline.arm.container_app_template import Restriction
from offline.arm.network_view import private_target
from offline.arm.store import Store
from offline.arrival import Arrival

IDLE_SECONDS = 240.0
"""Azure's limit for a request on which nothing moves."""
CONNECT_SECONDS = 5.0
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade")
)
_UNAVAILABLE = (
    "<!DOCTYPE html><html><head><title>Container App - Unavailable</title></head><body>"
    "<h1>Error 404 - This Container App is stopped or does not exist.</h1></body></html>"
)
_NO_REPLICA = "no healthy upstream"
_REFUSED = (
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote "
    "connection failure, transport failure reason: delayed connect error: Connection refused"
)
_BROKEN = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"


Forward = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What the ingress answers itself."""

    status: int
    text: str
    content_type: str = "text/plain"

    def response(self) -> web.Response:
        return web.Response(status=self.status, text=self.text, content_type=self.content_type)


NOT_FOUND = Refusal(status=404, text=_UNAVAILABLE, content_type="text/html")
ADDRESS_DENIED = Refusal(status=403, text="RBAC: access denied")
PUBLIC_OFF = Refusal(
    status=403,
    text="The public network access on this managed environment is disabled. To connect to this managed "
    "environment, please use the Private Endpoint from inside your virtual network.",
)


def admitted(restrictions: tuple[Restriction, ...], address: str) -> bool:
    """Judge a caller's address: all entries allow or all deny; none admits everybody."""
    if not restrictions:
        return True
    inside = any(
        ipaddress.ip_address(address) in ipaddress.ip_network(entry.address_range, strict=False)
        for entry in restrictions
    )
    return inside if restrictions[0].allow else not inside


class Ingress:
    """Finds the app and the replica for a request, and carries it there."""

    def __init__(
        self, store: Store, apps: Mapping[str, RunningApp], *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._store = store
        self.apps = apps
        """By lower-case id."""
        self._idle = idle_seconds
        self._session: aiohttp.ClientSession | None = None
        self._runners: list[web.ServerRunner] = []
        self.local_port: int | None = None
        self._further: dict[str, int] = {}
        """Local ports of the other apps, by the app's key."""

    async def start(self) -> None:
        """Every request gets a connection of its own: a kept one may be closed just as it is used again."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self._idle),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def stop(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def serve_local(self, port: int) -> int:
        """Serve the first app on `http://localhost:<port>`, without the judgement of networks and addresses.

        :param port: 0 is any free one.
        :raises OSError: the port is taken.
        """
        self.local_port = await self._listen(self._local, port)
        return self.local_port

    async def serve_further(self, running: RunningApp) -> None:
        """Give an app that is not the first a port of its own; it keeps it over a restart where it is still free."""
        if self.local_app() is running or running.app.id.key in self._further:
            return
        fact = f"local-port:{running.app.id.key}"
        known = self._store.fact(fact)

        async def forward(request: web.BaseRequest) -> web.StreamResponse:
            # As it is now: one that was deleted and made again is another, under the same id.
            now = self.apps.get(running.app.id.key)
            return (
                await self._forward(request, now, None, "127.0.0.1", "http") if now else NOT_FOUND.response()
            )

        try:
            port = await self._listen(forward, known if isinstance(known, int) else 0)
        except OSError:
            port = await self._listen(forward, 0)
        self._store.set_fact(fact, port)
        self._further[running.app.id.key] = port

    def port_of(self, running: RunningApp) -> int | None:
        """Where an app answers on localhost."""
        return self.local_port if self.local_app() is running else self._further.get(running.app.id.key)

    async def _listen(self, handler: Forward, port: int) -> int:
        runner = web.ServerRunner(web.Server(handler, handler_cancellation=True, access_log=None))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runners.append(runner)
        bound = int(runner.addresses[0][1])
        # `localhost` is ::1 first for some clients; a machine without IPv6 does with the other.
        with contextlib.suppress(OSError):
            await web.TCPSite(runner, "::1", bound).start()
        return bound

    def local_app(self) -> RunningApp | None:
        """The one behind the local port: the first that has an ingress."""
        return next((running for running in self.apps.values() if running.ingress is not None), None)

    async def handle(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        """A request by host name, through the fabric."""
        running, revision = self._find(arrival.host)
        if running is None:
            return NOT_FOUND.response()
        address = self._address(arrival)
        refusal = self._judge(running, arrival, address)
        if refusal is not None:
            return refusal.response()
        return await self._forward(request, running, revision, address, "https")

    async def _local(self, request: web.BaseRequest) -> web.StreamResponse:
        first = self.local_app()
        if first is None:
            return NOT_FOUND.response()
        return await self._forward(request, first, None, "127.0.0.1", "http")

    # Who is meant, and may the caller go there ---------------------------------------------------------------------

    def _find(self, host: str) -> tuple[RunningApp | None, Revision | None]:
        """The app of a host name; with a revision's own host name, that revision too."""
        wanted = host.lower().rstrip(".")
        for running in self.apps.values():
            if running.ingress is None:
                continue
            if wanted == running.fqdn:
                return running, None
            for revision in running.revisions.values():
                if wanted == running.revision_fqdn(revision.name):
                    return running, revision
        return None, None

    def _judge(self, running: RunningApp, arrival: Arrival, address: str) -> Refusal | None:
        ingress, environment = running.ingress, running.environment
        neighbour = self.apps.get((arrival.caller.app_id or "").lower())
        if neighbour is not None and neighbour.environment.id.key == environment.id.key:
            return None
        if ingress is None or not ingress.external:
            return NOT_FOUND
        if not (arrival.private or self._inside(running, arrival)):
            if environment.internal:
                return NOT_FOUND
            if not environment.public:
                return PUBLIC_OFF
        return None if admitted(ingress.restrictions, address) else ADDRESS_DENIED

    def _inside(self, running: RunningApp, arrival: Arrival) -> bool:
        """True when the caller's network knows the environment's own address: by zone, link and record."""
        network = arrival.caller.network_id
        if network is None:
            return False
        target = private_target(self._store, network, arrival.host)
        return (target.resource_id or "").lower() == running.environment.id.key

    def _address(self, arrival: Arrival) -> str:
        """Where the call seems to come from. A person's is one fixed address: loopback would say nothing."""
        return address_of(self._store, arrival.caller)

    # Carrying ------------------------------------------------------------------------------------------------------

    async def _forward(
        self,
        request: web.BaseRequest,
        running: RunningApp,
        revision: Revision | None,
        address: str,
        scheme: str,
    ) -> web.StreamResponse:
        """Carry a request; a replica that refuses the connection has not seen it, and another one gets it."""
        chosen = revision or running.choose()
        tried: set[str] = set()
        while chosen is not None:
            replica = chosen.pick(frozenset(tried))
            if replica is None:
                break
            if not _listens(replica, running):
                return Refusal(status=503, text=_REFUSED).response()
            tried.add(replica.name)
            replica.in_flight += 1
            chosen.scale()
            try:
                return await self._exchange(request, replica, address, scheme)
            except aiohttp.ClientConnectorError:
                continue
            finally:
                replica.in_flight -= 1
        return Refusal(status=503, text=_REFUSED if tried else _NO_REPLICA).response()

    async def _exchange(
        self, request: web.BaseRequest, replica: Replica, address: str, scheme: str
    ) -> web.StreamResponse:
        """One request to one replica.

        :raises aiohttp.ClientConnectorError: it refused the connection; nothing was sent.
        """
        assert self._session is not None
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue" and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        answer: web.StreamResponse | None = None
        try:
            async with self._session.request(
                request.method,
                URL(f"http://127.0.0.1:{replica.port}{request.raw_path}", encoded=True),
                headers=_request_headers(request, address, scheme),
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
                skip_auto_headers=(hdrs.USER_AGENT, hdrs.CONTENT_TYPE, hdrs.ACCEPT_ENCODING, hdrs.ACCEPT),
            ) as upstream:
                answer = web.StreamResponse(status=upstream.status, reason=upstream.reason)
                answer.headers.extend(_response_headers(upstream))
                await answer.prepare(request)
                async for chunk in upstream.content.iter_any():
                    await answer.write(chunk)
                await answer.write_eof()
                return answer
        except aiohttp.ClientConnectorError:
            raise
        except (TimeoutError, aiohttp.ServerTimeoutError):
            return _cut(request, answer, Refusal(status=504, text="upstream request timeout"))
        except aiohttp.ClientError:
            return _cut(request, answer, Refusal(status=503, text=_BROKEN))


def _cut(request: web.BaseRequest, begun: web.StreamResponse | None, instead: Refusal) -> web.StreamResponse:
    """An answer that has begun can only be cut off; before its first byte there is a status to give."""
    if begun is None:
        return instead.response()
    if request.transport is not None:
        request.transport.abort()
    return begun


def _listens(replica: Replica, running: RunningApp) -> bool:
    """False when the ingress's target port is not the one that the container listens on."""
    ingress = running.ingress
    port = ingress.target_port if ingress is not None else 0
    return replica.listens is None or port in (0, replica.listens)


def _request_headers(request: web.BaseRequest, address: str, scheme: str) -> CIMultiDict[str]:
    headers = CIMultiDict(
        (name, value)
        for name, value in request.headers.items()
        if name.lower() not in _HOP_BY_HOP and name.lower() not in ("expect", "transfer-encoding")
    )
    before = headers.popall("X-Forwarded-For", [])
    headers["X-Forwarded-For"] = ", ".join([*before, address])
    headers["X-Forwarded-Proto"] = scheme
    headers["X-Forwarded-Host"] = request.headers.get(hdrs.HOST, "")
    return headers


def _response_headers(upstream: aiohttp.ClientResponse) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value)
        for name, value in upstream.headers.items()
        if name.lower() not in _HOP_BY_HOP and name.lower() != "transfer-encoding"
    )
