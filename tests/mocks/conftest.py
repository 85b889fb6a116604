"""One run of the program per stack file, shared by the tests that only look."""

from functools import cache

import pytest

from tests.mocks import recording
from tests.mocks.recording import Program

STACKS = ("dev", "staging", "prod")


@cache
def _unchanged(stack: str) -> Program:
    return recording.run(stack)


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    """Each stack in turn."""
    return _unchanged(request.param)


@pytest.fixture
def dev() -> Program:
    """Keys, one region, an external ingress."""
    return _unchanged("dev")


@pytest.fixture
def staging() -> Program:
    """Keyless, one region, an internal ingress."""
    return _unchanged("staging")


@pytest.fixture
def prod() -> Program:
    """Keyless, two regions."""
    return _unchanged("prod")
