"""`docs/environments.md`: what it names is what the workflows, the program and the engine have; what it shows runs."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping

import pytest

from infra import roles
from offline import engine
from tests.cloud import ROOT, Cloud, Stack
from tests.docs.test_docs import commands
from tests.workflows.reading import FILES, jobs

PAGE = ROOT / "docs/environments.md"
TEXT = PAGE.read_text()
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@pytest.fixture(scope="module")
def stand_ins() -> bool:
    """`smoke` wants answers."""
    return False


def _section(title: str) -> str:
    found = TEXT.split(f"## {title}\n")
    assert len(found) == 2, title
    return found[1].split("\n## ")[0]


def _rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, its head left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_table_of_variables_and_secrets_is_what_the_workflows_use() -> None:
    used = {
        (name, kind)
        for file in FILES
        for context, name in re.findall(r"\b(vars|secrets)\.(\w+)", file.read_text())
        for kind in [{"vars": "variable", "secrets": "secret"}[context]]
    }
    told = {(row[0].strip("`"), row[1]) for row in _rows(_section("What the repository needs"))}
    assert told == used


def test_the_environments_are_those_of_the_workflows() -> None:
    stages = {
        job["with"]["environment"]
        for job in jobs(ROOT / ".github/workflows/deploy.yml").values()
        if "environment" in job.get("with", {})
    }
    wanted = {name for stage in stages for name in (stage, f"{stage}-read")}
    (line,) = re.findall(r"^Environments: (.+?)\. ", _section("What the repository needs"), re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", line)) == wanted
    identities = {
        name
        for row in _rows(_section("The pipeline's identities"))
        for name in re.findall(r"`([\w-]+)`", row[0])
    }
    assert identities == wanted


def test_the_pipeline_may_give_the_roles_that_the_program_gives_and_no_other() -> None:
    given = {value for value in vars(roles).values() if isinstance(value, str) and GUID.fullmatch(value)}
    lists = re.findall(r"GuidEquals \{([^}]+)\}", TEXT)
    assert len(lists) == 2, "one for what is given, one for what is taken"
    assert [set(GUID.findall(one)) for one in lists] == [given, given]


def test_up_ends_before_its_sign_in_does() -> None:
    minutes = jobs(ROOT / ".github/workflows/stack.yml")["up"]["timeout-minutes"]
    assert f"`up` ends after {minutes} minutes" in TEXT


def test_every_command_of_pulumi_that_is_named_is_there_with_its_options() -> None:
    """As the CLI itself tells them; of a command that is not there it tells what its group has."""
    lines = [line for line in commands(PAGE) if line.startswith("pulumi ")]
    assert len(lines) > 8
    for line in lines:
        words = shlex.split(line.replace("…", ""))[1:]
        verbs = words[: 2 if words[0] in ("stack", "org") else 1]
        told = _help(*verbs)
        assert told != _help(*verbs[:-1]), line
        assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", told)), line


def _help(*verbs: str) -> str:
    command = [str(engine.prepare().cli), *verbs, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _offline() -> list[str]:
    blocks = re.findall(r"<!-- offline -->\n```console\n(.*?)```", TEXT, re.DOTALL)
    found = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(found) == 5
    return found


@pytest.fixture(scope="module")
def told(dev: Stack) -> Callable[[str], str]:
    """What a command of the page prints, with another folder for `.offline`."""

    def run(line: str) -> str:
        home = dev.cloud.home.path
        done = subprocess.run(
            shlex.split(line.replace(" .offline/", f" {home}/")),
            cwd=ROOT,
            env={**_surroundings(dev.cloud), "OFFLINE_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def _surroundings(cloud: Cloud) -> Mapping[str, str]:
    """A person's: what `offline run` sets is not there yet."""
    set_by_run = cloud.environment()
    return {
        name: set_by_run[name] for name in ("PATH", "HOME", "LANG", "XDG_CACHE_HOME") if name in set_by_run
    }


@pytest.mark.parametrize("line", _offline())
def test_what_is_shown_offline_runs(told: Callable[[str], str], line: str) -> None:
    shown = told(line)
    match shlex.split(line)[-1]:
        case "--json":
            assert all(call["cause"] is None for call in json.loads(shown)["calls"])
        case "dev":
            assert "[secret]" in shown if "applicationKeys" in line else "idha" in shown
        case _:
            assert "1536 dimensions" in " ".join(shown.split())


def test_the_table_of_outputs_is_what_a_stack_has(dev: Stack) -> None:
    outputs = dev.outputs()
    rows = {row[0].strip("`"): row[1] for row in _rows(_section("Staging and prod share a hub"))}
    assert set(rows) == set(outputs)
    assert set(re.findall(r"`(\w+)`", rows["resourceIds"])) == set(outputs["resourceIds"])
    shown = json.loads(
        subprocess.run(
            ["pulumi", "-C", str(dev.program), "stack", "output", "--json", "-s", "dev"],
            env=dev.cloud.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    secret = {name for name, value in shown.items() if "[secret]" in json.dumps(value)}
    assert {name for name, what in rows.items() if what.startswith("secret")} == secret
