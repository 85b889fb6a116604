"""Networks, private endpoints and private DNS: what Azure makes of them, refuses, and leads where."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.arm.faults import Fault
from offline.arm.held_subnets import hold
from offline.arm.ids import ResourceId
from offline.arm.network_view import private_target
from tests.offline.arm_rig import Rig, account_body, error, network_body

ZONES = (
    "privatelink.openai.azure.com",
    "privatelink.cognitiveservices.azure.com",
    "privatelink.services.ai.azure.com",
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    yield started
    started.stop()


def zone(rig: Rig, group: str, name: str = ZONES[0]) -> str:
    path = f"{group}/providers/Microsoft.Network/privateDnsZones/{name}"
    rig.make(path, {"location": "global"})
    return path


def link_body(rig: Rig, network: str) -> dict[str, Any]:
    properties = {"virtualNetwork": {"id": rig.base + network}, "registrationEnabled": False}
    return {"location": "global", "properties": properties}


def link(rig: Rig, zone_path: str, network: str, name: str = "link") -> str:
    path = f"{zone_path}/virtualNetworkLinks/{name}"
    rig.make(path, link_body(rig, network))
    return path


def zone_group_body(rig: Rig, *zones: str) -> dict[str, Any]:
    return {
        "properties": {
            "privateDnsZoneConfigs": [
                {
                    "name": path.rsplit("/", 1)[-1].replace(".", "-"),
                    "properties": {"privateDnsZoneId": rig.base + path},
                }
                for path in zones
            ]
        }
    }


def rule(name: str, priority: int, direction: str = "Inbound") -> dict[str, Any]:
    """A security rule, as it stands in its group."""
    properties = {
        "protocol": "Tcp",
        "access": "Allow",
        "direction": direction,
        "priority": priority,
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    return {"name": name, "properties": properties}


def security_body(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"location": "southcentralus", "properties": {"securityRules": list(rules)}}


class Reached:
    """A network with a private endpoint to an account, its zones, links and records."""

    def __init__(self, rig: Rig) -> None:
        self.group = rig.group()
        self.network = rig.network(self.group)
        self.subnet = rig.subnet(self.network, "pe", "10.0.1.0/24")
        self.account = rig.account(self.group)
        self.zones = [zone(rig, self.group, name) for name in ZONES]
        self.links = [link(rig, path, self.network) for path in self.zones]
        self.endpoint = f"{self.group}/providers/Microsoft.Network/privateEndpoints/pe-1"
        rig.make(self.endpoint, rig.endpoint_body(self.subnet, self.account))
        self.zone_group = f"{self.endpoint}/privateDnsZoneGroups/default"
        rig.make(self.zone_group, zone_group_body(rig, *self.zones))


def target(rig: Rig, network: str, host: str = "ai-1.openai.azure.com") -> tuple[str, str | None]:
    found = rig.inside(lambda: private_target(rig.store, rig.base + network, host))
    return found.outcome, found.resource_id


class TestNetworks:
    def test_subnets_are_shown_inside_their_network(self, rig: Rig) -> None:
        network = rig.network(rig.group())
        delegation = {"name": "app", "properties": {"serviceName": "Microsoft.App/environments"}}
        rig.subnet(network, "apps", "10.0.0.0/23", delegations=[delegation])
        shown = rig.see(network)
        subnet = shown["properties"]["subnets"][0]
        assert subnet["id"] == f"{rig.base}{network}/subnets/apps"
        assert subnet["properties"]["addressPrefix"] == "10.0.0.0/23"
        assert subnet["properties"]["privateEndpointNetworkPolicies"] == "Disabled"
        assert subnet["properties"]["delegations"][0]["properties"] == {
            "provisioningState": "Succeeded",
            "serviceName": "Microsoft.App/environments",
            "actions": ["Microsoft.Network/virtualNetworks/subnets/join/action"],
        }
        assert shown["etag"].startswith('W/"')
        assert "systemData" not in shown

    def test_a_put_without_subnets_keeps_them_and_one_with_them_replaces_them(self, rig: Rig) -> None:
        network = rig.network(rig.group())
        rig.subnet(network, "one", "10.0.0.0/24")
        assert len(rig.make(network, network_body())["properties"]["subnets"]) == 1
        body = network_body()
        body["properties"]["subnets"] = [{"name": "two", "properties": {"addressPrefix": "10.0.2.0/24"}}]
        assert [s["name"] for s in rig.make(network, body)["properties"]["subnets"]] == ["two"]
        assert rig.ask("GET", f"{network}/subnets/one").status_code == 404

    def test_two_writes_at_once_under_one_network_collide(self, rig: Rig) -> None:
        network = rig.network(rig.group())
        rig.run_at(speed=10)
        first = rig.start(f"{network}/subnets/one", {"properties": {"addressPrefix": "10.0.0.0/24"}})
        second = {"properties": {"addressPrefix": "10.0.1.0/24"}}
        status, code, message = error(rig.ask("PUT", f"{network}/subnets/two", second))
        operation = first.headers["Azure-AsyncOperation"].rsplit("/", 1)[-1].split("?")[0]
        assert (status, code) == (409, "AnotherOperationInProgress")
        assert message.startswith(
            "Another operation on this or dependent resource is in progress. To retrieve status"
        )
        assert operation in message
        assert error(rig.ask("DELETE", network))[1] == "AnotherOperationInProgress"
        rig.ended(first)
        assert rig.ask("PUT", f"{network}/subnets/two", second).status_code == 201

    @pytest.mark.parametrize(
        ("prefix", "code", "message"),
        [
            pytest.param(
                "10.0.0.128/25",
                "NetcfgSubnetRangesOverlap",
                "Subnet 'new' is not valid because its IP address range overlaps with that of an existing subnet in "
                "virtual network 'vnet'.",
                id="net-overlap",
            ),
            pytest.param(
                "10.1.0.0/24",
                "NetcfgSubnetRangeOutsideVnet",
                "Subnet 'new' is not valid because its IP address range is outside the IP address range of virtual "
                "network 'vnet'.",
                id="net-outside",
            ),
            pytest.param(
                "10.0.2.1/24",
                "InvalidCIDRNotation",
                "The address prefix 10.0.2.1/24 in resource {id} has an invalid CIDR notation. "
                "For the given prefix length, the address prefix should be 10.0.2.0/24.",
                id="net-host-bits",
            ),
            pytest.param(
                "10.0.2/24",
                "InvalidAddressPrefixFormat",
                "Address prefix 10.0.2/24 of resource {id} is not formatted correctly. "
                "It should follow CIDR notation, for example 10.0.0.0/24.",
                id="net-prefix",
            ),
        ],
    )
    def test_an_address_plan_that_cannot_be_is_refused(
        self, rig: Rig, prefix: str, code: str, message: str
    ) -> None:
        network = rig.network(rig.group())
        rig.subnet(network, "old", "10.0.0.0/24")
        path = f"{network}/subnets/new"
        refused = rig.ask("PUT", path, {"properties": {"addressPrefix": prefix}})
        assert error(refused) == (400, code, message.replace("{id}", rig.base + path))
        assert rig.start(path, {"properties": {"addressPrefix": "10.0.2.0/24"}}).status_code == 201

    def test_a_network_cannot_shrink_away_from_its_subnets(self, rig: Rig) -> None:
        network = rig.network(rig.group())
        rig.subnet(network, "s", "10.0.200.0/24")
        assert (
            error(rig.ask("PUT", network, network_body("10.0.0.0/17")))[1] == "NetcfgSubnetRangeOutsideVnet"
        )
        assert rig.ask("PUT", network, network_body("10.0.128.0/17")).status_code == 200

    def test_a_used_subnet_stays(self, rig: Rig) -> None:
        group = rig.group()
        network = rig.network(group)
        subnet = rig.subnet(network, "pe", "10.0.1.0/24")
        endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"
        rig.make(endpoint, rig.endpoint_body(subnet, rig.account(group)))
        for path in (subnet, network):
            status, code, message = error(rig.ask("DELETE", path))
            assert (status, code) == (400, "InUseSubnetCannotBeDeleted")
            assert message.startswith(
                f"Subnet pe is in use by {rig.base}{group}/providers/Microsoft.Network/networkInterf"
            )
        moved = rig.ask("PUT", subnet, {"properties": {"addressPrefix": "10.0.2.0/24"}})
        assert error(moved) == (
            400,
            "InUsePrefixCannotBeDeleted",
            "IpPrefix 10.0.1.0/24 on Subnet pe has active allocations and cannot be deleted.",
        )
        rig.remove(endpoint)
        assert rig.remove(subnet)["status"] == "Succeeded"

    def test_a_deleted_environment_holds_its_subnet_for_a_while(self, rig: Rig) -> None:
        subnet = rig.subnet(rig.network(rig.group()), "apps", "10.0.0.0/23")
        subnet_id = ResourceId(rig.base + subnet)
        rig.inside(lambda: hold(rig.store, subnet_id, owner="env", until=9e9))
        assert "serviceAssociationLinks/legionservicelink" in error(rig.ask("DELETE", subnet))[2]
        rig.inside(lambda: hold(rig.store, subnet_id, owner="env", until=0))
        assert rig.remove(subnet)["status"] == "Succeeded"

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            pytest.param(
                "virtualNetworks",
                {
                    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                    "subnets": [
                        {"name": "twice", "properties": {"addressPrefix": "10.0.0.0/24"}},
                        {"name": "Twice", "properties": {"addressPrefix": "10.0.1.0/24"}},
                    ],
                },
                id="subnets",
            ),
            pytest.param(
                "networkSecurityGroups",
                {"securityRules": [rule("twice", 100), rule("Twice", 101)]},
                id="security rules",
            ),
        ],
    )
    def test_what_stands_in_its_parent_has_a_name_of_its_own(
        self, rig: Rig, kind: str, body: dict[str, Any]
    ) -> None:
        path = f"{rig.group()}/providers/Microsoft.Network/{kind}/parent"
        refused = rig.ask("PUT", path, {"location": "southcentralus", "properties": body})
        assert error(refused) == (400, "InvalidRequestFormat", "Cannot parse the request.")
        assert refused.json()["error"]["details"] == [
            {
                "code": "DuplicateResourceName",
                "message": "Resource /subscriptions//resourceGroups//providers/Microsoft.Network/"
                f"{kind}/ has two child resources with the same name (Twice).",
            }
        ]
        assert rig.ask("GET", path).status_code == 404

    def test_a_security_group_in_use_stays(self, rig: Rig) -> None:
        group = rig.group()
        security = f"{group}/providers/Microsoft.Network/networkSecurityGroups/nsg"
        rig.make(security, {"location": "southcentralus"})
        network = rig.network(group)
        subnet = rig.subnet(network, "s", "10.0.0.0/24", networkSecurityGroup={"id": rig.base + security})
        assert rig.see(security)["properties"]["subnets"] == [{"id": rig.base + subnet}]
        status, code, message = error(rig.ask("DELETE", security))
        assert (status, code) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
        assert f"in use by the following resources: {rig.base}{subnet}." in message
        rig.remove(subnet)
        assert rig.remove(security)["status"] == "Succeeded"

    def test_a_subnet_names_a_security_group_that_is_there(self, rig: Rig) -> None:
        network = rig.network(rig.group())
        path, missing = (
            f"{network}/subnets/s",
            f"{rig.base}/resourceGroups/rg/providers/Microsoft.Network/x/y",
        )
        body = {"properties": {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": missing}}}
        assert error(rig.ask("PUT", path, body)) == (
            400,
            "InvalidResourceReference",
            f"Resource {missing} referenced by resource {rig.base}{path} was not found. Please make sure that the "
            "referenced resource exists, and that both resources are in the same region.",
        )

    def test_public_addresses_come_from_a_range_that_leads_nowhere(self, rig: Rig) -> None:
        path = f"{rig.group()}/providers/Microsoft.Network/publicIPAddresses/ip"
        body = {"location": "southcentralus", "properties": {"publicIPAllocationMethod": "Static"}}
        first = rig.make(path, body)["properties"]["ipAddress"]
        assert first.startswith("203.0.113.")
        assert rig.make(path, body)["properties"]["ipAddress"] == first
        assert rig.make(f"{path}2", body)["properties"]["ipAddress"] != first


class TestSecurityRules:
    @pytest.fixture
    def security(self, rig: Rig) -> str:
        """A group with a rule in its body, and one of its own."""
        path = f"{rig.group()}/providers/Microsoft.Network/networkSecurityGroups/nsg"
        rig.make(path, security_body(rule("inline", 100)))
        rig.make(f"{path}/securityRules/own", {"properties": rule("own", 110)["properties"]})
        return path

    def test_rules_are_shown_inside_their_group_and_by_themselves(self, rig: Rig, security: str) -> None:
        shown = rig.see(security)["properties"]
        assert [inside["name"] for inside in shown["securityRules"]] == ["inline", "own"]
        assert len(shown["defaultSecurityRules"]) == 6
        for inside in shown["securityRules"]:
            assert rig.see(f"{security}/securityRules/{inside['name']}") == inside
        assert rig.see(f"{security}/securityRules")["value"] == shown["securityRules"]

    def test_a_rule_has_defaults_and_a_mark_of_its_own(self, rig: Rig, security: str) -> None:
        path = f"{security}/securityRules/own"
        before = rig.see(path)
        assert before == {
            "name": "own",
            "id": rig.base + path,
            "type": "Microsoft.Network/networkSecurityGroups/securityRules",
            "etag": before["etag"],
            "properties": {
                **rule("own", 110)["properties"],
                "sourceAddressPrefixes": [],
                "destinationAddressPrefixes": [],
                "sourcePortRanges": [],
                "destinationPortRanges": [],
                "provisioningState": "Succeeded",
            },
        }
        assert before["etag"].startswith('W/"')
        after = rig.make(path, {"properties": {**before["properties"], "destinationPortRanges": ["1", "2"]}})
        assert after["etag"] != before["etag"]
        assert after["properties"] == {**before["properties"], "destinationPortRanges": ["1", "2"]}
        stale = rig.ask("PUT", path, {"properties": {}}, headers={"If-Match": before["etag"]})
        assert error(stale)[0] == 412

    def test_a_put_of_the_group_replaces_all_rules_also_one_that_lists_none(
        self, rig: Rig, security: str
    ) -> None:
        kept = rig.see(security)["properties"]["securityRules"][1]
        assert rig.make(security, security_body(kept))["properties"]["securityRules"][0]["name"] == "own"
        assert rig.ask("GET", f"{security}/securityRules/inline").status_code == 404
        assert rig.make(security, {"location": "southcentralus"})["properties"]["securityRules"] == []
        assert rig.ask("GET", f"{security}/securityRules/own").status_code == 404

    def test_a_patch_of_the_group_keeps_the_rules_that_it_does_not_name(
        self, rig: Rig, security: str
    ) -> None:
        before = rig.see(security)["properties"]["securityRules"]
        rig.ended(rig.ask("PATCH", security, {"tags": {"a": "b"}}))
        after = rig.see(security)
        assert after["tags"] == {"a": "b"}
        assert [r["properties"] for r in after["properties"]["securityRules"]] == [
            r["properties"] for r in before
        ]

    def test_a_rule_keeps_its_first_spelling(self, rig: Rig, security: str) -> None:
        made = rig.make(f"{security}/securityRules/OWN", {"properties": rule("own", 120)["properties"]})
        assert (made["name"], made["id"]) == ("own", f"{rig.base}{security}/securityRules/own")
        assert [r["name"] for r in rig.see(security)["properties"]["securityRules"]] == ["inline", "own"]

    def test_a_group_can_be_put_as_a_get_has_shown_it(self, rig: Rig, security: str) -> None:
        """That is what azure-native does at an update of a group whose program says nothing of its rules."""
        before = rig.see(security)
        after = rig.make(security, {**before, "tags": {"a": "b"}})
        assert after["tags"] == {"a": "b"}
        assert [r["properties"] for r in after["properties"]["securityRules"]] == [
            r["properties"] for r in before["properties"]["securityRules"]
        ]

    def test_rules_with_one_priority_conflict(self, rig: Rig, security: str) -> None:
        def conflict(first: str, second: str) -> tuple[int, str, str]:
            text = (
                f"Security rule {first} conflicts with rule {second}. Rules cannot have the same Priority and "
                "Direction. To learn more, see aka.ms/nsgrules."
            )
            return 400, "SecurityRuleConflict", text

        both = security_body(rule("one", 100), rule("two", 100))
        assert error(rig.ask("PUT", security, both)) == conflict("two", "one")
        third = f"{security}/securityRules/third"
        for taken, by in ((100, "inline"), (110, "own")):
            body = {"properties": rule("third", taken)["properties"]}
            assert error(rig.ask("PUT", third, body)) == conflict("third", by)
        rig.make(third, {"properties": rule("third", 110, "Outbound")["properties"]})
        # A rule does not conflict with itself.
        rig.make(third, {"properties": rule("third", 110, "Outbound")["properties"]})

    def test_a_write_of_one_rule_excludes_the_others_and_the_group(self, rig: Rig, security: str) -> None:
        rig.run_at(speed=10)
        first = rig.start(f"{security}/securityRules/a", {"properties": rule("a", 200)["properties"]})
        second = {"properties": rule("b", 201)["properties"]}
        assert rig.see(f"{security}/securityRules/a")["properties"]["provisioningState"] == "Creating"
        for method, path, body in (
            ("PUT", f"{security}/securityRules/b", second),
            ("DELETE", f"{security}/securityRules/own", None),
            ("PUT", security, security_body()),
        ):
            assert error(rig.ask(method, path, body))[:2] == (409, "AnotherOperationInProgress")
        rig.ended(first)
        assert rig.ask("PUT", f"{security}/securityRules/b", second).status_code == 201

    def test_a_rule_goes_alone_and_with_its_group(self, rig: Rig, security: str) -> None:
        own, inline = f"{security}/securityRules/own", f"{security}/securityRules/inline"
        assert rig.remove(own)["status"] == "Succeeded"
        assert rig.ask("DELETE", own).status_code == 204
        assert [r["name"] for r in rig.see(security)["properties"]["securityRules"]] == ["inline"]
        assert rig.remove(security)["status"] == "Succeeded"
        assert rig.inside(lambda: rig.store.get(rig.base + inline)) is None

    def test_a_rule_needs_its_group_and_what_its_type_asks_for(self, rig: Rig, security: str) -> None:
        body = {"properties": rule("own", 110)["properties"]}
        nowhere = f"{security}-gone/securityRules/own"
        assert error(rig.ask("PUT", nowhere, body))[:2] == (404, "ParentResourceNotFound")
        del body["properties"]["priority"]
        status, code, message = error(rig.ask("PUT", f"{security}/securityRules/more", body))
        assert (status, code) == (400, "InvalidRequestContent")
        assert "priority" in message


class TestPrivateEndpoints:
    def test_an_endpoint_takes_an_address_and_is_approved(self, rig: Rig) -> None:
        group = rig.group()
        subnet = rig.subnet(rig.network(group), "pe", "10.0.1.0/24")
        endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"
        made = rig.make(endpoint, rig.endpoint_body(subnet, rig.account(group)))["properties"]
        connection = made["privateLinkServiceConnections"][0]
        assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
        assert made["networkInterfaces"][0]["id"].startswith(
            f"{rig.base}{group}/providers/Microsoft.Network/networkInterfaces/pe.nic."
        )
        assert made["customDnsConfigs"][0] == {"fqdn": "ai-1.openai.azure.com", "ipAddresses": ["10.0.1.4"]}
        assert rig.see(subnet)["properties"]["privateEndpoints"] == [{"id": rig.base + endpoint}]

    def test_an_endpoint_right_after_its_account_is_refused(self, rig: Rig) -> None:
        group = rig.group()
        subnet = rig.subnet(rig.network(group), "pe", "10.0.1.0/24")
        account = f"{group}/providers/Microsoft.CognitiveServices/accounts/ai-1"
        rig.run_at(speed=40)
        made = rig.start(account, account_body("ai-1"), query={"api-version": "2025-06-01"})
        endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"
        body = rig.endpoint_body(subnet, account)
        refusal = (
            400,
            "AccountProvisioningStateInvalid",
            "Call to Microsoft.CognitiveServices/accounts failed. Error message: "
            f"Account {rig.base}{account} in state Accepted",
        )
        assert error(rig.ask("PUT", endpoint, body)) == refusal
        rig.run_at(speed=1)
        assert rig.ended(made)["status"] == "Succeeded"
        # Its own GET says Succeeded, the network provider does not know yet.
        assert error(rig.ask("PUT", endpoint, body)) == refusal
        rig.run_at(speed=2000)
        while (reply := rig.ask("PUT", endpoint, body)).status_code != 201:
            assert error(reply) == refusal

    def test_an_endpoint_needs_a_host_name_a_group_and_a_target(self, rig: Rig) -> None:
        group = rig.group()
        subnet = rig.subnet(rig.network(group), "pe", "10.0.1.0/24")
        account = rig.account(group)
        nameless = rig.account(group, "nameless", customSubDomainName=None)
        endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"

        def refused(to: str, group_id: str = "account") -> str:
            return error(rig.ask("PUT", endpoint, rig.endpoint_body(subnet, to, group_id)))[1]

        assert refused(nameless) == "AccountCustomSubDomainNameNotSet"
        assert refused(account, "openai") == "InvalidPrivateLinkGroupId"
        assert refused(f"{account}-none") == "ResourceNotFound"
        assert rig.start(endpoint, rig.endpoint_body(subnet, account)).status_code == 201

    def test_an_endpoint_stands_in_its_networks_region(self, rig: Rig) -> None:
        group = rig.group()
        network = rig.network(group)
        subnet = rig.subnet(network, "pe", "10.0.1.0/24")
        endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"
        body = rig.endpoint_body(subnet, rig.account(group))
        status, code, message = error(rig.ask("PUT", endpoint, {**body, "location": "eastus"}))
        assert (status, code) == (400, "InvalidResourceReference")
        assert message.startswith(
            f"Resource {rig.base}{network} referenced by resource {rig.base}{endpoint} was not"
        )
        assert rig.start(endpoint, body).status_code == 201

    def test_a_full_subnet_takes_no_more(self, rig: Rig) -> None:
        group = rig.group()
        subnet = rig.subnet(rig.network(group), "pe", "10.0.1.0/29")
        account = rig.account(group)
        path = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"
        for number in range(3):
            rig.make(f"{path}-{number}", rig.endpoint_body(subnet, account))
        assert error(rig.ask("PUT", f"{path}-3", rig.endpoint_body(subnet, account))) == (
            400,
            "SubnetIsFull",
            "Subnet pe with address prefix 10.0.1.0/29 does not have enough capacity for 1 IP addresses.",
        )
        rig.remove(f"{path}-1")
        assert rig.start(f"{path}-3", rig.endpoint_body(subnet, account)).status_code == 201

    def test_a_second_zone_group_is_refused(self, rig: Rig) -> None:
        reached = Reached(rig)
        second = rig.ask(
            "PUT", f"{reached.endpoint}/privateDnsZoneGroups/other", zone_group_body(rig, *reached.zones)
        )
        assert error(second)[1:] == (
            "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed",
            "Cannot create more than one private dns zone groups in the private endpoint "
            f"{rig.base}{reached.endpoint}.",
        )
        assert rig.start(reached.zone_group, zone_group_body(rig, *reached.zones)).status_code == 200

    def test_a_zone_group_keeps_the_records_of_its_endpoint(self, rig: Rig) -> None:
        reached = Reached(rig)
        for path in reached.zones:
            record = rig.see(f"{path}/A/ai-1")["properties"]
            assert (record["aRecords"], record["ttl"]) == ([{"ipv4Address": "10.0.1.4"}], 10)
        configs = rig.see(reached.zone_group)["properties"]["privateDnsZoneConfigs"]
        assert configs[0]["properties"]["recordSets"][0]["fqdn"] == f"ai-1.{ZONES[0]}"
        assert rig.see(reached.endpoint)["properties"]["customDnsConfigs"] == []
        rig.make(reached.zone_group, zone_group_body(rig, reached.zones[0]))
        assert rig.ask("GET", f"{reached.zones[1]}/A/ai-1").status_code == 404
        rig.remove(reached.endpoint)
        assert rig.ask("GET", f"{reached.zones[0]}/A/ai-1").status_code == 404


class TestPrivateDns:
    def test_a_zone_with_links_stays(self, rig: Rig) -> None:
        group = rig.group()
        path = zone(rig, group)
        linked = link(rig, path, rig.network(group))
        assert rig.see(path)["properties"]["numberOfVirtualNetworkLinks"] == 1
        assert rig.see(linked)["properties"]["virtualNetworkLinkState"] == "Completed"
        assert error(rig.ask("DELETE", path)) == (
            409,
            "CannotDeleteResource",
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
            f"'{rig.base}{linked}'. Please delete all nested resources before deleting this resource.",
        )
        rig.inside(lambda: rig.store.set_fact("stale-links-seconds", 0))
        rig.remove(linked)
        assert rig.remove(path)["status"] == "Succeeded"

    def test_a_zone_counts_a_link_for_a_moment_after_it_is_gone(self, rig: Rig) -> None:
        group = rig.group()
        path = zone(rig, group)
        linked = link(rig, path, rig.network(group))
        rig.inside(lambda: rig.store.set_fact("stale-links-seconds", 10**6))
        rig.remove(linked)
        assert rig.ask("GET", linked).status_code == 404
        assert error(rig.ask("DELETE", path))[:2] == (409, "CannotDeleteResource")
        assert rig.remove(group)["status"] == "Succeeded", "the delete of the whole group gets over it"

    def test_a_link_and_an_endpoint_work_while_they_are_written_again(self, rig: Rig) -> None:
        reached = Reached(rig)
        rig.inside(lambda: rig.faults.add(Fault(effect="hang", verb="update")))
        linked = {**link_body(rig, reached.network), "tags": {"a": "b"}}
        endpoint = {**rig.endpoint_body(reached.subnet, reached.account), "tags": {"a": "b"}}
        for path, body in ((reached.links[0], linked), (reached.endpoint, endpoint)):
            rig.start(path, body)
            assert rig.see(path)["properties"]["provisioningState"] == "Updating"
        assert target(rig, reached.network)[0] == "reached"
        rig.inside(rig.faults.clear)
        rig.idle()

    def test_a_network_asks_one_zone_of_a_name(self, rig: Rig) -> None:
        one, two = rig.group("one"), rig.group("two")
        network = rig.network(one)
        first, second = zone(rig, one), zone(rig, two)
        link(rig, first, network)
        assert error(rig.ask("PUT", f"{second}/virtualNetworkLinks/l", link_body(rig, network))) == (
            400,
            "BadRequest",
            "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link "
            f"virtual network with '{rig.base}{second}' and '{rig.base}{first}' zones.",
        )
        other = zone(rig, two, ZONES[1])
        assert rig.start(f"{other}/virtualNetworkLinks/l", link_body(rig, network)).status_code == 201

    def test_a_zone_is_global(self, rig: Rig) -> None:
        path = f"{rig.group()}/providers/Microsoft.Network/privateDnsZones/a.internal"
        refused = rig.ask("PUT", path, {"location": "southcentralus"})
        assert error(refused)[1] == "LocationNotAvailableForResourceType"
        assert rig.start(path, {"location": "global"}).status_code == 201

    def test_records_are_written_listed_and_need_content(self, rig: Rig) -> None:
        path = zone(rig, rig.group(), "a.internal")
        body = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "10.0.0.9"}]}}
        assert error(rig.ask("PUT", f"{path}/A/empty", {"properties": {"ttl": 60}}))[:2] == (
            400,
            "BadRequest",
        )
        made = rig.ask("PUT", f"{path}/A/*", body)
        assert (made.status_code, made.json()["properties"]["fqdn"]) == (201, "*.a.internal.")
        assert error(rig.ask("PUT", f"{path}/A/*", body, headers={"If-None-Match": "*"}))[0] == 412
        listed = [item["type"].rsplit("/", 1)[-1] for item in rig.see(f"{path}/ALL")["value"]]
        assert listed == ["SOA", "A"]


BREAKS: list[Any] = [
    pytest.param(lambda rig, r: None, ("reached", True), id="all in place"),
    pytest.param(lambda rig, r: rig.remove(r.links[0]), ("no_zone", False), id="link gone"),
    pytest.param(lambda rig, r: rig.remove(r.zone_group), ("no_record", False), id="records gone"),
    # Without any endpoint the public name has no private alias, so the zone is not asked.
    pytest.param(lambda rig, r: rig.remove(r.endpoint), ("no_zone", False), id="endpoint gone"),
    pytest.param(
        lambda rig, r: rig.make(
            f"{r.zones[0]}/A/ai-1", {"properties": {"ttl": 5, "aRecords": [{"ipv4Address": "10.0.1.200"}]}}
        ),
        ("no_route", False),
        id="record points elsewhere",
    ),
]


@pytest.mark.parametrize(("change", "expected"), BREAKS)
def test_where_a_host_leads_from_a_network(
    rig: Rig, change: Callable[[Rig, Reached], object], expected: tuple[str, bool]
) -> None:
    reached = Reached(rig)
    change(rig, reached)
    outcome, leads_to = expected
    assert target(rig, reached.network) == (outcome, rig.base + reached.account if leads_to else None)


def test_another_network_takes_the_public_side(rig: Rig) -> None:
    reached = Reached(rig)
    other = rig.network(reached.group, "other", "10.9.0.0/16")
    assert target(rig, other) == ("no_zone", None)
    assert target(rig, reached.network, "elsewhere.openai.azure.com") == ("no_zone", None)
    assert target(rig, reached.network, "ai-1.services.ai.azure.com") == (
        "reached",
        rig.base + reached.account,
    )


def test_a_whole_system_goes_with_its_group(rig: Rig) -> None:
    """Apps before their environment, links before their zone, endpoints before their subnet: Azure finds the order."""
    reached = Reached(rig)
    delegation = {"name": "app", "properties": {"serviceName": "Microsoft.App/environments"}}
    apps = rig.subnet(reached.network, "apps", "10.0.4.0/23", delegations=[delegation])
    environment = f"{reached.group}/providers/Microsoft.App/managedEnvironments/env"
    version = {"api-version": "2025-02-02-preview"}
    environment_body = {
        "location": "southcentralus",
        "properties": {
            "vnetConfiguration": {"infrastructureSubnetId": rig.base + apps, "internal": True},
            "workloadProfiles": [{"name": "Consumption", "workloadProfileType": "Consumption"}],
        },
    }
    rig.start(environment, environment_body, query=version)
    rig.idle()
    container = {
        "name": "c",
        "image": "docker.io/library/nginx:1",
        "resources": {"cpu": 0.5, "memory": "1Gi"},
    }
    app_body = {
        "location": "southcentralus",
        "properties": {"environmentId": rig.base + environment, "template": {"containers": [container]}},
    }
    app = f"{reached.group}/providers/Microsoft.App/containerApps/app"
    rig.start(app, app_body, query=version)
    deployment = f"{reached.account}/deployments/gpt"
    model = {"format": "OpenAI", "name": "text-embedding-3-small", "version": "1"}
    deployment_body = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
    rig.start(deployment, deployment_body, query={"api-version": "2025-06-01"})
    rig.idle()
    assert rig.remove(reached.group)["status"] == "Succeeded"
    assert rig.inside(lambda: rig.store.below("/")) == []
    buried = rig.inside(lambda: rig.store.deleted("Microsoft.CognitiveServices/accounts"))
    assert [account.id.name for account in buried] == ["ai-1"]
