"""Microsoft.Network: private endpoints, and the zone groups that write their names into private DNS."""

import ipaddress
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from offline.arm import network_laws as laws
from offline.arm.delays import Delay
from offline.arm.errors import JSON, ArmError
from offline.arm.ids import ResourceId
from offline.arm.kinds import RES_MISSING, Azure, Kind, Write
from offline.arm.network import NetworkKind, endpoints_in, etag, prefixes
from offline.arm.network_view import (
    ENDPOINT,
    GROUPS,
    connections,
    endpoint_address,
    host_names,
    private_side,
)
from offline.arm.private_dns import record_set
from offline.arm.store import Resource

ZONE_GROUP = f"{ENDPOINT}/privateDnsZoneGroups"
ACCOUNT = "Microsoft.CognitiveServices/accounts"

RESERVED = 4
"""Azure keeps the first four addresses of a subnet, and the last."""

ACCEPTED_LAG = 1.0
"""Azure's seconds that the network provider takes an account for Accepted after its own GET says Succeeded; seen:
0.4 s (hashicorp/terraform-provider-azurerm#31712)."""

ACCEPTED = Delay(fact="accepted-lag-seconds", seconds=ACCEPTED_LAG)

_KINDS_OF_CONNECTION = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")


class PrivateEndpoint(NetworkKind):
    """An address in a subnet that leads to an account, a vault, an environment or a store."""

    type = ENDPOINT
    create_seconds = 31
    update_seconds = 10
    delete_seconds = 12

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        subnet = properties.get("subnet")
        network = ResourceId(str(subnet.get("id"))).parent if isinstance(subnet, dict) else None
        return (resource_id, network) if network is not None else (resource_id,)

    def check(self, azure: Azure, write: Write) -> None:
        subnet_id = _subnet_id(write)
        subnet = azure.store.get(subnet_id)
        network = azure.store.get(subnet_id.parent) if subnet_id.parent is not None else None
        if subnet is None or network is None:
            raise laws.NET_REFERENCE.broken(target=subnet_id.text, id=write.id.text)
        if network.body.get("location") != write.body.get("location"):
            raise laws.NET_REFERENCE.broken(target=network.id.text, id=write.id.text)
        if write.existing is None:
            for entry in _entries(write.properties):
                _check_target(azure, write.id, entry)
            _free_address(azure, subnet)

    def accept(self, azure: Azure, write: Write) -> Resource:
        resource = super().accept(azure, write)
        private = dict(resource.private)
        subnet = azure.store.get(_subnet_id(write))
        if "address" not in private and subnet is not None:
            private["address"] = _free_address(azure, subnet)
        nic = str(write.properties.get("customNetworkInterfaceName") or "") or (
            f"{write.id.name}.nic.{private['guid']}"
        )
        group = write.id.group_id
        properties: JSON = {
            "customNetworkInterfaceName": "",
            "ipConfigurations": [],
            **resource.properties,
            "subnet": {"id": _subnet_id(write).text},
            "networkInterfaces": [
                {"id": f"{group.text if group else ''}/providers/Microsoft.Network/networkInterfaces/{nic}"}
            ],
        }
        for kind in _KINDS_OF_CONNECTION:
            listed = write.properties.get(kind)
            properties[kind] = [
                _connection(write.id, kind, entry) for entry in (listed if isinstance(listed, list) else [])
            ]
        return replace(resource, body={**resource.body, "properties": properties}, private=private)

    async def provision(self, azure: Azure, resource: Resource) -> JSON:
        for connection in connections(resource):
            if azure.store.get(connection.target) is None:
                raise _gone(azure, connection.target)
        return {}

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        """Names are listed until a zone group takes them over."""
        if any(below.type == ZONE_GROUP for below in azure.store.below(resource.id)):
            return resource.with_properties(customDnsConfigs=[]).body
        address = endpoint_address(resource)
        configs: list[JSON] = []
        for connection in connections(resource):
            target = azure.store.get(connection.target)
            names = host_names(target, connection.group) if target is not None else ()
            configs += [{"fqdn": name, "ipAddresses": [address]} for name in names]
        return resource.with_properties(customDnsConfigs=configs).body


class PrivateDnsZoneGroup(NetworkKind):
    """Keeps A records of an endpoint's names in private zones, for as long as it lives."""

    type = ZONE_GROUP
    create_seconds = 15
    update_seconds = 10
    delete_seconds = 5
    located = False

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return (resource_id.parent or resource_id,)

    def check(self, azure: Azure, write: Write) -> None:
        endpoint_id = write.id.parent
        if endpoint_id is None:
            return
        for other in azure.store.below(endpoint_id):
            if other.type == self.type and other.id.key != write.id.key:
                raise laws.PE_SECOND_GROUP.broken(endpoint=endpoint_id.text)
        for _, zone_id in _configs(write.properties):
            if azure.store.get(zone_id) is None:
                raise laws.NET_REFERENCE.broken(target=zone_id.text, id=write.id.text)

    def accept(self, azure: Azure, write: Write) -> Resource:
        properties: JSON = {
            "privateDnsZoneConfigs": [
                _config(write.id, name, zone_id) for name, zone_id in _configs(write.properties)
            ]
        }
        private = dict(write.existing.private) if write.existing is not None else {}
        return Resource(id=write.id, body={"etag": etag(), "properties": properties}, private=private)

    def provisioned(self, azure: Azure, resource: Resource) -> None:
        wanted = list(_records(azure, resource))
        keys = {record.id.key for _, record in wanted}
        for old, address in _written(resource).items():
            if old.lower() not in keys:
                _forget_record(azure, old, address)
        configs: list[JSON] = []
        for name, zone_id in _configs(resource.properties):
            inside = [record for zone, record in wanted if zone.key == zone_id.key]
            for record in inside:
                azure.store.put(record)
            configs.append(_config(resource.id, name, zone_id, inside))
        private = {**resource.private, "records": {record.id.text: _address(record) for _, record in wanted}}
        azure.store.put(replace(resource.with_properties(privateDnsZoneConfigs=configs), private=private))

    def removed(self, azure: Azure, resource: Resource) -> None:
        for record, address in _written(resource).items():
            _forget_record(azure, record, address)
        azure.store.remove(resource.id)


def _subnet_id(write: Write) -> ResourceId:
    subnet = write.properties.get("subnet")
    return ResourceId(str(subnet.get("id")) if isinstance(subnet, dict) else "/")


def _entries(properties: JSON) -> Iterator[Mapping[str, object]]:
    for kind in _KINDS_OF_CONNECTION:
        listed = properties.get(kind)
        for entry in listed if isinstance(listed, list) else []:
            yield entry.get("properties") or {}


def _check_target(azure: Azure, endpoint_id: ResourceId, entry: Mapping[str, object]) -> None:
    """:raises ArmError: res-missing, pe-group, cog-pe-no-subdomain, cog-pe-accepted; what its own kind says."""
    target_id = ResourceId(str(entry.get("privateLinkServiceId")))
    target = azure.store.get(target_id)
    if target is None:
        raise _gone(azure, target_id)
    groups = entry.get("groupIds")
    group = str(groups[0]) if isinstance(groups, list) and groups else ""
    known = GROUPS.get(target.type.lower(), {})
    if group not in known:
        raise laws.PE_GROUP.broken(
            group=group, endpoint=endpoint_id.text, type=target.type, groups=", ".join(known) or "none"
        )
    azure.kinds[target.type.lower()].check_endpoint(target)
    if target.type == ACCOUNT:
        if not target.properties.get("customSubDomainName"):
            raise laws.PE_NO_SUBDOMAIN.broken(id=target.id.text)
        if _still_accepted(azure, target):
            raise laws.PE_TARGET_STATE.broken(id=target.id.text)


def _still_accepted(azure: Azure, account: Resource) -> bool:
    """Whether the network provider takes the account, or a deployment in it, for unfinished."""
    lag = ACCEPTED.real(azure.store, azure.clock)
    return account.state not in ("Succeeded", "Failed") or any(
        operation.resource.within(account.id)
        and operation.resource.type.startswith(ACCOUNT)
        and operation.verb != "delete"
        and (operation.ended is None or operation.ended + lag > time.time())
        for operation in azure.store.operations_since(time.time() - lag)
    )


def _gone(azure: Azure, target: ResourceId) -> ArmError:
    kind = azure.kinds.get(target.type.lower())
    if kind is not None:
        return kind.missing(target)
    return RES_MISSING.broken(type=target.type, name="/".join(target.names), rg=target.group or "")


def _free_address(azure: Azure, subnet: Resource) -> str:
    """:raises ArmError: net-subnet-full."""
    taken = {endpoint_address(endpoint) for endpoint in endpoints_in(azure.store, subnet.id)}
    ranges = prefixes(subnet.properties)
    for prefix in ranges:
        block = ipaddress.IPv4Network(prefix)
        for offset in range(RESERVED, block.num_addresses - 1):
            address = str(block[offset])
            if address not in taken:
                return address
    raise laws.PE_FULL.broken(subnet=subnet.id.name, prefix=", ".join(ranges), needed=1)


def _connection(endpoint_id: ResourceId, kind: str, entry: Mapping[str, object]) -> JSON:
    given = entry.get("properties")
    properties = dict(given) if isinstance(given, dict) else {}
    manual = kind.startswith("manual")
    return {
        "name": entry.get("name"),
        "id": f"{endpoint_id.text}/{kind}/{entry.get('name')}",
        "etag": etag(),
        "type": f"{ENDPOINT}/{kind}",
        "properties": {
            **properties,
            "provisioningState": "Succeeded",
            "privateLinkServiceConnectionState": {
                "status": "Pending" if manual else "Approved",
                "description": "Awaiting approval" if manual else "",
                "actionsRequired": "None",
            },
        },
    }


def _configs(properties: JSON) -> list[tuple[str, ResourceId]]:
    listed = properties.get("privateDnsZoneConfigs")
    found: list[tuple[str, ResourceId]] = []
    for entry in listed if isinstance(listed, list) else []:
        inner = entry.get("properties") or {}
        found.append((str(entry.get("name")), ResourceId(str(inner.get("privateDnsZoneId")))))
    return found


def _config(
    group_id: ResourceId, name: str, zone_id: ResourceId, records: list[Resource] | None = None
) -> JSON:
    return {
        "name": name,
        "id": f"{group_id.text}/privateDnsZoneConfigs/{name}",
        "etag": etag(),
        "type": f"{ZONE_GROUP}/privateDnsZoneConfigs",
        "properties": {
            "provisioningState": "Succeeded",
            "privateDnsZoneId": zone_id.text,
            "recordSets": [
                {
                    "recordType": "A",
                    "recordSetName": record.id.name,
                    "fqdn": str(record.properties.get("fqdn", "")).rstrip("."),
                    "ttl": 10,
                    "provisioningState": "Succeeded",
                    "ipAddresses": [_address(record)],
                }
                for record in records or []
            ],
        },
    }


def _records(azure: Azure, group: Resource) -> Iterator[tuple[ResourceId, Resource]]:
    """The records that a group keeps: those of the endpoint's names that alias into one of its zones."""
    endpoint = azure.store.get(group.id.parent) if group.id.parent is not None else None
    if endpoint is None:
        return
    address = endpoint_address(endpoint)
    for connection in connections(endpoint):
        target = azure.store.get(connection.target)
        for host in host_names(target, connection.group) if target is not None else ():
            side = private_side(host)
            if side is None:
                continue
            label, private_zone = side
            for _, zone_id in _configs(group.properties):
                zone = azure.store.get(zone_id)
                if zone is not None and zone.id.name.lower() == private_zone:
                    record = record_set(
                        zone.id.child("A", label),
                        {
                            "ttl": 10,
                            "aRecords": [{"ipv4Address": address}],
                            "metadata": {
                                "creator": f"created by private endpoint {endpoint.id.name} with resource guid "
                                f"{endpoint.private.get('guid')}"
                            },
                        },
                    )
                    yield zone_id, record


def _written(group: Resource) -> dict[str, object]:
    """The records that a group keeps: id and address."""
    records = group.private.get("records")
    return dict(records) if isinstance(records, dict) else {}


def _forget_record(azure: Azure, record_id: str, address: object) -> None:
    """Remove a record unless somebody else has written it since."""
    record = azure.store.get(record_id)
    if record is not None and _address(record) == address:
        azure.store.remove(record.id)


def _address(record: Resource) -> object:
    addresses = record.properties.get("aRecords")
    return addresses[0].get("ipv4Address") if isinstance(addresses, list) and addresses else None


KINDS: tuple[Kind, ...] = (PrivateEndpoint(), PrivateDnsZoneGroup())
