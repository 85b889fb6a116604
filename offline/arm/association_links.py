"""Service association links: what a service that stands in a subnet leaves on it, so that the subnet cannot go."""

from dataclasses import dataclass

from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.store import Resource, Store


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A type whose resources stand in a delegated subnet."""

    type: str
    words: tuple[str, str]
    """The property, and the one inside of it, that names the subnet."""
    link: str
    """Name of its link, with `{subnet}` for the subnet's."""
    service: str

    def holds(self, resource: Resource, subnet_id: ResourceId) -> bool:
        inner = resource.properties.get(self.words[0])
        named = inner.get(self.words[1]) if isinstance(inner, dict) else None
        return str(named or "").lower() == subnet_id.key

    def shown(self, subnet_id: ResourceId) -> JSON:
        """The link as the subnet shows it."""
        name = self.link.format(subnet=subnet_id.name)
        return {
            "id": f"{subnet_id.text}/serviceAssociationLinks/{name}",
            "name": name,
            "type": "Microsoft.Network/virtualNetworks/subnets/serviceAssociationLinks",
            "properties": {
                "provisioningState": "Succeeded",
                "linkedResourceType": self.service,
                "allowDelete": False,
            },
        }


ENVIRONMENT = Holder(
    type="Microsoft.App/managedEnvironments",
    words=("vnetConfiguration", "infrastructureSubnetId"),
    link="legionservicelink",
    service="Microsoft.App/environments",
)
DATABASE_SERVER = Holder(
    type="Microsoft.DBforPostgreSQL/flexibleServers",
    words=("network", "delegatedSubnetResourceId"),
    link="{subnet}-service-association-link",  # Azure/azure-cli#16939
    service="Microsoft.DBforPostgreSQL/flexibleServers",
)


def association_links(store: Store, subnet_id: ResourceId) -> list[JSON]:
    """The links of what stands in a subnet now."""
    return [
        holder.shown(subnet_id)
        for holder in (ENVIRONMENT, DATABASE_SERVER)
        if any(holder.holds(resource, subnet_id) for resource in store.of_type(holder.type))
    ]
