"""What a write takes beside its own right: to join or assign whatever its body links to.

A principal that may write an app, and not the environment that the app goes into, is refused; so it is with subnets,
networks, zones, security groups and identities. The resource manager asks this before the service sees the body.
Source: docs role-based-access-control/resource-provider-operations.
"""

from collections.abc import Iterator, Mapping

from offline.arm.access import Access
from offline.arm.errors import JSON, Law
from offline.arm.ids import ResourceId

LINKED_AUTHZ = Law(
    id="linked-authz",
    status=403,
    code="LinkedAuthorizationFailed",
    message="The client '{client}' with object id '{oid}' has permission to perform action '{action}' on scope "
    "'{scope}'; however, it does not have permission to perform action '{linked_action}' on the linked scope(s) "
    "'{linked}' or the linked scope(s) are invalid.",
    source="Azure/aad-pod-identity#613, #339, kubernetes-sigs/cloud-provider-azure#1999",
    protects="a deployer who may write the resource, and not use the network, environment or identity that it names",
    remedy="Give the one who deploys a role on the linked scope that holds the action in the text: Network Contributor "
    "for a subnet, Managed Identity Operator for an identity, Contributor for an environment.",
)

_EVERY_SUBNET = (
    "properties.networkSecurityGroup.id",
    "properties.routeTable.id",
    "properties.natGateway.id",
)

JOINS: Mapping[str, tuple[str, ...]] = {
    "microsoft.app/managedenvironments": ("properties.vnetConfiguration.infrastructureSubnetId",),
    "microsoft.app/containerapps": ("properties.environmentId", "properties.managedEnvironmentId"),
    "microsoft.network/virtualnetworks": tuple(f"properties.subnets[].{path}" for path in _EVERY_SUBNET),
    "microsoft.network/virtualnetworks/subnets": _EVERY_SUBNET,
    "microsoft.network/privateendpoints": ("properties.subnet.id",),
    "microsoft.network/privateendpoints/privatednszonegroups": (
        "properties.privateDnsZoneConfigs[].properties.privateDnsZoneId",
    ),
    "microsoft.network/privatednszones/virtualnetworklinks": ("properties.virtualNetwork.id",),
    "microsoft.dbforpostgresql/flexibleservers": (
        "properties.network.delegatedSubnetResourceId",
        "properties.network.privateDnsZoneArmResourceId",
    ),
}
"""Where a body names what it joins, by lower-case ARM type; `subnets[].id` is the one of every entry."""


def check_links(
    access: Access, principal_id: str, client_id: str, scope: ResourceId, action: str, body: JSON
) -> None:
    """Refuse a write whose principal may not use what the body links to.

    :param action: what the write itself takes, and the principal may do.
    :raises ArmError: linked-authz.
    """
    for linked, linked_action in links(scope.type, body):
        if not access.allows(principal_id, linked, linked_action):
            raise LINKED_AUTHZ.broken(
                client=client_id,
                oid=principal_id,
                action=action,
                scope=scope.text,
                linked_action=linked_action,
                linked=linked.text,
            )


def links(resource_type: str, body: JSON) -> Iterator[tuple[ResourceId, str]]:
    """What a body links to, and the action that this takes there."""
    for path in JOINS.get(resource_type.lower(), ()):
        for found in _at(body, path.split(".")):
            if isinstance(found, str) and "/providers/" in found.lower().rstrip("/"):
                linked = ResourceId(found)
                yield linked, f"{linked.type}/join/action"
    identity = body.get("identity")
    assigned = identity.get("userAssignedIdentities") if isinstance(identity, dict) else None
    for key in assigned if isinstance(assigned, dict) else ():
        linked = ResourceId(key)
        yield linked, f"{linked.type}/assign/action"


def _at(body: object, path: list[str]) -> Iterator[object]:
    """What stands at a path."""
    if not path:
        yield body
        return
    word, *rest = path
    inner = body.get(word.removesuffix("[]")) if isinstance(body, dict) else None
    for one in (inner if isinstance(inner, list) else ()) if word.endswith("[]") else (inner,):
        yield from _at(one, rest)
