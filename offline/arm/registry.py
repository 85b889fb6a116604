"""Every resource type that this offline Azure has."""

from collections.abc import Mapping

from offline.arm import (
    application_insights,
    authorization,
    cognitive_services,
    consumption,
    container_apps,
    container_registry,
    key_vault,
    managed_identity,
    monitor,
    network,
    operational_insights,
    postgresql,
    postgresql_children,
    private_dns,
    private_endpoints,
    public_addresses,
    redis_enterprise,
    resources,
    security_groups,
    workbooks,
)
from offline.arm.kinds import Kind

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
        container_registry,
        application_insights,
        workbooks,
        consumption,
        postgresql,
        postgresql_children,
        redis_enterprise,
    )
    for kind in module.KINDS
}
"""By lower-case ARM type."""
