"""The laws of Azure Database for PostgreSQL, Flexible Server."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]
SERVICE = "Microsoft.DBforPostgreSQL/flexibleServers"


def named(group: str, name: str | None = None) -> str:
    return f"{group}/providers/{SERVICE}/{name or f'psql-{uuid.uuid4().hex[:8]}'}"


def body(**properties: Any) -> dict[str, Any]:
    asked = {"version": "16", "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled"}}
    sku = {"name": "Standard_B1ms", "tier": "Burstable"}
    return {"location": REGION, "sku": sku, "properties": {**asked, **properties}}


@pytest.fixture(scope="module")
def server(azure: Azure) -> str:
    """A server that is there and public."""
    path = named(azure.group())
    azure.put(path, body())
    return path


@pytest.fixture(scope="module")
def network(azure: Azure) -> str:
    """A network with a delegated subnet, a plain one and a zone; its group."""
    group = azure.group()
    net = azure.network(group)
    delegation = [{"name": "psql", "properties": {"serviceName": SERVICE}}]
    azure.subnet(net, "snet-psql", "10.0.1.0/28", delegations=delegation)
    azure.subnet(net, "snet-plain", "10.0.2.0/28")
    azure.put(zone(group, "one.private.postgres.database.azure.com"), {"location": "global"})
    return group


def zone(group: str, name: str) -> str:
    return f"{group}/providers/Microsoft.Network/privateDnsZones/{name}"


def inside(azure: Azure, group: str, subnet: str = "snet-psql", **changes: Any) -> dict[str, Any]:
    """The network of a server in a subnet; None leaves a word out."""
    words = {
        "delegatedSubnetResourceId": f"{azure.base}{group}/providers/Microsoft.Network/virtualNetworks/vnet"
        f"/subnets/{subnet}",
        "privateDnsZoneArmResourceId": azure.base + zone(group, "one.private.postgres.database.azure.com"),
        **changes,
    }
    return {name: value for name, value in words.items() if value is not None}


@pytest.mark.law("pg-name")
def test_a_name_is_taken_in_the_whole_of_azure(azure: Azure, refused: Expect, server: str) -> None:
    group, name = azure.group(), server.rpartition("/")[2]
    with refused("pg-name"):
        azure.put(named(group, name), body())
    host = f"{name}-2.postgres.database.azure.com"
    with azure.fact("hosts-elsewhere", [host]), refused("pg-name"):
        azure.put(named(group, f"{name}-2"), body())
    azure.put(named(group, f"{name}-2"), body())


RULE = {"properties": {"startIpAddress": "203.0.113.1", "endIpAddress": "203.0.113.1"}}


@pytest.fixture
def writing(azure: Azure, server: str) -> Iterator[None]:
    """A database of the server that is being written."""
    path = f"{server}/databases/db-{uuid.uuid4().hex[:8]}"
    with azure.held(f"{SERVICE}/databases"):
        azure.rest("PUT", path, {"properties": {}})
        yield


@pytest.mark.law("pg-busy")
@pytest.mark.usefixtures("writing")
@pytest.mark.parametrize(
    ("part", "asked"),
    [
        pytest.param("databases/other", {"properties": {}}, id="another database"),
        pytest.param("firewallRules/office", RULE, id="firewall rule"),
        pytest.param("configurations/work_mem", {"properties": {"value": "8192"}}, id="configuration"),
    ],
)
def test_a_server_is_written_one_part_at_a_time(
    azure: Azure, refused: Expect, server: str, part: str, asked: dict[str, Any]
) -> None:
    with refused("pg-busy"):
        azure.put(f"{server}/{part}", asked)


def test_parts_of_a_server_follow_each_other(azure: Azure, server: str) -> None:
    azure.put(f"{server}/databases/litellm", {"properties": {}})
    azure.put(f"{server}/firewallRules/office", RULE)
    azure.put(f"{server}/configurations/work_mem", {"properties": {"value": "8192"}})


@pytest.mark.law("pg-admin-busy")
def test_an_administrator_comes_last(azure: Azure, refused: Expect, server: str) -> None:
    path = f"{server}/administrators/{uuid.uuid4()}"
    asked = {"properties": {"principalName": "id-gateway", "principalType": "ServicePrincipal"}}
    with azure.held(f"{SERVICE}/databases"):
        azure.rest("PUT", f"{server}/databases/db-{uuid.uuid4().hex[:8]}", {"properties": {}})
        with refused("pg-admin-busy"):
            azure.put(path, asked)
    azure.put(path, asked)


@pytest.mark.law("pg-location")
def test_a_region_may_be_closed_to_the_offer(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with azure.fact("postgresql-restricted-regions", [REGION]):
        with refused("pg-location"):
            azure.put(named(group), body())
        azure.put(named(group), {**body(), "location": "westus3"})


@pytest.mark.law("pg-sku")
def test_a_size_belongs_to_a_tier(azure: Azure, refused: Expect) -> None:
    path = named(azure.group())
    with refused("pg-sku"):
        azure.put(path, {**body(), "sku": {"name": "Standard_B1ms", "tier": "GeneralPurpose"}})
    azure.put(path, {**body(), "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}})


@pytest.mark.law("pg-admin-login")
def test_a_server_with_passwords_has_somebody_with_one(azure: Azure, refused: Expect) -> None:
    path = named(azure.group())
    with refused("pg-admin-login"):
        azure.put(path, body(authConfig={"passwordAuth": "Enabled"}))
    login = {"administratorLogin": "owner", "administratorLoginPassword": "correct-horse-battery"}
    azure.put(path, body(authConfig={"passwordAuth": "Enabled"}, **login))


@pytest.mark.law("pg-public-network", "pg-zone-missing", "pg-delegation")
def test_a_server_in_a_subnet_is_private_and_has_a_zone(azure: Azure, refused: Expect, network: str) -> None:
    path = named(azure.group())
    with refused("pg-public-network"):
        azure.put(path, body(network=inside(azure, network, publicNetworkAccess="Enabled")))
    with refused("pg-delegation"):
        azure.put(path, body(network=inside(azure, network, "snet-plain")))
    with refused("pg-zone-missing"):
        azure.put(path, body(network=inside(azure, network, privateDnsZoneArmResourceId=None)))
    azure.put(path, body(network=inside(azure, network, publicNetworkAccess="Disabled")))


@pytest.mark.law("pg-zone")
def test_a_zone_is_not_named_like_the_server(azure: Azure, refused: Expect, network: str) -> None:
    path = named(azure.group(), f"psql-{uuid.uuid4().hex[:8]}")
    own = zone(network, f"{path.rpartition('/')[2]}.postgres.database.azure.com")
    azure.put(own, {"location": "global"})
    with refused("pg-zone"):
        azure.put(path, body(network=inside(azure, network, privateDnsZoneArmResourceId=azure.base + own)))
    azure.put(path, body(network=inside(azure, network)))


@pytest.mark.law("pg-network-change", "pg-fw-private", "pg-endpoint")
def test_a_server_stays_where_it_was_made(azure: Azure, refused: Expect, network: str, server: str) -> None:
    with refused("pg-network-change"):
        azure.put(server, body(network=inside(azure, network)))
    private = named(azure.group())
    azure.put(private, body(network=inside(azure, network)))
    with refused("pg-fw-private"):
        azure.put(f"{private}/firewallRules/office", RULE)
    subnet = azure.subnet(
        f"{network}/providers/Microsoft.Network/virtualNetworks/vnet", "snet-pe", "10.0.3.0/24"
    )
    endpoint = f"{network}/providers/Microsoft.Network/privateEndpoints/pe-psql"
    with refused("pg-endpoint"):
        azure.put(endpoint, azure.endpoint_body(subnet, private, "postgresqlServer"))
    azure.put(endpoint, azure.endpoint_body(subnet, server, "postgresqlServer"))
    azure.put(f"{server}/firewallRules/other", RULE)


@pytest.mark.law("pg-parameter")
def test_a_parameter_has_its_name(azure: Azure, refused: Expect, server: str) -> None:
    with refused("pg-parameter"):
        azure.put(f"{server}/configurations/max_conections", {"properties": {"value": "100"}})
    azure.put(f"{server}/configurations/max_connections", {"properties": {"value": "100"}})
