"""Microsoft.Network: virtual networks and subnets."""

import ipaddress
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from offline.arm import network_laws as laws
from offline.arm.association_links import ENVIRONMENT, association_links
from offline.arm.errors import JSON
from offline.arm.held_subnets import held
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.network_view import ENDPOINT
from offline.arm.store import Resource, Store

NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = f"{NETWORK}/subnets"


def etag() -> str:
    """A new version mark, as Microsoft.Network writes it."""
    return f'W/"{uuid.uuid4()}"'


class NetworkKind(Kind):
    """What the types of Microsoft.Network share."""

    busy = laws.NET_PARALLEL
    system_data = False

    def accept(self, azure: Azure, write: Write) -> Resource:
        private = dict(write.existing.private) if write.existing is not None else {}
        guid = private.setdefault("guid", str(uuid.uuid4()))
        body: JSON = {**write.body, "etag": etag()}
        body["properties"] = {**write.properties, "resourceGuid": guid}
        return Resource(id=write.id, body=body, private=private)


class VirtualNetwork(NetworkKind):
    """A network. Its subnets are resources of their own, shown inside it; a PUT that lists none keeps them."""

    type = NETWORK
    create_seconds = 7
    update_seconds = 4
    delete_seconds = 11
    patches_synchronously = True

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return network_scopes(azure, resource_id)

    def check(self, azure: Azure, write: Write) -> None:
        ranges = [_range(prefix, write.id) for prefix in _space(write.properties)]
        inline = _inline(write)
        refuse_duplicates(self.type, [name for name, _ in inline or ()])
        kept = azure.store.below(write.id) if inline is None else []
        planned = [(s.id.name, s.properties) for s in kept if s.type == SUBNET] if inline is None else inline
        seen: list[tuple[str, ipaddress.IPv4Network]] = []
        for name, properties in planned:
            for prefix in prefixes(properties):
                _fits(write.id, name, prefix, ranges, seen)
                seen.append((name, _range(prefix, write.id.child("subnets", name))))
            _references(azure, write.id.child("subnets", name), properties, write.body.get("location"))
        if inline is not None:
            names = {name.lower() for name, _ in inline}
            for subnet in _subnets(azure.store, write.id):
                if subnet.id.name.lower() not in names:
                    refuse_used(azure, subnet)

    def accept(self, azure: Azure, write: Write) -> Resource:
        resource = super().accept(azure, write)
        inline = _inline(write)
        if inline is not None:
            names = {name.lower() for name, _ in inline}
            for subnet in _subnets(azure.store, write.id):
                if subnet.id.name.lower() not in names:
                    azure.store.remove(subnet.id)
            for name, properties in inline:
                subnet_id = write.id.child("subnets", name)
                azure.store.put(_subnet(subnet_id, properties, azure.store.get(subnet_id), state="Succeeded"))
        properties = {
            k: v for k, v in resource.properties.items() if k not in ("subnets", "provisioningState")
        }
        properties.setdefault("enableDdosProtection", False)
        properties.setdefault("virtualNetworkPeerings", [])
        return replace(resource, body={**resource.body, "properties": properties})

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        subnet_kind = azure.kinds[SUBNET.lower()]
        inside = [subnet_kind.shown(azure, subnet) for subnet in _subnets(azure.store, resource.id)]
        return resource.with_properties(subnets=inside).body

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        for subnet in _subnets(azure.store, resource.id):
            refuse_used(azure, subnet)


class Subnet(NetworkKind):
    """A subnet. Writes under one network exclude each other."""

    type = SUBNET
    create_seconds = 6
    update_seconds = 4
    delete_seconds = 6
    located = False

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return network_scopes(azure, resource_id.parent or resource_id)

    def check(self, azure: Azure, write: Write) -> None:
        network = azure.store.get(write.id.parent) if write.id.parent is not None else None
        if network is None:
            return
        ranges = [_range(prefix, network.id) for prefix in _space(network.properties)]
        others = [
            (other.id.name, _range(prefix, other.id))
            for other in _subnets(azure.store, network.id)
            if other.id.key != write.id.key
            for prefix in prefixes(other.properties)
        ]
        for prefix in prefixes(write.properties):
            _fits(network.id, write.id.name, prefix, ranges, others)
        if write.existing is not None and used_by(azure.store, write.id):
            kept = prefixes(write.properties)
            for prefix in prefixes(write.existing.properties):
                if prefix not in kept:
                    raise laws.NET_PREFIX_IN_USE.broken(prefix=prefix, subnet=write.id.name)
        _references(azure, write.id, write.properties, network.body.get("location"))

    def accept(self, azure: Azure, write: Write) -> Resource:
        return _subnet(write.id, write.properties, write.existing, state=None)

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        inside = endpoints_in(azure.store, resource.id)
        shown = resource.with_properties(
            privateEndpoints=[{"id": endpoint.id.text} for endpoint in inside],
            ipConfigurations=[{"id": _ip_configuration(endpoint)} for endpoint in inside],
            serviceAssociationLinks=_links(azure.store, resource.id),
        )
        empty = ("privateEndpoints", "ipConfigurations", "serviceAssociationLinks")
        properties = {k: v for k, v in shown.properties.items() if k not in empty or v}
        return {**shown.body, "properties": properties}

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        refuse_used(azure, resource)


def refuse_duplicates(parent: str, names: Sequence[str]) -> None:
    """What stands in the body of a resource of that type has names of its own.

    :raises ArmError: net-duplicate.
    """
    lowered = [name.lower() for name in names]
    for index, name in enumerate(lowered):
        if name in lowered[:index]:
            error = laws.NET_DUPLICATE.broken()
            text = (
                f"Resource /subscriptions//resourceGroups//providers/{parent}/ has two child resources "
                f"with the same name ({names[index]})."
            )
            error.details = [{"code": "DuplicateResourceName", "message": text}]
            raise error


def network_scopes(azure: Azure, network_id: ResourceId) -> tuple[ResourceId, ...]:
    """What excludes a write under a network: the network, its subnets, and the endpoints that stand in them."""
    endpoints = (e for e in azure.store.of_type(ENDPOINT) if subnet_of(e).within(network_id))
    return (network_id, *(endpoint.id for endpoint in endpoints))


def subnet_of(endpoint: Resource) -> ResourceId:
    """The subnet that a private endpoint stands in."""
    subnet = endpoint.properties.get("subnet")
    return ResourceId(str(subnet.get("id")) if isinstance(subnet, dict) else "/")


def endpoints_in(store: Store, subnet_id: ResourceId) -> list[Resource]:
    return [endpoint for endpoint in store.of_type(ENDPOINT) if subnet_of(endpoint).key == subnet_id.key]


def prefixes(properties: JSON) -> list[str]:
    """A subnet's ranges: it has `addressPrefix` or `addressPrefixes`."""
    single, many = properties.get("addressPrefix"), properties.get("addressPrefixes")
    if isinstance(single, str):
        return [single]
    return [str(prefix) for prefix in many] if isinstance(many, list) else []


def used_by(store: Store, subnet_id: ResourceId) -> list[str]:
    """What stands in a subnet: ids of address configurations and of service association links."""
    return [
        *(_ip_configuration(endpoint) for endpoint in endpoints_in(store, subnet_id)),
        *(str(link["id"]) for link in _links(store, subnet_id)),
    ]


def refuse_used(azure: Azure, subnet: Resource) -> None:
    """:raises ArmError: net-subnet-in-use."""
    users = used_by(azure.store, subnet.id)
    if users:
        raise laws.NET_SUBNET_IN_USE.broken(subnet=subnet.id.name, user=users[0])


def _links(store: Store, subnet_id: ResourceId) -> list[JSON]:
    standing = association_links(store, subnet_id)
    return standing or ([ENVIRONMENT.shown(subnet_id)] if subnet_id.key in held(store) else [])


def _ip_configuration(endpoint: Resource) -> str:
    interfaces = endpoint.properties.get("networkInterfaces")
    nic = interfaces[0].get("id") if isinstance(interfaces, list) and interfaces else endpoint.id.text
    return f"{nic}/ipConfigurations/privateEndpointIpConfig.{endpoint.private.get('guid', '')}"


def _subnets(store: Store, network_id: ResourceId) -> list[Resource]:
    return [resource for resource in store.below(network_id) if resource.type == SUBNET]


def _inline(write: Write) -> list[tuple[str, JSON]] | None:
    """Subnets listed in the network itself; None where the body says nothing of subnets."""
    listed = write.properties.get("subnets")
    if not isinstance(listed, list):
        return None
    return [(str(item.get("name")), dict(item.get("properties") or {})) for item in listed]


def _subnet(subnet_id: ResourceId, wanted: JSON, existing: Resource | None, *, state: str | None) -> Resource:
    made = ("privateEndpoints", "ipConfigurations", "serviceAssociationLinks", "provisioningState")
    properties: JSON = {key: value for key, value in wanted.items() if key not in made}
    delegations = properties.get("delegations")
    properties["delegations"] = [
        _delegation(subnet_id, item) for item in (delegations if isinstance(delegations, list) else [])
    ]
    properties.setdefault("privateEndpointNetworkPolicies", "Disabled")
    properties.setdefault("privateLinkServiceNetworkPolicies", "Enabled")
    if state is not None:
        properties["provisioningState"] = state
    return Resource(
        id=existing.id if existing is not None else subnet_id,
        body={
            "id": subnet_id.text,
            "name": subnet_id.name,
            "type": SUBNET,
            "etag": etag(),
            "properties": properties,
        },
        private=existing.private if existing is not None else {},
    )


def _delegation(subnet_id: ResourceId, item: Mapping[str, object]) -> JSON:
    properties = item.get("properties")
    service = properties.get("serviceName") if isinstance(properties, dict) else None
    return {
        "name": item.get("name"),
        "id": f"{subnet_id.text}/delegations/{item.get('name')}",
        "etag": etag(),
        "type": f"{SUBNET}/delegations",
        "properties": {
            "provisioningState": "Succeeded",
            "serviceName": service,
            "actions": ["Microsoft.Network/virtualNetworks/subnets/join/action"],
        },
    }


def _space(properties: JSON) -> list[str]:
    space = properties.get("addressSpace")
    listed = space.get("addressPrefixes") if isinstance(space, dict) else None
    return [str(prefix) for prefix in listed] if isinstance(listed, list) else []


def _range(prefix: str, owner: ResourceId) -> ipaddress.IPv4Network:
    """:raises ArmError: net-prefix, net-host-bits."""
    try:
        found = ipaddress.IPv4Network(prefix, strict=False)
    except ValueError as cause:
        raise laws.NET_PREFIX.broken(prefix=prefix, id=owner.text) from cause
    if str(found) != prefix and "/" in prefix:
        raise laws.NET_HOST_BITS.broken(prefix=prefix, id=owner.text, right=found)
    return found


def _fits(
    network_id: ResourceId,
    name: str,
    prefix: str,
    space: Iterable[ipaddress.IPv4Network],
    others: Iterable[tuple[str, ipaddress.IPv4Network]],
) -> None:
    """:raises ArmError: net-outside, net-overlap."""
    wanted = _range(prefix, network_id.child("subnets", name))
    if not any(wanted.subnet_of(inside) for inside in space):
        raise laws.NET_OUTSIDE.broken(subnet=name, network=network_id.name)
    if any(wanted.overlaps(other) for _, other in others):
        raise laws.NET_OVERLAP.broken(subnet=name, network=network_id.name)


def _references(azure: Azure, subnet_id: ResourceId, properties: JSON, location: object) -> None:
    """:raises ArmError: net-reference."""
    for word in ("networkSecurityGroup", "routeTable", "natGateway"):
        target = properties.get(word)
        if isinstance(target, dict) and isinstance(target.get("id"), str):
            found = azure.store.get(target["id"])
            if found is None or found.body.get("location") != location:
                raise laws.NET_REFERENCE.broken(target=target["id"], id=subnet_id.text)


KINDS: tuple[Kind, ...] = (VirtualNetwork(), Subnet())
