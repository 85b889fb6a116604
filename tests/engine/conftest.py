"""Fixtures of the tests of the engine and what it deploys."""

from collections.abc import Iterator

import pytest

from tests.cloud import Cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An offline Azure of this module's own, in which nobody calls the gateway."""
    started = Cloud(tmp_path_factory.mktemp("azure"), stand_ins=True)
    started.start()
    yield started
    started.stop()
