"""docs/monitoring.md says what the program does."""

import re

from config import alert_table
from config.alerts import Severity
from infra import budget
from tests.cloud import ROOT

PAGE = ROOT / "docs" / "monitoring.md"


def test_the_tables_are_the_rules() -> None:
    """When they differ: put what `python -m config.alert_table` prints between the two marks."""
    (found,) = re.findall(r"<!-- alerts -->\n(.*)<!-- /alerts -->", PAGE.read_text(), re.DOTALL)
    assert found == alert_table.render()


def test_the_page_explains_every_severity_and_no_other() -> None:
    told = re.findall(r"^\| (\d) (\w+) \| [a-z]", PAGE.read_text(), re.MULTILINE)
    assert told == [(str(found.value), found.name.lower()) for found in Severity]


def test_the_budgets_percents_are_the_programs() -> None:
    text = PAGE.read_text()
    first, second, third = budget.SPENT
    assert f"at {first}, {second} and {third} % of it" in text
    below, above = budget.FORECAST
    assert f"above {below} and above {above} %" in text
    assert len(budget.SPENT + budget.FORECAST) <= 5, "Azure takes no more"
