"""What somebody is woken for: that Azure has what the rules look at, and that a stack gets the alerts that it needs.

Shows: every metric, aggregation and dimension is in Microsoft's reference. Does not show: that an alert fires; nothing
is measured offline, and nothing was tried against Azure.
"""

from dataclasses import replace
from typing import Any

import pytest

from config.alerts import DEPLOYMENT_DIMENSION, EACH, RULES, Alert, Condition, alerts
from config.names import broken_rule
from config.settings import Settings
from tests.monitoring.measured import problems
from tests.settings.stacks import CHAT, CLAUDE, EMBEDDING, settings

RESERVED = {**CHAT, "name": "reserved", "sku": "GlobalProvisionedManaged", "capacity": 50}
FREQUENCIES = (1, 5, 15, 30, 60)
WINDOWS = (1, 5, 15, 30, 60, 360, 720, 1440)
"""Minutes that a metric alert may have (Microsoft.Insights/metricAlerts, learn.microsoft.com, 2026-11)."""


def watched(**changes: Any) -> Settings:
    """A stack with alerts, and one deployment of each kind of capacity."""
    told = {"enabled": True, "emails": ["oncall@example.com"], **changes.pop("alerts", {})}
    return settings(**{"deployments": [CHAT, EMBEDDING, RESERVED], "alerts": told, **changes})


def by_rule(found: Settings) -> dict[str, Alert]:
    """A stack's alerts, by what comes after the target's name."""
    return {alert.name.removeprefix(f"ma-{alert.target}-"): alert for alert in alerts(found)}


def wrong(namespace: str, condition: Condition) -> list[str]:
    return list(problems(namespace, condition.metric, condition.aggregation, condition.dimensions))


def test_every_rule_comes_to_an_alert_of_this_stack() -> None:
    """So that what follows looks at all of them."""
    made = {name.split("-")[0] for name in by_rule(watched())}
    assert made == {rule.name.split("-")[0] for rule in RULES}


@pytest.mark.parametrize("alert", alerts(watched()), ids=lambda alert: alert.name)
def test_what_an_alert_looks_at_is_measured(alert: Alert) -> None:
    assert [problem for condition in alert.conditions for problem in wrong(alert.namespace, condition)] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"metric": "AzureOpenAIRequest"}, "has no metric AzureOpenAIRequest"),
        ({"metric": "ServerErrors"}, "ServerErrors is not for Azure OpenAI"),
        ({"aggregation": "Average"}, "AzureOpenAIRequests has no Average: Total"),
        ({"dimensions": {"StatusCod": ("429",)}}, "AzureOpenAIRequests has no dimension StatusCod"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_name_is_seen(change: dict[str, Any], says: str) -> None:
    throttled = by_rule(watched())["throttled"]
    (condition,) = throttled.conditions
    assert any(says in problem for problem in wrong(throttled.namespace, replace(condition, **change)))


def test_no_alert_unless_they_are_on() -> None:
    assert alerts(settings()) == ()


def test_windows_and_frequencies_are_azures() -> None:
    for alert in alerts(watched()):
        assert alert.minutes in WINDOWS, alert.name
        assert alert.every in FREQUENCIES, alert.name
        assert alert.every <= alert.minutes, alert.name
        if any(condition.threshold is None for condition in alert.conditions):
            assert alert.every >= 5, "Azure learns nothing from single minutes"


def test_an_alert_of_two_conditions_splits_by_nothing() -> None:
    """Azure splits by a dimension in an alert of one condition only."""
    for alert in alerts(watched()):
        if len(alert.conditions) > 1:
            assert all(not condition.dimensions for condition in alert.conditions), alert.name


def test_the_thresholds_are_the_settings_own_in_azures_units() -> None:
    found = by_rule(
        watched(
            alerts={
                "throttledCalls": 7,
                "availabilityPercent": 98,
                "responseSeconds": 30,
                "capacityPercent": 50,
                "gatewayErrors": 3,
                "restarts": 1,
                "cpuPercent": 60,
                "memoryPercent": 70,
            },
            gateway={"cpu": 2, "minReplicas": 3},
        )
    )
    assert {name: alert.conditions[0].threshold for name, alert in found.items()} == {
        "throttled": 7,
        "availability": 98,
        "slow": 30_000,
        "first-byte": None,
        "capacity-chat": 10 * 1000 * 5 * 0.5,
        "capacity-vectors": 10 * 1000 * 5 * 0.5,
        "utilization-reserved": 50,
        "errors": 3,
        "replicas": 3,
        "restarts": 1,
        "cpu": 1_200_000_000,
        "memory": round(4 * 2**30 * 0.7),
    }


def test_one_failed_call_of_two_is_no_outage() -> None:
    _, busy = by_rule(watched())["availability"].conditions
    assert (busy.metric, busy.operator.value, busy.threshold) == (
        "AzureOpenAIRequests",
        "GreaterThanOrEqual",
        20,
    )


def test_each_deployment_is_throttled_by_itself() -> None:
    (condition,) = by_rule(watched())["throttled"].conditions
    assert condition.dimensions == {"StatusCode": ("429",), DEPLOYMENT_DIMENSION: EACH}


def test_a_deployment_is_watched_in_the_units_that_it_has() -> None:
    """Tokens where it is paid by the token; Azure's own percent where it is reserved."""
    found = by_rule(watched())
    assert found["capacity-chat"].conditions[0].dimensions == {DEPLOYMENT_DIMENSION: ("chat",)}
    assert found["utilization-reserved"].conditions[0].dimensions == {DEPLOYMENT_DIMENSION: ("reserved",)}
    assert "capacity-reserved" not in found
    assert "utilization-chat" not in found


def test_a_gateway_that_may_sleep_wakes_nobody_by_sleeping() -> None:
    assert "replicas" in by_rule(watched())
    assert "replicas" not in by_rule(watched(gateway={"minReplicas": 0}))


def test_every_account_has_its_alerts() -> None:
    regions = [{"name": "eastus2"}, {"name": "westus3"}]
    deployments = [CHAT, {**CHAT, "region": "westus3"}]
    found = alerts(watched(regions=regions, deployments=deployments))
    targets = {alert.target for alert in found if alert.name.endswith("-throttled")}
    assert targets == {"ai-acme-dev-eus2-001", "ai-acme-dev-wus3-001"}


def test_another_providers_model_has_no_account_to_watch() -> None:
    keys = {"ANTHROPIC_API_KEY": "sk-ant-0123456789"}
    found = by_rule(watched(deployments=[CHAT, CLAUDE], providerKeys=keys))
    assert not [name for name in found if "claude" in name]


def test_names_are_legal_and_their_own_at_their_longest() -> None:
    name = "d" * 64
    found = alerts(
        watched(
            workload="acmeacm",
            environment="dev1",
            deployments=[{**CHAT, "name": name}, {**RESERVED, "alias": "reserved"}],
        )
    )
    names = [alert.name for alert in found]
    assert any(name in one for one in names)
    assert [broken_rule("ma", one) for one in names] == [None] * len(names)
    assert len({one.lower() for one in names}) == len(names)


def test_every_mail_says_what_is_so_and_is_short_enough() -> None:
    """Azure cuts nothing off, but a phone does."""
    for rule in RULES:
        assert rule.says.endswith(".")
        assert len(rule.says) < 260, rule.name
