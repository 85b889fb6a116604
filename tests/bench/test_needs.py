"""Which edges hold, from requests and laws; not from the program's own order."""

import pytest

from bench import needs
from bench.chain import Apart, Edge
from bench.record import Operation
from offline.arm.registry import KINDS
from offline.laws import laws
from tests.bench.made_up import (
    ACCOUNT,
    APP,
    ENDPOINT,
    ENVIRONMENT,
    GROUP,
    IDENTITY,
    NETWORK,
    VAULT,
    ZONE,
    operation,
)

SECRET = f"{VAULT}/secrets/master-key"
ROLE = f"{SECRET}/providers/Microsoft.Authorization/roleAssignments/0b3c"
NAMES = f"{ENDPOINT}/privateDnsZoneGroups/default"
LINK = f"{ZONE}/virtualNetworkLinks/net"
SECRET_URL = "https://kv.vault.azure.net/secrets/master-key"


def held(*everything: Operation) -> set[tuple[str, str, str]]:
    """(before, after, why), by the ids as they were written."""
    text = {found.id.key: found.id.text for found in everything}
    return {(text[edge.before], text[edge.after], edge.reason) for edge in needs.edges(everything)}


def test_every_rule_is_a_law_that_is_enforced() -> None:
    enforced = {law.id for law in laws()}
    assert {rule.law for rule in needs.RULES} | {one.law for one in needs.ONE_AT_A_TIME} <= enforced


def test_every_rule_speaks_of_types_that_there_are() -> None:
    types = {kind.type for kind in KINDS.values()}
    named = {rule.first for rule in needs.RULES} | {rule.then for rule in needs.RULES}
    assert named | {one.type for one in needs.ONE_AT_A_TIME} <= types


def test_a_resource_comes_after_what_it_lies_in() -> None:
    """Its group, its parent, and for an extension the resource that it hangs on."""
    setting = f"{NETWORK}/providers/Microsoft.Insights/diagnosticSettings/logs"
    subnet = f"{NETWORK}/subnets/one"
    assert held(operation(GROUP), operation(NETWORK), operation(subnet), operation(setting)) == {
        (GROUP, NETWORK, needs.LIES_IN),
        (GROUP, subnet, needs.LIES_IN),
        (NETWORK, subnet, needs.LIES_IN),
        (GROUP, setting, needs.LIES_IN),
        (NETWORK, setting, needs.LIES_IN),
    }


def test_a_resource_comes_after_what_its_request_names() -> None:
    """In any case, and the longest id that fits: a subnet is meant, not also its network."""
    subnet = f"{NETWORK}/subnets/one"
    environment = operation(ENVIRONMENT, subnet.upper())
    assert (subnet, ENVIRONMENT, needs.NAMES) in held(operation(NETWORK), operation(subnet), environment)
    assert (NETWORK, ENVIRONMENT, needs.NAMES) not in held(operation(NETWORK), operation(subnet), environment)


def test_a_name_that_begins_alike_is_another_resource() -> None:
    assert held(operation(NETWORK), operation(ENVIRONMENT, f"{NETWORK}-2/subnets/one")) == set()


def test_a_resource_comes_after_what_gave_out_a_value_that_it_holds() -> None:
    """The environment's domain is the name of a zone: in its path."""
    zone = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/calm-sea-1.eastus2.azurecontainerapps.io"
    environment = operation(ENVIRONMENT, produced=["calm-sea-1.eastus2.azurecontainerapps.io"])
    assert held(environment, operation(zone)) == {(ENVIRONMENT, zone, needs.OUTPUT)}


def test_an_endpoint_comes_after_its_account_and_all_that_is_deployed_in_it() -> None:
    deployment, elsewhere = f"{ACCOUNT}/deployments/gpt", f"{ACCOUNT}-2/deployments/gpt"
    found = held(
        operation(ACCOUNT), operation(deployment), operation(elsewhere), operation(ENDPOINT, ACCOUNT)
    )
    assert {edge for edge in found if edge[2] == "cog-pe-accepted"} == {
        (ACCOUNT, ENDPOINT, "cog-pe-accepted"),
        (deployment, ENDPOINT, "cog-pe-accepted"),
    }


def test_an_app_comes_after_all_that_its_secrets_are_read_through() -> None:
    """The secret, the role on it, and the way to its vault: endpoint, names, link."""
    everything = [
        operation(SECRET),
        operation(ROLE),
        operation(ENDPOINT, VAULT),
        operation(NAMES, ZONE),
        operation(ZONE),
        operation(LINK),
        operation(ENVIRONMENT),
        operation(APP, ENVIRONMENT, SECRET_URL),
    ]
    found = held(*everything)
    assert {edge[0] for edge in found if edge[1:] == (APP, "app-kv-ref")} == {
        SECRET,
        ROLE,
        ENDPOINT,
        NAMES,
        LINK,
    }
    assert (ENVIRONMENT, APP, "env-failed") in found


def test_another_vaults_way_is_not_the_apps_concern() -> None:
    everything = [
        operation(f"{VAULT}-2/secrets/master-key"),
        operation(ENDPOINT, f"{VAULT}-2"),
        operation(NAMES, ZONE),
        operation(APP, SECRET_URL),
        operation(SECRET),
    ]
    assert {edge[0] for edge in held(*everything) if edge[1] == APP} == {SECRET}


def test_a_role_takes_effect_late() -> None:
    found = needs.edges([operation(SECRET), operation(ROLE), operation(APP, SECRET_URL), operation(IDENTITY)])
    lags = {edge.lag for edge in found if edge.before == ROLE.lower() and edge.after == APP.lower()}
    assert lags == {20.0}


@pytest.mark.parametrize(
    ("first", "second", "law"),
    [
        pytest.param(f"{NETWORK}/subnets/a", f"{NETWORK}/subnets/b", "net-parallel", id="subnets"),
        pytest.param(
            f"{ACCOUNT}/deployments/a", f"{ACCOUNT}/deployments/b", "cog-parallel", id="deployments"
        ),
    ],
)
def test_siblings_that_azure_writes_one_at_a_time(first: str, second: str, law: str) -> None:
    elsewhere = operation(first.replace("/net/", "/net-2/").replace("/ai/", "/ai-2/"))
    assert needs.apart([operation(first), operation(second), elsewhere]) == [
        Apart(members=(first.lower(), second.lower()), reason=law)
    ]


def test_nothing_waits_for_itself() -> None:
    found: list[Edge] = needs.edges([operation(NETWORK, NETWORK, produced=[NETWORK])])
    assert found == []
