"""Engines killed with SIGKILL, and what `python -m ops resume` makes of what they leave."""

import os
import socket
from pathlib import Path

import pytest

from offline import control
from offline.arm import durations
from offline.arm.ids import ResourceId
from ops import deployment
from ops.arm_ids import PLACES, arm_id
from ops.stack import Stack as EngineStack
from tests.cloud import Cloud, Stack
from tests.ops.cutting import hanging, killed, resume, resumed, until

ACCOUNT = "Microsoft.CognitiveServices/accounts"
DEPLOYMENT = f"{ACCOUNT}/deployments"
ENVIRONMENT = "Microsoft.App/managedEnvironments"
GROUP = "Microsoft.Resources/resourceGroups"


@pytest.fixture(scope="module")
def dev(cloud: Cloud) -> Stack:
    return Stack(cloud, "dev")


def _running(operations: list[dict[str, str]], part: str, verb: str) -> bool:
    return any(part in row["resource"] and row["verb"] == verb for row in operations)


def test_a_killed_create_is_imported_and_what_never_began_is_left_to_up(dev: Stack) -> None:
    """The engine is gone, Azure finishes: the account must be neither refused as existing nor made twice."""
    hanging(dev.cloud, ACCOUNT, "create")
    killed(dev, "up", lambda running: _running(running, ACCOUNT, "create"))
    control.clear_faults(dev.cloud.record)

    refused = dev.up(fails=True)
    assert "currently locked" in refused.text
    said = resumed(dev)
    assert len(said["locks"]) == 1
    assert "imported" in {step["verdict"] for step in said["operations"] if ACCOUNT in (step["id"] or "")}
    assert said["operations"][0]["provisioningState"] == "Succeeded"

    result = dev.up()
    # An update: Azure's defaults, which an import sees and the program leaves unset.
    assert set(result.changes) <= {"create", "update"}, result.text
    assert dev.up().changes == {}
    assert "pending_operations" not in dev.state()["checkpoint"]["latest"]


def test_nothing_to_resume(dev: Stack) -> None:
    before, outputs = _resources(dev), dev.outputs()
    assert "Nothing was cut short" in resume(dev)
    assert _resources(dev) == before
    assert dev.outputs() == outputs


def test_a_create_of_which_the_engine_knows_nothing_is_found(cloud: Cloud) -> None:
    """Its answer was lost, and azure-native's second try was refused as busy with the first: nothing is pending."""
    prod = Stack(cloud, "prod")
    # Three of our seconds, so that it is still under way when azure-native, after 20 s of Azure's, asks again.
    cloud.store().set_fact(durations.FACT, {f"{ENVIRONMENT} create".lower(): 3 * cloud.speed})
    control.fault(
        cloud.record,
        "operation",
        {"type": ENVIRONMENT, "name": "*", "verb": "create", "effect": "lose_reply", "times": 1},
    )
    prod.up(fails=True)
    assert "pending_operations" not in prod.state()["checkpoint"]["latest"]
    cloud.store().set_fact(durations.FACT, {})
    assert "already existing" in prod.up(fails=True).text

    said = resumed(prod)
    assert [(step["type"], step["verdict"]) for step in said["operations"]] == [
        ("azure-native:app:ManagedEnvironment", "found")
    ]
    result = prod.up()
    assert set(result.changes) <= {"create", "update"}, result.text
    assert prod.up().changes == {}


def test_a_program_that_cannot_be_previewed_hides_the_rest_from_nobody(dev: Stack) -> None:
    """What it has to do without the program it does, and says what it could not look for."""
    bad = {"litellm-azure:catalogDate": "soon"}
    dev.preview(values=bad, fails=True)
    said = resume(dev)
    assert "could not be previewed" in said
    assert "litellm-azure:catalogDate" in said
    assert "Traceback" not in said
    dev.preview()


def _resources(stack: Stack) -> list[tuple[str, str]]:
    found = stack.state()["checkpoint"]["latest"]["resources"]
    return [(resource["urn"], resource.get("id", "")) for resource in found]


def test_every_type_of_the_program_has_its_place(dev: Stack, deployed_prod: Stack) -> None:
    """The ids that resume works out are those that Azure gave."""
    seen = set()
    for stack in (dev, deployed_prod):
        subscription = stack.cloud.home.credentials().subscription_id
        for resource in stack.state()["checkpoint"]["latest"]["resources"]:
            if resource["type"].startswith("azure-native:"):
                seen.add(resource["type"])
                worked_out = arm_id(resource["type"], resource["inputs"], subscription)
                assert worked_out.lower() == resource["id"].lower()
    assert seen == set(PLACES), "a type of the program is missing in the table, or one is there for nothing"


@pytest.fixture(scope="module")
def deployed_prod(cloud: Cloud) -> Stack:
    prod = Stack(cloud, "prod")
    prod.up()
    return prod


def test_a_create_that_failed_after_the_kill_is_written_again(dev: Stack) -> None:
    """Its inputs are as wanted, so without a word from resume the next up would call it unchanged, and broken."""
    dev.edit("Pulumi.dev.yaml", "name: text-embedding-3-small", "name: embeddings")
    hanging(dev.cloud, DEPLOYMENT, "create")
    killed(dev, "up", lambda running: _running(running, "deployments/embeddings", "create"))
    control.clear_faults(dev.cloud.record)
    account = dev.outputs()["resourceIds"]["accounts"]["ai-idha-sbx-scus-001"]
    made = ResourceId(f"{account}/deployments/embeddings")
    until(lambda: not control.status(dev.cloud.record)["operations"])
    store = dev.cloud.store()
    found = store.get(made)
    assert found is not None
    store.put(found.with_properties(provisioningState="Failed"))

    said = resumed(dev)
    assert [(step["verdict"], step["provisioningState"]) for step in said["operations"]] == [
        ("imported", "Failed")
    ]
    changes = dev.up().changes
    assert changes["update"] >= 1
    shown = dev.cloud.arm("GET", made.text, "2024-10-01").json()
    assert shown["properties"]["provisioningState"] == "Succeeded"
    assert dev.up().changes == {}


def test_a_replacement_that_was_cut_off_takes_the_old_ones_place(dev: Stack) -> None:
    """Azure deleted the old one, made the new one, and the engine saw neither come to its end."""
    dev.edit("Pulumi.dev.yaml", "model: text-embedding-3-small", "model: text-embedding-3-large")
    hanging(dev.cloud, DEPLOYMENT, "create")
    killed(dev, "up", lambda running: _running(running, "deployments/embeddings", "create"))
    control.clear_faults(dev.cloud.record)

    assert [step["verdict"] for step in resumed(dev)["operations"]] == ["replaced"]
    assert "replace" not in dev.up().changes
    assert dev.up().changes == {}


def test_a_resume_that_was_cut_off_itself(dev: Stack) -> None:
    """It imported, and did not get to write the program's options: the next one does."""
    dev.edit("Pulumi.dev.yaml", "name: embeddings", "name: vectors")
    hanging(dev.cloud, DEPLOYMENT, "create")
    killed(dev, "up", lambda running: _running(running, "deployments/vectors", "create"))
    control.clear_faults(dev.cloud.record)
    folder = dev.cloud.home.path / "config" / "litellm-azure"
    state = EngineStack(name=dev.name, folder=folder, environment=dev.cloud.engine())
    state.cancel()
    export = state.export()
    (created,) = deployment.pending(export)
    until(lambda: not control.status(dev.cloud.record)["operations"])
    where = arm_id(created.type, created.inputs, dev.cloud.home.credentials().subscription_id)
    state.import_resources(deployment.import_file([(created, where)]))

    assert [step["verdict"] for step in resumed(dev)["operations"]] == ["known"]
    held = deployment.held(state.export(), created.urn)
    assert held is not None
    assert {name: held[name] for name in ("deletedWith", "dependencies")} == {
        name: created.options[name] for name in ("deletedWith", "dependencies")
    }
    dev.up()
    assert dev.up().changes == {}


def test_a_living_engine_is_left_alone(dev: Stack) -> None:
    """The lock of a process that runs is not taken away; nor one of another machine."""
    locks = dev.cloud.home.stacks / ".pulumi" / "locks" / "organization" / "litellm-azure" / "dev"
    locks.mkdir(parents=True, exist_ok=True)
    lock = locks / "3f2b8a52-9e3c-4a2c-8f2e-0d2a4b8f6c11.json"
    _write_lock(lock, pid=os.getpid(), host=socket.gethostname())
    said = resume(dev, fails=True)
    assert "still runs" in said
    assert str(os.getpid()) in said

    _write_lock(lock, pid=1, host="build-7")
    said = resume(dev, fails=True)
    assert "another machine" in said
    assert "pulumi cancel --stack dev" in said
    assert lock.exists()
    lock.unlink()


def _write_lock(file: Path, *, pid: int, host: str) -> None:
    file.write_text(
        f'{{"pid":{pid},"username":"somebody","hostname":"{host}","timestamp":"2999-11-24T01:59:59.4Z"}}'
    )


def test_a_state_cannot_be_left_unreadable(dev: Stack) -> None:
    """The engine writes a file's attributes in a second file, not in one piece; a kill in between hides the state."""
    assert list(dev.cloud.home.stacks.rglob("*.attrs")) == []
    attributes = dev.cloud.home.stacks / ".pulumi" / "stacks" / "litellm-azure" / "dev.json.attrs"
    attributes.touch()
    assert "Remove .pulumi/stacks/<project>/dev.json.attrs" in resume(dev, fails=True).replace("\n", "")
    attributes.unlink()


def test_a_destroy_that_azure_finished_alone_is_seen(dev: Stack) -> None:
    """With the group went everything in it: an up after that must not call it all unchanged."""
    hanging(dev.cloud, GROUP, "delete")
    # Of every other resource the id goes on after the group's name.
    killed(dev, "destroy", lambda running: any(row["resource"].count("/") == 4 for row in running))
    control.clear_faults(dev.cloud.record)

    assert "gone" in {step["verdict"] for step in resumed(dev)["operations"]}
    left = [
        resource["urn"]
        for resource in dev.state()["checkpoint"]["latest"].get("resources", [])
        if resource["type"].startswith("azure-native:")
    ]
    assert left == []
    dev.destroy()
