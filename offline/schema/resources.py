"""Which resource types the offline Azure knows: Pulumi's token, ARM's path and the api-version that is sent.

One row a type. Path parameters carry the names of azure-native's inputs; the last one is the resource's own name.
Source: pulumi-azure-native 3.29 (`Uses Azure REST API version …` and the `*Args` of each resource) and the paths of
Azure/azure-rest-api-specs. `tests/offline/test_schema_resources.py` holds the table to both.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from offline.arm.ids import ResourceId

AutoName = Literal["random", "uuid", "copy"]

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A resource type as azure-native 3.29 sends it."""

    token: str
    """`azure-native:cognitiveservices:Account`"""
    type: str
    """`Microsoft.CognitiveServices/accounts`, as Azure writes it."""
    path: str
    """`/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/…/accounts/{accountName}`;
    an extension resource starts with its scope: `/{scope}/providers/…`."""
    api_version: str
    auto_name: AutoName
    """How a name that the program leaves out is made: eight hex digits after the resource's Pulumi name, a GUID,
    or (below a parent, where names need not be unique) the Pulumi name itself."""

    @property
    def module(self) -> str:
        """`cognitiveservices`"""
        return self.token.split(":")[1]

    @property
    def name(self) -> str:
        """`Account`"""
        return self.token.split(":")[2]

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The inputs that make up the path, without the subscription."""
        return tuple(name for name in _PARAMETER.findall(self.path) if name != "subscriptionId")

    @property
    def name_parameter(self) -> str:
        """The input that holds the resource's own name."""
        return self.parameters[-1]

    @property
    def scope_parameter(self) -> str | None:
        """The input of an extension resource that holds the id of what it hangs on."""
        return self.parameters[0] if self.path.startswith("/{") else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = [
            re.escape(part)
            if index % 2 == 0
            else f"(?P<{part}>{'.+' if part == self.scope_parameter else '[^/]+'})"
            for index, part in enumerate(_PARAMETER.split(self.path))
        ]
        return re.compile("".join(parts), re.IGNORECASE)

    def id(self, subscription: str, parameters: dict[str, str]) -> ResourceId:
        """The id that path parameters make.

        :raises KeyError: a parameter is missing.
        """
        filled = {name: value.strip("/") for name, value in parameters.items()} | {
            "subscriptionId": subscription
        }
        return ResourceId(_PARAMETER.sub(lambda found: filled[found[1]], self.path))

    def parse(self, id: str) -> dict[str, str] | None:
        """Path parameters of an id, without the subscription; None when it is no id of this type."""
        found = self._pattern.fullmatch(id)
        if found is None:
            return None
        parameters = {name: value for name, value in found.groupdict().items() if name != "subscriptionId"}
        if self.scope_parameter is not None:
            parameters[self.scope_parameter] = "/" + parameters[self.scope_parameter]
        return parameters


def _row(
    module_and_name: str, api_version: str, path: str, auto_name: AutoName | None = None
) -> ResourceType:
    """:param path: after `…/providers/` for what lives in a group; whole when it starts with a slash."""
    whole = path if path.startswith("/") else f"{_GROUP}/providers/{path}"
    type_path = whole.rpartition("/providers/")[2] if "/providers/" in whole else None
    segments = type_path.split("/") if type_path is not None else []
    kind = "/".join([segments[0], *segments[1::2]]) if segments else "Microsoft.Resources/resourceGroups"
    nested = len(segments) > 3
    return ResourceType(
        token="azure-native:" + module_and_name.replace(".", ":"),
        type=kind.replace("{recordType}", "A"),
        path=whole,
        api_version=api_version,
        auto_name=auto_name or ("copy" if nested else "random"),
    )


_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_ACCOUNT = "Microsoft.CognitiveServices/accounts/{accountName}"
_VAULT = "Microsoft.KeyVault/vaults/{vaultName}"
_NETWORK = "Microsoft.Network/virtualNetworks/{virtualNetworkName}"
_SECURITY_GROUP = "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}"
_ENDPOINT = "Microsoft.Network/privateEndpoints/{privateEndpointName}"
_ZONE = "Microsoft.Network/privateDnsZones/{privateZoneName}"
_ENVIRONMENT = "Microsoft.App/managedEnvironments/{environmentName}"
_APP = "Microsoft.App/containerApps/{containerAppName}"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
_POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}"
_REDIS = "Microsoft.Cache/redisEnterprise/{clusterName}"
_REDIS_DATABASE = f"{_REDIS}/databases/{{databaseName}}"
_REGISTRY = "Microsoft.ContainerRegistry/registries/{registryName}"
_STORAGE = "Microsoft.Storage/storageAccounts/{accountName}"
_LOCKS = "Microsoft.Authorization/locks/{lockName}"
_APPS = "2025-02-02-preview"
_NETWORKS = "2024-05-01"

TYPES: tuple[ResourceType, ...] = (
    _row("resources.ResourceGroup", "2024-03-01", _GROUP),
    _row("cognitiveservices.Account", "2025-06-01", _ACCOUNT),
    _row("cognitiveservices.Deployment", "2025-06-01", f"{_ACCOUNT}/deployments/{{deploymentName}}"),
    _row("cognitiveservices.RaiPolicy", "2025-06-01", f"{_ACCOUNT}/raiPolicies/{{raiPolicyName}}"),
    _row("keyvault.Vault", "2024-11-01", _VAULT),
    _row("keyvault.Secret", "2024-11-01", f"{_VAULT}/secrets/{{secretName}}"),
    _row("network.VirtualNetwork", _NETWORKS, _NETWORK),
    _row("network.Subnet", _NETWORKS, f"{_NETWORK}/subnets/{{subnetName}}"),
    _row("network.NetworkSecurityGroup", _NETWORKS, _SECURITY_GROUP),
    _row("network.SecurityRule", _NETWORKS, f"{_SECURITY_GROUP}/securityRules/{{securityRuleName}}"),
    _row("network.PrivateEndpoint", _NETWORKS, _ENDPOINT),
    _row(
        "network.PrivateDnsZoneGroup",
        _NETWORKS,
        f"{_ENDPOINT}/privateDnsZoneGroups/{{privateDnsZoneGroupName}}",
    ),
    _row("network.NatGateway", _NETWORKS, "Microsoft.Network/natGateways/{natGatewayName}"),
    _row("network.PublicIPAddress", _NETWORKS, "Microsoft.Network/publicIPAddresses/{publicIpAddressName}"),
    _row("privatedns.PrivateZone", "2024-06-01", _ZONE),
    _row(
        "privatedns.VirtualNetworkLink",
        "2024-06-01",
        f"{_ZONE}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
    ),
    _row("privatedns.PrivateRecordSet", "2024-06-01", f"{_ZONE}/{{recordType}}/{{relativeRecordSetName}}"),
    _row("app.ManagedEnvironment", _APPS, _ENVIRONMENT),
    _row("app.ManagedEnvironmentsStorage", _APPS, f"{_ENVIRONMENT}/storages/{{storageName}}"),
    _row("app.MaintenanceConfiguration", _APPS, f"{_ENVIRONMENT}/maintenanceConfigurations/{{configName}}"),
    _row("app.ContainerApp", _APPS, _APP),
    _row("app.ContainerAppsAuthConfig", _APPS, f"{_APP}/authConfigs/{{authConfigName}}"),
    _row("app.Job", _APPS, "Microsoft.App/jobs/{jobName}"),
    _row("managedidentity.UserAssignedIdentity", "2023-01-31", _IDENTITY),
    _row(
        "managedidentity.FederatedIdentityCredential",
        "2023-01-31",
        f"{_IDENTITY}/federatedIdentityCredentials/{{federatedIdentityCredentialResourceName}}",
    ),
    _row(
        "authorization.RoleAssignment",
        "2022-04-01",
        "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        "uuid",
    ),
    # The one that reads ids of any scope stands first: `by_type` and `of_id` prefer it.
    _row("authorization.ManagementLockByScope", "2020-05-01", f"/{{scope}}/providers/{_LOCKS}"),
    _row("authorization.ManagementLockAtResourceGroupLevel", "2020-05-01", _LOCKS),
    _row(
        "operationalinsights.Workspace",
        "2023-09-01",
        "Microsoft.OperationalInsights/workspaces/{workspaceName}",
    ),
    _row(
        "monitor.DiagnosticSetting",
        "2021-05-01-preview",
        "/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    ),
    _row("monitor.MetricAlert", "2018-03-01", "Microsoft.Insights/metricAlerts/{ruleName}"),
    _row("monitor.ActionGroup", "2024-10-01-preview", "Microsoft.Insights/actionGroups/{actionGroupName}"),
    _row(
        "monitor.ScheduledQueryRule",
        "2025-01-01-preview",
        "Microsoft.Insights/scheduledQueryRules/{ruleName}",
    ),
    _row("applicationinsights.Component", "2020-02-02", "Microsoft.Insights/components/{resourceName}"),
    _row("applicationinsights.Workbook", "2023-06-01", "Microsoft.Insights/workbooks/{resourceName}", "uuid"),
    _row("portal.Dashboard", "2022-12-01-preview", "Microsoft.Portal/dashboards/{dashboardName}"),
    _row("consumption.Budget", "2024-08-01", "/{scope}/providers/Microsoft.Consumption/budgets/{budgetName}"),
    _row("dbforpostgresql.Server", "2025-08-01", _POSTGRES),
    _row("dbforpostgresql.Database", "2025-08-01", f"{_POSTGRES}/databases/{{databaseName}}"),
    _row("dbforpostgresql.FirewallRule", "2025-08-01", f"{_POSTGRES}/firewallRules/{{firewallRuleName}}"),
    _row("dbforpostgresql.Configuration", "2025-08-01", f"{_POSTGRES}/configurations/{{configurationName}}"),
    _row(
        "dbforpostgresql.AdministratorsMicrosoftEntra",
        "2025-08-01",
        f"{_POSTGRES}/administrators/{{objectId}}",
    ),
    _row("redisenterprise.RedisEnterprise", "2025-07-01", _REDIS),
    _row("redisenterprise.Database", "2025-07-01", _REDIS_DATABASE),
    _row(
        "redisenterprise.AccessPolicyAssignment",
        "2025-07-01",
        f"{_REDIS_DATABASE}/accessPolicyAssignments/{{accessPolicyAssignmentName}}",
    ),
    _row("containerregistry.Registry", "2023-01-01-preview", _REGISTRY),
    _row("containerregistry.CacheRule", "2024-11-01-preview", f"{_REGISTRY}/cacheRules/{{cacheRuleName}}"),
    _row("storage.StorageAccount", "2024-01-01", _STORAGE),
    _row("storage.FileShare", "2024-01-01", f"{_STORAGE}/fileServices/default/shares/{{shareName}}"),
)

RECORD_TYPES = ("A", "AAAA", "CNAME", "MX", "PTR", "SOA", "SRV", "TXT")
"""What `{recordType}` may be: to ARM each is a resource type of its own."""

_BY_TOKEN = {row.token: row for row in TYPES}
_BY_TYPE: dict[str, ResourceType] = {}
for _one in TYPES:
    _BY_TYPE.setdefault(_one.type.lower(), _one)
for _record in RECORD_TYPES:
    _BY_TYPE[f"microsoft.network/privatednszones/{_record.lower()}"] = _BY_TOKEN[
        "azure-native:privatedns:PrivateRecordSet"
    ]


def by_token(token: str) -> ResourceType | None:
    """The type of a Pulumi token; None for one that the offline Azure does not have."""
    return _BY_TOKEN.get(token)


def by_type(arm_type: str) -> ResourceType | None:
    """The type of an ARM type, whatever its case; None for one that the offline Azure does not have."""
    return _BY_TYPE.get(arm_type.lower())
