"""The workflows pass actionlint (with shellcheck) and zizmor, and those two see what they are here for."""

import shutil
from pathlib import Path

import pytest

from tests.cloud import ROOT
from tests.workflows.linters import actionlint, zizmor

PIN = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"


@pytest.fixture
def copy(scratch: Path) -> Path:
    """A repository with these workflows, to be broken."""
    shutil.copytree(ROOT / ".github", scratch / ".github")
    (scratch / ".git").mkdir()  # by which actionlint knows a repository
    return scratch


def _edit(copy: Path, file: str, old: str, new: str) -> None:
    path = copy / ".github/workflows" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_actionlint_finds_nothing() -> None:
    found = actionlint(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


def test_zizmor_finds_nothing() -> None:
    found = zizmor(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        pytest.param(
            "stack.yml", "needs: preview", "needs: previews", "previews", id="a job that is not there"
        ),
        pytest.param(
            "deploy.yml", "stack: prod", "stak: prod", '"stak" is not defined', id="an unknown input"
        ),
        pytest.param(
            "stack.yml", '"$STACK" --within', "$STACK --within", "SC2086", id="shell that splits words"
        ),
    ],
)
def test_actionlint_sees(copy: Path, file: str, old: str, new: str, says: str) -> None:
    _edit(copy, file, old, new)
    found = actionlint(copy)
    assert found.returncode == 1
    assert says in found.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        pytest.param("stack.yml", PIN, "actions/checkout@v7", "unpinned-uses", id="an action that can move"),
        pytest.param(
            "preview.yml",
            "  pull_request:",
            "  pull_request_target:",
            "dangerous-triggers",
            id="secrets for forks",
        ),
        pytest.param(
            "stack.yml",
            '"$STACK" --policy',
            "${{ inputs.stack }} --policy",
            "template-injection",
            id="text that becomes shell",
        ),
        pytest.param(
            "checks.yml",
            "persist-credentials: false",
            "fetch-depth: 1",
            "artipacked",
            id="a token that stays",
        ),
        pytest.param(
            "deploy.yml",
            "permissions: {}",
            "permissions: write-all",
            "excessive-permissions",
            id="all rights",
        ),
    ],
)
def test_zizmor_sees(copy: Path, file: str, old: str, new: str, says: str) -> None:
    _edit(copy, file, old, new)
    found = zizmor(copy)
    assert found.returncode != 0
    assert says in found.stdout
