"""How much of the cut-short table is run: a sample, or all of it. A pytest plugin; says how many cases, how long.

A case is one operation of one scene, disturbed in one way. Which operations a scene has is known only once it has been
played, so the sample is drawn twice from one seed: scenes with disturbances here, and of each some operations.
"""

import random
import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.cut_short.disturbances import DISTURBANCES, Disturbance
from tests.cut_short.scenes import SCENES, Operation, Scene

SAMPLED_OPERATIONS = 4
"""Of each scene in a sample."""

SEED = "cut-short-seed"

CUT = "cut-short"
"""Of `user_properties`: (scene, disturbance, operations, runs, seconds)."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cut short")
    group.addoption("--cut-short", choices=("sample", "all"), default="sample", help="how much of the table")
    group.addoption("--cut-short-seed", type=int, help="draw the sample of an earlier run again")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.option.cut_short_seed = config.workerinput[SEED]
    elif config.option.cut_short_seed is None:
        config.option.cut_short_seed = secrets.randbelow(10_000)
    config.pluginmanager.register(Tally(config), "cut-short-tally")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist starts a worker, which must draw the same sample as the others."""
    node.workerinput[SEED] = node.config.option.cut_short_seed


def pytest_report_header(config: pytest.Config) -> str:
    if config.option.cut_short == "all":
        return "cut short: every case"
    return f"cut short: a sample; --cut-short-seed {config.option.cut_short_seed} draws it again"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Scenes with disturbances: all, or every scene once with one of its own."""
    if {"scene", "disturbance"} <= set(metafunc.fixturenames):
        every = [(scene, disturbance) for scene in SCENES for disturbance in DISTURBANCES]
        chosen = every if metafunc.config.option.cut_short == "all" else _sample(metafunc.config)
        ids = [f"{scene}: {disturbance.name}" for scene, disturbance in chosen]
        metafunc.parametrize(("scene", "disturbance"), chosen, ids=ids)


def _sample(config: pytest.Config) -> list[tuple[Scene, Disturbance]]:
    drawn = random.Random(config.option.cut_short_seed).sample(DISTURBANCES, len(SCENES))  # noqa: S311 - no secret
    return list(zip(SCENES, drawn, strict=True))


def chosen(config: pytest.Config, scene: Scene, operations: Sequence[Operation]) -> list[Operation]:
    """Which of a scene's operations are struck."""
    if config.option.cut_short == "all":
        return list(operations)
    draw = random.Random(f"{config.option.cut_short_seed} {scene}")  # noqa: S311 - no secret
    return draw.sample(operations, min(SAMPLED_OPERATIONS, len(operations)))


class Tally:
    """Adds up what every worker has done."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._done: list[tuple[str, str, int, int, float]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._done += [_row(value) for name, value in report.user_properties if name == CUT]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._done or hasattr(self._config, "workerinput"):
            return
        cases, runs = sum(row[2] for row in self._done), sum(row[3] for row in self._done)
        seconds = sum(row[4] for row in self._done)
        terminalreporter.write_line(
            f"Cut short: {cases} cases, by {runs} interrupted runs of the engine, in {seconds:.0f} s; "
            "each came to what an undisturbed run comes to"
        )
        if self._config.option.cut_short == "all":
            for line in _table(self._done):
                terminalreporter.write_line(line)


def _row(value: Any) -> tuple[str, str, int, int, float]:
    scene, disturbance, operations, runs, seconds = value
    return str(scene), str(disturbance), int(operations), int(runs), float(seconds)


def _table(done: Sequence[tuple[str, str, int, int, float]]) -> list[str]:
    """Cases and interrupted runs, a line a disturbance and a column a scene: for `docs/reliability.md`."""
    cells = {(scene, disturbance): f"{cases} / {runs}" for scene, disturbance, cases, runs, _ in done}
    scenes = [str(scene) for scene in SCENES]
    seconds: Counter[str] = Counter()
    for _, name, _, _, took in done:
        seconds[name] += round(took)
    lines = [f"| disturbance | {' | '.join(scenes)} | seconds |", "|---" * (len(scenes) + 2) + "|"]
    for disturbance in DISTURBANCES:
        row = [cells.get((scene, disturbance.name), "") for scene in scenes]
        lines.append(f"| {disturbance.name} | {' | '.join(row)} | {seconds[disturbance.name]} |")
    return lines
