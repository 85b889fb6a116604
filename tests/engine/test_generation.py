"""What a change makes anew, and what it must not: a tag, another identity, another environment and its subnet."""

from collections.abc import Callable
from typing import Any

import pytest

from offline import control
from tests.cloud import Stack

QUESTION = "Say hello."
TAG = {"litellm-azure:tags": {"cost-centre": "4711"}}


@pytest.fixture(scope="module")
def stand_ins() -> bool:
    """The gateway is called while it moves."""
    return False


@pytest.fixture(scope="module")
def staging(deployed: Callable[[str], Stack]) -> Stack:
    """Internal, so that the environment's domain has a private zone."""
    return deployed("staging")


@pytest.mark.parametrize("name", ["dev", "staging"])
def test_a_tag_is_previewed_as_an_update_and_nothing_else(
    deployed: Callable[[str], Stack], name: str
) -> None:
    """What is named after outputs of a tagged resource would be shown as replaced, roles and zones first of all."""
    preview = deployed(name).preview(values=TAG)
    assert set(preview.changes) == {"update"}
    assert "CONFIG_DIGEST" not in preview.text, "nor is a new revision announced"


def test_another_identity_under_the_old_name_gets_roles_of_its_own(staging: Stack) -> None:
    """Somebody deletes it in the portal. A role that kept its name would be RoleAssignmentUpdateNotPermitted."""
    before = _roles(staging)
    identity = staging.outputs()["resourceIds"]["identity"]
    assert staging.cloud.arm("DELETE", identity, "2023-01-31").is_success
    staging.refresh()
    assert staging.up().changes["replace"] == len(before)
    after = _roles(staging)
    assert len(after) == len(before)
    assert not after & before
    _answers(staging)


def test_a_generation_with_a_free_range_is_ready_before_the_old_one_goes(staging: Stack) -> None:
    """Azure takes no second environment into a subnet, no other range in place, and no two ranges that overlap."""
    address = staging.outputs()["gatewayUrl"]
    moved = staging.up(values=_network("10.41.0.128/26", generation=2))
    assert "replace" not in moved.changes, "nothing has to go first"
    assert staging.outputs()["gatewayUrl"] != address
    assert staging.app()["name"].endswith("-g2")
    _answers(staging)
    assert staging.up(values=_network("10.41.0.128/26", generation=2)).changes == {}


def test_another_range_alone_takes_the_old_environment_away_first(staging: Stack) -> None:
    """One name cannot stand twice: there is an outage, and an end of it."""
    moved = staging.up(values=_network("10.41.0.192/26", generation=2))
    assert moved.changes["replace"]
    _answers(staging)
    assert staging.up(values=_network("10.41.0.192/26", generation=2)).changes == {}


def _network(gateway: str, *, generation: int) -> dict[str, Any]:
    return {
        "litellm-azure:generation": generation,
        "litellm-azure:network": {
            "addressSpace": "10.41.0.0/24",
            "gatewaySubnet": gateway,
            "privateEndpointSubnet": "10.41.0.64/27",
        },
    }


def _answers(stack: Stack) -> None:
    """Once its replica is up, which the engine does not wait for: 503 until then."""
    assert control.settled(stack.cloud.record)
    reply = (
        stack.client()
        .with_options(max_retries=6)
        .chat.completions.create(model=stack.models()[0], messages=[{"role": "user", "content": QUESTION}])
    )
    assert reply.choices[0].message.content


def _roles(stack: Stack) -> set[str]:
    resources = stack.state()["checkpoint"]["latest"]["resources"]
    return {
        str(found["id"])
        for found in resources
        if found["type"] == "azure-native:authorization:RoleAssignment"
    }
