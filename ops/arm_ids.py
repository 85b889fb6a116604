"""Where a resource of the program is in Azure: its ARM id, from the inputs that it was to be created with.

The engine keeps no id of a create that it did not see end. Every name of this project is explicit, so the id
follows from the inputs, as it does in azure-native itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's word for a string that is known only once something else is made (`plugin.UnknownStringValue`)."""

_GROUP = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}"


@dataclass(frozen=True)
class Place:
    """Where resources of one type are."""

    path: str
    """Their ARM id; `{word}` is an input of azure-native, `{subscription}` the subscription's id."""
    api_version: str
    """To ask for one."""


def _in_group(rest: str, api_version: str) -> Place:
    return Place(f"{_GROUP}/providers/{rest}", api_version)


PLACES: Mapping[str, Place] = {
    "azure-native:resources:ResourceGroup": Place(_GROUP, "2024-03-01"),
    "azure-native:network:VirtualNetwork": _in_group(
        "Microsoft.Network/virtualNetworks/{virtualNetworkName}", "2024-05-01"
    ),
    "azure-native:network:Subnet": _in_group(
        "Microsoft.Network/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}", "2024-05-01"
    ),
    "azure-native:network:NetworkSecurityGroup": _in_group(
        "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}", "2024-05-01"
    ),
    "azure-native:network:PrivateEndpoint": _in_group(
        "Microsoft.Network/privateEndpoints/{privateEndpointName}", "2024-05-01"
    ),
    "azure-native:network:PrivateDnsZoneGroup": _in_group(
        "Microsoft.Network/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}",
        "2024-05-01",
    ),
    "azure-native:privatedns:PrivateZone": _in_group(
        "Microsoft.Network/privateDnsZones/{privateZoneName}", "2024-06-01"
    ),
    "azure-native:privatedns:PrivateRecordSet": _in_group(
        "Microsoft.Network/privateDnsZones/{privateZoneName}/{recordType}/{relativeRecordSetName}",
        "2024-06-01",
    ),
    "azure-native:privatedns:VirtualNetworkLink": _in_group(
        "Microsoft.Network/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}",
        "2024-06-01",
    ),
    "azure-native:cognitiveservices:Account": _in_group(
        "Microsoft.CognitiveServices/accounts/{accountName}", "2024-10-01"
    ),
    "azure-native:cognitiveservices:Deployment": _in_group(
        "Microsoft.CognitiveServices/accounts/{accountName}/deployments/{deploymentName}", "2024-10-01"
    ),
    "azure-native:cognitiveservices:RaiPolicy": _in_group(
        "Microsoft.CognitiveServices/accounts/{accountName}/raiPolicies/{raiPolicyName}", "2024-10-01"
    ),
    "azure-native:keyvault:Vault": _in_group("Microsoft.KeyVault/vaults/{vaultName}", "2023-07-01"),
    "azure-native:keyvault:Secret": _in_group(
        "Microsoft.KeyVault/vaults/{vaultName}/secrets/{secretName}", "2023-07-01"
    ),
    "azure-native:managedidentity:UserAssignedIdentity": _in_group(
        "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}", "2023-01-31"
    ),
    "azure-native:authorization:RoleAssignment": Place(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}", "2022-04-01"
    ),
    "azure-native:operationalinsights:Workspace": _in_group(
        "Microsoft.OperationalInsights/workspaces/{workspaceName}", "2023-09-01"
    ),
    "azure-native:monitor:DiagnosticSetting": Place(
        "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}", "2021-05-01-preview"
    ),
    "azure-native:redisenterprise:RedisEnterprise": _in_group(
        "Microsoft.Cache/redisEnterprise/{clusterName}", "2025-07-01"
    ),
    "azure-native:redisenterprise:Database": _in_group(
        "Microsoft.Cache/redisEnterprise/{clusterName}/databases/{databaseName}", "2025-07-01"
    ),
    "azure-native:redisenterprise:AccessPolicyAssignment": _in_group(
        "Microsoft.Cache/redisEnterprise/{clusterName}/databases/{databaseName}"
        "/accessPolicyAssignments/{accessPolicyAssignmentName}",
        "2025-07-01",
    ),
    "azure-native:monitor:ActionGroup": _in_group(
        "Microsoft.Insights/actionGroups/{actionGroupName}", "2023-01-01"
    ),
    "azure-native:monitor:MetricAlert": _in_group("Microsoft.Insights/metricAlerts/{ruleName}", "2018-03-01"),
    "azure-native:applicationinsights:Workbook": _in_group(
        "Microsoft.Insights/workbooks/{resourceName}", "2023-06-01"
    ),
    "azure-native:consumption:Budget": Place(
        "{scope}/providers/Microsoft.Consumption/budgets/{budgetName}", "2023-11-01"
    ),
    "azure-native:app:ManagedEnvironment": _in_group(
        "Microsoft.App/managedEnvironments/{environmentName}", "2024-03-01"
    ),
    "azure-native:app:ContainerApp": _in_group(
        "Microsoft.App/containerApps/{containerAppName}", "2024-03-01"
    ),
}
"""By Pulumi's type; every type that the program makes (a test holds it against the deployed stacks)."""


class UnknownPlaceError(Exception):
    """It can't be said where a resource would be; the text says why."""


def arm_id(resource_type: str, inputs: Mapping[str, object], subscription: str) -> str:
    """The ARM id that a create with these inputs gives.

    :raises UnknownPlaceError: a type that is not in the table, or a name that the inputs lack.
    """
    place = PLACES.get(resource_type)
    if place is None:
        raise UnknownPlaceError(f"the ids of {resource_type} are not known here")
    words = {"subscription": subscription, **inputs}

    def filled(word: re.Match[str]) -> str:
        value = words.get(word[1])
        if not isinstance(value, str) or value == _UNKNOWN:
            raise UnknownPlaceError(f"its {word[1]} was not known yet")
        return value

    return re.sub(r"\{(\w+)\}", filled, place.path)
