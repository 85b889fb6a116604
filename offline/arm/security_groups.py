"""Microsoft.Network: security groups."""

from collections.abc import Mapping
from dataclasses import replace

from offline.arm import network_laws as laws
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.network import SUBNET, NetworkKind, etag
from offline.arm.store import Resource

_DEFAULTS = (
    ("AllowVnetInBound", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Inbound"),
    ("AllowAzureLoadBalancerInBound", "AzureLoadBalancer", "*", "Allow", 65001, "Inbound"),
    ("DenyAllInBound", "*", "*", "Deny", 65500, "Inbound"),
    ("AllowVnetOutBound", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Outbound"),
    ("AllowInternetOutBound", "*", "Internet", "Allow", 65001, "Outbound"),
    ("DenyAllOutBound", "*", "*", "Deny", 65500, "Outbound"),
)
"""Name, source, destination, access, priority, direction. Source: docs virtual-network/network-security-groups."""


class NetworkSecurityGroup(NetworkKind):
    """A security group; its rules are shown and judged, traffic is not."""

    type = "Microsoft.Network/networkSecurityGroups"
    create_seconds = 4
    update_seconds = 4
    delete_seconds = 5
    patches_synchronously = True

    def check(self, azure: Azure, write: Write) -> None:
        taken: dict[tuple[object, object], str] = {}
        for rule in _rules(write.properties):
            properties = rule.get("properties")
            inner = properties if isinstance(properties, dict) else {}
            slot = (inner.get("direction"), inner.get("priority"))
            name = str(rule.get("name"))
            if slot in taken:
                raise laws.NSG_CONFLICT.broken(first=name, second=taken[slot])
            taken[slot] = name

    def accept(self, azure: Azure, write: Write) -> Resource:
        resource = super().accept(azure, write)
        properties = {
            **resource.properties,
            "securityRules": [_rule(write.id, rule) for rule in _rules(write.properties)],
            "defaultSecurityRules": [_default(write.id, row) for row in _DEFAULTS],
        }
        properties.pop("subnets", None)
        return replace(resource, body={**resource.body, "properties": properties})

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        users = [{"id": subnet} for subnet in _users(azure, resource.id)]
        return resource.with_properties(subnets=users).body if users else resource.body

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        users = _users(azure, resource.id)
        if users:
            raise laws.NSG_IN_USE.broken(id=resource.id.text, users=", ".join(users))


def _users(azure: Azure, group_id: ResourceId) -> list[str]:
    found: list[str] = []
    for subnet in azure.store.of_type(SUBNET):
        group = subnet.properties.get("networkSecurityGroup")
        if isinstance(group, dict) and str(group.get("id")).lower() == group_id.key:
            found.append(subnet.id.text)
    return found


def _rules(properties: JSON) -> list[Mapping[str, object]]:
    rules = properties.get("securityRules")
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def _rule(group_id: ResourceId, rule: Mapping[str, object]) -> JSON:
    properties = rule.get("properties")
    inner = dict(properties) if isinstance(properties, dict) else {}
    lists = (
        "sourceAddressPrefixes",
        "destinationAddressPrefixes",
        "sourcePortRanges",
        "destinationPortRanges",
    )
    return {
        "name": rule.get("name"),
        "id": f"{group_id.text}/securityRules/{rule.get('name')}",
        "etag": etag(),
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
        "properties": {**{name: [] for name in lists}, **inner, "provisioningState": "Succeeded"},
    }


def _default(group_id: ResourceId, row: tuple[str, str, str, str, int, str]) -> JSON:
    name, source, destination, access, priority, direction = row
    return {
        "name": name,
        "id": f"{group_id.text}/defaultSecurityRules/{name}",
        "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
        "properties": {
            "provisioningState": "Succeeded",
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": access,
            "priority": priority,
            "direction": direction,
        },
    }


KINDS: tuple[Kind, ...] = (NetworkSecurityGroup(),)
