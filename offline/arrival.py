"""Who calls, and by which way the call came."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody with a place in the network.

    A person's command speaks from the internet. An app speaks from the virtual network of its environment.
    """

    name: str
    kind: Literal["person", "app"]
    network_id: str | None = None
    """ARM id of the virtual network that the caller's traffic leaves from; None is the internet."""
    app_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A connection that the fabric has let through to a service."""

    caller: Caller
    host: str
    resource_id: str | None
    """ARM id of the account, vault, container app or database that the host names; None for Azure's own hosts."""
    private: bool
    """True when the connection came through an approved private endpoint."""
    encrypted: bool = True
    """Whether it came by TLS."""


class Handler(Protocol):
    """A service behind the fabric."""

    async def __call__(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse: ...


class StreamHandler(Protocol):
    """A service behind the fabric that does not speak HTTP: it is handed each connection as it is.

    :param is_open: whether the network would still let the connection through.
    """

    def __call__(self, arrival: Arrival, is_open: Callable[[], bool]) -> asyncio.Protocol: ...
