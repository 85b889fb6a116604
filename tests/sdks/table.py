"""Every type that can be written, and how the SDK of its service writes it."""

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from offline.arm.roles import ROLES
from tests.laws.azure import REGION, Azure, account_body, api_version

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the resources of a row are made: a group of their own, and what they stand on."""

    azure: Azure
    group: str
    above: tuple[str, ...] = ()
    """Paths that the row's `settle` has made, outermost first: a network, an account."""
    count: "itertools.count[int]" = field(default_factory=itertools.count)
    """Tells siblings apart."""

    @property
    def rg(self) -> str:
        return name_of(self.group)

    @property
    def names(self) -> tuple[str, ...]:
        """What most calls want before the resource's own name."""
        return (self.rg, *map(name_of, self.above))

    def whole(self, path: str) -> str:
        """A path with its subscription."""
        return self.azure.base + path


Call = Callable[[Any, Place], Any]
"""A call of an operations group that lists."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one type's SDK writes, reads and lists it."""

    type: str
    client: Callable[..., Any]
    operations: str
    """The operations group: `virtual_networks`."""
    body: Callable[[Place], Body]
    """Another body at each call, that can stand beside those before."""
    settle: Callable[[Azure, str], tuple[str, ...]] = lambda azure, group: ()
    """Makes what the resource stands on, in a group."""
    words: Callable[[Place], tuple[str, ...]] = lambda place: place.names
    """What a call wants before the resource's own name."""
    name: Callable[[], str] = lambda: f"sdk-{uuid.uuid4().hex[:8]}"
    create: str = "begin_create_or_update"
    change: Mapping[str, Any]
    """What a second PUT says otherwise: dotted path -> value, as the model shows it."""
    body_change: Body | Callable[[Place], Body]
    """The same as part of the body."""
    patch: str | None = None
    patch_body: Body = field(default_factory=dict)
    patched: Mapping[str, Any] = field(default_factory=dict)
    """What it changes: dotted path -> value."""
    marks: frozenset[str] = frozenset()
    """Last words of paths that a write of this type changes beside that."""
    lists: Mapping[str, Call] = field(default_factory=dict)
    """By what they are lists of."""
    pages: bool = True
    """False where Azure has no pages for them, and the SDK would follow no link."""
    delete: str | None = "begin_delete"
    missing_is_404: bool = False
    """True where the delete of what is not there is refused; elsewhere it passes, as 204."""
    has_siblings: bool = True

    @property
    def polls(self) -> bool:
        """Whether a create goes on after its answer."""
        return self.create.startswith("begin_") and not self.is_by_id

    @property
    def polls_delete(self) -> bool:
        """The same for a delete."""
        return self.delete is not None and self.delete.startswith("begin_") and not self.is_by_id

    @property
    def is_by_id(self) -> bool:
        """Written by the SDK of all types, whose pollers also stand for answers that come at once."""
        return self.operations == "resources"


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


class ById:
    """The SDK of resources of any type, for two that have no SDK of their own any more: it takes whole ids."""

    def __init__(self, client: ResourceManagementClient, type_: str) -> None:
        self._resources = client.resources
        self._type = type_

    def begin_create_or_update(self, scope: str, name: str, body: Body) -> Any:
        return self._resources.begin_create_or_update_by_id(*self._named(scope, name), body, **self._version)

    def begin_update(self, scope: str, name: str, body: Body) -> Any:
        return self._resources.begin_update_by_id(*self._named(scope, name), body, **self._version)

    def get(self, scope: str, name: str) -> Any:
        return self._resources.get_by_id(*self._named(scope, name), **self._version)

    def begin_delete(self, scope: str, name: str) -> Any:
        return self._resources.begin_delete_by_id(*self._named(scope, name), **self._version)

    def _named(self, scope: str, name: str) -> tuple[str]:
        return (f"{scope}/providers/{self._type}/{name}",)

    @property
    def _version(self) -> dict[str, str]:
        return {"api_version": api_version(f"/providers/{self._type}/any")}


def operations(client: Any, row: Row) -> Any:
    """The SDK's operations group, of its client."""
    return ById(client, row.type) if row.is_by_id else getattr(client, row.operations)


HERE: Body = {"location": REGION}
EVERYWHERE: Body = {"location": "global"}
TAGGED: Body = {"tags": {"stage": "new"}}
TAGS = {"tags.stage": "new"}
RETAGGED: Body = {"tags": {"stage": "patched"}}
RETAGS = {"tags.stage": "patched"}


def _subnet_body(place: Place) -> Body:
    return {"properties": {"addressPrefix": f"10.0.{next(place.count)}.0/24"}}


def _security_group_place(azure: Azure, group: str) -> tuple[str, ...]:
    path = f"{group}/providers/Microsoft.Network/networkSecurityGroups/nsg"
    azure.put(path, HERE)
    return (path,)


def _rule_body(place: Place) -> Body:
    properties = {
        "priority": 100 + next(place.count),
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    return {"properties": properties}


def _endpoint_place(azure: Azure, group: str) -> tuple[str, ...]:
    """A subnet, and a vault to lead to."""
    return azure.subnet(azure.network(group), "snet", "10.0.0.0/24"), azure.vault(group)


def _group_place(azure: Azure, group: str) -> tuple[str, ...]:
    """A private endpoint, and a zone for its names."""
    subnet, vault = _endpoint_place(azure, group)
    endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe"
    azure.put(endpoint, azure.endpoint_body(subnet, vault, "vault"))
    return endpoint, _zone(azure, group, "privatelink.vaultcore.azure.net")


def _zone_group_body(place: Place, name: str = "zone") -> Body:
    config = {"name": name, "properties": {"privateDnsZoneId": place.whole(place.above[1])}}
    return {"properties": {"privateDnsZoneConfigs": [config]}}


def _zone(azure: Azure, group: str, name: str = "contoso.internal") -> str:
    path = f"{group}/providers/Microsoft.Network/privateDnsZones/{name}"
    azure.put(path, EVERYWHERE)
    return path


def _link_body(place: Place) -> Body:
    network = place.azure.network(place.group, f"vnet-{next(place.count)}")
    return {**EVERYWHERE, "properties": {"virtualNetwork": {"id": place.whole(network)}}}


def _role_body(place: Place) -> Body:
    reader = next(role.guid for role in ROLES.values() if role.name == "Reader")
    definition = f"{place.azure.base}/providers/Microsoft.Authorization/roleDefinitions/{reader}"
    return {
        "properties": {
            "roleDefinitionId": definition,
            "principalId": str(uuid.uuid4()),
            "principalType": "ServicePrincipal",
        }
    }


def _alert_body(place: Place) -> Body:
    criterion = {
        "criterionType": "StaticThresholdCriterion",
        "name": "many",
        "metricName": "ServiceApiHit",
        "operator": "GreaterThan",
        "threshold": 5,
        "timeAggregation": "Count",
        "skipMetricValidation": True,
    }
    kind = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
    properties = {
        "severity": 2,
        "enabled": True,
        "scopes": [place.whole(place.above[0])],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT5M",
        "criteria": {"odata.type": kind, "allOf": [criterion]},
    }
    return {**EVERYWHERE, "properties": properties}


def _workspace(azure: Azure, group: str) -> str:
    path = f"{group}/providers/Microsoft.OperationalInsights/workspaces/log-{uuid.uuid4().hex[:8]}"
    azure.put(path, HERE)
    return path


def _setting_place(azure: Azure, group: str) -> tuple[str, ...]:
    """A vault whose logs go to a workspace."""
    return azure.vault(group), _workspace(azure, group)


def _setting_body(place: Place) -> Body:
    workspace = place.whole(place.above[1])
    logs = [{"category": "AuditEvent", "enabled": True}]
    return {"properties": {"workspaceId": workspace, "logs": logs}}


def _account_place(azure: Azure, group: str) -> tuple[str, ...]:
    return (azure.account(group),)


def _deployment_body(place: Place) -> Body:
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    return {"sku": {"name": "GlobalStandard", "capacity": 5}, "properties": {"model": model}}


def _environment_body(place: Place) -> Body:
    profiles = [{"name": "Consumption", "workloadProfileType": "Consumption"}]
    return {**HERE, "properties": {"workloadProfiles": profiles}}


def environment(azure: Azure, group: str) -> str:
    """An environment for apps, without a network of its own."""
    path = f"{group}/providers/Microsoft.App/managedEnvironments/cae-{uuid.uuid4().hex[:8]}"
    azure.put(path, {**HERE, "properties": {}})
    return path


def app_body(environment_id: str, **template: Any) -> Body:
    """An app of one container, whose image is a placeholder, with a secret.

    :param environment_id: whole.
    :param template: more of the template.
    """
    container = {
        "name": "main",
        "image": "mcr.microsoft.com/k8se/quickstart:latest",
        "resources": {"cpu": 0.25, "memory": "0.5Gi"},
    }
    properties = {
        "environmentId": environment_id,
        "configuration": {"secrets": [{"name": "key", "value": "quiet"}]},
        "template": {"containers": [container], **template},
    }
    return {**HERE, "properties": properties}


def _records(record_type: str, first: Body) -> Row:
    """Record sets of one type."""
    is_soa = record_type == "SOA"
    return Row(
        type=f"Microsoft.Network/privateDnsZones/{record_type}",
        client=PrivateDnsManagementClient,
        operations="record_sets",
        settle=lambda azure, group: (_zone(azure, group),),
        words=lambda place: (*place.names, record_type),
        name=(lambda: "@") if is_soa else (lambda: f"r-{uuid.uuid4().hex[:8]}"),
        body=lambda place: {"properties": {"ttl": 300, **first}},
        create="create_or_update",
        body_change={"properties": {"ttl": 60}},
        change={"properties.ttl": 60},
        patch="update",
        patch_body={"properties": {"ttl": 90}},
        patched={"properties.ttl": 90},
        lists={
            "of its type": lambda ops, place: ops.list_by_type(*place.names, record_type),
            "of the zone": lambda ops, place: ops.list(*place.names),
        },
        delete=None if is_soa else "delete",
        has_siblings=not is_soa,
    )


ROWS: tuple[Row, ...] = (
    Row(
        type="Microsoft.Resources/resourceGroups",
        client=ResourceManagementClient,
        operations="resource_groups",
        words=lambda place: (),
        create="create_or_update",
        body=lambda place: {**HERE},
        body_change=TAGGED,
        change=TAGS,
        patch="update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={"of the subscription": lambda ops, place: ops.list()},
        missing_is_404=True,
    ),
    Row(
        type="Microsoft.Network/virtualNetworks",
        client=NetworkManagementClient,
        operations="virtual_networks",
        body=lambda place: {**HERE, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}},
        body_change={"properties": {"flowTimeoutInMinutes": 4}},
        change={"properties.flowTimeoutInMinutes": 4},
        patch="update_tags",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list(place.rg),
            "of the subscription": lambda ops, place: ops.list_all(),
        },
    ),
    Row(
        type="Microsoft.Network/virtualNetworks/subnets",
        client=NetworkManagementClient,
        operations="subnets",
        settle=lambda azure, group: (azure.network(group),),
        body=_subnet_body,
        body_change={"properties": {"serviceEndpoints": [{"service": "Microsoft.KeyVault"}]}},
        change={"properties.serviceEndpoints.0.service": "Microsoft.KeyVault"},
        lists={"of the network": lambda ops, place: ops.list(*place.names)},
    ),
    Row(
        type="Microsoft.Network/networkSecurityGroups",
        client=NetworkManagementClient,
        operations="network_security_groups",
        body=lambda place: {**HERE},
        body_change=TAGGED,
        change=TAGS,
        patch="update_tags",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list(place.rg),
            "of the subscription": lambda ops, place: ops.list_all(),
        },
    ),
    Row(
        type="Microsoft.Network/networkSecurityGroups/securityRules",
        client=NetworkManagementClient,
        operations="security_rules",
        settle=_security_group_place,
        body=_rule_body,
        body_change={"properties": {"access": "Deny"}},
        change={"properties.access": "Deny"},
        lists={"of the group": lambda ops, place: ops.list(*place.names)},
    ),
    Row(
        type="Microsoft.Network/publicIPAddresses",
        client=NetworkManagementClient,
        operations="public_ip_addresses",
        body=lambda place: {
            **HERE,
            "sku": {"name": "Standard"},
            "properties": {"publicIPAllocationMethod": "Static"},
        },
        body_change={"properties": {"idleTimeoutInMinutes": 10}},
        change={"properties.idleTimeoutInMinutes": 10},
        patch="update_tags",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list(place.rg),
            "of the subscription": lambda ops, place: ops.list_all(),
        },
    ),
    Row(
        type="Microsoft.Network/privateEndpoints",
        client=NetworkManagementClient,
        operations="private_endpoints",
        settle=_endpoint_place,
        words=lambda place: (place.rg,),
        body=lambda place: place.azure.endpoint_body(place.above[0], place.above[1], "vault"),
        body_change=TAGGED,
        change=TAGS,
        lists={
            "of the group": lambda ops, place: ops.list(place.rg),
            "of the subscription": lambda ops, place: ops.list_by_subscription(),
        },
    ),
    Row(
        type="Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        client=NetworkManagementClient,
        operations="private_dns_zone_groups",
        settle=_group_place,
        words=lambda place: place.names[:2],
        body=_zone_group_body,
        body_change=lambda place: _zone_group_body(place, "renamed"),
        change={"properties.privateDnsZoneConfigs.0.name": "renamed"},
        marks=frozenset({"id"}),
        lists={"of the endpoint": lambda ops, place: ops.list(place.names[1], place.rg)},
        has_siblings=False,
    ),
    Row(
        type="Microsoft.Network/privateDnsZones",
        client=PrivateDnsManagementClient,
        operations="private_zones",
        name=lambda: f"z{uuid.uuid4().hex[:8]}.internal",
        body=lambda place: {**EVERYWHERE},
        body_change=TAGGED,
        change=TAGS,
        patch="begin_update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list(),
        },
    ),
    Row(
        type="Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        client=PrivateDnsManagementClient,
        operations="virtual_network_links",
        settle=lambda azure, group: (_zone(azure, group),),
        body=_link_body,
        body_change={"properties": {"registrationEnabled": True}},
        change={"properties.registrationEnabled": True},
        patch="begin_update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={"of the zone": lambda ops, place: ops.list(*place.names)},
    ),
    _records("A", {"aRecords": [{"ipv4Address": "10.0.0.4"}]}),
    _records("AAAA", {"aaaaRecords": [{"ipv6Address": "fd00::4"}]}),
    _records("CNAME", {"cnameRecord": {"cname": "other.contoso.internal"}}),
    _records("MX", {"mxRecords": [{"preference": 10, "exchange": "mail.contoso.internal"}]}),
    _records("PTR", {"ptrRecords": [{"ptrdname": "host.contoso.internal"}]}),
    _records(
        "SOA",
        {
            "soaRecord": {
                "host": "azureprivatedns.net",
                "email": "azureprivatedns-host.microsoft.com",
                "serialNumber": 1,
                "refreshTime": 3600,
                "retryTime": 300,
                "expireTime": 2419200,
                "minimumTtl": 10,
            }
        },
    ),
    _records(
        "SRV",
        {"srvRecords": [{"priority": 1, "weight": 1, "port": 443, "target": "host.contoso.internal"}]},
    ),
    _records("TXT", {"txtRecords": [{"value": ["v=spf1 -all"]}]}),
    Row(
        type="Microsoft.ManagedIdentity/userAssignedIdentities",
        client=ManagedServiceIdentityClient,
        operations="user_assigned_identities",
        create="create_or_update",
        body=lambda place: {**HERE},
        body_change=TAGGED,
        change=TAGS,
        patch="update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list_by_subscription(),
        },
        delete="delete",
    ),
    Row(
        type="Microsoft.Authorization/roleAssignments",
        client=AuthorizationManagementClient,
        operations="role_assignments",
        settle=lambda azure, group: (azure.network(group),),
        words=lambda place: (place.whole(place.above[0]),),
        name=lambda: str(uuid.uuid4()),
        create="create",
        body=_role_body,
        body_change={"properties": {"description": "why"}},
        change={"description": "why"},
        lists={
            "at the scope": lambda ops, place: ops.list_for_scope(place.whole(place.above[0])),
            "of the resource": lambda ops, place: ops.list_for_resource(
                place.rg, "Microsoft.Network", "virtualNetworks", name_of(place.above[0])
            ),
            "of the group": lambda ops, place: ops.list_for_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list_for_subscription(),
        },
        delete="delete",
    ),
    Row(
        type="Microsoft.Authorization/locks",
        client=ResourceManagementClient,
        operations="resources",
        settle=lambda azure, group: (azure.network(group),),
        words=lambda place: (place.whole(place.above[0]),),
        body=lambda place: {"properties": {"level": "CanNotDelete"}},
        body_change={"properties": {"notes": "why"}},
        change={"properties.notes": "why"},
    ),
    Row(
        type="Microsoft.OperationalInsights/workspaces",
        client=LogAnalyticsManagementClient,
        operations="workspaces",
        body=lambda place: {**HERE},
        body_change={"properties": {"retentionInDays": 60}},
        change={"properties.retentionInDays": 60},
        patch="update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list(),
        },
    ),
    Row(
        type="Microsoft.Insights/diagnosticSettings",
        client=ResourceManagementClient,
        operations="resources",
        settle=_setting_place,
        words=lambda place: (place.whole(place.above[0]),),
        body=_setting_body,
        body_change={"properties": {"metrics": [{"category": "AllMetrics", "enabled": True}]}},
        change={
            "properties.metrics.0.category": "AllMetrics",
            "properties.metrics.0.enabled": True,
            "properties.metrics.0.retentionPolicy.enabled": False,
            "properties.metrics.0.retentionPolicy.days": 0,
        },
    ),
    Row(
        type="Microsoft.Insights/actionGroups",
        client=MonitorManagementClient,
        operations="action_groups",
        create="create_or_update",
        body=lambda place: {**EVERYWHERE, "properties": {"groupShortName": "sdk", "enabled": True}},
        body_change={"properties": {"enabled": False}},
        change={"enabled": False},
        patch="update",
        patch_body={"properties": {"enabled": False}},
        patched={"enabled": False},
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list_by_subscription_id(),
        },
        pages=False,
        delete="delete",
    ),
    Row(
        type="Microsoft.Insights/metricAlerts",
        client=MonitorManagementClient,
        operations="metric_alerts",
        settle=lambda azure, group: (azure.vault(group),),
        words=lambda place: (place.rg,),
        create="create_or_update",
        body=_alert_body,
        body_change={"properties": {"severity": 1}},
        change={"severity": 1},
        patch="update",
        patch_body={"properties": {"enabled": False}},
        patched={"enabled": False},
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list_by_subscription(),
        },
        pages=False,
        delete="delete",
    ),
    Row(
        type="Microsoft.CognitiveServices/accounts",
        client=CognitiveServicesManagementClient,
        operations="accounts",
        create="begin_create",
        body=lambda place: account_body(f"ai-{uuid.uuid4().hex[:8]}"),
        body_change={"properties": {"publicNetworkAccess": "Disabled"}},
        change={"properties.public_network_access": "Disabled"},
        patch="begin_update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list(),
        },
    ),
    Row(
        type="Microsoft.CognitiveServices/accounts/deployments",
        client=CognitiveServicesManagementClient,
        operations="deployments",
        settle=_account_place,
        body=_deployment_body,
        body_change={"properties": {"versionUpgradeOption": "NoAutoUpgrade"}},
        change={"properties.version_upgrade_option": "NoAutoUpgrade"},
        patch="begin_update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={"of the account": lambda ops, place: ops.list(*place.names)},
    ),
    Row(
        type="Microsoft.CognitiveServices/accounts/raiPolicies",
        client=CognitiveServicesManagementClient,
        operations="rai_policies",
        settle=_account_place,
        create="create_or_update",
        body=lambda place: {"properties": {"basePolicyName": "Microsoft.DefaultV2"}},
        body_change={"properties": {"mode": "Blocking"}},
        change={"properties.mode": "Blocking"},
        lists={"of the account": lambda ops, place: ops.list(*place.names)},
    ),
    Row(
        type="Microsoft.KeyVault/vaults",
        client=KeyVaultManagementClient,
        operations="vaults",
        body=lambda place: place.azure.vault_body(),
        body_change={"properties": {"publicNetworkAccess": "Disabled"}},
        change={"properties.publicNetworkAccess": "Disabled"},
        patch="update",
        patch_body={"properties": {"enabledForDeployment": True}},
        patched={"properties.enabledForDeployment": True},
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list_by_subscription(),
            "among all resources": lambda ops, place: ops.list(),
        },
        delete="delete",
    ),
    Row(
        type="Microsoft.KeyVault/vaults/secrets",
        client=KeyVaultManagementClient,
        operations="secrets",
        settle=lambda azure, group: (azure.vault(group),),
        create="create_or_update",
        body=lambda place: {"properties": {"value": "quiet"}},
        body_change={"properties": {"contentType": "text/plain"}},
        change={"properties.contentType": "text/plain"},
        patch="update",
        patch_body={"properties": {"attributes": {"enabled": False}}},
        patched={"properties.attributes.enabled": False},
        marks=frozenset({"secretUriWithVersion"}),
        lists={"of the vault": lambda ops, place: ops.list(*place.names)},
        delete=None,
    ),
    Row(
        type="Microsoft.App/managedEnvironments",
        client=ContainerAppsAPIClient,
        operations="managed_environments",
        body=_environment_body,
        body_change={"properties": {"peerTrafficConfiguration": {"encryption": {"enabled": True}}}},
        change={"properties.peerTrafficConfiguration.encryption.enabled": True},
        patch="begin_update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list_by_subscription(),
        },
    ),
    Row(
        type="Microsoft.App/containerApps",
        client=ContainerAppsAPIClient,
        operations="container_apps",
        settle=lambda azure, group: (environment(azure, group),),
        words=lambda place: (place.rg,),
        body=lambda place: app_body(place.whole(place.above[0])),
        body_change={"properties": {"configuration": {"maxInactiveRevisions": 5}}},
        change={"properties.configuration.maxInactiveRevisions": 5},
        patch="begin_update",
        patch_body=RETAGGED,
        patched=RETAGS,
        lists={
            "of the group": lambda ops, place: ops.list_by_resource_group(place.rg),
            "of the subscription": lambda ops, place: ops.list_by_subscription(),
        },
    ),
)

WITHOUT_SDK: Mapping[str, str] = {
    "Microsoft.ContainerRegistry": "azure-mgmt-containerregistry is not installed",
    "Microsoft.DBforPostgreSQL": "azure-mgmt-postgresqlflexibleservers is not installed",
    "Microsoft.Cache": "azure-mgmt-redisenterprise is not installed",
    "Microsoft.Consumption": "azure-mgmt-consumption is not installed",
    "Microsoft.Insights/components": "azure-mgmt-applicationinsights is not installed",
    "Microsoft.Insights/workbooks": "azure-mgmt-applicationinsights is not installed",
}
"""Namespaces and types whose own SDK is none of ours, and why. The tests of their services ask by REST."""

READ_ONLY = frozenset(
    {"Microsoft.App/containerApps/revisions", "Microsoft.App/containerApps/revisions/replicas"}
)
"""What the service makes by itself."""
