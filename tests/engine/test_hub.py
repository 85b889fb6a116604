"""`examples/hub`: a program of somebody else's that reads the stages' outputs, through the real engine.

Shows: StackReferences to deployed stacks, and the links that they lead to. Does not show: the peerings, of which the
offline Azure has none, and so no call from the hub.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from offline.arm.network_view import private_target
from tests.cloud import ROOT, Cloud, Stack

STAGES = ("staging", "prod")


@dataclass(frozen=True)
class Hub:
    """The example, in a folder of the test's."""

    cloud: Cloud
    folder: Path

    def pulumi(self, *words: str, passphrase: str | None = None) -> str:
        done = subprocess.run(
            ["pulumi", "-C", str(self.folder), "--non-interactive", "--color", "never", *words],
            env={**self.cloud.engine(), **({"PULUMI_CONFIG_PASSPHRASE": passphrase} if passphrase else {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--stack", "shared"))
        return found


@pytest.fixture(scope="module")
def stages(cloud: Cloud) -> dict[str, Stack]:
    deployed = {name: Stack(cloud, name) for name in STAGES}
    for stack in deployed.values():
        stack.up()
    return deployed


@pytest.fixture(scope="module")
def hub(cloud: Cloud, stages: dict[str, Stack]) -> Hub:
    example = ROOT / "examples/hub"
    folder = cloud.folder / "hub"
    folder.mkdir()
    for file in example.glob("*.py"):
        (folder / file.name).write_text(file.read_text())
    project = (example / "Pulumi.yaml").read_text()
    (folder / "Pulumi.yaml").write_text(project.replace("../../.venv", sys.prefix))
    made = Hub(cloud, folder)
    made.pulumi("stack", "init", "shared")
    made.pulumi("config", "set", "peering", "false", "--stack", "shared")
    made.pulumi("up", "--yes", "--skip-preview", "--stack", "shared")
    return made


def test_the_hub_knows_every_stages_gateway(hub: Hub, stages: dict[str, Stack]) -> None:
    assert hub.outputs()["gateways"] == {
        name: stack.outputs()["gatewayUrl"] for name, stack in stages.items()
    }


def test_both_gateways_have_a_name_in_the_hubs_network(hub: Hub, stages: dict[str, Stack]) -> None:
    """That of its environment's own address; a network without the link knows nothing private of it."""
    store = hub.cloud.store()
    environments = {found.id.key: found for found in store.of_type("Microsoft.App/managedEnvironments")}
    for name, stack in stages.items():
        known = stack.outputs()
        host = known["gatewayUrl"].removeprefix("https://")
        other = stages["prod" if name == "staging" else "staging"].outputs()["resourceIds"]["network"]
        address = environments[known["resourceIds"]["environment"].lower()].properties["staticIp"]
        found = private_target(store, hub.outputs()["network"], host)
        assert (found.outcome, found.address) == ("no_route", address), "no route: there is no peering here"
        assert private_target(store, other, host).outcome == "no_zone"


def test_a_second_up_changes_nothing(hub: Hub) -> None:
    hub.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "shared")


def test_a_stages_secrets_stay_secret_with_whoever_reads_its_outputs(
    hub: Hub, stages: dict[str, Stack]
) -> None:
    state = (hub.cloud.home.stacks / ".pulumi/stacks/hub/shared.json").read_text()
    for stack in stages.values():
        assert stack.outputs()["gatewayUrl"] in state, "the outputs are there"
        assert stack.key() not in state
        assert stack.outputs()["masterKey"] not in state


def test_who_cannot_decrypt_a_stages_secrets_reads_the_rest(hub: Hub) -> None:
    """A stack with another passphrase: the engine leaves the secrets out, and says so."""
    another = "another one"
    hub.pulumi("stack", "init", "strange", passphrase=another)
    hub.pulumi("config", "set", "peering", "false", "--stack", "strange", passphrase=another)
    told = hub.pulumi("preview", "--stack", "strange", passphrase=another)
    assert "eliding undecryptable secrets for stack reference 'organization/litellm-azure/staging'" in told
    assert all(url in told for url in hub.outputs()["gateways"].values())
