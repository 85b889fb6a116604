"""Whether an account or a vault lets a connection in: through a private endpoint always, from outside by its rules."""

import ipaddress
from typing import Literal

from offline.arm.addresses import address_of
from offline.arm.ids import ResourceId
from offline.arm.late_firewall import rules_in_force
from offline.arm.store import Resource, Store
from offline.arrival import Arrival

Verdict = Literal["open", "disabled", "denied"]


def judge(store: Store, target: Resource, arrival: Arrival) -> Verdict:
    """`disabled`: the public side is off. `denied`: it is on, and no rule admits this caller."""
    if arrival.private:
        return "open"
    rules = rules_in_force(target)
    if rules.get("publicNetworkAccess") == "Disabled":
        return "disabled"
    acls = rules.get("networkAcls")
    if not isinstance(acls, dict) or acls.get("defaultAction", "Allow") != "Deny":
        return "open"
    address = ipaddress.ip_address(address_of(store, arrival.caller))
    for rule in acls.get("ipRules") or []:
        if address in ipaddress.ip_network(str(rule.get("value")), strict=False):
            return "open"
    network = arrival.caller.network_id
    for rule in acls.get("virtualNetworkRules") or []:
        if network is not None and ResourceId(str(rule.get("id"))).within(network):
            return "open"
    return "denied"
