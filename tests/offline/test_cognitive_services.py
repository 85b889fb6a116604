"""Azure OpenAI accounts and deployments, as the resource manager shows them, and their laws."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

from offline.arm import models
from offline.arm.cognitive_services import FEATURE_FACT
from tests.offline.arm_rig import SUBSCRIPTION, Rig, error

ACCOUNTS = "/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts"
ACCOUNT = f"{ACCOUNTS}/ai-one"
PROVIDER = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices"
FULL = f"/subscriptions/{SUBSCRIPTION}{ACCOUNT}"
DELETED = f"{PROVIDER}/locations/southcentralus/resourceGroups/rg/deletedAccounts/ai-one"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.inside(lambda: models.set_as_of(started.store, date(2026, 11, 22)))
    started.group()
    yield started
    started.stop()


def _body(subdomain: str | None = "ai-one", **properties: Any) -> dict[str, Any]:
    named = {"customSubDomainName": subdomain} if subdomain else {}
    return {
        "location": "South Central US",
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {**named, **properties},
    }


def _deployment(
    model: str = "gpt-4o",
    version: str | None = "2024-11-20",
    *,
    sku: str = "GlobalStandard",
    capacity: int = 10,
    **properties: Any,
) -> dict[str, Any]:
    named = {"format": "OpenAI", "name": model, **({"version": version} if version else {})}
    return {"sku": {"name": sku, "capacity": capacity}, "properties": {"model": named, **properties}}


def _put(rig: Rig, path: str, body: Any) -> httpx.Response:
    return rig.ask("PUT", path, body)


# Accounts ----------------------------------------------------------------------------------------------------


def test_account_is_made_with_what_azure_adds(rig: Rig) -> None:
    started = _put(rig, ACCOUNT, _body(publicNetworkAccess="Disabled", networkAcls={"defaultAction": "Deny"}))
    assert (started.status_code, started.json()["properties"]["provisioningState"]) == (201, "Accepted")
    rig.ended(started)
    account = rig.see(ACCOUNT)
    properties = account["properties"]
    assert account["location"] == "southcentralus"
    assert properties["provisioningState"] == "Succeeded"
    assert properties["endpoint"] == "https://ai-one.openai.azure.com/"
    assert set(properties["endpoints"].values()) == {"https://ai-one.openai.azure.com/"}
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["networkAcls"] == {"defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []}
    assert properties["privateEndpointConnections"] == []


def test_account_without_subdomain_has_the_regions_endpoint(rig: Rig) -> None:
    account = rig.make(ACCOUNT, _body(None))
    assert account["properties"]["endpoint"] == "https://southcentralus.api.cognitive.microsoft.com/"


def test_identity_of_its_own_lasts_as_long_as_the_account(rig: Rig) -> None:
    body = {**_body(), "identity": {"type": "SystemAssigned"}}
    first = rig.make(ACCOUNT, body)["identity"]
    again = rig.make(ACCOUNT, {**body, "tags": {"a": "b"}})["identity"]
    assert (first["type"], len(first["principalId"])) == ("SystemAssigned", 36)
    assert again == first


def test_update_keeps_keys_and_what_was_generated(rig: Rig) -> None:
    before = rig.make(ACCOUNT, _body())["properties"]
    keys = rig.ask("POST", f"{ACCOUNT}/listKeys").json()
    after = rig.make(ACCOUNT, {**_body(), "tags": {"a": "b"}})["properties"]
    assert (before["internalId"], before["dateCreated"]) == (after["internalId"], after["dateCreated"])
    assert rig.ask("POST", f"{ACCOUNT}/listKeys").json() == keys


def test_one_key_is_made_anew_and_the_other_stays(rig: Rig) -> None:
    rig.make(ACCOUNT, _body())
    before = rig.ask("POST", f"{ACCOUNT}/listKeys").json()
    after = rig.ask("POST", f"{ACCOUNT}/regenerateKey", {"keyName": "Key1"}).json()
    assert len(before["key1"]) == 84
    assert (before["key1"] != after["key1"], before["key2"]) == (True, after["key2"])
    assert error(rig.ask("POST", f"{ACCOUNT}/regenerateKey", {"keyName": "Key3"}))[:2] == (
        400,
        "InvalidKeyName",
    )


def test_keyless_account_lists_no_keys(rig: Rig) -> None:
    rig.make(ACCOUNT, _body(disableLocalAuth=True))
    assert error(rig.ask("POST", f"{ACCOUNT}/listKeys")) == (
        400,
        "BadRequest",
        "Failed to list key. disableLocalAuth is set to be true",
    )


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        pytest.param(
            {**_body(), "kind": "Bing"},
            400,
            "InvalidApiSetId",
            "The account type 'Bing' is either invalid",
            id="kind",
        ),
        pytest.param({**_body(), "sku": {"name": "F0"}}, 400, "InvalidSkuId", "has no SKU 'F0'", id="SKU"),
        pytest.param(
            _body("no_host"),
            400,
            "InvalidCustomSubDomainName",
            "The subdomain name 'no_host'",
            id="subdomain",
        ),
        pytest.param(
            _body(restore=True),
            404,
            "CanNotRestoreANonExistingResource",
            "No soft-deleted",
            id="nothing to restore",
        ),
    ],
)
def test_accounts_that_cannot_be(rig: Rig, body: Any, status: int, code: str, says: str) -> None:
    refused = error(_put(rig, ACCOUNT, body))
    assert refused[:2] == (status, code)
    assert says in refused[2]


def test_subscription_without_azure_openai(rig: Rig) -> None:
    rig.inside(lambda: rig.store.set_fact(FEATURE_FACT, True))
    assert error(_put(rig, ACCOUNT, _body()))[:2] == (400, "SpecialFeatureOrQuotaIdRequired")


def test_subdomain_belongs_to_one_account_also_while_that_is_deleted(rig: Rig) -> None:
    rig.make(ACCOUNT, _body())
    taken = error(_put(rig, f"{ACCOUNTS}/ai-two", _body("AI-One")))
    assert taken[:2] == (409, "CustomDomainInUse")
    assert taken[2].startswith("Please pick a different name. The subdomain name 'AI-One' is not available")
    rig.remove(ACCOUNT)
    assert error(_put(rig, f"{ACCOUNTS}/ai-two", _body()))[:2] == (409, "CustomDomainInUse")
    asked = {"subdomainName": "ai-one", "type": "Microsoft.CognitiveServices/accounts"}
    assert (
        rig.ask("POST", f"{PROVIDER}/checkDomainAvailability", asked).json()["isSubdomainAvailable"] is False
    )
    rig.ask("DELETE", DELETED)
    assert (
        rig.ask("POST", f"{PROVIDER}/checkDomainAvailability", asked).json()["isSubdomainAvailable"] is True
    )
    assert rig.make(f"{ACCOUNTS}/ai-two", _body())


@pytest.mark.parametrize(
    "subdomain", [pytest.param("other", id="changed"), pytest.param(None, id="left out")]
)
def test_subdomain_stays(rig: Rig, subdomain: str | None) -> None:
    rig.make(ACCOUNT, _body())
    assert error(_put(rig, ACCOUNT, _body(subdomain))) == (
        400,
        "UpdatingCustomDomainNotAllowed",
        "Updating or disabling sub domain is not supported.",
    )


def test_subdomain_can_be_added_later(rig: Rig) -> None:
    rig.make(ACCOUNT, _body(None))
    assert rig.make(ACCOUNT, _body())["properties"]["endpoint"] == "https://ai-one.openai.azure.com/"


def test_deleted_account_keeps_its_name_and_can_be_restored_with_its_keys(rig: Rig) -> None:
    rig.make(ACCOUNT, _body())
    keys = rig.ask("POST", f"{ACCOUNT}/listKeys").json()
    rig.remove(ACCOUNT)
    assert rig.ask("GET", ACCOUNT).status_code == 404
    refused = error(_put(rig, ACCOUNT, _body()))
    assert refused[:2] == (409, "FlagMustBeSetForRestore")
    assert refused[2].startswith(f"An existing resource with ID '{FULL}' has been soft-deleted.")
    listed = rig.ask("GET", f"{PROVIDER}/deletedAccounts").json()["value"]
    assert [item["name"] for item in listed] == ["ai-one"]
    assert listed[0]["properties"]["scheduledPurgeDate"] > listed[0]["properties"]["deletionDate"]
    restored = rig.make(ACCOUNT, _body(restore=True))
    assert "restore" not in restored["properties"]
    assert rig.ask("POST", f"{ACCOUNT}/listKeys").json() == keys
    assert rig.ask("GET", f"{PROVIDER}/deletedAccounts").json()["value"] == []


def test_purge_frees_the_name(rig: Rig) -> None:
    rig.make(ACCOUNT, _body())
    rig.remove(ACCOUNT)
    assert rig.ask("GET", DELETED).json()["name"] == "ai-one"
    assert rig.ask("DELETE", DELETED).status_code == 200
    assert error(rig.ask("DELETE", DELETED))[:2] == (404, "ResourceNotFound")
    assert rig.make(ACCOUNT, _body())


def test_account_with_deployments_stays(rig: Rig) -> None:
    rig.make(ACCOUNT, _body())
    rig.make(f"{ACCOUNT}/deployments/chat", _deployment())
    refused = error(rig.ask("DELETE", ACCOUNT))
    assert refused[:2] == (409, "CannotDeleteResource")
    assert f"'{FULL}/deployments/chat'" in refused[2]
    rig.remove(f"{ACCOUNT}/deployments/chat")
    rig.remove(ACCOUNT)
    assert rig.ask("GET", ACCOUNT).status_code == 404


def test_group_takes_account_and_deployments_along(rig: Rig) -> None:
    rig.make(ACCOUNT, _body())
    rig.make(f"{ACCOUNT}/deployments/chat", _deployment())
    rig.remove("/resourceGroups/rg")
    assert [item["name"] for item in rig.ask("GET", f"{PROVIDER}/deletedAccounts").json()["value"]] == [
        "ai-one"
    ]


# Deployments -------------------------------------------------------------------------------------------------


@pytest.fixture
def account(rig: Rig) -> str:
    rig.make(ACCOUNT, _body())
    return ACCOUNT


def test_deployment_is_made_with_what_azure_adds(rig: Rig, account: str) -> None:
    made = rig.make(f"{account}/deployments/chat", _deployment())
    assert made["sku"] == {"name": "GlobalStandard", "capacity": 10}
    properties = made["properties"]
    assert properties["model"] == {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    assert properties["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"
    assert properties["raiPolicyName"] == "Microsoft.DefaultV2"
    assert properties["currentCapacity"] == 10
    assert properties["rateLimits"] == [
        {"key": "request", "renewalPeriod": 10, "count": 10},
        {"key": "token", "renewalPeriod": 60, "count": 10000},
    ]
    assert properties["capabilities"]["chatCompletion"] == "true"


def test_version_that_is_left_out_is_the_default_one(rig: Rig, account: str) -> None:
    made = rig.make(f"{account}/deployments/chat", _deployment(version=None))
    assert made["properties"]["model"]["version"] == "2024-11-20"


def test_sku_that_is_left_out_is_standard_with_one(rig: Rig, account: str) -> None:
    body = {"properties": _deployment()["properties"]}
    assert rig.make(f"{account}/deployments/chat", body)["sku"] == {"name": "Standard", "capacity": 1}


def test_capacity_and_version_change_in_place(rig: Rig, account: str) -> None:
    rig.make(f"{account}/deployments/chat", _deployment(version="2024-08-06"))
    changed = rig.make(f"{account}/deployments/chat", _deployment(capacity=20))
    assert (changed["sku"]["capacity"], changed["properties"]["model"]["version"]) == (20, "2024-11-20")


def test_model_does_not_change_in_place(rig: Rig, account: str) -> None:
    rig.make(f"{account}/deployments/chat", _deployment())
    assert error(_put(rig, f"{account}/deployments/chat", _deployment("gpt-4.1", "2025-04-14"))) == (
        400,
        "CannotChangeDeploymentModel",
        "The model of deployment cannot be changed.",
    )


def test_second_write_below_an_account_is_refused_while_the_first_runs(rig: Rig, account: str) -> None:
    rig.run_at(speed=5)
    first = rig.start(f"{account}/deployments/one", _deployment())
    conflict = (
        409,
        "RequestConflict",
        f"Another operation is being performed on the parent resource '{FULL}'. Please try again later.",
    )
    assert error(_put(rig, f"{account}/deployments/two", _deployment())) == conflict
    assert error(_put(rig, account, _body())) == conflict
    assert error(rig.ask("DELETE", f"{account}/deployments/one")) == conflict
    rig.ended(first)
    assert rig.make(f"{account}/deployments/two", _deployment())


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param(
            _deployment("gpt-9", "1"),
            "DeploymentModelNotSupported",
            "The model 'Format:OpenAI,Name:gpt-9,Version:1' of account deployment is not supported.",
            id="unknown model",
        ),
        pytest.param(
            _deployment(version="2023-01-01"),
            "DeploymentModelNotSupported",
            "The model 'Format:OpenAI,Name:gpt-4o,Version:2023-01-01' of account deployment is not supported.",
            id="unknown version",
        ),
        pytest.param(
            _deployment("gpt-5.4-mini", "2026-03-17", sku="Standard"),
            "InvalidResourceProperties",
            "The specified SKU 'Standard' of account deployment is not supported by the model 'gpt-5.4-mini' version: "
            "'2026-03-17'.",
            id="SKU that the model does not have",
        ),
        pytest.param(
            _deployment(sku="S0"),
            "InvalidResourceProperties",
            "The deployment sku name 'S0' is invalid.",
            id="the account's SKU",
        ),
        pytest.param(
            _deployment(capacity=1001),
            "InsufficientQuota",
            "This operation require 1001 new capacity in quota Tokens Per Minute (thousands) - gpt-4o - "
            "GlobalStandard, which is bigger than the current available capacity 1000. The current quota usage is 0 "
            "and the quota limit is 1000 for quota Tokens Per Minute (thousands) - gpt-4o - GlobalStandard.",
            id="too much at once",
        ),
        pytest.param(
            _deployment(version="2024-05-13"),
            "ServiceModelDeprecating",
            "The model 'Format:OpenAI,Name:gpt-4o,Version:2024-05-13' is in deprecating state and cannot be used for "
            "new deployments.",
            id="deprecated, and never had",
        ),
        pytest.param(
            _deployment(raiPolicyName="strict"),
            "InvalidResourceProperties",
            "The RAI policy 'strict' of account deployment does not exist.",
            id="no such filter",
        ),
    ],
)
def test_deployments_that_cannot_be(rig: Rig, account: str, body: Any, code: str, message: str) -> None:
    assert error(_put(rig, f"{account}/deployments/chat", body)) == (400, code, message)
    assert rig.ask("GET", f"{account}/deployments/chat").status_code == 404


def test_quota_counts_all_deployments_of_a_model_in_the_region(rig: Rig, account: str) -> None:
    rig.make(f"{account}/deployments/one", _deployment(capacity=600))
    refused = error(_put(rig, f"{account}/deployments/two", _deployment(version="2024-08-06", capacity=500)))
    assert refused[1] == "InsufficientQuota"
    assert "available capacity 400. The current quota usage is 600 and the quota limit is 1000" in refused[2]
    rig.make(f"{account}/deployments/one", _deployment(capacity=1000))
    usage = rig.ask("GET", f"{PROVIDER}/locations/southcentralus/usages").json()["value"]
    found = next(item for item in usage if item["name"]["value"] == "OpenAI.GlobalStandard.gpt-4o")
    assert (found["currentValue"], found["limit"]) == (1000.0, 1000.0)
    rig.remove(f"{account}/deployments/one")
    assert rig.make(f"{account}/deployments/two", _deployment(capacity=500))


def test_quota_is_the_subscriptions_own(rig: Rig, account: str) -> None:
    rig.inside(lambda: rig.store.set_fact(models.QUOTA_FACT, {"southcentralus/GlobalStandard/gpt-4o": 5}))
    assert error(_put(rig, f"{account}/deployments/chat", _deployment(capacity=6)))[1] == "InsufficientQuota"
    assert rig.make(f"{account}/deployments/chat", _deployment(capacity=5))


def test_deprecated_version_is_for_those_who_have_had_it(rig: Rig, account: str) -> None:
    wanted = _deployment(version="2024-08-06")
    assert rig.make(f"{account}/deployments/chat", wanted)
    rig.remove(f"{account}/deployments/chat")
    rig.inside(lambda: rig.store.set_fact(models.HISTORY_FACT, []))
    assert error(_put(rig, f"{account}/deployments/chat", wanted))[1] == "ServiceModelDeprecating"


def test_retired_version_is_for_nobody_and_what_runs_can_still_be_changed(rig: Rig, account: str) -> None:
    rig.make(f"{account}/deployments/old", _deployment(version="2024-08-06"))
    rig.inside(lambda: models.set_as_of(rig.store, date(2027, 5, 1)))
    assert error(_put(rig, f"{account}/deployments/new", _deployment(version="2024-08-06"))) == (
        400,
        "ServiceModelDeprecated",
        "The model 'Format:OpenAI,Name:gpt-4o,Version:2024-08-06' has been deprecated since 04/14/2027 00:00:00.",
    )
    assert rig.make(f"{account}/deployments/old", _deployment(version="2024-08-06", capacity=1))


def test_content_filter_of_the_account_can_be_named(rig: Rig, account: str) -> None:
    policy = rig.make(f"{account}/raiPolicies/strict", {"properties": {"mode": "Blocking"}})
    assert (policy["properties"]["mode"], policy["properties"]["basePolicyName"]) == (
        "Blocking",
        "Microsoft.DefaultV2",
    )
    made = rig.make(f"{account}/deployments/chat", _deployment(raiPolicyName="strict"))
    assert made["properties"]["raiPolicyName"] == "strict"


# Lists, as Microsoft's own client reads them -----------------------------------------------------------------


class _Credential:
    def __init__(self, rig: Rig) -> None:
        self._token = rig.token

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self._token, 9999999999)


class _Bearer(SansIOHTTPPolicy[Any, Any]):
    """The token as it is: the library's own policy sends none over plain HTTP."""

    def __init__(self, rig: Rig) -> None:
        self._token = rig.token

    def on_request(self, request: Any) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


def _management(rig: Rig) -> CognitiveServicesManagementClient:
    return CognitiveServicesManagementClient(
        _Credential(rig),
        SUBSCRIPTION,
        base_url=rig.origin,
        authentication_policy=_Bearer(rig),
        polling_interval=0,
        retry_total=0,
    )


def test_model_list_says_what_is_on_its_way_out_in_azures_words(rig: Rig) -> None:
    rig.inside(lambda: models.set_as_of(rig.store, date(2026, 12, 9)))
    listed = {
        (item.model.name, item.model.version): item.model
        for item in _management(rig).models.list("southcentralus")
        if item.kind == "OpenAI" and item.model is not None
    }
    states = {
        version: model.lifecycle_status for (name, version), model in listed.items() if name == "gpt-4o"
    }
    assert states == {
        "2024-05-13": "Deprecated",
        "2024-08-06": "Deprecating",
        "2024-11-20": "GenerallyAvailable",
    }
    new = listed["text-embedding-3-small", "1"]
    assert [sku.name for sku in new.skus or []] == ["Standard", "GlobalStandard", "DataZoneStandard"]
    assert new.deprecation is not None
    assert str(new.deprecation.inference).startswith("2028-02-09")


def test_management_client_makes_and_lists_deployments(rig: Rig, account: str) -> None:
    client = _management(rig)
    made = client.deployments.begin_create_or_update("rg", "ai-one", "chat", _deployment()).result()  # type: ignore[call-overload]
    assert made.properties.provisioning_state == "Succeeded"
    assert [item.name for item in client.deployments.list("rg", "ai-one")] == ["chat"]
    assert client.accounts.list_keys("rg", "ai-one").key1
    client.deployments.begin_delete("rg", "ai-one", "chat").wait()
    assert list(client.deployments.list("rg", "ai-one")) == []
