"""The laws of Application Insights, of its workbooks, and of budgets."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]


def insights(group: str, kind: str, name: str | None = None) -> str:
    return f"{group}/providers/Microsoft.Insights/{kind}/{name or uuid.uuid4()}"


def workspace_in(azure: Azure, group: str) -> str:
    path = f"{group}/providers/Microsoft.OperationalInsights/workspaces/log-one"
    azure.put(path, {"location": REGION, "properties": {}})
    return azure.base + path


def component(workspace: str, **properties: Any) -> dict[str, Any]:
    asked = {"Application_Type": "web", "WorkspaceResourceId": workspace, **properties}
    return {"location": REGION, "kind": "web", "properties": asked}


@pytest.mark.law("ai-workspace", "ai-workspace-id")
def test_a_component_needs_its_workspace(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    path = insights(group, "components", "appi-one")
    with refused("ai-workspace"):
        azure.put(
            path, component(f"{azure.base}{group}/providers/Microsoft.OperationalInsights/workspaces/log-one")
        )
    workspace = workspace_in(azure, group)
    with refused("ai-workspace-id"):
        azure.put(path, component("log-one"))
    azure.put(path, component(workspace))


@pytest.mark.law("ai-retention")
def test_retention_goes_in_steps(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    workspace = workspace_in(azure, group)
    with refused("ai-retention"):
        azure.put(insights(group, "components", "appi-one"), component(workspace, RetentionInDays=45))
    azure.put(insights(group, "components", "appi-one"), component(workspace, RetentionInDays=60))


def workbook(title: str) -> dict[str, Any]:
    properties = {"displayName": title, "category": "workbook", "serializedData": "{}"}
    return {"location": REGION, "kind": "shared", "properties": properties}


@pytest.mark.law("workbook-name")
def test_a_workbook_is_named_by_a_guid(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with refused("workbook-name"):
        azure.put(insights(group, "workbooks", "gateway"), workbook("Gateway"))
    azure.put(insights(group, "workbooks"), workbook("Gateway"))


@pytest.mark.law("workbook-twice")
def test_a_workbook_is_not_made_again_under_another_guid(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    path = insights(group, "workbooks")
    azure.put(path, workbook("Gateway"))
    with refused("workbook-twice"):
        azure.put(insights(group, "workbooks"), workbook("Gateway"))
    azure.put(path, workbook("Gateway"))
    azure.put(insights(group, "workbooks"), workbook("Vault"))


def budget(start: str, **properties: Any) -> dict[str, Any]:
    asked = {"category": "Cost", "amount": 100, "timeGrain": "Monthly", "timePeriod": {"startDate": start}}
    return {"properties": {**asked, **properties}}


def named(scope: str) -> str:
    return f"{scope}/providers/Microsoft.Consumption/budgets/{uuid.uuid4().hex[:8]}"


@pytest.mark.law("budget-start")
@pytest.mark.parametrize("start", ["2026-10-01", "2027-12-01"], ids=["last month", "in over a year"])
def test_a_new_budget_starts_within_a_year(azure: Azure, refused: Expect, start: str) -> None:
    """The service of these tests lives on a fixed day in November 2026."""
    group = azure.group()
    with refused("budget-start"):
        azure.put(named(group), budget(start))
    azure.put(named(group), budget("2026-11-01"))
    azure.put(named(group), budget("2027-11-01"))


@pytest.mark.law("budget-start-change")
def test_a_budget_keeps_its_start(azure: Azure, refused: Expect) -> None:
    path = named("")
    azure.put(path, budget("2026-11-01T00:00:00Z"))
    with refused("budget-start-change"):
        azure.put(path, budget("2026-12-01T00:00:00Z"))
    azure.put(path, budget("2026-11-01T00:00:00Z", amount=200))
    azure.delete(path)
    azure.put(path, budget("2026-12-01T00:00:00Z"))


@pytest.mark.law("budget-start-day")
def test_a_budget_starts_with_a_month(azure: Azure, refused: Expect) -> None:
    path = named(azure.group())
    with refused("budget-start-day"):
        azure.put(path, budget("2026-11-22"))
    with refused("budget-start-day"):
        azure.put(path, budget("2026-12-01", timePeriod={"startDate": "2026-12-01", "endDate": "2026-11-30"}))
    azure.put(path, budget("2026-12-01"))


@pytest.mark.law("budget-notifications")
def test_a_budget_tells_of_five_thresholds(azure: Azure, refused: Expect) -> None:
    path = named(azure.group())

    def thresholds(count: int) -> dict[str, Any]:
        one = {"enabled": True, "operator": "GreaterThan", "contactEmails": ["team@example.com"]}
        return {f"at-{at}": {**one, "threshold": at} for at in range(10, 10 * count + 1, 10)}

    with refused("budget-notifications"):
        azure.put(path, budget("2026-11-01", notifications=thresholds(6)))
    azure.put(path, budget("2026-11-01", notifications=thresholds(5)))
