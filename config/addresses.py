"""The address plan: what Azure takes, what it keeps for itself, and what fits.

Sources: "Virtual network configuration", Azure Container Apps, and "Azure Virtual Network FAQ",
learn.microsoft.com, 2026-11.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Final

PRIVATE: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))

# Ranges that a network with Container Apps must leave alone, and for what.
RESERVED: Final = MappingProxyType(
    {
        IPv4Network("100.100.0.0/17"): "Container Apps",
        IPv4Network("100.100.128.0/19"): "Container Apps",
        IPv4Network("100.100.160.0/19"): "Container Apps",
        IPv4Network("100.100.192.0/19"): "Container Apps",
        IPv4Network("172.30.0.0/16"): "Azure Kubernetes Service, which Container Apps runs on",
        IPv4Network("172.31.0.0/16"): "Azure Kubernetes Service, which Container Apps runs on",
    }
)

SMALLEST_GATEWAY: Final = 27
SMALLEST_SUBNET: Final = 29

# Azure keeps the first four addresses of every subnet and the last.
KEPT_BY_AZURE: Final = 5


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """What is wrong with the plan. `fields` names the ranges at fault, the one to change first."""

    fields: tuple[str, ...]
    allowed: str
    next: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The network's range and the subnets in it."""

    address_space: IPv4Network
    gateway_subnet: IPv4Network
    private_endpoint_subnet: IPv4Network

    @property
    def subnets(self) -> dict[str, IPv4Network]:
        return {"gatewaySubnet": self.gateway_subnet, "privateEndpointSubnet": self.private_endpoint_subnet}

    def flaws(self, endpoints: int) -> Iterator[Flaw]:
        """Everything against this plan, when so many private endpoints have to fit."""
        yield from self._space()
        for field, subnet in self.subnets.items():
            if not subnet.subnet_of(self.address_space):
                yield Flaw(
                    fields=(field, "addressSpace"),
                    allowed=f"a range inside addressSpace {self.address_space}",
                    next="move it inside, or widen addressSpace",
                )
        if self.gateway_subnet.overlaps(self.private_endpoint_subnet):
            free = next(self._free(self.private_endpoint_subnet.prefixlen), None)
            yield Flaw(
                fields=("privateEndpointSubnet", "gatewaySubnet"),
                allowed=f"addresses that gatewaySubnet {self.gateway_subnet} does not have",
                next=f"{free} is free" if free else "widen addressSpace, or make the subnets smaller",
            )
        if self.gateway_subnet.prefixlen > SMALLEST_GATEWAY:
            yield Flaw(
                fields=("gatewaySubnet",),
                allowed=f"/{SMALLEST_GATEWAY} or larger: Container Apps refuses less, and it can never be resized",
                next="give it /26: 64 addresses are room for growth",
            )
        room = self.private_endpoint_subnet.num_addresses - KEPT_BY_AZURE
        if room < endpoints or self.private_endpoint_subnet.prefixlen > SMALLEST_SUBNET:
            yield Flaw(
                fields=("privateEndpointSubnet",),
                allowed=f"/{_prefix_for(endpoints)} or larger: it holds {endpoints} private endpoints, "
                f"and Azure keeps {KEPT_BY_AZURE} addresses",
                next=f"give it /{min(27, _prefix_for(endpoints))}",
            )

    def _space(self) -> Iterator[Flaw]:
        space = self.address_space
        if not any(space.subnet_of(private) for private in PRIVATE):
            yield Flaw(
                fields=("addressSpace",),
                allowed="a private range: inside " + ", ".join(map(str, PRIVATE)),
                next="choose one that no network it may be joined to has, such as 10.40.0.0/24",
            )
        taken = next(
            (f"{reserved} for {whom}" for reserved, whom in RESERVED.items() if space.overlaps(reserved)),
            None,
        )
        if taken:
            yield Flaw(
                fields=("addressSpace",),
                allowed=f"a range without {taken}",
                next="choose another, such as 10.40.0.0/24",
            )

    def _free(self, prefix: int) -> Iterator[IPv4Network]:
        if prefix >= self.address_space.prefixlen:
            candidates = self.address_space.subnets(new_prefix=prefix)
            yield from (candidate for candidate in candidates if not candidate.overlaps(self.gateway_subnet))


def _prefix_for(endpoints: int) -> int:
    """The smallest subnet that holds so many endpoints."""
    return min(SMALLEST_SUBNET, 32 - (endpoints + KEPT_BY_AZURE - 1).bit_length())
