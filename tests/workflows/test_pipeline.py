"""The pipeline's own commands, as they stand in the workflows, on a copy of the checkout and the offline Azure.

Shows: in the order of stack.yml, what previews, deploys and asks does so; the two that read write nothing into the
backend. Does not show: GitHub's part (sign-in, approval, comments), which nobody here could ask.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cloud import CATALOG_DATE, ROOT, Cloud
from tests.workflows.reading import Step, step

STACK = "staging"
CALLS = ["models", "chat", "stream", "embedding"]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".offline", ".*_cache", "__pycache__", "node_modules")


@dataclass(frozen=True)
class Runner:
    """A runner with the repository checked out, in which the stack has been made once, as the docs say."""

    cloud: Cloud
    checkout: Path

    def run(self, command: str, environment: Mapping[str, str] | None = None) -> str:
        """As GitHub runs a step's text."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
            cwd=self.checkout,
            env={**(environment or self.cloud.engine()), "STACK": STACK},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def backend(self) -> dict[str, int]:
        """When each of its folders and files was last written; making and deleting a file writes its folder."""
        return {str(path): path.stat().st_mtime_ns for path in self.cloud.home.stacks.rglob("*")}


def _text(step: Step) -> str:
    assert step.run is not None
    return step.run


def _preview(step: Step) -> str:
    """What pulumi/actions makes of its inputs."""
    given: dict[str, Any] = step.told["with"]
    assert given["command"] == "preview"
    words = ["pulumi", "preview", "--non-interactive", "--stack", STACK, "--color", given["color"]]
    return " ".join([*words, *(["--diff"] if given["diff"] else []), "--policy-pack", given["policyPacks"]])


@pytest.fixture(scope="module")
def runner(cloud: Cloud) -> Runner:
    checkout = cloud.folder / "checkout"
    shutil.copytree(ROOT, checkout, ignore=LEFT_OUT)
    (checkout / ".venv").symlink_to(Path(sys.prefix))
    # By the tests' day, so that nothing here fails on the day that a model retires.
    pack = checkout / "policy/__main__.py"
    pack.write_text(pack.read_text().replace("date.today()", f"date.fromisoformat('{CATALOG_DATE}')"))
    file = checkout / f"Pulumi.{STACK}.yaml"
    told = yaml.safe_load(file.read_text())
    told["config"]["litellm-azure:catalogDate"] = CATALOG_DATE.isoformat()
    file.write_text(yaml.safe_dump(told))
    made = Runner(cloud, checkout)
    made.run(f"pulumi stack init {STACK} --non-interactive --no-select")
    return made


def test_a_pull_request_is_shown_what_it_would_make_and_writes_nothing(runner: Runner) -> None:
    before = runner.backend()
    told = runner.run(_preview(step("preview.yml", "preview", "Preview, judged by the policy pack")))
    assert "to create" in told
    assert "Policy Packs run:" in told
    assert runner.backend() == before


def test_main_is_deployed_and_asked(runner: Runner) -> None:
    assert "to create" in runner.run(_preview(step("stack.yml", "preview", "Preview, for the summary")))
    told = runner.run(_text(step("stack.yml", "up", "Deploy")))
    assert "created" in told
    assert "Loading policy packs...: done" in told

    before = runner.backend()
    network = json.loads(runner.run(f"pulumi stack output resourceIds --json --stack {STACK}"))["network"]
    asked = _text(step("stack.yml", "smoke", "One call of every kind"))
    told = runner.run(asked, runner.cloud.environment(network))
    first = [line.split()[0] for line in told.splitlines()]
    assert [word for word in first if word in CALLS] == CALLS
    assert runner.backend() == before


def test_a_second_pull_request_is_shown_its_change_alone(runner: Runner) -> None:
    """The deployment and the alert on its use, and no secret, though it reads the state."""
    file = runner.checkout / f"Pulumi.{STACK}.yaml"
    text = file.read_text()
    file.write_text(text.replace("capacity: 20", "capacity: 30", 1))
    told = runner.run(_preview(step("preview.yml", "preview", "Preview, judged by the policy pack")))
    file.write_text(text)
    assert "20 => 30" in told
    updated = re.findall(r"~ (\S+): \(update\)", told)
    assert updated == ["azure-native:cognitiveservices:Deployment", "azure-native:monitor:MetricAlert"]
    assert "2 to update" in told
    outputs = json.loads(runner.run(f"pulumi stack output --json --show-secrets --stack {STACK}"))
    secrets = (*outputs["applicationKeys"].values(), outputs["masterKey"])
    assert [secret for secret in secrets if secret in told] == []
    assert os.environ.get("PULUMI_CONFIG_PASSPHRASE", runner.cloud.home.passphrase()) not in told
