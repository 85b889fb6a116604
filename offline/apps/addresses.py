"""Addresses that no proxy leads to, and the ports of this machine that stand for them.

A program that calls by HTTP finds Azure's hosts through its proxy. One that speaks Redis connects to the address that
it was given: so a replica is given another one, as it is given another place for its volumes.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping

from offline.network import CACHE_SUFFIX

Tunnel = Callable[[str, int], Awaitable[int]]
"""(host, port) → the port of 127.0.0.1 from which the replica gets there."""

_ADDRESS = re.compile(
    rf"(?<![\w.-])(?P<host>[a-z0-9-]+\.[a-z0-9-]+\.{re.escape(CACHE_SUFFIX)}):(?P<port>\d{{1,5}})(?!\d)",
    re.IGNORECASE,
)
"""`NAME.LOCATION.redis.azure.net:PORT`. Whether such a cluster exists is found out by who connects, not before: one
that is made later is reached without a restart, and no call leaves this machine for a name that Azure has."""


class Addresses:
    """The addresses that a replica's variables name."""

    def __init__(self, local: Mapping[str, str]) -> None:
        self._local = local

    @classmethod
    async def named_in(cls, values: Iterable[str], tunnel: Tunnel) -> "Addresses":
        """Open a tunnel to each."""
        named = {found[0].lower(): found for value in values for found in _ADDRESS.finditer(value)}
        return cls(
            {
                address: f"127.0.0.1:{await tunnel(found['host'].lower(), int(found['port']))}"
                for address, found in named.items()
            }
        )

    def real(self, text: str) -> str:
        """The text with each of them replaced."""
        return _ADDRESS.sub(lambda found: self._local.get(found[0].lower(), found[0]), text)
