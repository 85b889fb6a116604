"""The way to checkov: what it is told, and what is made of its answers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkov import tool
from tests.checkov.tool import CHECKOV, CheckovError
from tests.tools import missing

RECORD = {
    "check_id": "CKV_AZURE_42",
    "check_name": "Ensure the key vault is recoverable",
    "file_path": "/prod.json",
    "resource": "Microsoft.KeyVault/vaults.kv",
}


@pytest.fixture
def stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a script in checkov's place."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def place(script: str) -> None:
        CHECKOV.programs.mkdir(parents=True)
        program = CHECKOV.programs / "checkov"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return place


def answer(**results: object) -> str:
    said = {"results": results, "summary": {"parsing_errors": 0}}
    return f"cat <<'END'\n{json.dumps(said)}\nEND\nexit 1"


def test_both_kinds_of_verdict_are_read(stands_in: Callable[[str], None], tmp_path: Path) -> None:
    stands_in(answer(passed_checks=[RECORD], failed_checks=[{**RECORD, "file_path": "/dev.json"}]))
    assert [(one.template, one.rule, one.type, one.demands, one.passed) for one in tool.judge(tmp_path)] == [
        ("prod", "CKV_AZURE_42", "Microsoft.KeyVault/vaults", "the key vault is recoverable", True),
        ("dev", "CKV_AZURE_42", "Microsoft.KeyVault/vaults", "the key vault is recoverable", False),
    ]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param("echo broken >&2; exit 2", "ended with 2: broken", id="it fails"),
        pytest.param("echo '[]'", r"no verdicts: \[\]", id="it found no template"),
        pytest.param(
            """echo '{"results": {}, "summary": {"parsing_errors": 3}}'""",
            "could not read 3",
            id="it cannot read",
        ),
    ],
)
def test_silence_is_no_verdict(
    stands_in: Callable[[str], None], tmp_path: Path, script: str, says: str
) -> None:
    stands_in(script)
    with pytest.raises(CheckovError, match=says):
        list(tool.judge(tmp_path))


def test_it_is_told_nothing_of_its_makers_platform_and_finds_no_way_to_it(
    stands_in: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BC_API_KEY", "a-key")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")
    stands_in(f"env > {tmp_path / 'told'}\n" + answer())
    list(tool.judge(tmp_path))
    told = dict(line.split("=", 1) for line in (tmp_path / "told").read_text().splitlines())
    assert not {"BC_API_KEY", "HTTPS_PROXY"} & set(told)
    assert told["https_proxy"] == told["http_proxy"] == "http://127.0.0.1:9"
    assert told["CKV_SKIP_PACKAGE_UPDATE_CHECK"] == "true"
    assert not Path(told["HOME"]).exists(), "a home of its own, for as long as it ran"


@pytest.mark.parametrize(
    ("ci", "end"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)], ids=["in CI", "elsewhere"]
)
def test_where_it_cannot_be_installed_the_tests_are_left_out_but_not_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, end: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(end, match="could not install checkov"):
        missing("uv could not install checkov")
