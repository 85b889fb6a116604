"""Fixtures of the tests of the commands of `ops`."""

import pytest


@pytest.fixture(scope="module")
def stand_ins() -> bool:
    """Nobody calls the gateway here, where a module does not say otherwise."""
    return True
