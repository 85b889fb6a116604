"""Microsoft.Network: public addresses."""

import ipaddress
from dataclasses import replace

from offline.arm.kinds import Azure, Kind, Write
from offline.arm.network import NetworkKind
from offline.arm.store import Resource


class PublicAddress(NetworkKind):
    """A public address; nothing answers on it here."""

    type = "Microsoft.Network/publicIPAddresses"
    create_seconds = 4
    update_seconds = 4
    delete_seconds = 11
    patches_synchronously = True

    def accept(self, azure: Azure, write: Write) -> Resource:
        resource = super().accept(azure, write)
        properties = {
            "publicIPAddressVersion": "IPv4",
            "publicIPAllocationMethod": "Dynamic",
            "idleTimeoutInMinutes": 4,
            "ipTags": [],
            **resource.properties,
        }
        if properties["publicIPAllocationMethod"] == "Static":
            # 203.0.113.0/24 is documentation's own: it can lead nowhere.
            taken = {str(other.properties.get("ipAddress")) for other in azure.store.of_type(self.type)}
            hosts = map(str, ipaddress.IPv4Network("203.0.113.0/24").hosts())
            before = write.existing.properties.get("ipAddress") if write.existing is not None else None
            properties["ipAddress"] = before or next(host for host in hosts if host not in taken)
        body = {"sku": {"name": "Standard", "tier": "Regional"}, **resource.body, "properties": properties}
        return replace(resource, body=body)


KINDS: tuple[Kind, ...] = (PublicAddress(),)
