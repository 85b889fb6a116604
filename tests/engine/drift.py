"""Changes that somebody makes in Azure behind a stack's back, by Microsoft's SDK; one for every type."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.engine.adoption import Entry, api_version
from tests.laws.azure import Azure


@dataclass(frozen=True)
class Change:
    """Another value for one property of ARM's body: `properties.ttl`, or an item's, `properties.logs.0.enabled`."""

    path: str
    value: object
    shown: str
    """The same property, as the engine writes it."""
    op: str = "update"
    """What a refresh says of it; `add` where there was nothing."""


_TAGGED = Change("tags.changedBy", "somebody", "tags.changedBy", op="add")

CHANGES: Mapping[str, Change | None] = {
    "azure-native:applicationinsights:Workbook": Change(
        "properties.description", "somebody's", "description", op="add"
    ),
    "azure-native:consumption:Budget": Change("properties.amount", 7, "amount"),
    "azure-native:monitor:ActionGroup": Change("properties.enabled", False, "enabled"),
    "azure-native:monitor:MetricAlert": Change("properties.severity", 4, "severity"),
    "azure-native:app:ContainerApp": Change(
        "properties.template.scale.maxReplicas", 7, "template.scale.maxReplicas"
    ),
    "azure-native:app:ManagedEnvironment": Change(
        "properties.peerTrafficConfiguration.encryption.enabled",
        False,
        "peerTrafficConfiguration.encryption.enabled",
    ),
    "azure-native:authorization:RoleAssignment": None,
    "azure-native:cognitiveservices:Account": Change(
        "properties.publicNetworkAccess", "Enabled", "properties.publicNetworkAccess"
    ),
    "azure-native:cognitiveservices:Deployment": Change("sku.capacity", 1, "sku.capacity"),
    "azure-native:cognitiveservices:RaiPolicy": Change("properties.mode", "Default", "properties.mode"),
    "azure-native:redisenterprise:RedisEnterprise": _TAGGED,
    "azure-native:redisenterprise:Database": Change(
        "properties.evictionPolicy", "NoEviction", "evictionPolicy"
    ),
    "azure-native:redisenterprise:AccessPolicyAssignment": None,
    "azure-native:keyvault:Secret": Change("properties.contentType", "text/html", "properties.contentType"),
    "azure-native:keyvault:Vault": Change(
        "properties.publicNetworkAccess", "Enabled", "properties.publicNetworkAccess"
    ),
    "azure-native:managedidentity:UserAssignedIdentity": _TAGGED,
    "azure-native:monitor:DiagnosticSetting": Change(
        "properties.metrics.0.enabled", False, "metrics[0].enabled"
    ),
    "azure-native:network:NetworkSecurityGroup": Change(
        "properties.securityRules.0.properties.access", "Deny", "securityRules[0].access"
    ),
    "azure-native:network:PrivateDnsZoneGroup": None,
    "azure-native:network:PrivateEndpoint": _TAGGED,
    "azure-native:network:Subnet": Change(
        "properties.privateLinkServiceNetworkPolicies", "Disabled", "privateLinkServiceNetworkPolicies"
    ),
    "azure-native:network:VirtualNetwork": _TAGGED,
    "azure-native:operationalinsights:Workspace": Change(
        "properties.retentionInDays", 120, "retentionInDays"
    ),
    "azure-native:privatedns:PrivateRecordSet": Change("properties.ttl", 600, "ttl"),
    "azure-native:privatedns:PrivateZone": _TAGGED,
    "azure-native:privatedns:VirtualNetworkLink": _TAGGED,
    "azure-native:resources:ResourceGroup": _TAGGED,
}
"""By type; None where nothing can be changed: it is deleted."""

_MERGED = frozenset({"azure-native:keyvault:Secret", "azure-native:applicationinsights:Workbook"})
"""Types whose whole body nobody can send, because Azure does not show all of it: they get a PATCH."""


def make(azure: Azure, entry: Entry) -> None:
    """Change a resource, or delete it, and wait until Azure is done."""
    id, version, change = entry["id"], api_version(entry), CHANGES[entry["type"]]
    sdk = azure.resources.resources
    if change is None:
        sdk.begin_delete_by_id(id, api_version=version).result()
    elif entry["type"] in _MERGED:
        sdk.begin_update_by_id(id, _with({}, change), api_version=version).result()
    else:
        body = azure.rest("GET", id, version=version).raise_for_status().json()
        sdk.begin_create_or_update_by_id(id, _with(body, change), api_version=version).result()


def _with(body: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """A body with the change in it; what is missing on the way is made."""
    changed: dict[str, Any] = json.loads(json.dumps(body))
    *way, last = change.path.split(".")
    place: Any = changed
    for step in way:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    assert place.get(last) != change.value, f"{change.path} is {change.value} already"
    place[last] = change.value
    return changed
