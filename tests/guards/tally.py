"""Counts guards: how many the program has, and how many of them were taken away in this run and missed.

A pytest plugin, of the same kind as `tests/laws/tally.py`.
"""

import pytest

from tests.guards.table import CANNOT_BITE, GUARDS, OTHERS

MISSED = "guard-missed"
"""What a test tells with its report: this guard was taken away, and a law struck."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tally(), "guard-tally")


class Tally:
    """What the tests of this run have shown of guards."""

    def __init__(self) -> None:
        self._missed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            for name, value in report.user_properties:
                if name == MISSED:
                    self.missed(str(value))

    def missed(self, guard: str) -> None:
        """A test has seen that this one is needed."""
        self._missed.add(guard)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._missed:
            terminalreporter.write_line(self.line())

    def line(self) -> str:
        """`Guards: 80 of the program, each removed once; 55 laws guarded, 139 cannot bite`"""
        count = len(self._missed)
        removed = "each removed once" if count == len(GUARDS) else f"{count} removed"
        guarded = {guard.law for guard in GUARDS} - set(OTHERS)
        unable = sum(len(ids) for ids in CANNOT_BITE.values())
        return f"Guards: {len(GUARDS)} of the program, {removed}; {len(guarded)} laws guarded, {unable} cannot bite"
