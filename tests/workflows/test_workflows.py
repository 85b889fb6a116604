"""What the workflows name is there: commands and their options, stacks, actions at one commit, the CLI's version.

Does not show: that GitHub runs them. Nobody here could ask GitHub.
"""

import re
import shlex
import subprocess
from collections import defaultdict
from collections.abc import Iterator

import pytest
import typer
import typer.main
from typer.core import TyperGroup

from offline import engine, pulumi_cli
from ops.__main__ import app as ops_app
from tests.cloud import ROOT
from tests.workflows.reading import FILES, Step, jobs, steps

RUNS = [one for one in steps() if one.run is not None]
PINNED = re.compile(
    r"uses: (?P<action>[\w.-]+/[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$"
)


def _commands(step: Step) -> Iterator[list[str]]:
    assert step.run is not None
    for line in step.run.replace("\\\n", " ").splitlines():
        yield shlex.split(line, comments=True)


@pytest.mark.parametrize("step", RUNS, ids=str)
def test_every_command_that_is_run_is_there(step: Step) -> None:
    for words in _commands(step):
        match words:
            case ["make", *targets]:
                known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
                assert set(targets) <= known
            case ["bash", script]:
                assert (ROOT / script).is_file()
            case [".venv/bin/python", "-m", "ops", command, *rest]:
                group = typer.main.get_command(ops_app)
                assert isinstance(group, TyperGroup)
                options = {name for parameter in group.commands[command].params for name in parameter.opts}
                assert _options(rest) <= options
            case ["pulumi", verb, *rest]:
                assert _options(rest) <= _options_of_pulumi(verb)
            case _:
                pytest.fail(f"a command that nothing here knows how to check: {words}")


def _options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def _options_of_pulumi(verb: str) -> set[str]:
    """As the CLI itself lists them."""
    told = subprocess.run(
        [engine.prepare().cli, verb, "--help"], capture_output=True, text=True, check=True
    ).stdout
    return set(re.findall(r"--[a-z-]+", told))


def test_every_stack_that_is_named_exists() -> None:
    named = set()
    for file in FILES:
        for job in jobs(file).values():
            named.add(job.get("with", {}).get("stack"))
            named |= {row["stack"] for row in job.get("strategy", {}).get("matrix", {}).get("include", ())}
    named.discard(None)
    assert named == {"staging", "prod"}
    assert all((ROOT / f"Pulumi.{stack}.yaml").is_file() for stack in named)


def test_a_pull_request_previews_what_main_deploys() -> None:
    """The same stacks in the same environments."""
    previewed = jobs(ROOT / ".github/workflows/preview.yml")["preview"]["strategy"]["matrix"]["include"]
    deployed = [
        job["with"]
        for job in jobs(ROOT / ".github/workflows/deploy.yml").values()
        if job["uses"].endswith("/stack.yml")
    ]
    assert previewed == deployed


def test_every_action_is_pinned_and_everywhere_to_the_same_commit() -> None:
    pins = defaultdict(set)
    for file in FILES:
        for line in file.read_text().splitlines():
            if "uses: " in line and "uses: ./" not in line:
                found = PINNED.search(line)
                assert found, f"{file.name}: {line.strip()}"
                pins[found["action"]].add((found["commit"], found["version"]))
    assert {"actions/checkout", "azure/login", "pulumi/actions"} == set(pins)
    assert all(len(commits) == 1 for commits in pins.values()), pins


def test_the_cli_is_the_one_that_everything_was_tried_with() -> None:
    named = {one.told["with"]["pulumi-version"] for one in steps() if "pulumi/actions@" in (one.uses or "")}
    assert {f"v{version}" for version in named} == {pulumi_cli.VERSION}


def test_every_preview_and_up_is_judged_by_the_policy_pack() -> None:
    judged = 0
    for one in steps():
        if one.told.get("with", {}).get("command") == "preview":
            assert one.told["with"]["policyPacks"] == "policy"
            judged += 1
        if one.run is not None and "pulumi up" in one.run:
            assert "--policy-pack policy" in one.run
            judged += 1
    assert judged == 3


def test_every_job_ends_by_itself() -> None:
    """GitHub's own limit is six hours."""
    for file in FILES:
        for name, job in jobs(file).items():
            assert "uses" in job or job["timeout-minutes"] <= 90, f"{file.name}: {name}"


def test_only_up_may_write_and_its_environment_alone_can_ask_for_approval() -> None:
    """What previews and asks is in the environment that reads: it needs nobody's approval, and no right to write."""
    found = {
        (file.name, name): job["environment"]
        for file in FILES
        for name, job in jobs(file).items()
        if "environment" in job
    }
    reads = "${{ inputs.environment }}-read"
    assert found == {
        ("preview.yml", "preview"): {"name": "${{ matrix.environment }}-read", "deployment": False},
        ("stack.yml", "preview"): {"name": reads, "deployment": False},
        ("stack.yml", "up"): "${{ inputs.environment }}",
        ("stack.yml", "smoke"): {"name": reads, "deployment": False},
    }


def test_no_deployment_is_ended_halfway() -> None:
    up = jobs(ROOT / ".github/workflows/stack.yml")["up"]
    assert up["concurrency"] == {"group": "stack-${{ inputs.stack }}", "cancel-in-progress": False}


def test_secrets_are_in_the_environment_of_the_step_that_needs_them_and_in_no_argument() -> None:
    for file in FILES:
        for name, job in jobs(file).items():
            assert "secrets." not in str(job.get("env", {})), f"{file.name}: {name}"
    for one in steps():
        without_environment = {key: value for key, value in one.told.items() if key != "env"}
        assert "secrets." not in str(without_environment), str(one)


def test_installing_is_given_no_secret() -> None:
    (install,) = [one for one in RUNS if one.run == "make setup"]
    assert "env" not in install.told
