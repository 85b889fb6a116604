"""Names that are host names, and so belong to one resource in the whole world."""

from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure

TAKEN_FACT = "hosts-elsewhere"
"""Store fact: host names that other subscriptions have, `acme.azurecr.io`."""


def taken(azure: Azure, wanted: ResourceId, host: str) -> bool:
    """Whether another resource of that type has the name: here in another group, or in another subscription.

    :param host: the host name that the resource would have.
    """
    return elsewhere(azure, host) or any(
        other.id.name.lower() == wanted.name.lower() and other.id.key != wanted.key
        for other in azure.store.of_type(wanted.type)
    )


def elsewhere(azure: Azure, host: str) -> bool:
    """Whether another subscription has the host name."""
    known = azure.store.fact(TAKEN_FACT)
    return isinstance(known, list) and host.lower() in known
