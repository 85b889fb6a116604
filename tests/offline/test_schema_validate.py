"""What is refused before it is sent, and what when it arrives."""

from typing import Any

import pytest

from offline.schema.validate import UNKNOWN, check_body, check_inputs

ACCOUNT = "azure-native:cognitiveservices:Account"
GOOD: dict[str, Any] = {
    "accountName": "ai",
    "resourceGroupName": "rg",
    "location": "southcentralus",
    "kind": "OpenAI",
    "sku": {"name": "S0"},
    "properties": {"networkAcls": {"ipRules": [{"value": "1.2.3.4"}]}},
}


def with_properties(**properties: object) -> dict[str, Any]:
    return GOOD | {"properties": properties}


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        pytest.param(
            with_properties(disableLocalAuht=True),
            "'properties.disableLocalAuht' is no property of AccountProperties (azure-native drops unknown"
            " properties without a word); did you mean 'disableLocalAuth'?",
            id="typo",
        ),
        pytest.param(
            with_properties(disable_local_auth=True),
            "'properties.disable_local_auth' is no property of AccountProperties (azure-native drops unknown"
            " properties without a word); did you mean 'disableLocalAuth'?",
            id="python's spelling in a plain dict",
        ),
        pytest.param(
            with_properties(xyzzy=1),
            "'properties.xyzzy' is no property of AccountProperties (azure-native drops unknown properties"
            " without a word)",
            id="nothing near",
        ),
        pytest.param(
            with_properties(networkAcls={"ipRules": [{}]}),
            "missing required property 'properties.networkAcls.ipRules[0].value'",
            id="missing, deep",
        ),
        pytest.param(
            {k: v for k, v in GOOD.items() if k != "resourceGroupName"},
            "missing required property 'resourceGroupName'",
            id="missing path parameter",
        ),
        pytest.param(
            with_properties(disableLocalAuth="yes"),
            "'properties.disableLocalAuth' should be of type 'boolean' but got a string",
            id="type",
        ),
        pytest.param(
            GOOD | {"tags": {"a": 1}}, "'tags.a' should be of type 'string' but got a number", id="map"
        ),
        pytest.param(
            with_properties(allowedFqdnList="a"),
            "'properties.allowedFqdnList' should be of type 'array' but got a string",
            id="no list",
        ),
        pytest.param(
            GOOD | {"identity": {"type": "Managed"}},
            "'identity.type' is 'Managed', which is none of 'None', 'SystemAssigned', 'UserAssigned',"
            " 'SystemAssigned, UserAssigned'",
            id="closed enumeration",
        ),
        pytest.param(
            GOOD | {"accountName": "-ai"},
            "'accountName' does not match expression '^[a-zA-Z0-9][a-zA-Z0-9_.-]*$'",
            id="name",
        ),
    ],
)
def test_bad_inputs_are_refused_with_the_reason(inputs: dict[str, Any], reason: str) -> None:
    assert [problem.reason for problem in check_inputs(ACCOUNT, inputs)] == [reason]


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param(GOOD, id="good"),
        pytest.param(dict.fromkeys(GOOD, UNKNOWN), id="everything unknown"),
        pytest.param(with_properties(networkAcls={"ipRules": UNKNOWN}), id="unknown, deep"),
        pytest.param(with_properties(publicNetworkAccess="SecuredByPerimeter"), id="open enumeration"),
        pytest.param(GOOD | {"tags": None}, id="null is left out"),
        pytest.param(GOOD | {"__createBeforeDelete": True, "azureApiVersion": "x"}, id="the provider's own"),
    ],
)
def test_good_inputs_pass(inputs: dict[str, Any]) -> None:
    assert check_inputs(ACCOUNT, inputs) == []


def test_a_range_is_checked_where_azure_has_one() -> None:
    inputs = {
        "vaultName": "kv-one",
        "resourceGroupName": "rg",
        "properties": {
            "tenantId": "00000000-0000-0000-0000-000000000001",
            "sku": {"family": "A", "name": "standard"},
            "softDeleteRetentionInDays": 6,
        },
    }
    (problem,) = check_inputs("azure-native:keyvault:Vault", inputs)
    assert problem.reason == "'properties.softDeleteRetentionInDays' is too low (6 < 7)"
    (problem,) = check_body("Microsoft.KeyVault/vaults", "2024-11-01", {"properties": inputs["properties"]})
    assert problem.reason == "'properties.softDeleteRetentionInDays' is too low (6 < 7)"


def test_the_variants_of_a_union_are_told_apart() -> None:
    criteria = {
        "odataType": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "allOf": [{"criterionType": "StaticThresholdCriterion", "name": "a", "metricName": "b"}],
    }
    inputs = {
        "ruleName": "alert", "resourceGroupName": "rg", "severity": 1, "enabled": True, "scopes": ["/x"],
        "evaluationFrequency": "PT1M", "windowSize": "PT5M", "criteria": criteria,
    }  # fmt: skip
    assert {problem.path for problem in check_inputs("azure-native:monitor:MetricAlert", inputs)} == {
        "criteria.allOf[0].operator",
        "criteria.allOf[0].threshold",
        "criteria.allOf[0].timeAggregation",
    }


SUBNET = "Microsoft.Network/virtualNetworks/subnets"


def test_a_body_is_refused_for_what_it_has_in_the_wrong_place() -> None:
    (problem,) = check_body(SUBNET, "2024-05-01", {"addressPrefix": "10.0.0.0/24"})
    assert (problem.path, problem.fault) == ("addressPrefix", "unknown")


def test_a_body_of_a_nested_resource_is_judged_within_its_properties() -> None:
    delegation = {"name": "apps", "properties": {"serviceNam": "Microsoft.App/environments"}}
    (problem,) = check_body(SUBNET, "2024-05-01", {"properties": {"delegations": [delegation]}})
    assert problem.reason == (
        "'properties.delegations[0].properties.serviceNam' is no property of Delegation;"
        " did you mean 'serviceName'?"
    )


def test_another_api_version_may_know_more() -> None:
    body = {"properties": {"addressPrefix": "10.0.0.0/24", "tomorrow": True}}
    assert [one.path for one in check_body(SUBNET, "2024-05-01", body)] == ["properties.tomorrow"]
    assert check_body(SUBNET, "2030-01-01", body) == []


def test_what_was_read_may_be_sent_back() -> None:
    body = {
        "id": "/x", "name": "x", "type": SUBNET, "etag": "1",
        "properties": {"provisioningState": "Succeeded", "addressPrefix": "10.0.0.0/24", "ipConfigurations": []},
    }  # fmt: skip
    assert check_body(SUBNET, "2024-05-01", body) == []


def test_a_map_of_identities_is_what_a_body_has() -> None:
    def body(identities: object) -> dict[str, object]:
        return {"identity": {"type": "UserAssigned", "userAssignedIdentities": identities}}

    assert check_body("Microsoft.App/containerApps", "2025-02-02-preview", body({"/one": {}})) == []
    (problem,) = check_body("Microsoft.App/containerApps", "2025-02-02-preview", body(["/one"]))
    assert "should be of type 'object' but got an array" in problem.reason


def test_a_type_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match=r"the offline Azure has no Microsoft\.Web/sites"):
        check_body("Microsoft.Web/sites", "2024-01-01", {})
