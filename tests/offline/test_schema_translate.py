"""Inputs of the shapes that public modules send become the bodies that ARM knows, and come back."""

import copy
from typing import Any

import pytest

from offline.schema import resources, translate
from offline.schema.resources import ResourceType
from offline.schema.validate import check_body, check_inputs

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = {"resourceGroupName": "rg"}
IN_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
HERE = {"location": "southcentralus"}


def _type(token: str) -> ResourceType:
    found = resources.by_token(f"azure-native:{token}")
    assert found is not None
    return found


CASES = [
    pytest.param(
        "resources:ResourceGroup",
        {"resourceGroupName": "rg", **HERE, "tags": {"a": "b"}},
        IN_GROUP,
        {**HERE, "tags": {"a": "b"}},
        id="group: nothing is flattened",
    ),
    pytest.param(
        "cognitiveservices:Deployment",
        {
            **GROUP,
            "accountName": "ai",
            "deploymentName": "gpt",
            "sku": {"name": "Standard", "capacity": 10},
            "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "1"}},
        },
        f"{IN_GROUP}/providers/Microsoft.CognitiveServices/accounts/ai/deployments/gpt",
        {
            "sku": {"name": "Standard", "capacity": 10},
            "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "1"}},
        },
        id="deployment: properties stay",
    ),
    pytest.param(
        "network:VirtualNetwork",
        {
            **GROUP,
            **HERE,
            "virtualNetworkName": "net",
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "apps", "addressPrefix": "10.0.0.0/24"}],
        },
        f"{IN_GROUP}/providers/Microsoft.Network/virtualNetworks/net",
        {
            **HERE,
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "apps", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            },
        },
        id="network: inline subnets have properties of their own",
    ),
    pytest.param(
        "network:Subnet",
        {
            **GROUP,
            "virtualNetworkName": "net",
            "subnetName": "apps",
            "addressPrefix": "10.0.0.0/24",
            "networkSecurityGroup": {"id": "/nsg"},
            "delegations": [{"name": "app", "serviceName": "Microsoft.App/environments"}],
        },
        f"{IN_GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/apps",
        {
            "properties": {
                "addressPrefix": "10.0.0.0/24",
                "networkSecurityGroup": {"id": "/nsg"},
                "delegations": [{"name": "app", "properties": {"serviceName": "Microsoft.App/environments"}}],
            }
        },
        id="subnet: a security group's id stays on top",
    ),
    pytest.param(
        "network:NetworkSecurityGroup",
        {
            **GROUP,
            **HERE,
            "networkSecurityGroupName": "nsg",
            "securityRules": [
                {
                    "name": "in",
                    "priority": 100,
                    "direction": "Inbound",
                    "access": "Allow",
                    "protocol": "Tcp",
                    "destinationPortRanges": ["443"],
                }
            ],
        },
        f"{IN_GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg",
        {
            **HERE,
            "properties": {
                "securityRules": [
                    {
                        "name": "in",
                        "properties": {
                            "priority": 100,
                            "direction": "Inbound",
                            "access": "Allow",
                            "protocol": "Tcp",
                            "destinationPortRanges": ["443"],
                        },
                    }
                ]
            },
        },
        id="security rules",
    ),
    pytest.param(
        "network:PrivateEndpoint",
        {
            **GROUP,
            **HERE,
            "privateEndpointName": "pe",
            "subnet": {"id": "/subnet"},
            "privateLinkServiceConnections": [
                {"name": "ai", "privateLinkServiceId": "/ai", "groupIds": ["account"]}
            ],
        },
        f"{IN_GROUP}/providers/Microsoft.Network/privateEndpoints/pe",
        {
            **HERE,
            "properties": {
                "subnet": {"id": "/subnet"},
                "privateLinkServiceConnections": [
                    {"name": "ai", "properties": {"privateLinkServiceId": "/ai", "groupIds": ["account"]}}
                ],
            },
        },
        id="private endpoint",
    ),
    pytest.param(
        "network:PrivateDnsZoneGroup",
        {
            **GROUP,
            "privateEndpointName": "pe",
            "privateDnsZoneGroupName": "default",
            "privateDnsZoneConfigs": [{"name": "openai", "privateDnsZoneId": "/zone"}],
        },
        f"{IN_GROUP}/providers/Microsoft.Network/privateEndpoints/pe/privateDnsZoneGroups/default",
        {
            "properties": {
                "privateDnsZoneConfigs": [{"name": "openai", "properties": {"privateDnsZoneId": "/zone"}}]
            }
        },
        id="zone group",
    ),
    pytest.param(
        "privatedns:PrivateRecordSet",
        {
            **GROUP,
            "privateZoneName": "z.net",
            "recordType": "A",
            "relativeRecordSetName": "*",
            "ttl": 60,
            "aRecords": [{"ipv4Address": "10.0.0.4"}],
        },
        f"{IN_GROUP}/providers/Microsoft.Network/privateDnsZones/z.net/A/*",
        {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "10.0.0.4"}]}},
        id="record set: its kind is in the path",
    ),
    pytest.param(
        "keyvault:Secret",
        {
            **GROUP,
            "vaultName": "kv",
            "secretName": "key",
            "properties": {"value": "x", "attributes": {"enabled": True, "expires": 7, "notBefore": 1}},
        },
        f"{IN_GROUP}/providers/Microsoft.KeyVault/vaults/kv/secrets/key",
        {"properties": {"value": "x", "attributes": {"enabled": True, "exp": 7, "nbf": 1}}},
        id="secret: exp and nbf",
    ),
    pytest.param(
        "app:ContainerApp",
        {
            **GROUP,
            **HERE,
            "containerAppName": "app",
            "environmentId": "/env",
            "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/one", "/two"]},
            "template": {"containers": [{"name": "a", "image": "b", "resources": {"cpu": 0.5}}]},
        },
        f"{IN_GROUP}/providers/Microsoft.App/containerApps/app",
        {
            **HERE,
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/one": {}, "/two": {}}},
            "properties": {
                "environmentId": "/env",
                "template": {"containers": [{"name": "a", "image": "b", "resources": {"cpu": 0.5}}]},
            },
        },
        id="app: a list of identities becomes a map",
    ),
    pytest.param(
        "operationalinsights:Workspace",
        {**GROUP, **HERE, "workspaceName": "logs", "sku": {"name": "PerGB2018"}, "retentionInDays": 30},
        f"{IN_GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs",
        {**HERE, "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}},
        id="workspace: its sku is a property",
    ),
    pytest.param(
        "applicationinsights:Component",
        {
            **GROUP,
            **HERE,
            "resourceName": "appi",
            "kind": "web",
            "applicationType": "web",
            "workspaceResourceId": "/logs",
            "ingestionMode": "LogAnalytics",
        },
        f"{IN_GROUP}/providers/Microsoft.Insights/components/appi",
        {
            **HERE,
            "kind": "web",
            "properties": {
                "Application_Type": "web",
                "WorkspaceResourceId": "/logs",
                "IngestionMode": "LogAnalytics",
            },
        },
        id="component: capitals",
    ),
    pytest.param(
        "monitor:DiagnosticSetting",
        {
            "resourceUri": f"{IN_GROUP}/providers/Microsoft.KeyVault/vaults/kv",
            "name": "logs",
            "workspaceId": "/logs",
            "logs": [{"category": "AuditEvent", "enabled": True}],
        },
        f"{IN_GROUP}/providers/Microsoft.KeyVault/vaults/kv/providers/Microsoft.Insights/diagnosticSettings/logs",
        {"properties": {"workspaceId": "/logs", "logs": [{"category": "AuditEvent", "enabled": True}]}},
        id="diagnostic setting: hangs on another resource",
    ),
    pytest.param(
        "monitor:MetricAlert",
        {
            **GROUP,
            "location": "global",
            "ruleName": "alert",
            "severity": 2,
            "enabled": True,
            "scopes": ["/ai"],
            "evaluationFrequency": "PT1M",
            "windowSize": "PT5M",
            "criteria": {
                "odataType": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [
                    {
                        "criterionType": "StaticThresholdCriterion",
                        "name": "a",
                        "metricName": "Requests",
                        "operator": "GreaterThan",
                        "threshold": 1,
                        "timeAggregation": "Total",
                    }
                ],
            },
        },
        f"{IN_GROUP}/providers/Microsoft.Insights/metricAlerts/alert",
        {
            "location": "global",
            "properties": {
                "severity": 2,
                "enabled": True,
                "scopes": ["/ai"],
                "evaluationFrequency": "PT1M",
                "windowSize": "PT5M",
                "criteria": {
                    "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                    "allOf": [
                        {
                            "criterionType": "StaticThresholdCriterion",
                            "name": "a",
                            "metricName": "Requests",
                            "operator": "GreaterThan",
                            "threshold": 1,
                            "timeAggregation": "Total",
                        }
                    ],
                },
            },
        },
        id="metric alert: a union, and odata.type",
    ),
    pytest.param(
        "authorization:RoleAssignment",
        {
            "scope": f"{IN_GROUP}/providers/Microsoft.KeyVault/vaults/kv",
            "roleAssignmentName": "g",
            "principalId": "p",
            "roleDefinitionId": "r",
            "principalType": "ServicePrincipal",
        },
        f"{IN_GROUP}/providers/Microsoft.KeyVault/vaults/kv/providers/Microsoft.Authorization/roleAssignments/g",
        {"properties": {"principalId": "p", "roleDefinitionId": "r", "principalType": "ServicePrincipal"}},
        id="role assignment",
    ),
]
both_ways = pytest.mark.parametrize(("token", "inputs", "id", "body"), CASES)


@both_ways
def test_inputs_become_arms_body(token: str, inputs: dict[str, Any], id: str, body: dict[str, Any]) -> None:
    found_id, found_body = translate.to_arm(_type(token), inputs, SUBSCRIPTION)
    assert (found_id.text, found_body) == (id, body)


@both_ways
def test_a_body_becomes_the_inputs_that_made_it(
    token: str, inputs: dict[str, Any], id: str, body: dict[str, Any]
) -> None:
    version = {"azureApiVersion": _type(token).api_version}
    assert translate.inputs_of(_type(token), id, body) == inputs | version


def test_what_azure_shows_empty_is_no_input() -> None:
    rule = {"name": "in", "properties": {"access": "Allow", "sourceAddressPrefixes": []}}
    body = {"tags": {}, "properties": {"securityRules": [rule], "flushConnection": False}}
    token = "network:NetworkSecurityGroup"
    id = f"{IN_GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg"
    assert translate.inputs_of(_type(token), id, body) == {
        "resourceGroupName": "rg",
        "networkSecurityGroupName": "nsg",
        "securityRules": [{"name": "in", "access": "Allow"}],
        "flushConnection": False,
        "azureApiVersion": _type(token).api_version,
    }


RULED = {"location": "x", "securityRules": [{"name": "in"}]}
READ = {"properties": {"accessPolicies": [{"objectId": "o"}]}}


@pytest.mark.parametrize(
    ("token", "shown", "inputs", "left"),
    [
        pytest.param("network:NetworkSecurityGroup", RULED, {}, {"location": "x"}, id="left to others"),
        pytest.param(
            "network:NetworkSecurityGroup", RULED, {"securityRules": []}, RULED, id="said to be none"
        ),
        pytest.param(
            "keyvault:Vault", READ, {"properties": {"tenantId": "t"}}, {"properties": {}}, id="deeper"
        ),
        pytest.param(
            "keyvault:Vault",
            READ,
            {"properties": {"accessPolicies": []}},
            READ,
            id="deeper, said to be none",
        ),
        pytest.param("keyvault:Vault", {"name": "kv"}, {}, {"name": "kv"}, id="not shown"),
    ],
)
def test_sub_resources_that_a_program_leaves_out_are_not_compared(
    token: str, shown: dict[str, Any], inputs: dict[str, Any], left: dict[str, Any]
) -> None:
    before = copy.deepcopy(shown)
    assert translate.without_unset_subresources(_type(token), inputs, shown) == left
    assert shown == before


@both_ways
def test_outputs_can_be_projected_to_the_inputs_without_the_path(
    token: str, inputs: dict[str, Any], id: str, body: dict[str, Any]
) -> None:
    outputs = translate.from_arm(_type(token), body)
    projected = translate.projected(_type(token), outputs)
    expected = {name: value for name, value in inputs.items() if name not in _type(token).parameters}
    assert projected == expected


@both_ways
def test_inputs_and_body_are_valid(token: str, inputs: dict[str, Any], id: str, body: dict[str, Any]) -> None:
    resource = _type(token)
    assert check_inputs(resource.token, inputs) == []
    assert check_body(resource.type, resource.api_version, body) == []


def test_outputs_show_the_map_of_identities() -> None:
    shown = {"/one": {"clientId": "c", "principalId": "p"}}
    body = {"identity": {"type": "UserAssigned", "userAssignedIdentities": shown}}
    outputs = translate.from_arm(_type("app:ContainerApp"), body)
    assert outputs["identity"]["userAssignedIdentities"] == shown


def test_outputs_lack_what_the_sdk_does_not_know() -> None:
    outputs = translate.from_arm(_type("keyvault:Vault"), {"properties": {"new": 1, "vaultUri": "u"}, "x": 1})
    assert outputs == {"properties": {"vaultUri": "u"}, "azureApiVersion": "2024-11-01"}


def test_an_id_of_another_type_cannot_be_imported() -> None:
    with pytest.raises(ValueError, match="is no id of azure-native:keyvault:Vault: expected /subscriptions"):
        translate.inputs_of(_type("keyvault:Vault"), f"{IN_GROUP}/providers/Microsoft.Web/sites/x", {})
