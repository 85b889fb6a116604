"""Counts laws: listed, enforced (seen refused in this run) and tested (a test of it has passed).

A pytest plugin. It works with pytest-xdist as well: what a worker has seen travels in the reports' `user_properties`.
"""

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from offline.arm.errors import Law
from offline.laws import laws

FOLDER = Path(__file__).parent

SEEN = "law-seen"
TESTED = "law-tested"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "law(*ids): the test breaks these laws of Azure, and then keeps them")
    config.pluginmanager.register(Tally(config, laws(), FOLDER), "law-tally")


def marked(item: pytest.Item) -> list[str]:
    """Ids of the laws that a test is of."""
    return [str(law) for mark in item.iter_markers("law") for law in mark.args]


class Tally:
    """What the tests of this run have shown.

    :param folder: where the tests of laws stand.
    """

    def __init__(self, config: pytest.Config, listed: Sequence[Law], folder: Path) -> None:
        self._config = config
        self._listed = {law.id: law for law in listed}
        self._folder = folder
        self._seen: set[str] = set()
        self._tested: set[str] = set()
        self._files: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which laws a test is of.

        :raises pytest.UsageError: there is no such law.
        """
        for item in items:
            for law in marked(item):
                if law not in self._listed:
                    raise pytest.UsageError(f"{item.nodeid}: no law has the id {law!r}")
                item.user_properties.append((TESTED, law))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A test of a law that has never seen it fails."""
        report = yield
        if report.when == "call" and report.passed:
            seen = {value for name, value in item.user_properties if name == SEEN}
            unseen = [law for law in marked(item) if law not in seen]
            if unseen:
                report.outcome = "failed"
                report.longrepr = f"{item.nodeid} is a test of {', '.join(unseen)}, and never saw it strike"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        path = self._config.rootpath / report.nodeid.split("::")[0]
        if path.parent == self._folder:
            self._files.add(path.name)
        if report.when != "call":
            return
        told = [(name, str(value)) for name, value in report.user_properties]
        self._seen |= {law for name, law in told if name == SEEN}
        if report.passed:
            self._tested |= {law for name, law in told if name == TESTED}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A law that a whole run has not shown fails the run."""
        if session.exitstatus == pytest.ExitCode.OK and self.gaps():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._files:
            terminalreporter.write_line(self.line())
            for gap in self.gaps():
                terminalreporter.write_line(gap, red=True)

    def line(self) -> str:
        """`Azure's laws: 131 listed, 131 enforced, 131 tested (58 known from threads only)`"""
        threads = sum(law.unconfirmed for law in self._listed.values())
        return (
            f"Azure's laws: {len(self._listed)} listed, {len(self._seen)} enforced, {len(self._tested)} tested "
            f"({threads} known from threads only)"
        )

    def gaps(self) -> list[str]:
        """What a whole run should have shown and did not, in words; nothing after a run of some tests only."""
        if not self._whole():
            return []
        missing = {
            "never seen to be enforced": [law for law in self._listed if law not in self._seen],
            "without a test that has passed": [law for law in self._listed if law not in self._tested],
        }
        return [f"{words}: {', '.join(found)}" for words, found in missing.items() if found]

    def _whole(self) -> bool:
        """Whether this process prints, and every test of laws had a chance."""
        option = self._config.option
        chosen = option.keyword or option.markexpr or any("::" in arg for arg in self._config.args)
        every = {path.name for path in self._folder.glob("test_*.py")}
        return not hasattr(self._config, "workerinput") and not chosen and self._files >= every
