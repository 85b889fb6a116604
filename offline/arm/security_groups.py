"""Microsoft.Network: security groups and their rules."""

from dataclasses import replace

from offline.arm import network_laws as laws
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.network import SUBNET, NetworkKind, etag, refuse_duplicates
from offline.arm.store import Resource, Store

GROUP = "Microsoft.Network/networkSecurityGroups"
RULE = f"{GROUP}/securityRules"

_DEFAULTS = (
    ("AllowVnetInBound", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Inbound"),
    ("AllowAzureLoadBalancerInBound", "AzureLoadBalancer", "*", "Allow", 65001, "Inbound"),
    ("DenyAllInBound", "*", "*", "Deny", 65500, "Inbound"),
    ("AllowVnetOutBound", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Outbound"),
    ("AllowInternetOutBound", "*", "Internet", "Allow", 65001, "Outbound"),
    ("DenyAllOutBound", "*", "*", "Deny", 65500, "Outbound"),
)
"""Name, source, destination, access, priority, direction. Source: docs virtual-network/network-security-groups."""

_LISTS = (
    "sourceAddressPrefixes",
    "destinationAddressPrefixes",
    "sourcePortRanges",
    "destinationPortRanges",
)
"""Shown of every rule, empty where it says nothing of them."""


class NetworkSecurityGroup(NetworkKind):
    """A security group. Its rules are resources of their own, shown inside it; traffic is not judged by them.

    A PUT replaces all of them, also one that lists none (pulumi/pulumi-azure-native#1087).
    """

    type = GROUP
    create_seconds = 4
    update_seconds = 4
    delete_seconds = 5
    patches_synchronously = True

    def check(self, azure: Azure, write: Write) -> None:
        listed = _listed(write.properties)
        refuse_duplicates(self.type, [name for name, _ in listed])
        before: list[tuple[str, JSON]] = []
        for name, properties in listed:
            _refuse_conflict(name, properties, before)
            before.append((name, properties))

    def patched(self, azure: Azure, existing: Resource) -> JSON:
        return _with_rules(azure, existing).body

    def accept(self, azure: Azure, write: Write) -> Resource:
        resource = super().accept(azure, write)
        listed = _listed(write.properties)
        names = {name.lower() for name, _ in listed}
        for rule in _rules(azure.store, write.id):
            if rule.id.name.lower() not in names:
                azure.store.remove(rule.id)
        for name, properties in listed:
            rule_id = write.id.child("securityRules", name)
            made = _rule(rule_id, properties, azure.store.get(rule_id))
            azure.store.put(made.with_properties(provisioningState="Succeeded"))
        shown_anew = ("subnets", "securityRules")
        properties = {k: v for k, v in resource.properties.items() if k not in shown_anew}
        properties["defaultSecurityRules"] = [_default(write.id, row) for row in _DEFAULTS]
        return replace(resource, body={**resource.body, "properties": properties})

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        found = _with_rules(azure, resource)
        users = [{"id": subnet} for subnet in _users(azure, resource.id)]
        return found.with_properties(subnets=users).body if users else found.body

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        users = _users(azure, resource.id)
        if users:
            raise laws.NSG_IN_USE.broken(id=resource.id.text, users=", ".join(users))


class SecurityRule(NetworkKind):
    """A rule of a security group. A write of it is one of its group, and excludes every other one there."""

    type = RULE
    create_seconds = 4
    update_seconds = 4
    delete_seconds = 4
    located = False

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return (resource_id.parent or resource_id,)

    def check(self, azure: Azure, write: Write) -> None:
        others = _rules(azure.store, write.id.parent) if write.id.parent is not None else []
        _refuse_conflict(
            write.id.name,
            write.properties,
            [(other.id.name, other.properties) for other in others if other.id.key != write.id.key],
        )

    def accept(self, azure: Azure, write: Write) -> Resource:
        return _rule(write.id, write.properties, write.existing)


def _users(azure: Azure, group_id: ResourceId) -> list[str]:
    found: list[str] = []
    for subnet in azure.store.of_type(SUBNET):
        group = subnet.properties.get("networkSecurityGroup")
        if isinstance(group, dict) and str(group.get("id")).lower() == group_id.key:
            found.append(subnet.id.text)
    return found


def _rules(store: Store, group_id: ResourceId) -> list[Resource]:
    return [resource for resource in store.below(group_id) if resource.type == RULE]


def _with_rules(azure: Azure, group: Resource) -> Resource:
    return group.with_properties(securityRules=[rule.body for rule in _rules(azure.store, group.id)])


def _listed(properties: JSON) -> list[tuple[str, JSON]]:
    """Rules in the body of their group: name and properties."""
    rules = properties.get("securityRules")
    return [
        (str(rule.get("name")), dict(rule.get("properties") or {}))
        for rule in (rules if isinstance(rules, list) else [])
    ]


def _refuse_conflict(name: str, properties: JSON, others: list[tuple[str, JSON]]) -> None:
    """:raises ArmError: nsg-conflict."""
    for other, theirs in others:
        if all(properties.get(word) == theirs.get(word) for word in ("direction", "priority")):
            raise laws.NSG_CONFLICT.broken(first=name, second=other)


def _rule(rule_id: ResourceId, wanted: JSON, existing: Resource | None) -> Resource:
    kept_id = existing.id if existing is not None else rule_id
    properties: JSON = {**{name: [] for name in _LISTS}, **wanted}
    properties.pop("provisioningState", None)
    return Resource(
        id=kept_id,
        body={
            "name": kept_id.name,
            "id": kept_id.text,
            "etag": etag(),
            "type": RULE,
            "properties": properties,
        },
    )


def _default(group_id: ResourceId, row: tuple[str, str, str, str, int, str]) -> JSON:
    name, source, destination, access, priority, direction = row
    return {
        "name": name,
        "id": f"{group_id.text}/defaultSecurityRules/{name}",
        "type": f"{GROUP}/defaultSecurityRules",
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


KINDS: tuple[Kind, ...] = (NetworkSecurityGroup(), SecurityRule())
