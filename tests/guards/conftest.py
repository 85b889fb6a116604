"""Fixtures of every guard's test."""

from collections.abc import Iterator

import pytest

from tests.cloud import Cloud
from tests.guards.stage import SPEED, Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An offline Azure of this module's own, to play scenes in."""
    cloud = Cloud(tmp_path_factory.mktemp("guards"), speed=SPEED)
    cloud.start()
    yield Stage(cloud)
    cloud.stop()
