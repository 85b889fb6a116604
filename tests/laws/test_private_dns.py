"""The laws of private zones: their links, their records, and the groups that keep an endpoint's names in them."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.privatedns.models import ARecord, PrivateZone, RecordSet, RecordSetProperties

from offline.arm.network_view import LINK, private_target
from tests.laws.azure import Azure
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]

VAULT_ZONE = "privatelink.vaultcore.azure.net"


@pytest.fixture(scope="module")
def zones(azure: Azure) -> PrivateDnsManagementClient:
    return azure.sdk(PrivateDnsManagementClient)


def zone_in(group: str, name: str) -> str:
    return f"{group}/providers/Microsoft.Network/privateDnsZones/{name}"


def link_body(azure: Azure, network: str) -> dict[str, Any]:
    properties = {"virtualNetwork": {"id": azure.base + network}, "registrationEnabled": False}
    return {"location": "global", "properties": properties}


def group_body(azure: Azure, *zones: str) -> dict[str, Any]:
    """A zone group with a config for each zone."""
    configs = [
        {"name": f"zone-{at}", "properties": {"privateDnsZoneId": azure.base + zone}}
        for at, zone in enumerate(zones)
    ]
    return {"properties": {"privateDnsZoneConfigs": configs}}


@pytest.mark.law("dns-soa")
def test_the_start_of_authority_lives_with_its_zone(
    azure: Azure, refused: Expect, zones: PrivateDnsManagementClient
) -> None:
    group = azure.group()
    name, zone = group.rpartition("/")[2], "soa.example"
    azure.put(zone_in(group, zone), {"location": "global"})
    record = zones.record_sets.get(name, zone, "SOA", "@")
    with refused("dns-soa"):
        zones.record_sets.create_or_update(name, zone, "SOA", "second", record)
    with refused("dns-soa"):
        zones.record_sets.delete(name, zone, "SOA", "@")
    zones.record_sets.create_or_update(name, zone, "SOA", "@", record)
    zones.private_zones.begin_delete(name, zone).result()


@pytest.mark.law("dns-zone-links")
def test_a_zone_stays_while_a_network_is_linked_to_it(
    azure: Azure, refused: Expect, zones: PrivateDnsManagementClient
) -> None:
    group = azure.group()
    name, zone = group.rpartition("/")[2], zone_in(group, "linked.example")
    zones.private_zones.begin_create_or_update(
        name, "linked.example", PrivateZone(location="global")
    ).result()
    azure.put(f"{zone}/virtualNetworkLinks/link", link_body(azure, azure.network(group)))
    with refused("dns-zone-links"):
        zones.private_zones.begin_delete(name, "linked.example").result()
    with azure.fact("stale-links-seconds", 0):
        zones.virtual_network_links.begin_delete(name, "linked.example", "link").result()
    zones.private_zones.begin_delete(name, "linked.example").result()


@pytest.mark.law("dns-zone-links")
def test_a_zone_still_counts_a_link_that_is_gone(
    azure: Azure, refused: Expect, zones: PrivateDnsManagementClient
) -> None:
    group = azure.group()
    name, zone = group.rpartition("/")[2], zone_in(group, "stale.example")
    azure.put(zone, {"location": "global"})
    azure.put(f"{zone}/virtualNetworkLinks/link", link_body(azure, azure.network(group)))
    with azure.fact("stale-links-seconds", 10**6):
        zones.virtual_network_links.begin_delete(name, "stale.example", "link").result()
    assert zones.private_zones.get(name, "stale.example").number_of_virtual_network_links == 0
    with refused("dns-zone-links"):
        zones.private_zones.begin_delete(name, "stale.example").result()
    with azure.fact("stale-links", {}):
        zones.private_zones.begin_delete(name, "stale.example").result()


@pytest.mark.law("dns-link-overlap")
def test_a_network_asks_one_zone_of_a_name(azure: Azure, refused: Expect) -> None:
    group, other = azure.group(), azure.group()
    network = azure.network(group)
    for path in (zone_in(group, VAULT_ZONE), zone_in(other, VAULT_ZONE)):
        azure.put(path, {"location": "global"})
    azure.put(f"{zone_in(group, VAULT_ZONE)}/virtualNetworkLinks/link", link_body(azure, network))
    second = f"{zone_in(other, VAULT_ZONE)}/virtualNetworkLinks/link"
    with refused("dns-link-overlap"):
        azure.put(second, link_body(azure, network))
    azure.put(second, link_body(azure, azure.network(group, "vnet-2", "10.1.0.0/16")))


@pytest.mark.law("dns-records")
def test_a_record_set_says_something(
    azure: Azure, refused: Expect, zones: PrivateDnsManagementClient
) -> None:
    group = azure.group()
    name = group.rpartition("/")[2]
    azure.put(zone_in(group, "records.example"), {"location": "global"})
    records = zones.record_sets
    addresses = [ARecord(ipv4_address="10.0.0.4")]

    def write(**says: Any) -> None:
        record = RecordSet(properties=RecordSetProperties(**says))
        records.create_or_update(name, "records.example", "A", "www", record)

    for nothing in ({"ttl": 60}, {"a_records": addresses}):
        with refused("dns-records"):
            write(**nothing)
    write(ttl=60, a_records=addresses)
    (found,) = records.list_by_type(name, "records.example", "A")
    assert found.properties is not None
    assert found.properties.fqdn == "www.records.example."


@pytest.mark.law("pe-second-group")
def test_an_endpoint_has_one_zone_group_for_all_zones(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    subnet = azure.subnet(azure.network(group), "pe", "10.0.0.0/24")
    zones = [zone_in(group, VAULT_ZONE), zone_in(group, "privatelink.openai.azure.com")]
    for zone in zones:
        azure.put(zone, {"location": "global"})
    endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"
    azure.put(endpoint, azure.endpoint_body(subnet, azure.vault(group), "vault"))
    azure.put(f"{endpoint}/privateDnsZoneGroups/default", group_body(azure, zones[0]))
    with refused("pe-second-group"):
        azure.put(f"{endpoint}/privateDnsZoneGroups/second", group_body(azure, zones[1]))
    azure.put(f"{endpoint}/privateDnsZoneGroups/default", group_body(azure, *zones))


def test_a_network_learns_of_a_zone_when_its_link_is_done(azure: Azure) -> None:
    group = azure.group()
    network, vault = azure.network(group), azure.vault(group)
    subnet = azure.subnet(network, "pe", "10.0.0.0/24")
    zone = zone_in(group, VAULT_ZONE)
    azure.put(zone, {"location": "global"})
    endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe-{uuid.uuid4().hex[:6]}"
    azure.put(endpoint, azure.endpoint_body(subnet, vault, "vault"))

    def outcome() -> str:
        store = azure.cloud.store()
        found = private_target(store, azure.base + network, f"{vault.rpartition('/')[2]}.vault.azure.net")
        store.close()
        return found.outcome

    link = f"{zone}/virtualNetworkLinks/link"
    with azure.held(LINK, verb="create"):
        azure.rest("PUT", link, link_body(azure, network)).raise_for_status()
        shown = azure.get(link)["properties"]
        assert (shown["provisioningState"], shown["virtualNetworkLinkState"]) == ("Creating", "InProgress")
        assert outcome() == "no_zone"
    assert outcome() == "no_record", "the zone is in charge, and its records come with the zone group"
    with azure.held("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", verb="create"):
        azure.rest(
            "PUT", f"{endpoint}/privateDnsZoneGroups/default", group_body(azure, zone)
        ).raise_for_status()
        assert outcome() == "no_record"
    assert outcome() == "reached"
