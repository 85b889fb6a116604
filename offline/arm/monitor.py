"""Microsoft.Insights: diagnostic settings, action groups and metric alerts. Its errors are flat."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from offline.arm.delays import Delay
from offline.arm.errors import JSON, ArmError, Law
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.monitor_lists import CATEGORIES, METRICS, NO_METRICS
from offline.arm.store import Resource

METRICS_SEEN = Delay(fact="metrics-delay-seconds", seconds=180)
"""Until a new resource's metrics are known by name (public logs, "minutes"; CompositionalIT/farmer#807)."""

DIAG_CATEGORY = Law(
    id="diag-category",
    status=400,
    code="BadRequest",
    message="Category '{category}' is not supported.",
    source="public log",
    protects="a log category that the resource does not have: a container app has none",
    remedy="Leave the category out: a container app has none of its own, its logs go by the environment.",
    flat=True,
)
DIAG_SINK = Law(
    id="diag-sink",
    status=409,
    code="Conflict",
    message="Data sink '{sink}' is already used in diagnostic setting '{name}' for category '{category}'. "
    "Data sinks can't be reused in different settings on the same category for the same resource.",
    source="public logs (8 files)",
    protects="two settings that send one category to one place; `allLogs` covers them all",
    remedy="Send a category to one place once: delete the other setting, or leave `allLogs` to one of them.",
    flat=True,
)
DIAG_NO_SINK = Law(
    id="diag-no-sink",
    status=400,
    code="BadRequest",
    message="At least one data sink needs to be specified.",
    source="public log (text unconfirmed)",
    protects="a setting that sends nowhere",
    remedy="Name a workspace, a storage account or an event hub.",
    unconfirmed=True,
    flat=True,
)
DIAG_WORKSPACE = Law(
    id="diag-workspace",
    status=404,
    code="ResourceNotFound",
    message="The Resource '{workspace}' was not found.",
    source="by analogy with res-missing",
    protects="a setting that is written before its workspace",
    remedy="Make the workspace first, and let the setting take its id as an input.",
    unconfirmed=True,
    flat=True,
)
DIAG_LEFT = Law(
    id="diag-left",
    status=200,
    code="",
    message="A diagnostic setting stays when its resource goes, alone or with its group. The next resource of that "
    "name has it, and creating it again is refused by tools that look first.",
    source="hashicorp/terraform-provider-azurerm#7114, #19706, MicrosoftDocs/azure-docs#100347, "
    "docs azure-monitor/platform/diagnostic-settings",
    protects="a setting that turns up again on a new resource, and fails its deployment as already existing",
    remedy="Delete a resource's diagnostic settings before the resource; what is left is deleted by its own id, as "
    "soon as a resource of that name is there again.",
    silent=True,
)
ALERT_METRIC = Law(
    id="alert-metric",
    status=400,
    code="BadRequest",
    message="Couldn't find a metric named {metric}. Make sure the name is correct. If this metric hasn't been reported "
    "yet, use the -skipMetricValidation flag. Learn more here: https://docs.microsoft.com/azure/azure-monitor/platform/"
    "alerts-troubleshoot-metric#define-an-alert-rule-on-a-custom-metric-that-isnt-emitted-yet  "
    "Activity ID: {activity}.",
    source="CompositionalIT/farmer#807, mspnp/aks-baseline#117; public logs (5 files)",
    protects="a metric name that the resource does not emit, or does not emit yet: set skipMetricValidation",
    remedy="Set `skipMetricValidation: true`: a resource that is some minutes old emits no metric yet.",
)

_SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")


class DiagnosticSetting(Kind):
    """Which logs and metrics of a resource go where."""

    type = "Microsoft.Insights/diagnosticSettings"
    create_seconds = 3
    update_seconds = 3
    delete_seconds = 2
    synchronous = True
    created_status = 200
    has_state = False
    located = False
    system_data = False
    groups = False
    outlives = True

    def check(self, azure: Azure, write: Write) -> None:
        scope = write.id.scope
        if scope is None:
            return
        sinks = [str(write.properties[word]) for word in _SINKS if write.properties.get(word)]
        if not sinks:
            raise DIAG_NO_SINK.broken()
        workspace = write.properties.get("workspaceId")
        if isinstance(workspace, str) and azure.store.get(workspace) is None:
            raise DIAG_WORKSPACE.broken(workspace=workspace)
        wanted = _covered(scope, write.properties)
        for other in azure.store.below(scope):
            if (
                other.type != self.type
                or other.id.key == write.id.key
                or (other.id.scope or scope).key != scope.key
            ):
                continue
            for sink in sinks:
                if sink.lower() in {str(other.properties.get(word)).lower() for word in _SINKS}:
                    shared = wanted & _covered(scope, other.properties)
                    if shared:
                        raise DIAG_SINK.broken(sink=sink, name=other.id.name, category=min(shared))

    def accept(self, azure: Azure, write: Write) -> Resource:
        properties: JSON = {
            **dict.fromkeys((*_SINKS, "serviceBusRuleId", "eventHubName", "logAnalyticsDestinationType")),
            **write.properties,
        }
        for word in ("logs", "metrics"):
            properties[word] = [
                {"retentionPolicy": {"enabled": False, "days": 0}, **entry}
                for entry in _entries(write.properties, word)
            ]
        body: JSON = {"location": None, "kind": None, "tags": None, "identity": None, **write.body}
        return Resource(id=write.id, body={**body, "properties": properties})

    def select(
        self, azure: Azure, scope: ResourceId, found: list[Resource], query: Mapping[str, str]
    ) -> list[Resource]:
        """Those of the resource itself, none of its children's."""
        return [item for item in found if item.id.scope is not None and item.id.scope.key == scope.key]

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        """This service writes the scope of its ids in lower case."""
        scope = resource.id.scope
        before = scope.key if scope is not None else ""
        return {
            **resource.body,
            "id": f"{before}/providers/microsoft.insights/diagnosticSettings/{resource.id.name}",
        }

    def missing(self, resource_id: ResourceId) -> ArmError:
        return ArmError(
            404, "ResourceNotFound", f"The resource '{resource_id.text}' could not be found.", flat=True
        )


def _covered(scope: ResourceId, properties: JSON) -> set[str]:
    """The categories that a setting sends.

    :raises ArmError: diag-category.
    """
    known = CATEGORIES.get(scope.type.lower(), ())
    found: set[str] = set()
    for entry in _entries(properties, "logs"):
        category, group = entry.get("category"), entry.get("categoryGroup")
        if group is not None:
            if group not in ("allLogs", "audit") or not known:
                raise DIAG_CATEGORY.broken(category=group)
            inside = known if group == "allLogs" else tuple(name for name in known if "Audit" in name)
            found |= set(inside) if entry.get("enabled") else set()
        elif category not in known:
            raise DIAG_CATEGORY.broken(category=category)
        elif entry.get("enabled"):
            found.add(str(category))
    for entry in _entries(properties, "metrics"):
        category = entry.get("category")
        if category != "AllMetrics" or scope.type.lower() in NO_METRICS:
            raise DIAG_CATEGORY.broken(category=category)
        if entry.get("enabled"):
            found.add("AllMetrics")
    return found


def _entries(properties: JSON, word: str) -> list[JSON]:
    listed = properties.get(word)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


class ActionGroup(Kind):
    """Whom an alert tells; nobody is told here."""

    type = "Microsoft.Insights/actionGroups"
    create_seconds = 3
    update_seconds = 2
    delete_seconds = 2
    synchronous = True
    paged = False
    has_state = False
    system_data = False
    locations = (
        "global",
        "swedencentral",
        "germanywestcentral",
        "northcentralus",
        "southcentralus",
        "eastus2",
    )

    def accept(self, azure: Azure, write: Write) -> Resource:
        receivers = (
            "emailReceivers",
            "smsReceivers",
            "webhookReceivers",
            "eventHubReceivers",
            "itsmReceivers",
            "azureAppPushReceivers",
            "automationRunbookReceivers",
            "voiceReceivers",
            "logicAppReceivers",
            "azureFunctionReceivers",
            "armRoleReceivers",
        )
        properties = {**{word: [] for word in receivers}, **write.properties}
        properties["emailReceivers"] = [
            {**entry, "status": "Enabled"} for entry in _entries(write.properties, "emailReceivers")
        ]
        return Resource(id=write.id, body={**write.body, "properties": properties})


class MetricAlert(Kind):
    """A rule over metrics; it is checked and shown, and never fires here."""

    type = "Microsoft.Insights/metricAlerts"
    create_seconds = 3
    update_seconds = 3
    delete_seconds = 2
    synchronous = True
    paged = False
    created_status = 200
    has_state = False
    system_data = False
    locations = ("global",)

    def check(self, azure: Azure, write: Write) -> None:
        scopes = write.properties.get("scopes")
        for text in scopes if isinstance(scopes, list) else []:
            target = ResourceId(str(text))
            found = azure.store.get(target)
            if found is None:
                raise ArmError(
                    404, "ResourceNotFound", f"The resource '{target.text}' could not be found.", flat=True
                )
            criteria = write.properties.get("criteria")
            for entry in _entries(criteria if isinstance(criteria, dict) else {}, "allOf"):
                if entry.get("skipMetricValidation") is not True:
                    _check_metric(azure, found, entry.get("metricName"))

    def accept(self, azure: Azure, write: Write) -> Resource:
        properties: JSON = {"autoMitigate": True, "actions": [], **write.properties}
        return Resource(id=write.id, body={**write.body, "properties": properties})


def _check_metric(azure: Azure, target: Resource, metric: object) -> None:
    """:raises ArmError: alert-metric, also for a right name while the resource has not reported anything yet."""
    known = METRICS.get(target.type.lower())
    written = target.body.get("systemData")
    created = written.get("createdAt") if isinstance(written, dict) else None
    age = (
        azure.clock.now() - datetime.fromisoformat(str(created)) if created is not None else timedelta.max
    ).total_seconds()
    if known is not None and (metric not in known or age < METRICS_SEEN.real(azure.store, azure.clock)):
        raise ALERT_METRIC.broken(metric=metric, activity=uuid.uuid4())


KINDS: tuple[Kind, ...] = (DiagnosticSetting(), ActionGroup(), MetricAlert())
