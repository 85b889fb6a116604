"""Fixtures of the tests of the engine and what it deploys."""

from collections.abc import Iterator

import pytest

from tests.cloud import Cloud


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An offline Azure of this module's own; with the real LiteLLM where the module says that it CALLS the gateway."""
    calls = getattr(request.module, "CALLS", False)
    started = Cloud(tmp_path_factory.mktemp("azure"), stand_ins=not calls)
    started.start()
    yield started
    started.stop()
