"""The services beside the project's own, through the real engine: made, changed, read again, and taken away.

Shows: azure-native's classes of these services reach the offline Azure and come back from it without a difference, and
their secrets stay secret. Does not show: that Azure answers with the same values.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline.arm.store import Store
from offline.schema import resources, translate
from offline.schema.validate import check_inputs
from tests.cloud import Result
from tests.engine.bodies import problems, sent
from tests.laws.azure import Azure, Program
from tests.offline import arm_types

PROGRAM = Path(__file__).with_name("neighbours.py")
PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    started = Azure(tmp_path_factory.mktemp("azure"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def made(azure: Azure) -> Program:
    """The program, deployed."""
    program = Program(azure, PROGRAM.read_text())
    assert up(program).changes["create"] > 30
    return program


def up(program: Program, *words: str) -> Result:
    return program.run("up", "--yes", "--skip-preview", "--stack", "dev", "--color", "never", *words)


def refresh(program: Program) -> Result:
    words = ("--yes", "--skip-preview", "--stack", "dev", "--color", "never", "--expect-no-changes")
    return program.run("refresh", *words)


def outputs(program: Program) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        program.run("stack", "output", "--json", "--show-secrets", "--stack", "dev").text
    )
    return found


def test_a_second_up_and_a_refresh_change_nothing(made: Program) -> None:
    assert up(made, "--expect-no-changes").changes == {}
    assert refresh(made).changes == {}


def test_what_azure_makes_is_known_to_the_program(made: Program) -> None:
    known = outputs(made)
    assert known["username"] == "acrneighbours"
    assert known["redisHost"] == "redis-neighbours.southcentralus.redis.azure.net"
    assert known["serverHost"] == "psql-inside.postgres.database.azure.com"
    assert known["url"].startswith("node.")
    assert known["olderUrl"].startswith("older")


def test_an_image_of_the_registry_runs_as_a_placeholder(azure: Azure, made: Program) -> None:
    first, older = sorted(azure.cloud.status()["apps"], key=lambda app: str(app["name"]))
    assert first["name"] == "node"
    assert [replica["programs"] for replica in first["replicas"]] == [["placeholder"]]
    assert older["name"].startswith("older")
    known = outputs(made)
    for name in ("url", "olderUrl"):
        assert azure.caller().get(f"https://{known[name]}").status_code == 200


def test_rules_of_their_own_stand_in_their_group(azure: Azure, made: Program) -> None:
    """Before the group was changed, and after: an update of it sends them back."""
    assert _rules(azure, made) == [("allow-office", 200, "Edition 1"), ("allow-network", 210, None)]


def _rules(azure: Azure, program: Program) -> list[tuple[str, int, str | None]]:
    group = outputs(program)["rule"].rpartition("/securityRules/")[0]
    found = azure.rest("GET", group).json()["properties"]["securityRules"]
    return [
        (rule["name"], rule["properties"]["priority"], rule["properties"].get("description"))
        for rule in found
    ]


def test_secrets_are_in_no_state_and_no_answer(azure: Azure, made: Program) -> None:
    known = outputs(made)
    state = made.run("stack", "export", "--stack", "dev").text
    requests = [json.dumps(body) for _, _, _, body, _ in Store(azure.cloud.home.database).requests()]
    for secret in (known["registryPassword"], known["redisKey"], PASSWORD):
        assert secret
        assert secret not in state
        assert not [body for body in requests if secret in body]


@arm_types.needed
def test_every_body_fits_its_type(azure: Azure, made: Program) -> None:
    types = arm_types.index()
    found = {
        (token, path): wrong
        for token, path, body in sent(Store(azure.cloud.home.database))
        if token in types and (wrong := problems(token, body))
    }
    assert found == {}


def test_what_is_there_can_be_imported(azure: Azure, made: Program) -> None:
    """The inputs that an import makes are complete, but for what Azure never shows."""
    exported = json.loads(made.run("stack", "export", "--stack", "dev").text)["deployment"]["resources"]
    missing = {}
    for entry in exported:
        resource = resources.by_token(entry["type"])
        if resource is not None:
            shown = azure.rest("GET", entry["id"], version=resource.api_version).json()
            wrong = check_inputs(resource.token, translate.inputs_of(resource, entry["id"], shown))
            if wrong:
                missing[resource.name] = [problem.path for problem in wrong]
    assert missing == {"Workbook": ["serializedData"]}


def test_a_changed_program_updates_each_in_place(azure: Azure, made: Program) -> None:
    changed = up(made, "--config", "edition=2").changes
    assert set(changed) == {"update"}
    assert changed["update"] == 12
    assert ("allow-office", 200, "Edition 2") in _rules(azure, made)
    assert ("allow-network", 210, None) in _rules(azure, made)
    assert up(made, "--expect-no-changes").changes == {}
    assert refresh(made).changes == {}


def test_a_destroy_leaves_nothing(azure: Azure, made: Program) -> None:
    gone = made.run("destroy", "--yes", "--skip-preview", "--stack", "dev", "--color", "never").changes
    assert set(gone) == {"delete"}
    left = Store(azure.cloud.home.database).below(azure.base)
    assert [resource.id.text for resource in left] == []
