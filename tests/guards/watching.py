"""Guards of alerts, workbook and budget."""

from typing import Any

from tests.guards.first import FIRST, FOR_EVER
from tests.guards.guard import Guard, Scene

BUDGET: dict[str, Any] = {"amount": 100, "startDate": "2026-11-01"}

WATCHED = Scene(
    does="alerts, a workbook and a budget are turned on",
    after=FIRST,
    settings={
        "alerts": {"enabled": True, "emails": ["oncall@example.com"]},
        "workbook": {"enabled": True},
        "budget": BUDGET,
    },
)
OTHER_START = Scene(
    does="another start of the budget",
    after=WATCHED,
    settings={"budget": {**BUDGET, "startDate": "2026-12-01"}},
)
PAST = Scene(
    does="a new budget from last month on",
    after=FIRST,
    settings={"budget": {"amount": 100, "startDate": "2026-10-01", "emails": ["owner@example.com"]}},
    told="litellm-azure:budget.startDate is 2026-10-01",
)
MID_MONTH = Scene(
    does="a budget from the middle of a month on",
    after=FIRST,
    settings={"budget": {"amount": 100, "startDate": "2026-11-22", "emails": ["owner@example.com"]}},
    problem="budget.startDate",
)

GUARDS = (
    Guard(
        law="alert-metric",
        what="alerts on metrics that nothing has reported yet",
        file="infra/alerts.py",
        old='        "skip_metric_validation": True,\n',
        scene=WATCHED,
        facts={"metrics-delay-seconds": FOR_EVER},
        shows="Couldn't find a metric named",
    ),
    Guard(
        law="workbook-name",
        what="a GUID as the workbook's name",
        file="infra/workbook.py",
        old="names.workbook(subscription, args.group)",
        new='f"workbook-{args.group}"',
        scene=WATCHED,
        shows="must be a GUID",
    ),
    Guard(
        law="budget-start-change",
        what="another start is another budget",
        file="infra/budget.py",
        old='replace_on_changes=["timePeriod.startDate"],',
        scene=OTHER_START,
        shows="Start date of budgets cannot be updated",
    ),
    Guard(
        law="existing",
        what="a budget goes before the next of its name comes",
        file="infra/budget.py",
        old="delete_before_replace=True,",
        scene=OTHER_START,
        shows="cannot create already existing resource",
    ),
    Guard(
        law="budget-start",
        what="a start that has passed stops the budget's own creation",
        file="infra/budget.py",
        old="hooks=_hooks(name, args.late) if args.late else None,",
        scene=PAST,
        shows="should not be prior to the current month",
    ),
    Guard(
        law="budget-start-day",
        what="a budget starts with a month",
        file="config/words.py",
        old="BeforeValidator(_text), AfterValidator(_first_of_month)",
        new="BeforeValidator(_text)",
        scene=MID_MONTH,
        shows="must be first of the month",
    ),
)
