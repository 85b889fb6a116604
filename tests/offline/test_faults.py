"""Faults on demand: what strikes, when, and what is seen of it meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from offline.arm.faults import Fault, Faults
from offline.arm.ids import ResourceId
from offline.arm.store import Store
from tests.offline.arm_rig import Rig, network_body

NETWORK = "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v"
GROUP = ResourceId("/subscriptions/s/resourceGroups/rg")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    yield started
    started.stop()


def _in_the_background(rig: Rig) -> "tuple[threading.Thread, list[httpx.Response]]":
    """A write whose sender waits."""
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(rig.ask("PUT", NETWORK, network_body())))
    thread.start()
    return thread, answers


def _until_held(rig: Rig) -> None:
    while not rig.inside(rig.faults.held):
        pass


def test_a_request_is_held_before_azure_has_it(rig: Rig) -> None:
    rig.group()
    rig.inside(lambda: rig.faults.add(Fault(name="v", verb="create", effect="hold")))
    thread, answers = _in_the_background(rig)
    _until_held(rig)
    assert [(held.verb, held.effect) for held in rig.inside(rig.faults.held)] == [("create", "hold")]
    assert rig.ask("GET", NETWORK).status_code == 404
    rig.inside(rig.faults.clear)
    thread.join()
    assert answers[0].status_code == 201
    assert rig.inside(rig.faults.held) == []


def test_a_held_request_whose_sender_went_never_arrives(rig: Rig) -> None:
    rig.group()
    rig.inside(lambda: rig.faults.add(Fault(name="v", verb="create", effect="hold")))
    with pytest.raises(httpx.ReadTimeout):
        rig.ask("PUT", NETWORK, network_body(), timeout=0.2)
    _until_held(rig)
    rig.inside(rig.faults.clear)
    while rig.inside(rig.faults.held):
        pass
    rig.idle()
    assert rig.ask("GET", NETWORK).status_code == 404


def test_what_is_answered_only_when_done_is_not_begun_while_it_hangs(rig: Rig) -> None:
    """Its sender has gone without an answer: nothing may turn up afterwards that nobody knows of."""
    identity = "/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
    rig.group()
    rig.inside(lambda: rig.faults.add(Fault(name="id", verb="create", effect="hang")))
    with pytest.raises(httpx.ReadTimeout):
        rig.ask("PUT", identity, {"location": "southcentralus"}, timeout=0.2)
    rig.inside(rig.faults.clear)
    while rig.inside(rig.faults.held):
        pass
    rig.idle()
    assert rig.ask("GET", identity).status_code == 404


def test_a_fault_for_one_id_alone(tmp_path: Path) -> None:
    """Deployments of two accounts may have the same name."""
    faults = Faults(Store(tmp_path / "azure.db"))
    one = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/{}/deployments/chat"
    faults.add(Fault(resource=one.format("ai-1"), times=1))
    assert faults.strike(ResourceId(one.format("ai-2")), "create", ("refuse",)) is None
    assert faults.strike(ResourceId(one.format("AI-1")), "create", ("refuse",)) is not None


@pytest.mark.parametrize("effect", ["stop_service", "stop_service_after"])
def test_a_service_that_dies_does_so_once(tmp_path: Path, effect: str) -> None:
    """Else what it resumes after its start would end it again, for good."""
    deaths: list[str] = []
    faults = Faults(Store(tmp_path / "azure.db"), die=lambda: deaths.append("died"))
    faults.add(Fault(effect=effect))  # type: ignore[arg-type]  # the words of a command
    for _ in range(2):
        faults.maybe_die(GROUP, "create", effect)  # type: ignore[arg-type]
    assert deaths == ["died"]
    assert faults.list() == []
