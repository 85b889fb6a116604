"""Fixtures of Microsoft's SDKs: an offline Azure that they are signed in to."""

from collections.abc import Iterator

import pytest

from tests.laws.azure import Azure


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """An offline Azure of this module's own, with Microsoft's SDKs signed in to it."""
    started = Azure(tmp_path_factory.mktemp("azure"))
    yield started
    started.stop()
