"""What the documents say is there, is there."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import typer.main
from typer.core import TyperGroup

from offline.__main__ import app as offline_app
from offline.arm.registry import KINDS
from ops.__main__ import app as ops_app
from ops.arm_ids import PLACES

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OFFLINE = ROOT / "docs" / "offline.md"
ADOPTION = ROOT / "docs" / "adoption.md"

_CODE = re.compile(r"`([^`\n]+)`|^\$ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def commands(document: Path) -> list[str]:
    """What stands in code: spans, and lines after a prompt."""
    return [span or line for span, line in _CODE.findall(document.read_text())]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(document: Path) -> None:
    missing = [link for link in _LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_has_every_target_that_is_named(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word for command in commands(document) for word in re.findall(r"(?:^|\s)make ([a-z-]+)", command)
    }
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_that_is_named_is_there(document: Path) -> None:
    for command in commands(document):
        for name, app in (("offline", offline_app), ("ops", ops_app)):
            for words in re.findall(rf"python -m {name} ([^`]*)", command.split("#")[0]):
                _check(app, shlex.split(words), command)


def _check(app: typer.Typer, words: list[str], told: str) -> None:
    found = typer.main.get_command(app)
    while isinstance(found, TyperGroup) and words and words[0].isalpha():
        following = found.commands.get(words[0])
        assert following is not None, told
        found, words = following, words[1:]
    options = {name for parameter in found.params for name in parameter.opts}
    own = words[: words.index("--")] if "--" in words else words
    assert {word for word in own if word.startswith("--")} <= options, told


def test_options_of_start_and_of_faults_are_the_ones_that_are_described() -> None:
    text = OFFLINE.read_text()
    offline = typer.main.get_command(offline_app)
    assert isinstance(offline, TyperGroup)
    faults = offline.commands["fault"]
    assert isinstance(faults, TyperGroup)
    for command in (offline.commands["start"], offline.commands["run"]):
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert parameter.opts[0] in text
    for name in faults.commands:
        assert f"python -m offline fault {name}" in text


def test_the_table_of_types_is_the_registry() -> None:
    section = OFFLINE.read_text().split("## What it has")[1].split("##")[0]
    told = {
        f"{provider}/{kind}"
        for provider, kinds in re.findall(r"^\| `(Microsoft\.\w+)` \| (.+) \|$", section, re.MULTILINE)
        for kind in re.findall(r"`([^`]+)`", kinds)
    }
    assert told == {kind.type for kind in KINDS.values()}


def test_every_fact_that_is_described_is_read_somewhere() -> None:
    section = OFFLINE.read_text().split("### Facts")[1].split("##")[0]
    source = "\n".join(path.read_text() for path in (ROOT / "offline").rglob("*.py"))
    facts = re.findall(r"^\| `([\w.-]+)` \|", section, re.MULTILINE)
    assert facts
    read = {found for pair in re.findall(r'_FACT = "([\w.-]+)"|\bfact="([\w.-]+)"', source) for found in pair}
    assert [name for name in facts if name not in read] == []


def test_the_ids_to_import_are_the_ones_that_resume_knows() -> None:
    text = ADOPTION.read_text()
    (group,) = re.findall(r"^`…` is `(.+)`\.$", text, re.MULTILINE)
    told = dict(re.findall(r"^\| `(azure-native:[^`]+)` \| `([^`]+)` \|$", text, re.MULTILINE))
    known = {token: place.path for token, place in PLACES.items()}
    assert {token: path.replace("…", group) for token, path in told.items()} == known


def test_options_to_adopt_with_are_the_ones_that_are_tested() -> None:
    """Of the engine's own commands, which no table here knows."""
    lines = [line for line in commands(ADOPTION) if line.startswith("pulumi ")]
    tests = "\n".join(
        (ROOT / "tests/engine" / name).read_text() for name in ("adoption.py", "test_adoption.py")
    )
    named = {option for line in lines for option in re.findall(r"--[a-z-]+(?:=false)?", line.split("#")[0])}
    assert len(lines) > 8
    assert [option for option in named if f'"{option}"' not in tests] == []
