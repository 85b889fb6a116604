"""Passing bytes between two connections: to the real internet, and to servers behind the fabric."""

import asyncio


class Relay(asyncio.Protocol):
    """One direction's receiving end: what arrives here is written to the other connection.

    A side that has said all still hears the other out, where the other can be told so: TLS knows the end of both
    directions alone. A slow reader slows the writer.
    """

    def __init__(self) -> None:
        self._own: asyncio.Transport | None = None
        self._other: asyncio.Transport | None = None
        self._early = bytearray()
        self._ended = False
        self._lost = False

    def join(self, own: asyncio.Transport, other: asyncio.Transport) -> None:
        """Say whose bytes these are and where they go."""
        self._own = own
        self._other = other
        if self._early:
            other.write(bytes(self._early))
            self._early.clear()
        if self._lost:
            other.close()
        elif self._ended:
            self._end(other)

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early += data
        elif not self._other.is_closing():
            self._other.write(data)

    def eof_received(self) -> bool:
        self._ended = True
        if self._other is not None:
            self._end(self._other)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        if self._other is not None and not self._other.is_closing():
            self._other.close()

    def pause_writing(self) -> None:
        if self._other is not None and self._other.is_reading():
            self._other.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None and not self._other.is_closing() and not self._other.is_reading():
            self._other.resume_reading()

    @staticmethod
    def _end(other: asyncio.Transport) -> None:
        if other.is_closing():
            return
        if other.can_write_eof():
            other.write_eof()
        else:
            other.close()


def request_through(method: str, path: str, headers: str) -> bytes:
    """A proxied plain request as its server wants it: the path alone, and one request a connection.

    One alone, because the next request on it could be for another host.
    """
    kept = [
        line
        for line in headers.split("\r\n")
        if line
        and line.partition(":")[0].lower() not in ("connection", "proxy-connection", "proxy-authorization")
    ]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]).encode("latin-1")
