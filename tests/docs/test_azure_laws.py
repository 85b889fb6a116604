"""The list of laws, as a page and as a command."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offline.__main__ import app
from offline.laws import laws

PAGE = Path(__file__).parent.parent.parent / "docs" / "azure-laws.md"


def run(*words: str) -> str:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["laws", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_page_is_made_from_the_laws() -> None:
    """When it differs: python -m offline laws --page > docs/azure-laws.md"""
    assert PAGE.read_text() == run("--page")


def test_every_law_can_be_found_on_the_page_by_its_id_and_its_code() -> None:
    text = PAGE.read_text()
    for law in laws():
        assert text.count(f"\n### {law.id}\n") + text.count(f'<a id="{law.id}"></a>') == 1
        for code in (law.code, law.inner):
            assert not code or any(
                line.startswith(f"| `{code}` |") and f"(#{law.id})" in line for line in text.splitlines()
            )


def test_the_table_names_every_law_and_marks_what_is_known_from_threads_only() -> None:
    lines = run().splitlines()
    for law in laws():
        (line,) = (line for line in lines if f"│ {law.id} " in line)
        assert ("from threads" in line) == law.unconfirmed
        assert str(law.status) in line


def test_one_service_can_be_asked_for() -> None:
    told = run("--service", "key")
    assert "kv-rbac" in told
    assert "cog-parallel" not in told


def test_one_law_is_told_in_full() -> None:
    told = run("cog-quota")
    assert "400 InsufficientQuota" in told
    assert "This operation require {needed} new capacity" in told
    assert "microsoft/PubSec-Info-Assistant#880" in told
    assert "Lower the deployment's capacity" in told


def test_programs_get_the_same() -> None:
    told = json.loads(run("--json"))
    assert [law["id"] for law in told] == [law.id for law in laws()]
    rbac = next(law for law in told if law["id"] == "kv-rbac")
    assert (rbac["service"], rbac["innerCode"], rbac["unconfirmed"]) == (
        "Key Vault",
        "ForbiddenByRbac",
        False,
    )


@pytest.mark.parametrize("words", [("no-such-law",), ("--service", "Nothing")])
def test_what_is_not_there_is_told_with_what_is(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, ["laws", *words])
    assert done.exit_code == 2
    assert "python -m offline laws" in done.output or "Key Vault" in done.output
