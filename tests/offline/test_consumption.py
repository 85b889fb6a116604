"""Budgets: what Azure fills in, at which scope they stand, and by which day they are judged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.arm.models import AS_OF_FACT
from tests.offline.arm_judge import complaints
from tests.offline.arm_rig import Rig, error

GROUP = "/resourceGroups/rg"
OF_GROUP = f"{GROUP}/providers/Microsoft.Consumption/budgets/monthly"
OF_SUBSCRIPTION = "/providers/Microsoft.Consumption/budgets/monthly"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.group()
    started.inside(lambda: started.store.set_fact(AS_OF_FACT, "2026-11-22"))
    yield started
    started.stop()


def budget(start: str = "2026-11-01T00:00:00Z", **properties: Any) -> dict[str, Any]:
    notification = {
        "enabled": True,
        "operator": "GreaterThan",
        "threshold": 90,
        "contactEmails": ["team@example.com"],
    }
    return {
        "properties": {
            "category": "Cost",
            "amount": 500,
            "timeGrain": "Monthly",
            "timePeriod": {"startDate": start},
            "notifications": {"Actual_GreaterThan_90_Percentage": notification},
            **properties,
        }
    }


@pytest.mark.parametrize("path", [OF_GROUP, OF_SUBSCRIPTION], ids=["group", "subscription"])
def test_a_budget_is_made_with_what_azure_adds(rig: Rig, path: str) -> None:
    whole = path if path.startswith("/resourceGroups") else f"{rig.base}{path}"
    reply = rig.ask("PUT", whole, budget())
    assert reply.status_code == 201
    shown = rig.see(whole)
    assert shown == reply.json()
    assert complaints("consumption:Budget", shown, absent=("systemData",)) == []
    assert shown["properties"]["timePeriod"] == {
        "startDate": "2026-11-01T00:00:00Z",
        "endDate": "2036-11-01T00:00:00Z",
    }
    assert shown["properties"]["currentSpend"] == {"amount": 0.0, "unit": "USD"}
    [told] = shown["properties"]["notifications"].values()
    assert told["thresholdType"] == "Actual"


def test_a_list_shows_the_budgets_of_its_own_scope(rig: Rig) -> None:
    rig.make(OF_GROUP, budget())
    rig.make(rig.base + OF_SUBSCRIPTION, budget())
    for scope in (GROUP, rig.base):
        [found] = rig.see(f"{scope}/providers/Microsoft.Consumption/budgets")["value"]
        assert found["id"].startswith(f"{rig.base}{GROUP if scope == GROUP else ''}/providers/")


def test_a_budget_that_exists_may_have_started_long_ago(rig: Rig) -> None:
    rig.make(OF_GROUP, budget())
    rig.inside(lambda: rig.store.set_fact(AS_OF_FACT, "2027-03-05"))
    changed = rig.make(OF_GROUP, budget("2026-11-01", amount=700))
    assert changed["properties"]["amount"] == 700
    assert error(rig.ask("PUT", f"{OF_GROUP}-2", budget()))[1] == "400"


def test_a_budget_goes_with_its_group(rig: Rig) -> None:
    rig.make(OF_GROUP, budget())
    rig.remove(GROUP)
    rig.group()
    assert rig.ask("GET", OF_GROUP).status_code == 404
