"""Alerts, workbook and budget through the real engine: each comes and goes alone, and touches nothing else.

Shows: what Azure is asked for, that a webhook's address is in no state and no output, and that a budget which Azure
would refuse is refused before. Does not show: an alert that fires; nothing is measured offline.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from config.alerts import RULES, alerts
from config.parsing import parse
from offline.arm.store import Resource
from tests.cloud import CATALOG_DATE, Stack
from tests.settings import stacks

MAILS = ["oncall@example.com"]
HOOK = "https://hooks.example.com/services/T0/B0/token-in-clear-0123456789"

ALERTS: dict[str, Any] = {"litellm-azure:alerts": {"enabled": True, "emails": MAILS}}
WORKBOOK: dict[str, Any] = {"litellm-azure:workbook": {"enabled": True}}
BUDGET: dict[str, Any] = {"litellm-azure:budget": {"amount": 100, "startDate": "2026-11-01", "emails": MAILS}}
PARTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "alerts": (ALERTS, {"Microsoft.Insights/actionGroups", "Microsoft.Insights/metricAlerts"}),
    "workbook": (WORKBOOK, {"Microsoft.Insights/workbooks"}),
    "budget": (BUDGET, {"Microsoft.Consumption/budgets"}),
}


@pytest.fixture(scope="module")
def prod(deployed: Callable[[str], Stack]) -> Stack:
    return deployed("prod")


def of(stack: Stack, kind: str) -> list[Resource]:
    """What a stack has of a type."""
    group = stack.outputs()["resourceIds"]["resourceGroup"].lower()
    store = stack.cloud.store()
    try:
        return [found for found in store.of_type(kind) if found.id.key.startswith(f"{group}/")]
    finally:
        store.close()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_and_goes_alone(dev: Stack, part: str) -> None:
    """What is there stays as it is: no update, no replacement, no new revision."""
    values, kinds = PARTS[part]
    assert [found.id for kind in kinds for found in of(dev, kind)] == []
    on = dev.up(values=values)
    assert set(on.changes) == {"create"}
    assert all(of(dev, kind) for kind in kinds)
    assert dev.up(values=values).changes == {}
    assert set(dev.preview(values={**values, "litellm-azure:tags": {"team": "x"}}).changes) == {"update"}
    off = dev.up()
    assert off.changes == {"delete": on.changes["create"]}
    assert [found.id for kind in kinds for found in of(dev, kind)] == []


def test_production_has_every_alert_of_the_table_on_what_it_is_about(prod: Stack) -> None:
    wanted = {alert.name: alert for alert in alerts(parse(stacks.stack("prod"), CATALOG_DATE))}
    made = {found.id.name: found for found in of(prod, "Microsoft.Insights/metricAlerts")}
    assert set(made) == set(wanted)
    assert len(made) > len(RULES), "one on each account and deployment"
    (group,) = of(prod, "Microsoft.Insights/actionGroups")
    ids = prod.outputs()["resourceIds"]
    known = {**ids["accounts"], ids["gateway"].rpartition("/")[2]: ids["gateway"]}
    for name, alert in wanted.items():
        properties: dict[str, Any] = made[name].properties
        assert [scope.lower() for scope in properties["scopes"]] == [known[alert.target].lower()]
        assert [action["actionGroupId"].lower() for action in properties["actions"]] == [group.id.key]
        assert (properties["windowSize"], properties["evaluationFrequency"]) == (
            f"PT{alert.minutes}M",
            f"PT{alert.every}M",
        )
        for condition, sent in zip(alert.conditions, properties["criteria"]["allOf"], strict=True):
            assert (sent["metricName"], sent["timeAggregation"], sent["operator"]) == (
                condition.metric,
                condition.aggregation,
                condition.operator.value,
            )
            assert sent.get("threshold") == condition.threshold
            assert {one["name"]: tuple(one["values"]) for one in sent["dimensions"]} == condition.dimensions


def test_the_action_group_mails_in_the_common_form(prod: Stack) -> None:
    (group,) = of(prod, "Microsoft.Insights/actionGroups")
    properties: dict[str, Any] = group.properties
    assert properties["groupShortName"] == "idha-prod"
    assert [(one["emailAddress"], one["useCommonAlertSchema"]) for one in properties["emailReceivers"]] == [
        ("gateway-oncall@example.com", True)
    ]


def test_the_budget_tells_the_same_people(prod: Stack) -> None:
    (budget,) = of(prod, "Microsoft.Consumption/budgets")
    (group,) = of(prod, "Microsoft.Insights/actionGroups")
    properties: dict[str, Any] = budget.properties
    assert properties["amount"] == 5000
    assert properties["timePeriod"]["startDate"] == "2026-11-01T00:00:00Z"
    told = properties["notifications"].values()
    assert [[found.lower() for found in one["contactGroups"]] for one in told] == [[group.id.key]] * 5
    assert sorted((one["thresholdType"], one["threshold"]) for one in told) == [
        ("Actual", 50),
        ("Actual", 80),
        ("Actual", 100),
        ("Forecasted", 100),
        ("Forecasted", 120),
    ]


def test_the_workbook_asks_this_stacks_workspace_and_accounts(prod: Stack) -> None:
    (workbook,) = of(prod, "Microsoft.Insights/workbooks")
    (workspace,) = of(prod, "Microsoft.OperationalInsights/workspaces")
    properties: dict[str, Any] = workbook.properties
    document = json.loads(properties["serializedData"])
    assert properties["sourceId"].lower() == workspace.id.key
    assert [found.lower() for found in document["fallbackResourceIds"]] == [workspace.id.key]
    charts = [item["content"] for item in document["items"] if item["type"] == 10]
    accounts = sorted(found.lower() for found in prod.outputs()["resourceIds"]["accounts"].values())
    assert charts
    for chart in charts:
        assert sorted(found.lower() for found in chart["resourceIds"]) == accounts


def test_a_webhooks_address_is_in_azure_and_nowhere_else(dev: Stack) -> None:
    """It holds the right to post: not in the state, not in what the engine prints, nor on its command line."""
    dev.run("config", "set", "--secret", "--path", "litellm-azure:alertWebhooks.oncall", HOOK)
    only = {"litellm-azure:alerts": {"enabled": True}}
    told = [dev.preview(values=only).text, dev.up("--diff", values=only).text, dev.refresh().text]
    told += [dev.up(values=only).text, json.dumps(dev.state())]
    (group,) = of(dev, "Microsoft.Insights/actionGroups")
    properties: dict[str, Any] = group.properties
    (hook,) = properties["webhookReceivers"]
    assert (hook["name"], hook["serviceUri"], hook["useCommonAlertSchema"]) == ("oncall", HOOK, True)
    assert [text for text in told if "token-in-clear" in text] == []
    dev.run("config", "rm", "--path", "litellm-azure:alertWebhooks.oncall")
    dev.up()


def test_a_budget_that_azure_would_refuse_is_refused_before_anything_is_made(dev: Stack) -> None:
    late = {
        "litellm-azure:budget": {"amount": 100, "startDate": "2026-10-01", "emails": MAILS},
        "litellm-azure:workbook": {"enabled": True},
    }
    told = dev.preview(values=late, fails=True)
    assert 'Write startDate: "2026-11-01"' in told.text
    assert "Traceback" not in told.text
    assert of(dev, "Microsoft.Insights/workbooks") == []


def test_a_budget_keeps_its_start_when_its_month_has_passed(dev: Stack) -> None:
    """A stack that has had it for months can still change its amount."""
    dev.up(values=BUDGET)
    later = {
        "litellm-azure:catalogDate": "2027-01-15",
        "litellm-azure:budget": {**BUDGET["litellm-azure:budget"], "amount": 200},
    }
    changed = dev.up(values=later)
    assert changed.changes == {"update": 1}
    (budget,) = of(dev, "Microsoft.Consumption/budgets")
    assert budget.properties["amount"] == 200
    assert dev.up().changes == {"delete": 2}
