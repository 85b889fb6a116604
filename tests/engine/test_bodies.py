"""The judge of request bodies refuses what it should: without this its silence would say nothing."""

import pytest

from tests.engine.bodies import problems
from tests.offline.arm_types import needed

DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
GOOD = {
    "sku": {"name": "Standard", "capacity": 10},
    "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06"}},
}


@needed
def test_a_right_body_has_no_problem() -> None:
    assert problems(DEPLOYMENT, GOOD) == []


@needed
@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"properties": {"modle": {}}}, ".properties.modle: unknown", id="a typo"),
        pytest.param({"sku": {"capacity": 10}}, ".sku.name: required", id="something left out"),
        pytest.param(
            {"sku": {"name": "Standard", "capacity": "10"}}, ".sku.capacity: '10' is no number", id="text"
        ),
        pytest.param(
            {"properties": {"capabilities": {}}}, ".properties.capabilities: read-only", id="an output"
        ),
    ],
)
def test_a_wrong_body_is_named(change: dict[str, object], says: str) -> None:
    assert problems(DEPLOYMENT, GOOD | change) == [says]
