"""Budgets: when one can be made. What refuses them otherwise is in `test_refusals.py`."""

import pytest

from tests.settings.stacks import settings


@pytest.mark.parametrize(
    ("start", "made"),
    [
        pytest.param("2026-10-01", False, id="last month: Azure makes none"),
        pytest.param("2026-11-01", True, id="this month"),
        pytest.param("2027-11-01", True, id="a year ahead"),
        pytest.param("2027-12-01", False, id="later: Azure makes none"),
    ],
)
def test_a_new_budget_starts_from_this_month_on_and_within_a_year(start: str, made: bool) -> None:
    """As Azure judges it (`budget-start`); on the 22nd of November 2026."""
    found = settings(budget={"amount": 100, "startDate": start, "emails": ["owner@example.com"]})
    assert (found.late_budget is None) == made
    if found.late_budget is not None:
        assert f"litellm-azure:budget.startDate is {start}" in found.late_budget
        assert 'Write startDate: "2026-11-01"' in found.late_budget


def test_a_start_that_yaml_or_the_engine_took_for_a_time_is_taken_back() -> None:
    found = settings(
        budget={"amount": 1, "startDate": "2026-11-01T00:00:00Z", "emails": ["owner@example.com"]}
    )
    assert str(found.budget.start_date) == "2026-11-01"


def test_alerts_tell_the_budgets_people_too() -> None:
    """No address of its own is needed then."""
    told = settings(
        alerts={"enabled": True, "emails": ["oncall@example.com"]},
        budget={"amount": 100, "startDate": "2026-11-01"},
    )
    assert told.budget.emails == ()


def test_a_webhook_alone_is_somebody() -> None:
    found = settings(
        alerts={"enabled": True}, alertWebhooks={"oncall": "https://hooks.example.com/services/T0/B0/x"}
    )
    assert "hooks.example.com" not in repr(found)
