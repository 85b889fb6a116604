"""Flexible servers and what they hold: what Azure fills in, where they stand, and what keeps them busy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.arm.faults import Fault
from tests.offline.arm_judge import complaints
from tests.offline.arm_rig import SUBSCRIPTION, TENANT, Rig, error, new_guid

GROUP = "/resourceGroups/rg"
SERVER = f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-one"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/one.private.postgres.database.azure.com"
ENDPOINT = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe-psql"
PROVIDER = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.DBforPostgreSQL"
PROMISED_ONLY = (
    "dataEncryption.geoBackupEncryptionKeyStatus",
    "dataEncryption.primaryEncryptionKeyStatus",
    "replica.replicationState",
)
"""Outputs that stand in the specification, and in its own examples of such a server do not."""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.group()
    yield started
    started.stop()


def body(**properties: Any) -> dict[str, Any]:
    return {
        "location": "southcentralus",
        "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
        "properties": {
            "version": "16",
            "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled", "tenantId": TENANT},
            **properties,
        },
    }


def delegated(rig: Rig) -> tuple[str, dict[str, Any]]:
    """A subnet for servers, and the body of one that stands in it."""
    delegation = {"name": "psql", "properties": {"serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}}
    subnet = rig.subnet(rig.network(GROUP), "snet-psql", "10.0.2.0/28", delegations=[delegation])
    rig.make(ZONE, {"location": "global"})
    network = {
        "delegatedSubnetResourceId": rig.base + subnet,
        "privateDnsZoneArmResourceId": rig.base + ZONE,
    }
    return subnet, body(network=network)


def test_a_server_is_made_with_what_azure_adds(rig: Rig) -> None:
    rig.run_at(speed=0.001)
    started = rig.start(SERVER, body())
    assert started.status_code == 202
    assert rig.see(SERVER)["properties"]["state"] == "Provisioning"


def test_a_finished_server_is_ready(rig: Rig) -> None:
    shown = rig.make(SERVER, body(storage={"storageSizeGB": 64}))
    assert complaints("dbforpostgresql:Server", shown, absent=PROMISED_ONLY) == []
    properties = shown["properties"]
    assert properties["state"] == "Ready"
    assert "provisioningState" not in properties
    assert properties["fullyQualifiedDomainName"] == "psql-one.postgres.database.azure.com"
    assert properties["network"] == {"publicNetworkAccess": "Enabled"}
    assert properties["storage"]["storageSizeGB"] == 64
    assert properties["backup"]["backupRetentionDays"] == 7
    assert properties["highAvailability"] == {"mode": "Disabled", "state": "NotEnabled"}


def test_the_administrators_password_is_shown_to_nobody(rig: Rig) -> None:
    asked = body(
        authConfig={"passwordAuth": "Enabled"},
        administratorLogin="owner",
        administratorLoginPassword="correct-horse-battery",
    )
    made = rig.start(SERVER, asked)
    rig.ended(made)
    assert rig.see(SERVER)["properties"]["administratorLogin"] == "owner"
    everywhere = made.text + rig.ask("GET", SERVER).text + rig.database.read_bytes().decode("latin-1")
    assert "correct-horse-battery" not in everywhere


def test_a_server_in_a_subnet_has_an_address_and_holds_the_subnet(rig: Rig) -> None:
    subnet, asked = delegated(rig)
    shown = rig.make(SERVER, asked)
    assert shown["properties"]["network"]["publicNetworkAccess"] == "Disabled"
    [record] = rig.see(f"{ZONE}/A")["value"]
    assert record["properties"]["aRecords"] == [{"ipv4Address": "10.0.2.4"}]
    [link] = rig.see(subnet)["properties"]["serviceAssociationLinks"]
    assert link["properties"]["linkedResourceType"] == "Microsoft.DBforPostgreSQL/flexibleServers"
    assert error(rig.ask("DELETE", subnet))[1] == "InUseSubnetCannotBeDeleted"
    rig.remove(SERVER)
    assert rig.see(f"{ZONE}/A")["value"] == []
    assert rig.remove(subnet)["status"] == "Succeeded"


def test_a_private_endpoint_writes_the_servers_name(rig: Rig) -> None:
    rig.make(SERVER, body(network={"publicNetworkAccess": "Disabled"}))
    zone = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.postgres.database.azure.com"
    subnet = rig.subnet(rig.network(GROUP), "snet-pe", "10.0.1.0/24")
    rig.make(ENDPOINT, rig.endpoint_body(subnet, SERVER, "postgresqlServer"))
    rig.make(zone, {"location": "global"})
    config = {"name": "psql", "properties": {"privateDnsZoneId": rig.base + zone}}
    rig.make(f"{ENDPOINT}/privateDnsZoneGroups/default", {"properties": {"privateDnsZoneConfigs": [config]}})
    assert [record["name"] for record in rig.see(f"{zone}/A")["value"]] == ["psql-one"]
    [connection] = rig.see(SERVER)["properties"]["privateEndpointConnections"]
    assert connection["properties"]["groupIds"] == ["postgresqlServer"]


def test_a_server_brings_databases_and_parameters(rig: Rig) -> None:
    rig.make(SERVER, body())
    databases = rig.see(f"{SERVER}/databases")["value"]
    assert {found["name"] for found in databases} == {"postgres", "azure_maintenance", "azure_sys"}
    shown = rig.make(f"{SERVER}/databases/litellm", {"properties": {"charset": "UTF8"}})
    assert shown["properties"] == {"charset": "UTF8", "collation": "en_US.utf8"}
    assert complaints("dbforpostgresql:Database", shown, absent=("systemData",)) == []
    found = rig.see(f"{SERVER}/configurations/max_connections")
    assert complaints("dbforpostgresql:Configuration", found, absent=("systemData",)) == []
    assert found["properties"]["source"] == "system-default"


def test_a_parameter_is_set_and_set_back(rig: Rig) -> None:
    rig.make(SERVER, body())
    path = f"{SERVER}/configurations/max_connections"
    changed = rig.make(path, {"properties": {"value": "100", "source": "user-override"}})["properties"]
    assert (changed["value"], changed["source"], changed["defaultValue"]) == ("100", "user-override", "50")
    assert changed["isConfigPendingRestart"] is True
    back = rig.make(path, {"properties": {"source": "system-default"}})["properties"]
    assert (back["value"], back["source"]) == ("50", "system-default")
    dynamic = rig.make(f"{SERVER}/configurations/azure.extensions", {"properties": {"value": "vector"}})
    assert dynamic["properties"]["isConfigPendingRestart"] is False
    assert error(rig.ask("DELETE", path))[:2] == (405, "MethodNotAllowed")


def test_an_administrator_is_named_by_its_object_id(rig: Rig) -> None:
    rig.make(SERVER, body())
    principal = new_guid()
    asked = {"principalName": "id-gateway", "principalType": "ServicePrincipal"}
    shown = rig.make(f"{SERVER}/administrators/{principal}", {"properties": asked})
    assert complaints("dbforpostgresql:AdministratorsMicrosoftEntra", shown, absent=("systemData",)) == []
    assert shown["properties"] == {**asked, "objectId": principal, "tenantId": TENANT}


def test_firewall_rules_are_for_public_servers(rig: Rig) -> None:
    rig.make(SERVER, body())
    rule = {"properties": {"startIpAddress": "203.0.113.0", "endIpAddress": "203.0.113.255"}}
    shown = rig.make(f"{SERVER}/firewallRules/office", rule)
    assert complaints("dbforpostgresql:FirewallRule", shown, absent=("systemData",)) == []
    assert rig.remove(f"{SERVER}/firewallRules/office")["status"] == "Succeeded"


def test_a_write_to_a_part_makes_the_server_updating(rig: Rig) -> None:
    rig.make(SERVER, body())
    rig.run_at(speed=0.001)
    rig.start(f"{SERVER}/databases/litellm", {"properties": {}})
    assert rig.see(SERVER)["properties"]["state"] == "Updating"


def test_a_name_is_checked_globally_and_by_region(rig: Rig) -> None:
    asked = {"name": "psql-one", "type": "Microsoft.DBforPostgreSQL/flexibleServers"}
    for path in (f"{PROVIDER}/checkNameAvailability", f"{PROVIDER}/locations/westus/checkNameAvailability"):
        assert rig.ask("POST", path, asked).json() == {**asked, "nameAvailable": True, "message": ""}
    rig.make(SERVER, body())
    told = rig.ask("POST", f"{PROVIDER}/checkNameAvailability", asked).json()
    assert (told["nameAvailable"], told["reason"]) == (False, "AlreadyExists")


def test_a_server_whose_creation_failed_is_mended_by_the_next_write(rig: Rig) -> None:
    fault = Fault(type="Microsoft.DBforPostgreSQL/flexibleServers", verb="create", effect="fail", times=1)
    rig.inside(lambda: rig.faults.add(fault))
    assert rig.ended(rig.start(SERVER, body()))["status"] == "Failed"
    assert rig.see(SERVER)["properties"]["state"] == "Disabled"
    assert rig.see(f"{SERVER}/databases")["value"] == []
    assert rig.make(SERVER, body())["properties"]["state"] == "Ready"
    assert len(rig.see(f"{SERVER}/databases")["value"]) == 3
