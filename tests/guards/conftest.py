"""Fixtures of every guard's test."""

from collections.abc import Iterator

import pytest

from tests.cloud import Cloud
from tests.guards.stage import SPEED, Stage


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An offline Azure of this module's own, to play scenes in; with the real LiteLLM where one of them asks it."""
    asks = any(guard.scene.asks for guard in request.module.GUARDS)
    cloud = Cloud(tmp_path_factory.mktemp("guards"), speed=SPEED, stand_ins=not asks)
    cloud.start()
    yield Stage(cloud)
    cloud.stop()
