"""How long an `up` takes, and how it is held against the necessary chain."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench import __main__ as bench
from bench import chart, deployment, record
from bench.deployment import judged
from offline import engine
from offline.arm.container_apps import APP, ENVIRONMENT
from offline.arm.errors import JSON
from offline.arm.network import NETWORK, SUBNET
from offline.arm.security_groups import GROUP as SECURITY_GROUP
from tests.bench.made_up import APP as AN_APP
from tests.bench.made_up import ENVIRONMENT as AN_ENVIRONMENT
from tests.bench.made_up import GROUP, VAULT, Record, operation
from tests.bench.made_up import NETWORK as A_NETWORK

SECRET = f"{VAULT}/secrets/key"
ROLE = f"{SECRET}/providers/Microsoft.Authorization/roleAssignments/0b3c"
READS_IT: JSON = {"properties": {"url": "https://kv.vault.azure.net/secrets/key"}}


@pytest.mark.parametrize("speed", [1, 5, 5000])
def test_the_ratio_is_of_azures_seconds(scratch: Path, speed: float) -> None:
    """At any speed: durations come from the record by our clock, the lag of a role is Azure's."""
    recorded = Record(scratch / "azure.db", speed=speed)
    recorded.made(SECRET, 0, 2)
    recorded.made(ROLE, 2, 4)
    recorded.made(AN_APP, 30, 58, body=READS_IT)
    found = judged("made-up", record.operations(recorded.store, speed))
    assert found.seconds == pytest.approx(58, abs=0.1)
    assert found.necessary == pytest.approx(2 + 2 + 20 + 28, abs=0.1)
    assert found.ratio == pytest.approx(58 / 52, abs=0.01)


def test_a_wait_that_nothing_needs_makes_the_ratio_worse() -> None:
    network = operation(A_NETWORK, begun=0, ended=7)
    at_once, late = (
        judged("made-up", [network, operation(AN_ENVIRONMENT, A_NETWORK, begun=begun, ended=begun + 103)])
        for begun in (7, 18)
    )
    assert at_once.ratio == 1
    assert late.ratio == pytest.approx(121 / 110)


def test_a_retry_makes_the_ratio_worse() -> None:
    """Its lost time is no part of the necessary chain."""
    network = operation(A_NETWORK, begun=0, ended=7)
    refused = operation(AN_ENVIRONMENT, A_NETWORK, begun=7, ended=130, refused=20)
    assert judged("made-up", [network, refused]).ratio == pytest.approx(130 / 110)


def test_of_two_that_may_not_run_at_once_the_later_waited_for_the_other() -> None:
    one = operation(f"{A_NETWORK}/subnets/one", begun=7, ended=13)
    two = operation(f"{A_NETWORK}/subnets/two", begun=13, ended=19)
    found = judged("made-up", [operation(A_NETWORK, begun=0, ended=7), one, two])
    waited = found.waited_for(two)
    assert waited is not None
    assert (waited.before, waited.reason) == (one.id.key, "net-parallel")
    assert found.ready(two) == 13


def test_the_command_shows_the_chain_and_draws_it(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made_up(folder: Path, about: object) -> list[deployment.Deployment]:
        group = operation(GROUP, begun=0, ended=3)
        return [judged("dev", [group, operation(A_NETWORK, begun=3, ended=10)])]

    monkeypatch.setattr(deployment, "all_measured", made_up)
    monkeypatch.setattr(engine, "prepare", lambda: None)
    words = ["deployment", "--charts", str(scratch), "--json", str(scratch / "numbers.json")]
    done = CliRunner().invoke(bench.app, words)
    assert done.exit_code == 0, done.output
    assert "group rg" in done.output
    assert "network net  [data: lies in it]" in done.output
    assert ET.parse(scratch / "deployment-dev.svg")  # noqa: S314  our own picture
    [numbers] = json.loads((scratch / "numbers.json").read_text())["deployments"]
    assert (numbers["stack"], numbers["seconds"], numbers["necessary"]) == ("dev", 10, 10)


def test_dev_is_brought_up_measured_and_drawn(scratch: Path) -> None:
    """The whole way once, at a speed where the engine's own time counts too much for the ratio to say anything."""
    found = deployment.measured("dev", scratch / "azure", speed=50)
    types = [found.by_key(link.name).id.type for link in found.chain]
    assert types[0] == "Microsoft.Resources/resourceGroups"
    assert {SUBNET, ENVIRONMENT, APP} <= set(types)
    # The subnet waits for both of these, and at this speed the machine decides which is there last.
    assert {NETWORK, SECURITY_GROUP} & set(types)
    own = {operation.id.type: operation.azure for operation in found.operations}
    assert own[ENVIRONMENT] > 102
    assert found.seconds >= found.necessary > 103 + 28
    picture = ET.fromstring(chart.svg(found))  # noqa: S314  our own picture
    drawn = [group for group in picture.iter() if group.get("id", "").startswith("row-")]
    assert len(drawn) == len(found.operations) > 30
    reasons = {edge.reason for edge in found.edges}
    assert {"app-kv-ref", "cog-pe-accepted", "cog-parallel", "net-parallel", "env-failed"} <= reasons
