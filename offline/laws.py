"""Every law that this offline Azure enforces, of the resource manager and of the data planes."""

from collections.abc import Mapping
from types import ModuleType

from offline.arm import (
    application_insights_laws,
    authorization,
    bearer,
    cognitive_laws,
    consumption_laws,
    container_apps_laws,
    container_registry_laws,
    general_laws,
    key_vault_laws,
    kinds,
    linked_access,
    managed_identity,
    monitor,
    network_laws,
    operational_insights,
    policies,
    postgresql_laws,
    redis_enterprise_laws,
    resources,
    throttle,
)
from offline.arm.errors import Law
from offline.dataplane.openai import laws as openai_laws
from offline.dataplane.vault import laws as vault_laws

BOOKS: Mapping[str, tuple[ModuleType, ...]] = {
    "Resource manager": (general_laws, kinds, resources, bearer, policies, throttle),
    "Cognitive Services": (cognitive_laws,),
    "Azure OpenAI": (openai_laws,),
    "Key Vault": (key_vault_laws, vault_laws),
    "Network": (network_laws,),
    "Container Apps": (container_apps_laws,),
    "Roles and identities": (authorization, linked_access, managed_identity),
    "Monitor": (monitor, operational_insights),
    "Container Registry": (container_registry_laws,),
    "Application Insights": (application_insights_laws,),
    "Budgets": (consumption_laws,),
    "PostgreSQL": (postgresql_laws,),
    "Managed Redis": (redis_enterprise_laws,),
}
"""Where the laws of a service stand: every `Law` that one of its modules names."""


def laws_by_service() -> dict[str, list[Law]]:
    """Every law, once each, under the service whose module it stands in."""
    listed: set[str] = set()
    books: dict[str, list[Law]] = {}
    for service, modules in BOOKS.items():
        found = [value for module in modules for value in vars(module).values() if isinstance(value, Law)]
        # A module may also name laws of others that it raises.
        books[service] = list({law.id: law for law in found if law.id not in listed}.values())
        listed |= {law.id for law in books[service]}
    return books


def laws() -> list[Law]:
    """Every law that is enforced, once each, in the order of the services."""
    return [law for book in laws_by_service().values() for law in book]
