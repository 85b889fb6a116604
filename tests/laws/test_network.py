"""The laws of networks, security groups and private endpoints."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from azure.mgmt.network import NetworkManagementClient

from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]

NETWORK = "Microsoft.Network/virtualNetworks"
ENDPOINT = "Microsoft.Network/privateEndpoints"
RULE = "Microsoft.Network/networkSecurityGroups/securityRules"
ELSEWHERE = "westeurope"


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


@pytest.fixture(scope="module")
def network(azure: Azure, group: str) -> str:
    """A network with one subnet, 10.0.0.0/24."""
    made = azure.network(group)
    azure.subnet(made, "first", "10.0.0.0/24")
    return made


@pytest.fixture(scope="module")
def vault(azure: Azure, group: str) -> str:
    return azure.vault(group)


def new(group: str, kind: str) -> str:
    """A path in Microsoft.Network that nobody has."""
    return f"{group}/providers/Microsoft.Network/{kind}/n-{uuid.uuid4().hex[:8]}"


def in_range(prefix: str, **properties: Any) -> dict[str, Any]:
    return {"properties": {"addressPrefix": prefix, **properties}}


# Networks and subnets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "bad", "good"),
    [
        pytest.param(law, bad, good, id=law, marks=pytest.mark.law(law))
        for law, bad, good in (
            ("net-overlap", "10.0.0.128/25", "10.0.1.0/24"),
            ("net-outside", "10.9.0.0/24", "10.0.2.0/24"),
            ("net-prefix", "10.0.3", "10.0.3.0/24"),
            ("net-host-bits", "10.0.4.7/24", "10.0.4.0/24"),
        )
    ],
)
def test_an_address_plan_is_judged(
    azure: Azure, refused: Expect, network: str, law: str, bad: str, good: str
) -> None:
    with refused(law):
        azure.put(f"{network}/subnets/{law}", in_range(bad))
    azure.put(f"{network}/subnets/{law}", in_range(good))


@pytest.mark.law("net-parallel")
def test_subnets_are_made_one_after_the_other(azure: Azure, refused: Expect, network: str) -> None:
    """azure-native tries this again, so that its users seldom see it: by REST."""
    with azure.held(f"{NETWORK}/subnets"):
        azure.rest("PUT", f"{network}/subnets/one", in_range("10.0.10.0/24")).raise_for_status()
        second = azure.rest("PUT", f"{network}/subnets/two", in_range("10.0.11.0/24"))
        refused("net-parallel").by(second)
        refused("net-parallel").by(azure.rest("DELETE", f"{network}/subnets/first"))
    azure.put(f"{network}/subnets/two", in_range("10.0.11.0/24"))


@pytest.mark.law("net-parallel")
def test_an_endpoint_is_made_beside_no_subnet(
    azure: Azure, refused: Expect, group: str, network: str, vault: str
) -> None:
    body = azure.endpoint_body(f"{network}/subnets/first", vault, "vault")
    with azure.held(f"{NETWORK}/subnets"):
        azure.rest("PUT", f"{network}/subnets/three", in_range("10.0.12.0/24")).raise_for_status()
        refused("net-parallel").by(azure.rest("PUT", new(group, "privateEndpoints"), body))
    endpoint = new(group, "privateEndpoints")
    with azure.held(ENDPOINT, verb="create"):
        azure.rest("PUT", endpoint, body).raise_for_status()
        assert azure.get(endpoint)["properties"]["provisioningState"] == "Creating"
        refused("net-parallel").by(azure.rest("PUT", f"{network}/subnets/four", in_range("10.0.13.0/24")))
    azure.put(f"{network}/subnets/four", in_range("10.0.13.0/24"))
    azure.delete(endpoint)


@pytest.mark.law("net-subnet-in-use", "net-prefix-in-use")
def test_a_subnet_stays_while_something_stands_in_it(
    azure: Azure, refused: Expect, group: str, network: str, vault: str
) -> None:
    networks = azure.sdk(NetworkManagementClient)
    subnet = azure.subnet(network, "used", "10.0.20.0/24")
    endpoint = new(group, "privateEndpoints")
    azure.put(endpoint, azure.endpoint_body(subnet, vault, "vault"))
    with refused("net-subnet-in-use"):
        networks.subnets.begin_delete(group.rpartition("/")[2], "vnet", "used").result()
    with refused("net-prefix-in-use"):
        azure.put(subnet, in_range("10.0.21.0/24"))
    azure.delete(endpoint)
    azure.put(subnet, in_range("10.0.21.0/24"))
    networks.subnets.begin_delete(group.rpartition("/")[2], "vnet", "used").result()


@pytest.mark.law("net-reference")
def test_a_subnet_and_its_security_group_are_in_one_region(
    azure: Azure, refused: Expect, group: str, network: str
) -> None:
    path, subnet = new(group, "networkSecurityGroups"), f"{network}/subnets/guarded"
    body = in_range("10.0.30.0/24", networkSecurityGroup={"id": azure.base + path})
    with refused("net-reference"):
        azure.put(subnet, body)
    azure.put(path, {"location": ELSEWHERE})
    with refused("net-reference"):
        azure.put(subnet, body)
    azure.delete(path)
    azure.put(path, {"location": REGION})
    azure.put(subnet, body)


# Security groups -----------------------------------------------------------------------------------------------


def rule(name: str, priority: int, direction: str = "Inbound") -> dict[str, Any]:
    properties = {
        "priority": priority,
        "direction": direction,
        "access": "Deny",
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    }
    return {"name": name, "properties": properties}


@pytest.mark.law("nsg-conflict")
def test_two_rules_of_one_direction_have_two_priorities(azure: Azure, refused: Expect, group: str) -> None:
    path = new(group, "networkSecurityGroups")
    with refused("nsg-conflict"):
        azure.put(
            path, {"location": REGION, "properties": {"securityRules": [rule("a", 100), rule("b", 100)]}}
        )
    rules = [rule("a", 100), rule("b", 100, "Outbound"), rule("c", 101)]
    azure.put(path, {"location": REGION, "properties": {"securityRules": rules}})


@pytest.mark.law("nsg-conflict", "net-parallel")
def test_a_rule_of_its_own_is_judged_beside_those_of_its_group(
    azure: Azure, refused: Expect, group: str
) -> None:
    path = new(group, "networkSecurityGroups")
    owner, name = group.rpartition("/")[2], path.rpartition("/")[2]
    networks: Any = azure.sdk(NetworkManagementClient)
    azure.put(path, {"location": REGION, "properties": {"securityRules": [rule("a", 100)]}})

    def write(one: dict[str, Any]) -> Any:
        return networks.security_rules.begin_create_or_update(owner, name, one["name"], one)

    with refused("nsg-conflict"):
        write(rule("b", 100))
    made = write(rule("b", 101)).result()
    assert (made.name, made.priority, made.destination_port_ranges) == ("b", 101, [])
    assert [one.name for one in networks.security_rules.list(owner, name)] == ["a", "b"]
    shown = networks.network_security_groups.get(owner, name).security_rules
    assert [(one.name, one.etag) for one in shown or []][1:] == [("b", made.etag)]
    with azure.held(RULE):
        azure.rest("PUT", f"{path}/securityRules/c", rule("c", 102)).raise_for_status()
        with refused("net-parallel"):
            write(rule("d", 103))
        with refused("net-parallel"):
            networks.security_rules.begin_delete(owner, name, "a")
    write(rule("d", 103)).result()
    networks.security_rules.begin_delete(owner, name, "a").result()
    assert [one.name for one in networks.security_rules.list(owner, name)] == ["b", "c", "d"]


@pytest.mark.law("net-duplicate")
def test_rules_and_subnets_have_names_of_their_own(azure: Azure, refused: Expect, group: str) -> None:
    """In the body of their parent; as resources of their own the second is an update of the first."""
    security, network = new(group, "networkSecurityGroups"), new(group, "virtualNetworks")
    space = {"addressSpace": {"addressPrefixes": ["10.8.0.0/16"]}}
    prefixes = ("10.8.0.0/24", "10.8.1.0/24")
    parents: list[tuple[str, str, list[dict[str, Any]], dict[str, Any]]] = [
        (security, "securityRules", [rule("x", 100), rule("X", 101)], {}),
        (network, "subnets", [{"name": "x", **in_range(prefix)} for prefix in prefixes], space),
    ]
    for path, key, inside, more in parents:
        body = {"location": REGION, "properties": {**more, key: inside}}
        with refused("net-duplicate"):
            azure.put(path, body)
        inside[1]["name"] = "y"
        azure.put(path, body)


@pytest.mark.law("nsg-in-use")
def test_a_security_group_stays_while_a_subnet_has_it(
    azure: Azure, refused: Expect, group: str, network: str
) -> None:
    path = new(group, "networkSecurityGroups")
    azure.put(path, {"location": REGION})
    azure.subnet(network, "under", "10.0.31.0/24", networkSecurityGroup={"id": azure.base + path})
    with refused("nsg-in-use"):
        azure.delete(path)
    azure.subnet(network, "under", "10.0.31.0/24")
    azure.delete(path)


# Private endpoints ---------------------------------------------------------------------------------------------


@pytest.mark.law("cog-pe-accepted")
def test_an_endpoint_waits_for_its_account(azure: Azure, refused: Expect, group: str, network: str) -> None:
    """The network provider learns late that the account is done: the account itself says so by then."""
    endpoint, subnet = new(group, "privateEndpoints"), f"{network}/subnets/first"
    with azure.fact("accepted-lag-seconds", 10**6):
        account = azure.account(group)
        assert azure.get(account)["properties"]["provisioningState"] == "Succeeded"
        with refused("cog-pe-accepted"):
            azure.put(endpoint, azure.endpoint_body(subnet, account, "account"))
    with azure.held("Microsoft.CognitiveServices/accounts"):
        azure.rest("PATCH", account, {"tags": {"a": "b"}}).raise_for_status()
        with refused("cog-pe-accepted"):
            azure.put(endpoint, azure.endpoint_body(subnet, account, "account"))
    with azure.fact("accepted-lag-seconds", 0):
        azure.put(endpoint, azure.endpoint_body(subnet, account, "account"))


@pytest.mark.law("cog-pe-no-subdomain", "pe-group")
def test_an_endpoint_leads_to_an_account_with_a_name_of_its_own(
    azure: Azure, refused: Expect, group: str, network: str
) -> None:
    endpoint, subnet = new(group, "privateEndpoints"), f"{network}/subnets/first"
    plain = f"{group}/providers/Microsoft.CognitiveServices/accounts/ai-{uuid.uuid4().hex[:8]}"
    azure.put(plain, {"location": REGION, "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}})
    with azure.fact("accepted-lag-seconds", 0):
        with refused("cog-pe-no-subdomain"):
            azure.put(endpoint, azure.endpoint_body(subnet, plain, "account"))
        named = azure.account(group)
        with refused("pe-group"):
            azure.put(endpoint, azure.endpoint_body(subnet, named, "vault"))
        azure.put(endpoint, azure.endpoint_body(subnet, named, "account"))


@pytest.mark.law("net-subnet-full")
def test_a_subnet_has_five_addresses_less_than_its_range(
    azure: Azure, refused: Expect, group: str, network: str, vault: str
) -> None:
    subnet = azure.subnet(network, "small", "10.0.40.0/29")
    body = azure.endpoint_body(subnet, vault, "vault")
    *fit, much = [new(group, "privateEndpoints") for _ in range(4)]
    for endpoint in fit:
        azure.put(endpoint, body)
    with refused("net-subnet-full"):
        azure.put(much, body)
    azure.delete(fit[0])
    azure.put(much, body)


# What is not done yet ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "path", "body"),
    [
        pytest.param(kind, path, body, id=kind.rpartition("/")[2])
        for kind, path, body in (
            (NETWORK, "virtualNetworks/slow", {"addressSpace": {"addressPrefixes": ["10.7.0.0/16"]}}),
            (f"{NETWORK}/subnets", "virtualNetworks/vnet/subnets/slow", {"addressPrefix": "10.0.50.0/24"}),
            ("Microsoft.Network/networkSecurityGroups", "networkSecurityGroups/slow", {}),
            (RULE, "networkSecurityGroups/fixed/securityRules/slow", rule("slow", 100)["properties"]),
            ("Microsoft.Network/publicIPAddresses", "publicIPAddresses/slow", {}),
            ("Microsoft.Network/privateDnsZones", "privateDnsZones/slow.example", {}),
        )
    ],
)
def test_what_is_written_or_deleted_shows_that_it_is_under_way(
    azure: Azure, network: str, group: str, kind: str, path: str, body: dict[str, Any]
) -> None:
    whole = f"{group}/providers/Microsoft.Network/{path}"
    if kind == RULE:
        azure.put(whole.partition("/securityRules")[0], {"location": REGION})
    location = "global" if "Dns" in kind else REGION
    wanted: dict[str, Any] = {"properties": body}
    if kind not in (RULE, f"{NETWORK}/subnets"):
        wanted["location"] = location

    def state() -> str:
        return str(azure.get(whole)["properties"]["provisioningState"])

    for method, meanwhile in (("PUT", "Creating"), ("PUT", "Updating"), ("DELETE", "Deleting")):
        with azure.held(kind):
            azure.rest(method, whole, wanted if method == "PUT" else None).raise_for_status()
            assert state() == meanwhile
        if method == "PUT":
            assert state() == "Succeeded"
    assert azure.rest("GET", whole).status_code == 404
