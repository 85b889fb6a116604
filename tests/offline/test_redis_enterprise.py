"""Managed Redis: what Azure fills in, who may read the keys, and by which name it is reached."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.offline.arm_judge import complaints
from tests.offline.arm_rig import Rig, error, new_guid

GROUP = "/resourceGroups/rg"
CLUSTER = f"{GROUP}/providers/Microsoft.Cache/redisEnterprise/redis-one"
DATABASE = f"{CLUSTER}/databases/default"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.redis.azure.net"
ENDPOINT = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe-redis"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.group()
    yield started
    started.stop()


def cluster(**properties: Any) -> dict[str, Any]:
    asked = {"publicNetworkAccess": "Disabled", **properties}
    return {"location": "southcentralus", "sku": {"name": "Balanced_B0"}, "properties": asked}


def database(**properties: Any) -> dict[str, Any]:
    return {
        "properties": {"clusteringPolicy": "NoCluster", "accessKeysAuthentication": "Enabled", **properties}
    }


def test_a_cluster_is_made_with_what_azure_adds(rig: Rig) -> None:
    started = rig.start(CLUSTER, cluster())
    assert started.json()["properties"]["provisioningState"] == "Creating"
    assert started.json()["properties"]["resourceState"] == "Creating"
    rig.ended(started)
    shown = rig.see(CLUSTER)
    assert complaints("redisenterprise:RedisEnterprise", shown) == []
    assert shown["properties"]["hostName"] == "redis-one.southcentralus.redis.azure.net"
    assert shown["properties"]["resourceState"] == "Running"
    assert shown["properties"]["redundancyMode"] == "ZR"
    single = rig.make(CLUSTER, cluster(highAvailability="Disabled"))
    assert single["properties"]["redundancyMode"] == "None"


def test_a_database_has_its_defaults(rig: Rig) -> None:
    rig.make(CLUSTER, cluster())
    shown = rig.make(DATABASE, {"properties": {"modules": [{"name": "RediSearch"}]}})
    assert complaints("redisenterprise:Database", shown) == []
    properties = shown["properties"]
    assert (properties["port"], properties["clientProtocol"]) == (10000, "Encrypted")
    assert properties["accessKeysAuthentication"] == "Disabled"
    again = rig.make(
        DATABASE, {"properties": {"modules": [{"name": "RediSearch"}], "evictionPolicy": "AllKeysLRU"}}
    )
    assert again["properties"]["evictionPolicy"] == "AllKeysLRU"


def test_the_keys_are_told_by_the_action_alone_and_stay(rig: Rig) -> None:
    rig.make(CLUSTER, cluster())
    rig.make(DATABASE, database())
    told = rig.ask("POST", f"{DATABASE}/listKeys").json()
    rig.make(DATABASE, database(evictionPolicy="NoEviction"))
    assert rig.ask("POST", f"{DATABASE}/listKeys").json() == told
    after = rig.ask("POST", f"{DATABASE}/regenerateKey", {"keyType": "Secondary"}).json()
    assert after["primaryKey"] == told["primaryKey"]
    assert after["secondaryKey"] != told["secondaryKey"]
    assert told["primaryKey"] not in rig.ask("GET", DATABASE).text
    assert error(rig.ask("POST", f"{DATABASE}/regenerateKey", {"keyType": "Third"}))[:2] == (
        400,
        "BadRequest",
    )


def test_an_assignment_names_somebody_of_the_directory(rig: Rig) -> None:
    rig.make(CLUSTER, cluster())
    rig.make(DATABASE, database())
    asked = {"properties": {"accessPolicyName": "default", "user": {"objectId": new_guid()}}}
    shown = rig.make(f"{DATABASE}/accessPolicyAssignments/gateway", asked)
    assert complaints("redisenterprise:AccessPolicyAssignment", shown) == []
    assert shown["properties"] == {**asked["properties"], "provisioningState": "Succeeded"}
    rig.remove(CLUSTER)
    assert rig.ask("GET", DATABASE).status_code == 404


def test_of_assignments_at_once_all_but_the_first_fail(rig: Rig) -> None:
    rig.make(CLUSTER, cluster())
    rig.make(DATABASE, database())

    def start(name: str) -> Any:
        asked = {"properties": {"accessPolicyName": "default", "user": {"objectId": new_guid()}}}
        return rig.start(f"{DATABASE}/accessPolicyAssignments/{name}", asked)

    rig.run_at(speed=0.001)
    first = start("one")
    rig.run_at(speed=2000)
    assert [rig.ended(start(name))["status"] for name in ("two", "three")] == ["Failed", "Failed"]
    assert rig.see(f"{DATABASE}/accessPolicyAssignments/two")["properties"]["provisioningState"] == "Failed"
    assert rig.ask("GET", first.headers["Azure-AsyncOperation"]).json()["status"] == "InProgress"


def test_a_private_endpoint_writes_the_name_with_its_region(rig: Rig) -> None:
    rig.make(CLUSTER, cluster())
    subnet = rig.subnet(rig.network(GROUP), "snet-pe", "10.0.1.0/24")
    rig.make(ENDPOINT, rig.endpoint_body(subnet, CLUSTER, "redisEnterprise"))
    assert rig.see(ENDPOINT)["properties"]["customDnsConfigs"] == [
        {"fqdn": "redis-one.southcentralus.redis.azure.net", "ipAddresses": ["10.0.1.4"]}
    ]
    rig.make(ZONE, {"location": "global"})
    config = {"name": "redis", "properties": {"privateDnsZoneId": rig.base + ZONE}}
    rig.make(f"{ENDPOINT}/privateDnsZoneGroups/default", {"properties": {"privateDnsZoneConfigs": [config]}})
    assert [record["name"] for record in rig.see(f"{ZONE}/A")["value"]] == ["redis-one.southcentralus"]
    [connection] = rig.see(CLUSTER)["properties"]["privateEndpointConnections"]
    assert connection["properties"]["privateEndpoint"]["id"] == rig.base + ENDPOINT
