"""What a caller's network knows of a name: private zones, links, records, and the endpoints behind addresses.

Pure look-ups in the store, for the fabric. A name with a private side (`x.openai.azure.com`) is a public alias of
`x.privatelink.openai.azure.com` as soon as its resource has an approved private endpoint anywhere: from then on a
network with that private zone linked answers from its zone, also when the zone has no such record.
Source: docs private-link/private-endpoint-dns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from offline.arm.ids import ResourceId
from offline.arm.regions import region
from offline.arm.store import Resource, Store

ENDPOINT = "Microsoft.Network/privateEndpoints"
ZONE = "Microsoft.Network/privateDnsZones"
LINK = f"{ZONE}/virtualNetworkLinks"

PRIVATE_SIDE: dict[str, str] = {
    "openai.azure.com": "privatelink.openai.azure.com",
    "cognitiveservices.azure.com": "privatelink.cognitiveservices.azure.com",
    "services.ai.azure.com": "privatelink.services.ai.azure.com",
    "vault.azure.net": "privatelink.vaultcore.azure.net",
    "azurecr.io": "privatelink.azurecr.io",
    "postgres.database.azure.com": "privatelink.postgres.database.azure.com",
    "redis.azure.net": "privatelink.redis.azure.net",
}
"""Public suffix of a service's hosts, and the private zone that its names alias into."""

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "microsoft.cognitiveservices/accounts": {
        "account": (
            "{label}.openai.azure.com",
            "{label}.cognitiveservices.azure.com",
            "{label}.services.ai.azure.com",
        )
    },
    "microsoft.keyvault/vaults": {"vault": ("{label}.vault.azure.net",)},
    "microsoft.app/managedenvironments": {"managedEnvironments": ()},
    "microsoft.containerregistry/registries": {
        "registry": ("{label}.{region}.data.azurecr.io", "{label}.azurecr.io")
    },
    "microsoft.dbforpostgresql/flexibleservers": {
        "postgresqlServer": ("{label}.postgres.database.azure.com",)
    },
    "microsoft.cache/redisenterprise": {"redisEnterprise": ("{label}.{region}.redis.azure.net",)},
}
"""Sub-resources that a private endpoint can lead to, by target type: group id and the public hosts behind it."""


@dataclass(frozen=True, kw_only=True)
class PrivateTarget:
    """Where a name leads from inside a network."""

    outcome: Literal["reached", "no_zone", "no_record", "no_route"]
    """reached: a private endpoint, or an environment's own address. no_zone: nothing private knows the name, so
    the public side answers. no_record: the name does not exist (NXDOMAIN). no_route: there is an address, and
    nothing in this network listens on it."""
    resource_id: str | None = None
    address: str | None = None


def private_target(store: Store, network_id: str, host: str) -> PrivateTarget:
    """Resolve a host as the virtual network does, and say what stands at the address."""
    name = host.lower().rstrip(".")
    alias = _alias(store, name)
    for wanted in (alias, name) if alias is not None else (name,):
        found = _from_zones(store, network_id, wanted)
        if found is None:
            continue
        if found == "":
            return PrivateTarget(outcome="no_record")
        target = endpoint_at(store, network_id, found)
        if target is None:
            return PrivateTarget(outcome="no_route", address=found)
        return PrivateTarget(outcome="reached", resource_id=target, address=found)
    return PrivateTarget(outcome="no_zone")


def endpoint_at(store: Store, network_id: str, address: str) -> str | None:
    """Id of what an address of that network leads to: a private endpoint's target, or an environment."""
    for endpoint in store.of_type(ENDPOINT):
        if endpoint_address(endpoint) == address and network_of(endpoint) == network_id.lower():
            for connection in connections(endpoint):
                if connection.approved:
                    return connection.target.text
    for environment in store.of_type("Microsoft.App/managedEnvironments"):
        configuration = environment.properties.get("vnetConfiguration")
        subnet = configuration.get("infrastructureSubnetId") if isinstance(configuration, dict) else None
        if (
            environment.properties.get("staticIp") == address
            and isinstance(subnet, str)
            and ResourceId(subnet).within(network_id)
        ):
            return environment.id.text
    return None


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One `privateLinkServiceConnections` entry of an endpoint."""

    endpoint: Resource
    name: str
    target: ResourceId
    group: str
    approved: bool


def connections(endpoint: Resource) -> Iterator[Connection]:
    """What a private endpoint leads to."""
    for kind in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        entries = endpoint.properties.get(kind)
        for entry in entries if isinstance(entries, list) else []:
            properties = entry.get("properties", {})
            state = properties.get("privateLinkServiceConnectionState", {}).get("status")
            yield Connection(
                endpoint=endpoint,
                name=str(entry.get("name", "")),
                target=ResourceId(str(properties.get("privateLinkServiceId", ""))),
                group=str((properties.get("groupIds") or [""])[0]),
                # One that works goes on working while its tags are changed.
                approved=state == "Approved" and endpoint.state in ("Succeeded", "Updating"),
            )


def connections_to(store: Store, target: ResourceId | str) -> list[Connection]:
    """The private endpoint connections of an account or vault, as it shows them itself."""
    key = target.lower() if isinstance(target, str) else target.key
    return [
        connection
        for endpoint in store.of_type(ENDPOINT)
        for connection in connections(endpoint)
        if connection.target.key == key
    ]


def endpoint_address(endpoint: Resource) -> str | None:
    """The address that an endpoint holds in its subnet."""
    address = endpoint.private.get("address")
    return address if isinstance(address, str) else None


def network_of(endpoint: Resource) -> str | None:
    """Lower-case id of the virtual network that an endpoint stands in."""
    subnet = endpoint.properties.get("subnet")
    network = ResourceId(str(subnet.get("id"))).parent if isinstance(subnet, dict) else None
    return network.key if network is not None else None


def host_names(target: Resource, group: str) -> tuple[str, ...]:
    """The public names of a target that a private endpoint to that group takes over."""
    label = str(target.properties.get("customSubDomainName") or target.id.name).lower()
    location = region(str(target.body.get("location", "")))
    return tuple(
        host.format(label=label, region=location)
        for host in GROUPS.get(target.type.lower(), {}).get(group, ())
    )


def private_side(host: str) -> tuple[str, str] | None:
    """The private zone that knows a host, and under which label: `acme.southcentralus` in its service's zone."""
    for suffix, zone in PRIVATE_SIDE.items():
        if host.endswith(f".{suffix}"):
            return host.removesuffix(f".{suffix}"), zone
    return None


def linked_zones(store: Store, network_id: str) -> list[Resource]:
    """The private zones that a network asks."""
    found: list[Resource] = []
    for link in store.of_type(LINK):
        network = link.properties.get("virtualNetwork")
        if (
            isinstance(network, dict)
            and str(network.get("id", "")).lower() == network_id.lower()
            and link.properties.get("virtualNetworkLinkState", "Completed") == "Completed"
            and link.id.parent is not None
        ):
            zone = store.get(link.id.parent)
            if zone is not None:
                found.append(zone)
    return found


def _alias(store: Store, name: str) -> str | None:
    """The private name that the public one is an alias of, once a private endpoint to its resource is approved."""
    side = private_side(name)
    if side is None:
        return None
    label, zone = side
    for endpoint in store.of_type(ENDPOINT):
        for connection in connections(endpoint):
            target = store.get(connection.target) if connection.approved else None
            if target is not None and name in host_names(target, connection.group):
                return f"{label}.{zone}"
    return None


def _from_zones(store: Store, network_id: str, name: str) -> str | None:
    """The address from the network's zones; empty when a zone is in charge and has no record; else None."""
    zones = sorted(linked_zones(store, network_id), key=lambda zone: len(zone.id.name), reverse=True)
    for zone in zones:
        origin = zone.id.name.lower()
        if name != origin and not name.endswith(f".{origin}"):
            continue
        label = name[: -len(origin)].rstrip(".") or "@"
        for candidate in (label, "*"):
            record = store.get(zone.id.child("A", candidate))
            addresses = record.properties.get("aRecords") if record is not None else None
            if isinstance(addresses, list) and addresses:
                return str(addresses[0].get("ipv4Address"))
        return ""
    return None
