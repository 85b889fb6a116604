"""Fixtures of every rung."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cloud import Cloud, Stack

pytest_plugins = ["tests.checkov.tally", "tests.cut_short.extent", "tests.guards.tally", "tests.laws.tally"]


@pytest.fixture(scope="module")
def stand_ins() -> bool:
    """Whether replicas are stand-ins; a rung, or a module, in which nobody calls the gateway says so."""
    return False


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, stand_ins: bool) -> Iterator[Cloud]:
    """An offline Azure of this module's own."""
    started = Cloud(tmp_path_factory.mktemp("azure"), stand_ins=stand_ins)
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def deployed(cloud: Cloud) -> Callable[[str], Stack]:
    """A stack of this project, deployed at the first call."""
    stacks: dict[str, Stack] = {}

    def deploy(name: str) -> Stack:
        if name not in stacks:
            stacks[name] = Stack(cloud, name)
            stacks[name].up()
        return stacks[name]

    return deploy


@pytest.fixture(scope="module")
def dev(deployed: Callable[[str], Stack]) -> Stack:
    """The note's own system, deployed."""
    return deployed("dev")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


_LONGEST_FIRST = ("demo", "guards", "cut_short", "engine", "gateway", "checkov")
"""Rungs that deploy. With files dealt out in this order, no worker is left with the longest one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the rungs that take longest out first."""

    def rung(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)

    items.sort(key=rung)
