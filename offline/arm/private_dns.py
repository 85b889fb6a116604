"""Private DNS (Microsoft.Network/privateDnsZones): zones, their links to networks, and record sets."""

import time
import uuid
from collections.abc import Mapping

from offline.arm import network_laws as laws
from offline.arm.delays import Delay
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Route, RouteRequest, Write
from offline.arm.network_view import LINK, ZONE
from offline.arm.store import Resource

RECORDS: Mapping[str, str] = {
    "A": "aRecords",
    "AAAA": "aaaaRecords",
    "CNAME": "cnameRecord",
    "MX": "mxRecords",
    "PTR": "ptrRecords",
    "SOA": "soaRecord",
    "SRV": "srvRecords",
    "TXT": "txtRecords",
}
"""Record type, and the property that holds its records."""

SUFFIX = "$recordsetnamesuffix"

STALE = Delay(fact="stale-links-seconds", seconds=5)
"""Until a zone has noticed that a link is gone (Azure/azure-cli#15010, learntocloud/networking-lab#8: sometimes at
once, sometimes much later; no number known)."""

STALE_FACT = "stale-links"
"""Store fact: id of a link that is gone → until when (epoch seconds) its zone still counts it."""

_GROUP = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/privateDnsZones/{zone}"
)


async def _all_records(azure: Azure, asked: RouteRequest) -> object:
    zone = ResourceId(
        _GROUP.format(
            subscription=azure.subscription_id, group=asked.words["group"], zone=asked.words["zone"]
        )
    )
    kind = azure.kinds[ZONE.lower()]
    if azure.store.get(zone) is None:
        raise kind.missing(zone)
    found = [below for below in azure.store.below(zone) if below.type != LINK]
    return {"value": [record.body for record in _suffixed(found, asked.query)]}


def _suffixed(records: list[Resource], query: Mapping[str, str]) -> list[Resource]:
    """Those whose name ends as is asked for."""
    wanted = query.get(SUFFIX, "").lower()
    return [record for record in records if record.id.name.lower().endswith(wanted)]


class PrivateZone(Kind):
    """A private zone. It cannot go while a network is linked to it."""

    type = ZONE
    routes = (Route(method="GET", path=f"{_GROUP}/ALL", answer=_all_records, reads=frozenset({SUFFIX})),)
    create_seconds = 35
    update_seconds = 5
    delete_seconds = 12
    busy = laws.NET_PARALLEL
    locations = ("global",)
    system_data = False

    def accept(self, azure: Azure, write: Write) -> Resource:
        internal = (
            write.existing.properties.get("internalId")
            if write.existing is not None
            else f"SW1tdXRhYmxlWm9uZUlkZW50aXR5{uuid.uuid4().hex}"
        )
        body: JSON = {
            **write.body,
            "etag": str(uuid.uuid4()),
            "properties": {
                "internalId": internal,
                "maxNumberOfRecordSets": 25000,
                "maxNumberOfVirtualNetworkLinks": 1000,
                "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
            },
        }
        return Resource(id=write.id, body=body)

    def provisioned(self, azure: Azure, resource: Resource) -> None:
        soa = resource.id.child("SOA", "@")
        if azure.store.get(soa) is None:
            record: JSON = {
                "host": "azureprivatedns.net",
                "email": "azureprivatedns-host.microsoft.com",
                "serialNumber": 1,
                "refreshTime": 3600,
                "retryTime": 300,
                "expireTime": 2419200,
                "minimumTtl": 10,
            }
            azure.store.put(record_set(soa, {"ttl": 3600, "soaRecord": record}))

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        below = azure.store.below(resource.id)
        links = [link for link in below if link.type == LINK]
        return resource.with_properties(
            numberOfRecordSets=len(below) - len(links),
            numberOfVirtualNetworkLinks=len(links),
            numberOfVirtualNetworkLinksWithRegistration=sum(
                link.properties.get("registrationEnabled") is True for link in links
            ),
        ).body

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        """:raises ArmError: dns-zone-links, also for a link that went a moment ago."""
        links = [below.id.text for below in azure.store.below(resource.id) if below.type == LINK]
        group = azure.store.get(resource.id.group_id) if resource.id.group_id is not None else None
        if (
            group is None or group.state != "Deleting"
        ):  # the delete of a whole group comes back until it is done
            links += [link for link in _stale(azure) if ResourceId(link).within(resource.id)]
        if links:
            raise laws.DNS_ZONE_LINKS.broken(ids=",".join(links))


class VirtualNetworkLink(Kind):
    """Makes a network ask a zone."""

    type = LINK
    create_seconds = 35
    update_seconds = 10
    delete_seconds = 12
    busy = laws.NET_PARALLEL
    locations = ("global",)
    system_data = False

    def check(self, azure: Azure, write: Write) -> None:
        zone = write.id.parent
        network = _network(write.properties)
        if network is None or zone is None:
            return
        if azure.store.get(network) is None:
            raise laws.NET_REFERENCE.broken(target=network.text, id=write.id.text)
        for other in azure.store.of_type(LINK):
            linked = _network(other.properties)
            if (
                other.id.key != write.id.key
                and linked is not None
                and linked.key == network.key
                and other.id.parent is not None
                and other.id.parent.name.lower() == zone.name.lower()
            ):
                raise laws.DNS_LINK_OVERLAP.broken(zone=zone.text, other=other.id.parent.text)

    def accept(self, azure: Azure, write: Write) -> Resource:
        before = write.existing.properties if write.existing is not None else {}
        properties: JSON = {
            "registrationEnabled": False,
            "resolutionPolicy": "Default",
            **write.properties,
            # A link that works goes on working while its tags are changed.
            "virtualNetworkLinkState": before.get("virtualNetworkLinkState", "InProgress"),
        }
        return Resource(id=write.id, body={**write.body, "etag": str(uuid.uuid4()), "properties": properties})

    async def provision(self, azure: Azure, resource: Resource) -> JSON:
        return {"virtualNetworkLinkState": "Completed"}

    def removed(self, azure: Azure, resource: Resource) -> None:
        until = STALE.due(azure.store, azure.clock)
        azure.store.set_fact(STALE_FACT, {**_stale(azure), resource.id.text: until})
        super().removed(azure, resource)


class RecordSet(Kind):
    """Records of one name and type in a zone."""

    create_seconds = 2
    update_seconds = 2
    delete_seconds = 2
    synchronous = True
    has_state = False
    located = False
    system_data = False

    reads = frozenset({SUFFIX})

    def __init__(self, record_type: str) -> None:
        self.type = f"{ZONE}/{record_type}"

    def check(self, azure: Azure, write: Write) -> None:
        if write.existing is None and self.type.endswith("/SOA"):
            raise laws.DNS_SOA.broken()
        records = write.properties.get(RECORDS[write.id.type.rsplit("/", 1)[-1].upper()])
        if not records or write.properties.get("ttl") is None:
            raise laws.DNS_TYPE_RECORDS.broken(name=write.id.name, type=self.type.rsplit("/", 1)[-1])

    def accept(self, azure: Azure, write: Write) -> Resource:
        return record_set(write.id, write.properties)

    def select(
        self, azure: Azure, scope: ResourceId, found: list[Resource], query: Mapping[str, str]
    ) -> list[Resource]:
        return _suffixed(found, query)

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        """:raises ArmError: dns-soa."""
        if resource.type.endswith("/SOA"):
            raise laws.DNS_SOA.broken()


def record_set(record_id: ResourceId, properties: JSON) -> Resource:
    """A record set as Azure keeps it."""
    zone = record_id.parent.name if record_id.parent is not None else ""
    name = record_id.name
    return Resource(
        id=record_id,
        body={
            "id": record_id.text,
            "name": name,
            "type": record_id.type,
            "etag": str(uuid.uuid4()),
            "properties": {
                **properties,
                "fqdn": f"{zone}." if name == "@" else f"{name}.{zone}.",
                "isAutoRegistered": False,
            },
        },
    )


def _stale(azure: Azure) -> dict[str, float]:
    found = azure.store.fact(STALE_FACT)
    now = time.time()
    return {link: until for link, until in found.items() if until > now} if isinstance(found, dict) else {}


def _network(properties: JSON) -> ResourceId | None:
    network = properties.get("virtualNetwork")
    return ResourceId(str(network.get("id"))) if isinstance(network, dict) else None


KINDS: tuple[Kind, ...] = (PrivateZone(), VirtualNetworkLink(), *(RecordSet(name) for name in RECORDS))
