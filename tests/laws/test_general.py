"""The laws of the resource manager: the same for every type."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.privatedns.models import RecordSet
from azure.mgmt.resource.resources import ResourceManagementClient

from offline.arm.roles import ROLES
from tests.laws.azure import REGION, Azure, Program
from tests.laws.refused import Refused
from tests.offline.accounts import Bearer

Expect = Callable[[str], Refused]

ARM = "https://management.azure.com/"
HERE = {"location": REGION}


def identity(group: str, name: str = "id-1") -> str:
    return f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


def role(name: str) -> str:
    return next(role.guid for role in ROLES.values() if role.name == name)


# Groups, parents, places ---------------------------------------------------------------------------------------


@pytest.mark.law("rg-missing")
def test_a_group_comes_before_what_is_in_it(azure: Azure, refused: Expect) -> None:
    group = f"/resourceGroups/rg-{uuid.uuid4().hex[:8]}"
    with refused("rg-missing"):
        azure.put(identity(group), HERE)
    azure.put(group, HERE)
    azure.put(identity(group), HERE)


@pytest.mark.law("rg-deleting")
def test_a_group_that_goes_takes_nothing_in(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with azure.held("Microsoft.Resources/resourceGroups", verb="delete"):
        assert azure.rest("DELETE", group).status_code == 202
        with refused("rg-deleting"):
            azure.put(identity(group), HERE)
        with refused("rg-deleting"):
            azure.put(group, HERE)
    azure.put(group, HERE)
    azure.put(identity(group), HERE)


@pytest.mark.law("cog-rg-blocked")
def test_a_group_stays_when_a_member_is_needed_elsewhere(azure: Azure, refused: Expect) -> None:
    group, elsewhere = azure.group(), azure.group()
    vault = azure.vault(elsewhere)
    subnet = azure.subnet(azure.network(group), "snet", "10.0.0.0/24")
    endpoint = f"{elsewhere}/providers/Microsoft.Network/privateEndpoints/pe"
    azure.put(endpoint, azure.endpoint_body(subnet, vault, "vault"))
    with refused("cog-rg-blocked"):
        azure.delete(group)
    assert azure.get(group)["properties"]["provisioningState"] == "Succeeded", "it is rolled back"
    azure.delete(endpoint)
    azure.delete(group)


@pytest.mark.law("rg-location")
def test_a_group_does_not_move(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with refused("rg-location"):
        azure.put(group, {"location": "westeurope"})
    azure.put(group, HERE | {"tags": {"moved": "no"}})


@pytest.mark.law("rg-name")
def test_a_group_has_a_name_of_letters_digits_and_a_few_signs(azure: Azure, refused: Expect) -> None:
    with refused("rg-name"):
        azure.put("/resourceGroups/rg!1", HERE)
    azure.put("/resourceGroups/rg-(1).a_b", HERE)


@pytest.mark.law("parent-missing")
def test_a_parent_comes_before_its_child(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    network = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet"
    with refused("parent-missing"):
        azure.subnet(network, "snet", "10.0.0.0/24")
    azure.network(group)
    azure.subnet(network, "snet", "10.0.0.0/24")


@pytest.mark.law("res-missing")
def test_what_was_never_made_is_not_found(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with refused("res-missing"):
        azure.get(identity(group))
    azure.put(identity(group), HERE)
    assert azure.get(identity(group))["name"] == "id-1"


@pytest.mark.law("location")
def test_a_resource_does_not_move(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    azure.put(identity(group), HERE)
    with refused("location"):
        azure.put(identity(group), {"location": "westeurope"})
    azure.put(identity(group, "id-2"), {"location": "westeurope"})


@pytest.mark.law("location-required")
def test_what_lives_in_a_region_says_in_which(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with refused("location-required"):
        azure.put(identity(group), {"tags": {}})
    azure.put(identity(group), HERE)
    azure.put(identity(group), {"tags": {"said": "before"}})


@pytest.mark.law("location-unknown")
def test_a_region_is_one_of_azures(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    zone = f"{group}/providers/Microsoft.Network/privateDnsZones/contoso.internal"
    with refused("location-unknown"):
        azure.put(identity(group), {"location": "southcentralsu"})
    with refused("location-unknown"):
        azure.put(zone, HERE)
    azure.put(identity(group), {"location": "South Central US"})
    azure.put(zone, {"location": "global"})


# Who may -------------------------------------------------------------------------------------------------------


@pytest.mark.law("locked")
def test_a_lock_keeps_what_is_below_it(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    azure.put(identity(group), HERE)
    lock = f"{group}/providers/Microsoft.Authorization/locks/keep"
    azure.put(lock, {"properties": {"level": "CanNotDelete"}})
    with refused("locked"):
        azure.delete(identity(group))
    azure.put(identity(group), HERE | {"tags": {"a": "b"}})
    azure.delete(lock)
    azure.delete(identity(group))


@pytest.mark.law("authz")
def test_without_a_role_nothing_is_done(azure: Azure, refused: Expect) -> None:
    group, principal = azure.group(), str(uuid.uuid4())
    theirs = azure.sdk(ResourceManagementClient, credential=Bearer(azure.token(ARM, principal)))
    path = azure.base + identity(group)
    with refused("authz"):
        theirs.resources.begin_create_or_update_by_id(path, HERE, api_version="2023-01-31").result()
    azure.grant(group, role("Contributor"), principal)
    theirs.resources.begin_create_or_update_by_id(path, HERE, api_version="2023-01-31").result()


@pytest.mark.law("policy")
@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        pytest.param({"field": "location", "notIn": [REGION]}, {"location": "westeurope"}, {}, id="regions"),
        pytest.param({"field": "tags['owner']", "exists": False}, {}, {"tags": {"owner": "me"}}, id="a tag"),
        pytest.param(
            {
                "allOf": [
                    {"field": "type", "like": "Microsoft.ManagedIdentity/*"},
                    {"not": {"field": "name", "notLike": "*-1"}},
                    {"anyOf": [{"field": "tags.stage", "in": ["Prod", "test"]}]},
                ]
            },
            {"tags": {"stage": "prod"}},
            {"tags": {"stage": "dev"}},
            id="several conditions",
        ),
    ],
)
def test_a_policy_denies(azure: Azure, refused: Expect, rule: Any, bad: Any, good: Any) -> None:
    group = azure.group()
    with azure.fact("subscription.policies", [{"name": "house-rule", "if": rule}]):
        with refused("policy"):
            azure.put(identity(group), HERE | bad)
        azure.put(identity(group), HERE | good)


@pytest.mark.law("policy")
def test_a_policy_knows_properties_by_their_alias(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kv-{uuid.uuid4().hex[:8]}"
    closed = {"field": "Microsoft.KeyVault/vaults/publicNetworkAccess", "notEquals": "disabled"}
    of_vaults = {"allOf": [{"field": "type", "equals": "Microsoft.KeyVault/vaults"}, closed]}
    standard = {"field": "Microsoft.KeyVault/vaults/sku.name", "equals": "premium"}
    policies = [{"name": "closed", "if": of_vaults}, {"name": "standard", "if": standard}]
    with azure.fact("subscription.policies", policies):
        with refused("policy"):
            azure.put(vault, azure.vault_body())
        with refused("policy"):
            sku = {"family": "A", "name": "premium"}
            azure.put(vault, azure.vault_body(publicNetworkAccess="Disabled", sku=sku))
        azure.put(vault, azure.vault_body(publicNetworkAccess="Disabled"))
    beside = {"field": "Microsoft.CognitiveServices/accounts/sku.name", "equals": "s0"}
    with azure.fact("subscription.policies", [{"name": "no-models", "if": beside}]), refused("policy"):
        azure.account(group)
    azure.account(group)


@pytest.mark.law("policy-rule")
def test_a_policy_that_cannot_be_judged_lets_nothing_pass(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    for rule in ({"field": "location", "matches": "##"}, {"field": "Microsoft.Network/x/rules[*].port"}, {}):
        with azure.fact("subscription.policies", [{"name": "odd", "if": rule}]), refused("policy-rule"):
            azure.put(identity(group), HERE)
    azure.put(identity(group), HERE)


@pytest.mark.law("provider-off")
def test_a_provider_is_registered_before_its_first_use(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    off = azure.fact("unregistered-namespaces", ["microsoft.managedidentity"])
    with off, refused("provider-off"):
        azure.put(identity(group), HERE)
    azure.put(identity(group), HERE)


@pytest.mark.law("subscription-missing")
def test_a_subscription_is_the_one_that_there_is(azure: Azure, refused: Expect) -> None:
    with refused("subscription-missing"):
        azure.resources.resources.get_by_id(
            f"/subscriptions/{uuid.uuid4()}/resourceGroups/rg", api_version="2022-09-01"
        )
    assert azure.get("")["state"] == "Enabled"


# One after the other -------------------------------------------------------------------------------------------


@pytest.mark.law("busy")
def test_a_resource_is_written_by_one_at_a_time(azure: Azure, refused: Expect) -> None:
    vault = azure.vault(azure.group())
    with azure.held("Microsoft.KeyVault/vaults", verb="update"):
        assert azure.rest("PUT", vault, azure.vault_body(enabledForDeployment=True)).status_code == 200
        with refused("busy"):
            azure.put(vault, azure.vault_body(enabledForDeployment=False))
        with refused("busy"):
            azure.delete(vault)
    azure.put(vault, azure.vault_body(enabledForDeployment=False))


@pytest.mark.law("dns-record")
def test_a_writer_that_has_looked_does_not_overwrite_another(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    zone = "contoso.internal"
    azure.put(f"{group}/providers/Microsoft.Network/privateDnsZones/{zone}", {"location": "global"})
    client = azure.sdk(PrivateDnsManagementClient)
    place = (group.rpartition("/")[2], zone, "A", "www")

    def write(address: str, condition: MatchConditions, etag: str | None = None) -> str:
        body = RecordSet({"properties": {"ttl": 60, "aRecords": [{"ipv4Address": address}]}})
        made = client.record_sets.create_or_update(*place, body, etag=etag, match_condition=condition)
        return str(made.etag)

    first = write("10.0.0.1", MatchConditions.IfMissing)
    with refused("dns-record"):
        write("10.0.0.2", MatchConditions.IfMissing)
    second = write("10.0.0.2", MatchConditions.IfNotModified, first)
    with refused("dns-record"):
        write("10.0.0.3", MatchConditions.IfNotModified, first)
    write("10.0.0.3", MatchConditions.IfNotModified, second)


@pytest.mark.law("throttled")
def test_a_caller_may_write_so_much_at_once(azure: Azure, refused: Expect) -> None:
    """By REST: every client of Azure waits and tries again."""
    group = azure.group()
    # One of Azure's seconds takes 0.2 ms here: two writes at once, and one more in half a minute of ours.
    with azure.fact("subscription.requests", {"write": [2, 1 / 150000]}):
        first, second = (azure.rest("PUT", identity(group), HERE) for _ in range(2))
        told = "x-ms-ratelimit-remaining-subscription-writes"
        assert (first.headers[told], second.headers[told]) == ("1", "0")
        third = azure.rest("PUT", identity(group), HERE)
        refused("throttled").by(third)
        assert int(third.headers["Retry-After"]) > 100000
        assert azure.rest("GET", identity(group)).status_code == 200, "reads have a bucket of their own"
        others = azure.token(ARM, str(uuid.uuid4()))
        theirs = azure.rest("PUT", identity(group), HERE, headers={"Authorization": f"Bearer {others}"})
        assert theirs.json()["error"]["code"] == "AuthorizationFailed", "and so have others"
    assert azure.rest("PUT", identity(group), HERE).status_code == 200


def test_the_provider_waits_as_long_as_it_is_told_and_in_azures_time(azure: Azure) -> None:
    """At one write in half an hour of Azure's, what comes too soon waits for an hour there, and here for 0.8 s."""
    with azure.fact("subscription.requests", {"write": [2, 1 / 2000]}):
        Program(azure, THREE_IDENTITIES).up()
    store = azure.cloud.store()
    answers = [status for _, path, _, _, status in store.requests("PUT") if "/rg-throttled/" in path]
    store.close()
    assert sorted(set(answers)) == [201, 429]
    assert answers.count(201) == 3


THREE_IDENTITIES = """
import pulumi_azure_native as azure

group = azure.resources.ResourceGroup("rg", resource_group_name="rg-throttled", location="southcentralus")
for number in range(3):
    azure.managedidentity.UserAssignedIdentity(
        f"id-{number}", resource_name_=f"id-{number}", resource_group_name=group.name
    )
"""


# Requests ------------------------------------------------------------------------------------------------------


@pytest.mark.law("api-version-missing", "api-version-invalid")
def test_every_request_says_which_version_it_speaks(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    refused("api-version-missing").by(azure.rest("GET", f"{group}?"))
    with refused("api-version-invalid"):
        azure.get(group, version="latest")
    azure.get(group, version="2022-09-01")


@pytest.mark.law("type-unknown", "namespace", "action-unknown")
def test_what_is_not_there_is_never_taken_for_done(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/st1"
    with refused("type-unknown"):
        azure.put(account, HERE, version="2024-01-01")
    with refused("namespace"):
        azure.resources.providers.get("Microsoft.Sorage")
    assert azure.resources.providers.get("Microsoft.KeyVault").registration_state == "Registered"
    vault = azure.account(group)
    refused("action-unknown").by(azure.rest("POST", f"{vault}/listPasswords"))
    assert azure.rest("POST", f"{vault}/listKeys").status_code == 200


@pytest.mark.law("content")
def test_a_body_is_an_object_of_the_types_that_are_known(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with refused("content"):
        azure.put(identity(group), HERE | {"tags": ["a", "b"]})
    refused("content").by(azure.rest("PUT", identity(group), ["a", "b"]))
    azure.put(identity(group), HERE | {"tags": {"a": "b"}})


@pytest.mark.law("method")
def test_a_collection_is_listed_and_not_written(azure: Azure, refused: Expect) -> None:
    identities = identity(azure.group(), "").rstrip("/")
    refused("method").by(azure.rest("PUT", identities, HERE))
    assert azure.rest("GET", identities).json() == {"value": []}


@pytest.mark.law("filter", "query")
def test_a_list_is_never_longer_than_asked_for(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    name = group.rpartition("/")[2]
    azure.put(identity(group), HERE)
    with refused("filter"):
        list(azure.resources.resources.list_by_resource_group(name, filter="startswith(name, 'x')"))
    refused("query").by(azure.rest("GET", f"{group}/resources?api-version=2022-09-01&$top=many"))
    listed = azure.resources.resources.list_by_resource_group(name, filter="name eq 'id-2'", top=5)
    assert list(listed) == []


@pytest.mark.law("query-word")
@pytest.mark.parametrize("word", ["$filter", "$expand", "force"])
def test_a_condition_that_nobody_reads_is_refused(azure: Azure, refused: Expect, word: str) -> None:
    """Azure would narrow its answer, or do more: nothing of that is passed over."""
    group = azure.group()
    listed = f"{identity(group, '').rstrip('/')}?api-version=2023-01-31"
    refused("query-word").by(azure.rest("GET", f"{listed}&{word}=tags"))
    assert azure.rest("GET", f"{listed}&{word}=").json() == {"value": []}


@pytest.mark.law("operation")
def test_an_operation_is_one_that_has_begun(azure: Azure, refused: Expect) -> None:
    base = f"{azure.base}/providers/Microsoft.KeyVault/locations/{REGION}/operations"
    refused("operation").by(azure.rest("GET", f"{base}/{uuid.uuid4()}"))
    begun = azure.rest("DELETE", azure.account(azure.group()))
    assert azure.rest("GET", begun.headers["Azure-AsyncOperation"]).status_code == 200


@pytest.mark.law("token-missing", "token-invalid", "token-expired", "token-audience")
def test_a_token_is_for_the_resource_manager_and_still_good(azure: Azure, refused: Expect) -> None:
    who = azure.cloud.home.credentials().object_id
    for law, authorization in (
        ("token-missing", ""),
        ("token-invalid", f"Bearer {azure.token(ARM, who)}x"),
        ("token-expired", f"Bearer {azure.token(ARM, who, seconds=-1)}"),
        ("token-audience", f"Bearer {azure.token('https://vault.azure.net', who)}"),
    ):
        refused(law).by(azure.rest("GET", "", headers={"Authorization": authorization}))
    good = {"Authorization": f"Bearer {azure.token(ARM, who)}"}
    assert azure.rest("GET", "", headers=good).status_code == 200
