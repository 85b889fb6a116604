"""A caller's connection from its first byte until a service answers it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

logger = logging.getLogger(__name__)


class Incoming(asyncio.Protocol):
    """A connection on one of the fabric's ports."""

    def __init__(self) -> None:
        self.port = 0
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def closed(self) -> bool:
        return self._transport is not None and self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _proceed(self, work: Coroutine[None, None, None]) -> None:
        """Find out what is to answer; until then nothing more is read."""
        assert self._transport is not None
        self._transport.pause_reading()
        self._task = asyncio.get_running_loop().create_task(self._work(work))

    async def _work(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except OSError as problem:
            logger.debug("port %s: %s", self.port, problem)
            if self._transport is not None:
                self._transport.abort()


class Tunnel(Incoming):
    """A connection that leads to one place, whatever is said on it: for programs that know no proxy.

    :param reach: decides about it, and puts what answers in its place.
    """

    def __init__(self, reach: Callable[[asyncio.Transport], Coroutine[None, None, None]]) -> None:
        super().__init__()
        self._reach = reach

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self._transport is not None
        self._proceed(self._reach(self._transport))


class Handover(asyncio.Protocol):
    """Keeps what arrives with the end of the handshake until the service's protocol is in its place."""

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
