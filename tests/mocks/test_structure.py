"""How the program is put together: parents, names, order. The engine rung sees only that it worked once."""

from collections import Counter

from tests.mocks import recording
from tests.mocks.recording import Program, Registration

ACCOUNT_ZONES = {
    "privatelink.openai.azure.com",
    "privatelink.cognitiveservices.azure.com",
    "privatelink.services.ai.azure.com",
}
VAULT_ZONES = {"privatelink.vaultcore.azure.net"}
REDIS_ZONES = {"privatelink.redis.azure.net"}
ZONES = {"ai": ACCOUNT_ZONES, "kv": VAULT_ZONES, "amr": REDIS_ZONES}
"""By the kind of an endpoint's target, as its name has it: `pep-kv-…`."""


def test_only_the_group_and_components_stand_alone(program: Program) -> None:
    """A child without its parent loses the component's `deleted_with`, and its place in every listing."""
    orphans = [found.type for found in program.registrations if found.custom and found.alone]
    assert orphans == ["azure-native:resources:ResourceGroup"]


def test_no_two_resources_share_a_name(program: Program) -> None:
    """The mocks would take two of one URN; the engine stops."""
    assert [
        urn for urn, count in Counter(found.urn for found in program.registrations).items() if count > 1
    ] == []


def test_deployments_of_an_account_come_one_after_the_other(program: Program) -> None:
    """Offline, at some speeds, a parallel write would slip through; in Azure it is RequestConflict."""
    for account in program.of("cognitiveservices:Account"):
        deployments = [
            found
            for found in program.of("cognitiveservices:Deployment")
            if found.inputs["accountName"] == account.inputs["accountName"]
        ]
        assert len(deployments) > 1
        policies = [
            found
            for found in program.of("cognitiveservices:RaiPolicy")
            if found.inputs["accountName"] == account.inputs["accountName"]
        ]
        before = policies[-1] if policies else account
        for deployment in sorted(deployments, key=lambda found: len(list(program.within(found)))):
            assert before.urn in deployment.after
            before = deployment


def test_a_deployment_is_held_to_its_filter_and_others_to_azures_own(prod: Program) -> None:
    """A filter that is made and that no deployment has would let through what the stack says it blocks."""
    for account in prod.of("cognitiveservices:Account"):
        (filtered,) = [
            found for found in prod.of("cognitiveservices:RaiPolicy") if found.parent == account.parent
        ]
        found = {one["name"]: one for one in filtered.inputs["properties"]["contentFilters"]}
        assert found["Indirect Attack"]["blocking"] is found["Indirect Attack"]["enabled"] is True
        assert found["Hate"]["severityThreshold"] == "Medium"
        for deployment in prod.of("cognitiveservices:Deployment"):
            if deployment.parent == account.parent:
                chat = deployment.inputs["properties"]["model"]["name"] == "gpt-5.1"
                named = deployment.inputs["properties"].get("raiPolicyName")
                assert named == ("documents" if chat else None)
                assert filtered.urn in prod.within(deployment)


def test_an_accounts_endpoint_comes_after_its_last_deployment(program: Program) -> None:
    """Earlier, the account is "Accepted" and refuses it, by chance."""
    endpoints = {found.name: found for found in program.of("network:PrivateEndpoint")}
    for account in program.of("cognitiveservices:Account"):
        waits = set(program.within(endpoints[f"pep-{account.name}"]))
        deployments = [
            found for found in program.of("cognitiveservices:Deployment") if found.parent == account.parent
        ]
        assert waits >= {found.urn for found in deployments}


def test_an_endpoint_waits_for_both_subnets(program: Program) -> None:
    """An endpoint writes to the network, as a subnet does, and as its neighbour: AnotherOperationInProgress."""
    subnets = {found.urn for found in program.of("network:Subnet")}
    first, last = sorted(program.of("network:Subnet"), key=lambda found: len(list(program.within(found))))
    assert first.urn in last.after
    for found in program.of("network:PrivateEndpoint"):
        assert set(program.within(found)) >= subnets


def test_the_app_waits_for_everything_that_its_creation_goes_through(program: Program) -> None:
    """Azure reads the vault's secrets while it takes the app: with a role, over an endpoint, by a name."""
    waits = set(program.within(program.one("app:ContainerApp")))
    for kind in (
        "authorization:RoleAssignment",
        "keyvault:Secret",
        "network:PrivateDnsZoneGroup",
        "cognitiveservices:Deployment",
    ):
        assert {found.urn for found in program.of(kind)} <= waits, kind
    links = {found.name: found.urn for found in program.of("privatedns:VirtualNetworkLink")}
    assert {links[zone] for zone in ACCOUNT_ZONES | VAULT_ZONES} <= waits


def test_an_endpoint_has_every_zone_of_its_target(program: Program) -> None:
    """One name without its record leads to the public side, and there to a 403."""
    for group in program.of("network:PrivateDnsZoneGroup"):
        names = {config["name"].replace("-", ".") for config in group.inputs["privateDnsZoneConfigs"]}
        assert names == ZONES[group.name.split("-")[1]]


def test_a_gateway_that_shares_what_it_knows_waits_until_it_can(prod: Program) -> None:
    """Else the first calls count alone, and the log begins with errors."""
    waits = set(prod.within(prod.one("app:ContainerApp")))
    links = {found.name: found.urn for found in prod.of("privatedns:VirtualNetworkLink")}
    endpoint = next(
        found for found in prod.of("network:PrivateDnsZoneGroup") if found.name.startswith("pep-amr-")
    )
    access = prod.one("redisenterprise:AccessPolicyAssignment")
    assert waits >= {access.urn, endpoint.urn, links["privatelink.redis.azure.net"]}


def test_every_port_of_the_endpoints_is_open_to_the_gateway_and_to_nobody_else(
    prod: Program, staging: Program
) -> None:
    """443 alone, and Redis would be asked in vain: nothing offline evaluates these rules."""
    for stack, run, ports in (("staging", staging, ["443"]), ("prod", prod, ["443", "10000"])):
        rules = [
            rule for group in run.of("network:NetworkSecurityGroup") for rule in group.inputs["securityRules"]
        ]
        plan = recording.config_of(stack)["network"]
        endpoints, gateway = plan["privateEndpointSubnet"], plan["gatewaySubnet"]
        for direction in ("Outbound", "Inbound"):
            found = [
                rule
                for rule in rules
                if rule["direction"] == direction
                and rule["access"] == "Allow"
                and rule.get("destinationAddressPrefix") == endpoints
            ]
            assert [rule["destinationPortRange"] for rule in found] == ports
            assert {rule["sourceAddressPrefix"] for rule in found} == {gateway}


def test_the_environment_waits_for_nothing_but_its_own_subnet(program: Program) -> None:
    """It takes the longest of all, so it starts at once, beside accounts, vault and the other subnet."""
    found = [program.by_urn(urn) for urn in program.within(program.one("app:ManagedEnvironment"))]
    assert ["gateway" in one.name for one in found if one.type == "azure-native:network:Subnet"] == [True]
    assert {one.type for one in found} == {
        f"azure-native:{kind}"
        for kind in (
            "resources:ResourceGroup",
            "network:VirtualNetwork",
            "network:NetworkSecurityGroup",
            "network:Subnet",
        )
    }


def test_only_what_outlives_the_group_is_deleted_by_itself(program: Program) -> None:
    """All else goes with the group in one request; a secret's own delete would need the vault's private side."""
    group = program.one("resources:ResourceGroup").urn
    assert all(secret.retained for secret in program.of("keyvault:Secret"))

    def owner(found: Registration) -> str:
        """As the engine hands it down."""
        if found.deleted_with or found.alone:
            return found.deleted_with
        return owner(program.by_urn(found.parent))

    alone = {found.type for found in program.registrations if found.custom and not owner(found)}
    assert alone == {
        "azure-native:resources:ResourceGroup",
        "azure-native:monitor:DiagnosticSetting",
        "random:index/randomPassword:RandomPassword",
        # Hangs on the group, and no source says that it goes with it.
        *(found.type for found in program.of("consumption:Budget")),
    }
    assert {owner(found) for found in program.of("app:ContainerApp")} == {group}


def test_a_renamed_deployment_is_another_resource_and_nothing_else_is(dev: Program) -> None:
    """So the engine makes the new one first and deletes the old one last, after the gateway has moved."""
    old, new = recording.config_of("dev")["deployments"][0]["name"], "chat"
    deployments = [{**entry} for entry in recording.config_of("dev")["deployments"]]
    deployments[0]["name"] = new
    renamed = recording.run("dev", {"deployments": deployments})
    before, after = ({found.urn for found in run.registrations} for run in (dev, renamed))
    assert [urn.split("::")[-1] for urn in before - after] == [f"ai-idha-sbx-scus-001-{old}"]
    assert [urn.split("::")[-1] for urn in after - before] == [f"ai-idha-sbx-scus-001-{new}"]


def test_another_model_under_the_same_name_replaces_the_deployment(program: Program) -> None:
    """Azure refuses it in place, and azure-native's schema does not say so."""
    for deployment in program.of("cognitiveservices:Deployment"):
        assert deployment.replace_on == ("properties.model.name",)


def test_another_network_replaces_the_environment(program: Program) -> None:
    """Azure answers 200 and changes nothing, which no engine can see."""
    assert program.one("app:ManagedEnvironment").replace_on == ("vnetConfiguration",)


def test_security_rules_of_a_direction_have_priorities_and_names_of_their_own(program: Program) -> None:
    """Azure refuses a second rule of one priority or name."""
    for group in program.of("network:NetworkSecurityGroup"):
        rules = group.inputs["securityRules"]
        assert len({rule["name"] for rule in rules}) == len(rules)
        assert len({(rule["direction"], rule["priority"]) for rule in rules}) == len(rules)


def test_callers_are_the_listed_ranges_and_without_a_list_the_network(dev: Program, staging: Program) -> None:
    """A list that was taken and not applied would leave an internal gateway open to all that is peered."""
    listed = recording.run("staging", {"ingress": {"visibility": "internal", "allow": ["10.0.8.0/24"]}})
    callers = [
        next(
            (rule.get("sourceAddressPrefix"), rule.get("sourceAddressPrefixes"))
            for group in run.of("network:NetworkSecurityGroup")
            for rule in group.inputs["securityRules"]
            if rule["name"] == "in-callers"
        )
        for run in (dev, staging, listed)
    ]
    assert callers == [(None, ["203.0.113.0/24"]), ("VirtualNetwork", None), (None, ["10.0.8.0/24"])]


def test_an_endpoint_stands_in_the_gateways_network_even_for_an_account_elsewhere(prod: Program) -> None:
    """Its location is the network's; the account's own region would be refused."""
    assert {found.inputs["location"] for found in prod.of("cognitiveservices:Account")} == {
        "eastus2",
        "southcentralus",
    }
    assert {found.inputs["location"] for found in prod.of("network:PrivateEndpoint")} == {"eastus2"}
