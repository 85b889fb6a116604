"""Every resource type that this offline Azure has."""

from collections.abc import Mapping

from offline.arm import (
    authorization,
    cognitive_services,
    container_apps,
    key_vault,
    managed_identity,
    monitor,
    network,
    operational_insights,
    private_dns,
    private_endpoints,
    public_addresses,
    resources,
    security_groups,
)
from offline.arm.errors import Law
from offline.arm.kinds import BUSY, RES_MISSING, Kind

KINDS: Mapping[str, Kind] = {
    kind.type.lower(): kind
    for module in (
        resources,
        network,
        security_groups,
        public_addresses,
        private_endpoints,
        private_dns,
        managed_identity,
        authorization,
        operational_insights,
        monitor,
        cognitive_services,
        key_vault,
        container_apps,
    )
    for kind in module.KINDS
}
"""By lower-case ARM type."""


def laws() -> list[Law]:
    """Every law that is enforced, once each, in the order of the services."""
    found = {law.id: law for law in (RES_MISSING, BUSY)}
    for kind in KINDS.values():
        for law in (*kind.laws, kind.busy):
            found.setdefault(law.id, law)
    return list(found.values())
