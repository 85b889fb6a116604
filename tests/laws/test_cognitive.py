"""The laws of Azure OpenAI accounts and of what is deployed in them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

from offline import control
from tests.cloud import CATALOG_DATE
from tests.laws.azure import REGION, Azure, account_body
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]

ACCOUNTS = "Microsoft.CognitiveServices/accounts"


@pytest.fixture(scope="module")
def cognitive(azure: Azure) -> CognitiveServicesManagementClient:
    return azure.sdk(CognitiveServicesManagementClient)


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


def new_account(group: str) -> tuple[str, str]:
    """A path that nobody has, and its name."""
    name = f"ai-{uuid.uuid4().hex[:8]}"
    return f"{group}/providers/{ACCOUNTS}/{name}", name


def deployment(
    version: str = "2024-11-20", *, sku: str = "GlobalStandard", capacity: int = 1, **model: Any
) -> dict[str, Any]:
    return {
        "sku": {"name": sku, "capacity": capacity},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": version, **model}},
    }


@contextmanager
def on(azure: Azure, day: date) -> Iterator[None]:
    """Lifecycles are judged by that day for a while."""
    control.judge_by(azure.cloud.record, day)
    try:
        yield
    finally:
        control.judge_by(azure.cloud.record, CATALOG_DATE)


# Accounts ------------------------------------------------------------------------------------------------------


@pytest.mark.law("cog-soft-deleted", "cog-restore-missing")
def test_a_deleted_account_keeps_its_id(
    azure: Azure, refused: Expect, cognitive: CognitiveServicesManagementClient
) -> None:
    group = azure.group()
    account, name = new_account(group)
    with refused("cog-restore-missing"):
        azure.put(account, account_body(name, restore=True))
    azure.put(account, account_body(name))
    azure.delete(account)
    with refused("cog-soft-deleted"):
        azure.put(account, account_body(name))
    azure.put(account, account_body(name, restore=True))
    azure.delete(account)
    cognitive.deleted_accounts.begin_purge(REGION, group.rpartition("/")[2], name).result()
    azure.put(account, account_body(name))


@pytest.mark.law("cog-deleted-missing")
def test_only_what_is_deleted_is_purged(
    azure: Azure, refused: Expect, cognitive: CognitiveServicesManagementClient
) -> None:
    group = azure.group()
    account = azure.account(group)
    names = (REGION, group.rpartition("/")[2], account.rpartition("/")[2])
    with refused("cog-deleted-missing"):
        cognitive.deleted_accounts.begin_purge(*names).result()
    azure.delete(account)
    cognitive.deleted_accounts.begin_purge(*names).result()
    with refused("cog-deleted-missing"):
        cognitive.deleted_accounts.get(*names)


@pytest.mark.law("cog-subdomain-used")
def test_a_subdomain_is_one_accounts_also_after_its_delete(azure: Azure, refused: Expect, group: str) -> None:
    first = azure.account(group)
    subdomain = first.rpartition("/")[2]
    second, name = new_account(group)
    with refused("cog-subdomain-used"):
        azure.put(second, account_body(subdomain))
    azure.delete(first)
    with refused("cog-subdomain-used"):
        azure.put(second, account_body(subdomain))
    azure.put(second, account_body(name))


@pytest.mark.law("cog-subdomain-change", "cog-subdomain-name")
def test_a_subdomain_is_a_host_name_for_the_accounts_life(azure: Azure, refused: Expect, group: str) -> None:
    account, name = new_account(group)
    with refused("cog-subdomain-name"):
        azure.put(account, account_body("under_score"))
    azure.put(account, account_body(name))
    with refused("cog-subdomain-change"):
        azure.put(account, account_body(f"{name}-2"))
    without = account_body(name)
    del without["properties"]["customSubDomainName"]
    with refused("cog-subdomain-change"):
        azure.put(account, without)
    azure.put(account, account_body(name) | {"tags": {"a": "b"}})


@pytest.mark.law("cog-kind", "cog-account-sku", "cog-feature")
def test_an_account_is_of_a_kind_and_size_that_is_sold(azure: Azure, refused: Expect, group: str) -> None:
    account, name = new_account(group)
    with refused("cog-kind"):
        azure.put(account, account_body(name) | {"kind": "OpenAi2"})
    with refused("cog-account-sku"):
        azure.put(account, account_body(name) | {"sku": {"name": "S1"}})
    with azure.fact("subscription.no-openai", True), refused("cog-feature"):
        azure.put(account, account_body(name))
    azure.put(account, account_body(name) | {"kind": "AIServices"})


@pytest.mark.law("cog-keys-off", "cog-key-name")
def test_only_an_account_with_keys_shows_them(
    azure: Azure, refused: Expect, group: str, cognitive: CognitiveServicesManagementClient
) -> None:
    account = azure.account(group, disableLocalAuth=True)
    names = (group.rpartition("/")[2], account.rpartition("/")[2])
    with refused("cog-keys-off"):
        cognitive.accounts.list_keys(*names)
    azure.put(account, account_body(names[1], disableLocalAuth=False))
    before = cognitive.accounts.list_keys(*names)
    with refused("cog-key-name"):
        cognitive.accounts.regenerate_key(*names, "Key3")
    after = cognitive.accounts.regenerate_key(*names, "Key1")
    assert after.key1 != before.key1
    assert after.key2 == before.key2


@pytest.mark.law("cog-delete-nested")
def test_deployments_go_before_their_account(azure: Azure, refused: Expect, group: str) -> None:
    account = azure.account(group)
    azure.put(f"{account}/deployments/chat", deployment())
    with refused("cog-delete-nested"):
        azure.delete(account)
    azure.delete(f"{account}/deployments/chat")
    azure.delete(account)


@pytest.mark.law("cog-pe-no-subdomain", "cog-pe-accepted")
def test_an_endpoint_leads_to_an_account_that_is_whole(azure: Azure, refused: Expect, group: str) -> None:
    subnet = azure.subnet(azure.network(group, "vnet-pe"), "snet", "10.0.0.0/24")
    account, name = new_account(group)
    without = account_body(name)
    del without["properties"]["customSubDomainName"]
    azure.put(account, without)
    endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe-{name}"
    body = azure.endpoint_body(subnet, account, "account")
    with refused("cog-pe-no-subdomain"):
        azure.put(endpoint, body)
    with azure.held(ACCOUNTS, name=name):
        assert (
            azure.rest("PUT", account, account_body(name)).json()["properties"]["provisioningState"]
            == "Accepted"
        )
        with refused("cog-pe-accepted"):
            azure.put(endpoint, body)
    azure.idle()
    assert azure.get(account)["properties"]["provisioningState"] == "Succeeded"
    azure.put(endpoint, body)


# Deployments ---------------------------------------------------------------------------------------------------


@pytest.mark.law("cog-parallel")
def test_an_account_is_written_by_one_at_a_time(azure: Azure, refused: Expect, group: str) -> None:
    account = azure.account(group)
    first, second = f"{account}/deployments/first", f"{account}/deployments/second"
    with azure.held(f"{ACCOUNTS}/deployments", name="first"):
        assert azure.rest("PUT", first, deployment()).status_code == 201
        with refused("cog-parallel"):
            azure.put(second, deployment())
        with refused("cog-parallel"):
            azure.put(account, account_body(account.rpartition("/")[2]) | {"tags": {"a": "b"}})
        with refused("cog-parallel"):
            azure.put(
                f"{account}/raiPolicies/strict", {"properties": {"basePolicyName": "Microsoft.DefaultV2"}}
            )
    azure.put(second, deployment())
    with azure.held(ACCOUNTS, verb="update"):
        azure.rest("PUT", account, account_body(account.rpartition("/")[2]) | {"tags": {"a": "b"}})
        with refused("cog-parallel"):
            azure.delete(second)
    azure.delete(second)


@pytest.mark.law("cog-quota")
def test_all_deployments_of_a_model_in_a_region_share_a_quota(azure: Azure, refused: Expect) -> None:
    account = azure.account(azure.group())
    with azure.fact("subscription.quota", {f"{REGION}/DataZoneStandard/gpt-4o": 10}):
        azure.put(f"{account}/deployments/one", deployment(sku="DataZoneStandard", capacity=6))
        with refused("cog-quota"):
            azure.put(f"{account}/deployments/two", deployment(sku="DataZoneStandard", capacity=5))
        azure.put(f"{account}/deployments/two", deployment(sku="DataZoneStandard", capacity=4))
        with refused("cog-quota"):
            azure.put(f"{account}/deployments/one", deployment(sku="DataZoneStandard", capacity=7))
        azure.put(f"{account}/deployments/other", deployment(sku="GlobalStandard", capacity=5))


@pytest.mark.law("cog-model-deprecated", "cog-model-deprecating")
def test_a_version_on_its_way_out_is_not_deployed_anew(azure: Azure, refused: Expect, group: str) -> None:
    account = azure.account(group)
    old = deployment("2024-08-06")
    with azure.fact("subscription.models", []), refused("cog-model-deprecating"):
        azure.put(f"{account}/deployments/chat", old)
    azure.put(f"{account}/deployments/chat", old)
    with on(azure, date(2027, 5, 1)):
        with refused("cog-model-deprecated"):
            azure.put(f"{account}/deployments/again", old)
        azure.put(f"{account}/deployments/chat", deployment("2024-08-06", capacity=2))
    azure.put(f"{account}/deployments/new", deployment("2024-11-20"))


@pytest.mark.law("cog-model-unknown", "cog-sku", "cog-sku-name", "cog-rai-policy")
def test_a_deployment_is_of_what_is_sold(azure: Azure, refused: Expect, group: str) -> None:
    account = azure.account(group)
    chat = f"{account}/deployments/chat"
    for unknown in (deployment(name="gpt-4oo"), deployment("2024-13-01"), deployment(format="Meta")):
        with refused("cog-model-unknown"):
            azure.put(chat, unknown)
    with refused("cog-sku"):
        azure.put(chat, deployment("2025-08-07", name="gpt-5", sku="Standard"))
    inside = deployment("2025-08-07", name="gpt-5")
    inside["properties"]["sku"] = inside.pop("sku")
    # In another version than azure-native's a property that is unknown is passed over, as in Azure.
    refused("cog-sku").by(azure.rest("PUT", chat, inside, version="2023-05-01"))
    with refused("cog-sku-name"):
        azure.put(chat, deployment(sku="S0"))
    filtered = deployment()
    filtered["properties"]["raiPolicyName"] = "strict"
    with refused("cog-rai-policy"):
        azure.put(chat, filtered)
    azure.put(f"{account}/raiPolicies/strict", {"properties": {"basePolicyName": "Microsoft.DefaultV2"}})
    azure.put(chat, filtered)


@pytest.mark.law("cog-model-change")
def test_a_deployment_keeps_its_model_and_not_its_version(azure: Azure, refused: Expect, group: str) -> None:
    chat = f"{azure.account(group)}/deployments/chat"
    azure.put(chat, deployment("2024-08-06"))
    with refused("cog-model-change"):
        azure.put(chat, deployment("2024-07-18", name="gpt-4o-mini"))
    azure.put(chat, deployment("2024-11-20"))
