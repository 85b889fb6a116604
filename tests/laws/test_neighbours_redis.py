"""The laws of Azure Managed Redis."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]
SERVICE = "Microsoft.Cache/redisEnterprise"


def named(group: str, name: str | None = None) -> str:
    return f"{group}/providers/{SERVICE}/{name or f'redis-{uuid.uuid4().hex[:8]}'}"


def cluster(location: str = REGION) -> dict[str, Any]:
    properties = {"publicNetworkAccess": "Disabled", "minimumTlsVersion": "1.2"}
    return {"location": location, "sku": {"name": "Balanced_B0"}, "properties": properties}


def database(**properties: Any) -> dict[str, Any]:
    return {"properties": {"clientProtocol": "Encrypted", **properties}}


def assignment() -> dict[str, Any]:
    return {"properties": {"accessPolicyName": "default", "user": {"objectId": str(uuid.uuid4())}}}


@pytest.fixture(scope="module")
def redis(azure: Azure) -> str:
    """A cluster that is there."""
    path = named(azure.group())
    azure.put(path, cluster())
    return path


@pytest.mark.law("redis-name")
def test_a_name_is_taken_in_its_region(azure: Azure, refused: Expect, redis: str) -> None:
    group, name = azure.group(), redis.rpartition("/")[2]
    with refused("redis-name"):
        azure.put(named(group, name), cluster())
    host = f"{name}-2.{REGION}.redis.azure.net"
    with azure.fact("hosts-elsewhere", [host]), refused("redis-name"):
        azure.put(named(group, f"{name}-2"), cluster())
    azure.put(named(group, name), cluster("westus3"))


@pytest.mark.law("redis-database", "redis-fixed")
def test_a_cluster_has_one_database_and_that_stays_as_it_is(
    azure: Azure, refused: Expect, redis: str
) -> None:
    with refused("redis-database"):
        azure.put(f"{redis}/databases/litellm", database())
    path = f"{redis}/databases/default"
    azure.put(path, database(clusteringPolicy="EnterpriseCluster"))
    for change in ({"clusteringPolicy": "OSSCluster"}, {"port": 10001}):
        with refused("redis-fixed"):
            azure.put(path, database(**change))
    azure.put(path, database(clusteringPolicy="EnterpriseCluster", evictionPolicy="AllKeysLRU"))


@pytest.mark.law("redis-keys-off")
def test_keys_are_told_while_they_count(azure: Azure, refused: Expect, redis: str) -> None:
    path = f"{redis}/databases/default"
    azure.put(path, database())
    refused("redis-keys-off").by(azure.rest("POST", f"{path}/listKeys"))
    azure.put(path, database(accessKeysAuthentication="Enabled"))
    assert set(azure.rest("POST", f"{path}/listKeys").json()) == {"primaryKey", "secondaryKey"}


@pytest.mark.law("redis-busy")
def test_a_cluster_is_done_before_its_database_begins(azure: Azure, refused: Expect) -> None:
    path = named(azure.group())
    with azure.held(SERVICE):
        azure.rest("PUT", path, cluster())
        with refused("redis-busy"):
            azure.put(f"{path}/databases/default", database())
    azure.put(f"{path}/databases/default", database())


@pytest.mark.law("redis-parallel")
def test_assignments_follow_each_other(azure: Azure, refused: Expect, redis: str) -> None:
    path = f"{redis}/databases/default"
    azure.put(path, database())
    kind = f"{SERVICE}/databases/accessPolicyAssignments"
    with azure.held(kind, name="one"):
        azure.rest("PUT", f"{path}/accessPolicyAssignments/one", assignment())
        with refused("redis-parallel"):
            azure.put(f"{path}/accessPolicyAssignments/two", assignment())
    assert azure.get(f"{path}/accessPolicyAssignments/one")["properties"]["provisioningState"] == "Succeeded"
    azure.put(f"{path}/accessPolicyAssignments/two", assignment())
    azure.put(f"{path}/accessPolicyAssignments/three", assignment())
