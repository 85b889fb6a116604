"""Fixtures of every law's test: an offline Azure, and the refusal that is expected of it.

A test says with `@pytest.mark.law("kv-name")` which laws it is of. It breaks each of them, sees that very error
(`refused`, or `silently` where Azure refuses nothing), and then does the nearest right thing and sees it pass.
"""

from collections.abc import Callable, Iterator

import pytest

from offline.arm.errors import Law
from offline.laws import laws
from tests.laws.azure import Azure
from tests.laws.refused import Refused, Silent
from tests.laws.tally import SEEN


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """An offline Azure of this module's own, with Microsoft's SDKs signed in to it."""
    started = Azure(tmp_path_factory.mktemp("azure"))
    yield started
    started.stop()


@pytest.fixture
def refused(request: pytest.FixtureRequest) -> Callable[[str], Refused]:
    """`with refused("kv-name"): …` asserts that the call inside is refused by that law, and by no other words.

    `refused("throttled").by(response)` is the same for an answer by REST, or for the engine's output.
    """

    def expected(law_id: str) -> Refused:
        return Refused(_law(law_id), lambda law: request.node.user_properties.append((SEEN, law)))

    return expected


@pytest.fixture
def silently(request: pytest.FixtureRequest) -> Callable[[str], Silent]:
    """`with silently("env-net-change"): …` for laws that refuse nothing: the body asserts what happens instead."""

    def expected(law_id: str) -> Silent:
        return Silent(_law(law_id), lambda law: request.node.user_properties.append((SEEN, law)))

    return expected


def _law(law_id: str) -> Law:
    found = {law.id: law for law in laws()}.get(law_id)
    assert found is not None, f"no law has the id {law_id!r}"
    return found
