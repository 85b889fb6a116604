"""The laws of diagnostic settings, metric alerts and workspaces."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from azure.mgmt.loganalytics import LogAnalyticsManagementClient

from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused, Silent

Expect = Callable[[str], Refused]
Body = dict[str, Any]

ACCOUNT = "Microsoft.CognitiveServices/accounts"


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


@pytest.fixture(scope="module")
def vault(azure: Azure, group: str) -> str:
    return azure.vault(group)


@pytest.fixture(scope="module")
def workspace(azure: Azure, group: str) -> str:
    made = workspace_in(group)
    azure.put(made, {"location": REGION, "properties": {}})
    return made


def workspace_in(group: str) -> str:
    """A path that nobody has."""
    return f"{group}/providers/Microsoft.OperationalInsights/workspaces/log-{uuid.uuid4().hex[:8]}"


# Diagnostic settings -------------------------------------------------------------------------------------------


def setting_on(scope: str) -> str:
    return f"{scope}/providers/Microsoft.Insights/diagnosticSettings/s-{uuid.uuid4().hex[:8]}"


def sending(azure: Azure, workspace: str | None, **log: Any) -> Body:
    """A setting that sends one log, or all metrics when none is named."""
    sink = {"workspaceId": azure.base + workspace} if workspace is not None else {}
    if log:
        return {"properties": {**sink, "logs": [{"enabled": True, **log}]}}
    return {"properties": {**sink, "metrics": [{"enabled": True, "category": "AllMetrics"}]}}


@pytest.mark.law("diag-category")
@pytest.mark.parametrize(
    "log", [{"category": "Audit"}, {"categoryGroup": "everything"}], ids=["one", "group"]
)
def test_a_setting_sends_what_its_resource_has(
    azure: Azure, refused: Expect, vault: str, workspace: str, log: Body
) -> None:
    path = setting_on(vault)
    with refused("diag-category"):
        azure.put(path, sending(azure, workspace, **log))
    azure.put(path, sending(azure, workspace, category="AuditEvent"))
    azure.delete(path)


@pytest.mark.law("diag-category")
def test_an_app_has_no_logs_of_its_own(azure: Azure, refused: Expect, group: str, workspace: str) -> None:
    environment = f"{group}/providers/Microsoft.App/managedEnvironments/env"
    azure.put(environment, {"location": REGION, "properties": {}})
    container = {"name": "main", "image": "quickstart", "resources": {"cpu": 0.25, "memory": "0.5Gi"}}
    app = f"{group}/providers/Microsoft.App/containerApps/app"
    properties = {"environmentId": azure.base + environment, "template": {"containers": [container]}}
    azure.put(app, {"location": REGION, "properties": properties})
    logs = {"category": "ContainerAppConsoleLogs"}
    with refused("diag-category"):
        azure.put(setting_on(app), sending(azure, workspace, **logs))
    azure.put(setting_on(app), sending(azure, workspace))
    azure.put(setting_on(environment), sending(azure, workspace, **logs))


@pytest.mark.law("diag-sink")
def test_a_category_goes_to_one_place_once(
    azure: Azure, refused: Expect, group: str, vault: str, workspace: str
) -> None:
    first, second = setting_on(vault), setting_on(vault)
    azure.put(first, sending(azure, workspace, category="AuditEvent"))
    with refused("diag-sink"):
        azure.put(second, sending(azure, workspace, categoryGroup="allLogs"))
    other = workspace_in(group)
    azure.put(other, {"location": REGION, "properties": {}})
    azure.put(second, sending(azure, other, categoryGroup="allLogs"))
    for path in (first, second):
        azure.delete(path)


@pytest.mark.law("diag-no-sink", "diag-workspace")
def test_a_setting_sends_to_somebody_who_is_there(
    azure: Azure, refused: Expect, group: str, vault: str
) -> None:
    path, later = setting_on(vault), workspace_in(group)
    with refused("diag-no-sink"):
        azure.put(path, sending(azure, None, category="AuditEvent"))
    with refused("diag-workspace"):
        azure.put(path, sending(azure, later, category="AuditEvent"))
    azure.put(later, {"location": REGION, "properties": {}})
    azure.put(path, sending(azure, later, category="AuditEvent"))
    azure.delete(path)


@pytest.mark.law("diag-left")
def test_a_setting_outlives_its_resource(
    azure: Azure, silently: Callable[[str], Silent], group: str, workspace: str
) -> None:
    network = azure.network(group)
    body = azure.get(network)
    left, right = setting_on(network), setting_on(network)
    with silently("diag-left"):
        azure.put(left, sending(azure, workspace))
        azure.delete(network)
        azure.put(
            network, {"location": REGION, "properties": {"addressSpace": body["properties"]["addressSpace"]}}
        )
        assert azure.get(left)["properties"]["workspaceId"] == azure.base + workspace
    azure.delete(left)
    azure.put(right, sending(azure, workspace))
    azure.delete(right)
    azure.delete(network)
    azure.put(
        network, {"location": REGION, "properties": {"addressSpace": body["properties"]["addressSpace"]}}
    )
    assert azure.rest("GET", right).status_code == 404


# Alerts and workspaces -----------------------------------------------------------------------------------------


def alert(azure: Azure, target: str, metric: str, **words: Any) -> Body:
    criterion = {
        "criterionType": "StaticThresholdCriterion",
        "name": "many",
        "metricName": metric,
        "metricNamespace": ACCOUNT,
        "operator": "GreaterThan",
        "threshold": 5,
        "timeAggregation": "Total",
        **words,
    }
    kind = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
    properties = {
        "severity": 2,
        "enabled": True,
        "scopes": [azure.base + target],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT5M",
        "criteria": {"odata.type": kind, "allOf": [criterion]},
    }
    return {"location": "global", "properties": properties}


@pytest.mark.law("alert-metric")
def test_an_alert_is_on_a_metric_that_is_reported(azure: Azure, refused: Expect, group: str) -> None:
    """Also a right name is not found while the resource is new."""
    account = azure.account(group)
    path = f"{group}/providers/Microsoft.Insights/metricAlerts/a-{uuid.uuid4().hex[:8]}"
    with azure.fact("metrics-delay-seconds", 0), refused("alert-metric"):
        azure.put(path, alert(azure, account, "AzureOpenAIRequest"))
    with azure.fact("metrics-delay-seconds", 10**7):
        with refused("alert-metric"):
            azure.put(path, alert(azure, account, "AzureOpenAIRequests"))
        azure.put(path, alert(azure, account, "AzureOpenAIRequests", skipMetricValidation=True))
    with azure.fact("metrics-delay-seconds", 0):
        azure.put(path, alert(azure, account, "AzureOpenAIRequests"))


@pytest.mark.law("workspace-retention")
@pytest.mark.parametrize(("bad", "good"), [(29, 30), (731, 730)])
def test_a_workspace_keeps_what_the_plan_has(
    azure: Azure, refused: Expect, group: str, bad: int, good: int
) -> None:
    workspaces, path = azure.sdk(LogAnalyticsManagementClient).workspaces, workspace_in(group)

    def keep(days: int) -> None:
        body = {"location": REGION, "properties": {"retentionInDays": days}}
        workspaces.begin_create_or_update(group.rpartition("/")[2], path.rpartition("/")[2], body).result()

    with refused("workspace-retention"):
        keep(bad)
    keep(good)
    assert azure.get(path)["properties"]["retentionInDays"] == good
