"""The public addresses that callers are seen from: what allow-lists and firewalls compare.

All of them are from ranges that are kept for documentation (RFC 5737), so that none can be somebody's.
"""

import secrets

from offline.arm.ids import ResourceId
from offline.arm.store import Resource, Store
from offline.arrival import Caller

PERSON_ADDRESS_FACT = "person-address"
"""Store fact: another address for a person's commands."""

PERSON_ADDRESS = "203.0.113.10"
"""Where a person's commands come from."""

NETWORK_ADDRESS = "192.0.2.10"
"""Where other callers within a virtual network come from: Azure's default outbound address of a machine there."""


def new_outbound_address() -> str:
    """An address for the outbound traffic of a new environment."""
    return f"198.51.100.{1 + secrets.randbelow(254)}"


def outbound_address(environment: Resource | None) -> str:
    """Where calls of an environment's apps come from; empty where there is no environment."""
    address = environment.private.get("outboundAddress") if environment is not None else None
    return address if isinstance(address, str) else ""


def address_of(store: Store, caller: Caller) -> str:
    """The public address that a caller is seen from."""
    app = store.get(caller.app_id) if caller.app_id is not None else None
    if app is not None:
        named = app.properties.get("environmentId") or app.properties.get("managedEnvironmentId")
        address = outbound_address(store.get(ResourceId(named)) if isinstance(named, str) else None)
        if address:
            return address
    if caller.network_id is not None:
        return NETWORK_ADDRESS
    told = store.fact(PERSON_ADDRESS_FACT)
    return told if isinstance(told, str) else PERSON_ADDRESS
