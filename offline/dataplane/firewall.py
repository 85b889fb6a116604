"""Whether an account or a vault lets a connection in: through a private endpoint always, from outside by its rules."""

import ipaddress
from typing import Literal

from offline.arm.ids import ResourceId
from offline.arm.store import Resource
from offline.arrival import Arrival

Verdict = Literal["open", "disabled", "denied"]

PERSON_ADDRESS = "203.0.113.10"
"""The public address that a person's commands are seen from (a range kept for documentation)."""

APPS_ADDRESS = "198.51.100.10"
"""The public address that an environment's outbound traffic is seen from."""


def address_of(arrival: Arrival) -> str:
    """The address that a connection to the public side comes from."""
    return APPS_ADDRESS if arrival.caller.network_id is not None else PERSON_ADDRESS


def judge(target: Resource, arrival: Arrival) -> Verdict:
    """`disabled`: the public side is off. `denied`: it is on, and no rule admits this caller."""
    if arrival.private:
        return "open"
    if target.properties.get("publicNetworkAccess") == "Disabled":
        return "disabled"
    acls = target.properties.get("networkAcls")
    if not isinstance(acls, dict) or acls.get("defaultAction", "Allow") != "Deny":
        return "open"
    address = ipaddress.ip_address(address_of(arrival))
    for rule in acls.get("ipRules") or []:
        if address in ipaddress.ip_network(str(rule.get("value")), strict=False):
            return "open"
    network = arrival.caller.network_id
    for rule in acls.get("virtualNetworkRules") or []:
        if network is not None and ResourceId(str(rule.get("id"))).within(network):
            return "open"
    return "denied"
