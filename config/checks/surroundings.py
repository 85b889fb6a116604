"""What stands around the gateway: its network, its callers, its tags."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from config.addresses import Plan
from config.names import OUR_TAGS
from config.problems import Problem
from config.schema import Visibility

if TYPE_CHECKING:
    from config.settings import Settings

# Azure takes 50 tags a resource, names of 512 characters without these, values of 256.
MOST_TAGS = 50
LONGEST_TAG_VALUE = 256
TAG_NAME = re.compile(r"[^<>%&\\?/]{1,512}")


def addresses(settings: "Settings") -> Iterator[Problem]:
    """The address plan fits: inside, apart, large enough, not reserved."""
    network = settings.network
    plan = Plan(
        address_space=IPv4Network(network.address_space),
        gateway_subnet=IPv4Network(network.gateway_subnet),
        private_endpoint_subnet=IPv4Network(network.private_endpoint_subnet),
    )
    values = {name: str(subnet) for name, subnet in plan.subnets.items()} | {
        "addressSpace": network.address_space
    }
    for flaw in plan.flaws(endpoints=len(settings.accounts) + 1 + settings.redis.enabled):
        key, *about = flaw.fields
        yield Problem(
            key=f"network.{key}",
            value=values[key],
            allowed=flaw.allowed,
            next=flaw.next,
            about=tuple(f"network.{field}" for field in about),
        )


def callers(settings: "Settings") -> Iterator[Problem]:
    """A gateway with a public address says who may call it."""
    ingress = settings.ingress
    if ingress.visibility is Visibility.EXTERNAL and not ingress.allow:
        yield Problem(
            key="ingress.allow",
            value=[],
            allowed="at least one range while visibility is external: without any, the whole internet may call",
            next="list your addresses, such as 203.0.113.0/24, or set visibility: internal",
            about=("ingress.visibility",),
        )
    seen: dict[str, int] = {}
    for index, entry in enumerate(ingress.allow):
        first = seen.setdefault(entry, index)
        if first != index:
            yield Problem(
                key=f"ingress.allow[{index}]",
                value=entry,
                allowed=f"each range once: ingress.allow[{first}] is the same",
                next="remove it",
            )


def tags(settings: "Settings") -> Iterator[Problem]:
    """Tags that Azure takes, and none of ours."""
    lowered = {name.lower() for name in OUR_TAGS}
    for name, value in settings.tags.items():
        if name.lower() in lowered:
            yield Problem(
                key=f"tags.{name}",
                value=value,
                allowed="a name that the program does not write itself: " + ", ".join(sorted(OUR_TAGS)),
                next="remove it, or choose another name",
            )
        elif not TAG_NAME.fullmatch(name):
            yield Problem(
                key=f"tags.{name[:40]}",
                value=value,
                allowed=r"a name of 1 to 512 characters without < > % & \ ? /",
                next="choose another name",
            )
        if len(value) > LONGEST_TAG_VALUE:
            yield Problem(
                key=f"tags.{name[:40]}",
                value=f"{value[:20]}… ({len(value)} characters)",
                allowed=f"at most {LONGEST_TAG_VALUE} characters",
                next="shorten it",
            )
    if len(settings.tags) > MOST_TAGS - len(OUR_TAGS):
        yield Problem(
            key="tags",
            value=f"{len(settings.tags)} tags",
            allowed=f"at most {MOST_TAGS - len(OUR_TAGS)}: Azure takes {MOST_TAGS}, and {len(OUR_TAGS)} are ours",
            next="remove some",
        )
