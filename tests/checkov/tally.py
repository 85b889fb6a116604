"""Prints what the judges found, rule by rule, at the end of a run: a pytest plugin as `tests/laws/tally.py` is one."""

import json
from collections.abc import Iterable

import pytest

from tests.checkov.page import FAILED, WAIVED, Row
from tests.checkov.waivers import STACKS

ROWS = "checked-from-outside"
"""What a test tells with its report."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tally(), "checkov-tally")


def told(rows: Iterable[Row]) -> str:
    """Rows as a report carries them from a worker."""
    return json.dumps(
        [
            (
                row.rule,
                [row.outcomes[stack] for stack in STACKS],
                "; ".join(one.reason for one in row.waivers),
            )
            for row in rows
        ]
    )


class Tally:
    """What the tests of this run have seen."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, list[str], str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == ROWS:
                    self._rows = json.loads(str(value))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.lines():
            terminalreporter.write_line(line, red=FAILED in line)

    def lines(self) -> list[str]:
        """`Checked from outside: 35 rules, 3 stacks; 24 kept everywhere, 11 waived, 0 not kept`, and a line a rule."""
        if not self._rows:
            return []
        broken = sum(FAILED in outcomes for _, outcomes, _ in self._rows)
        waived = sum(WAIVED in outcomes and FAILED not in outcomes for _, outcomes, _ in self._rows)
        kept = len(self._rows) - broken - waived
        widest = max(len(rule) for rule, _, _ in self._rows)
        return [
            f"Checked from outside: {len(self._rows)} rules, {len(STACKS)} stacks; "
            f"{kept} kept everywhere, {waived} waived, {broken} not kept",
            f"  {'rule':{widest}}  {'  '.join(f'{stack:7}' for stack in STACKS)}  why",
            *(
                f"  {rule:{widest}}  {'  '.join(f'{found:7}' for found in outcomes)}  {reason}".rstrip()
                for rule, outcomes, reason in self._rows
            ),
        ]
