"""The frame itself: that no law is left out, and that none passes for enforced that is not."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import httpx
import pytest

from offline.arm.errors import Law
from offline.laws import laws
from tests.laws.refused import Refused, Silent, pattern

ROOT = Path(__file__).parent.parent.parent

LAW = Law(
    id="tea",
    status=418,
    code="Teapot",
    message="I'm a teapot (really), not {what}.",
    source="RFC 2324",
    protects="coffee",
    headers={"x-pot": "{what}"},
)
FLAT = Law(
    id="flat", status=400, code="Flat", message="Flat.", source="none", protects="everything", flat=True
)
SILENT = Law(id="quiet", status=200, code="", message="Nothing.", source="none", protects="it", silent=True)


# The list ------------------------------------------------------------------------------------------------------


def laws_in_the_source() -> Iterator[str]:
    """Ids of every `Law(…)` that stands anywhere in the offline Azure."""
    for path in (ROOT / "offline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Law":
                (named,) = (word.value for word in node.keywords if word.arg == "id")
                assert isinstance(named, ast.Constant), f"{path}: the id of a law is a plain word"
                yield str(named.value)


def test_no_law_is_unlisted_and_no_id_is_used_twice() -> None:
    assert Counter(laws_in_the_source()) == Counter(law.id for law in laws())


@pytest.mark.parametrize("law", laws(), ids=lambda law: law.id)
def test_a_law_says_what_its_readers_need(law: Law) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", law.id)
    assert law.source
    assert law.message
    assert law.protects, "what goes wrong without it"
    assert not law.protects.endswith("."), "a clause, not a sentence"
    assert not law.remedy or law.remedy.endswith((".", "`"))
    assert bool(law.code) != (law.silent or (law.flat and law.status == 401)), "only what refuses has a code"
    assert law.silent == (law.status < 400)
    assert all(name for _, name, _, _ in Formatter().parse(law.message) if name is not None), "named words"


# What counts as refused ----------------------------------------------------------------------------------------


def answer(
    status: int = 418, code: str = "Teapot", text: str = "I'm a teapot (really), not a can."
) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": text}}, headers={"x-pot": "a can"})


def test_the_very_answer_is_noted() -> None:
    noted: list[str] = []
    Refused(LAW, noted.append).by(answer())
    Refused(LAW, noted.append).by(
        'error: Status=418 Code="Teapot" Message="I\'m a teapot (really), not a can."'
    )
    late = {"status": "Failed", "error": {"code": "Flat", "message": "Flat."}}
    Refused(FLAT, noted.append).by(httpx.Response(200, json=late))
    Refused(FLAT, noted.append).by(httpx.Response(400, json={"code": "Flat", "message": "Flat."}))
    with Silent(SILENT, noted.append):
        pass
    assert noted == ["tea", "tea", "flat", "flat", "quiet"]


@pytest.mark.parametrize(
    ("law", "told"),
    [
        pytest.param(LAW, answer(status=400), id="another status"),
        pytest.param(LAW, answer(code="Kettle"), id="another code"),
        pytest.param(LAW, answer(text="I'm a teapot."), id="another text"),
        pytest.param(LAW, answer(text="Sorry: I'm a teapot (really), not a can."), id="more text"),
        pytest.param(LAW, httpx.Response(418, json=answer().json()), id="a header is missing"),
        pytest.param(LAW, httpx.Response(200, json={"properties": {}}), id="no refusal"),
        pytest.param(FLAT, answer(status=400, code="Flat", text="Flat."), id="nested, and not flat"),
        pytest.param(LAW, 'Code="Teapot" Message="I am."', id="another text in the engine's"),
        pytest.param(LAW, "I'm a teapot (really), not a can.", id="no code in the engine's"),
    ],
)
def test_another_answer_is_not_taken_for_it(law: Law, told: httpx.Response | str) -> None:
    noted: list[str] = []
    with pytest.raises(AssertionError):
        Refused(law, noted.append).by(told)
    assert not noted


def test_a_call_that_passes_is_not_refused() -> None:
    noted: list[str] = []
    with pytest.raises(pytest.fail.Exception, match="nothing was refused"), Refused(LAW, noted.append):
        pass
    with pytest.raises(ZeroDivisionError), Refused(LAW, noted.append):
        _ = 1 / 0
    with pytest.raises(ZeroDivisionError), Silent(SILENT, noted.append):
        _ = 1 / 0
    assert not noted


def test_a_refusal_and_a_silent_law_are_two_things() -> None:
    with pytest.raises(AssertionError, match="is no refusal"):
        Refused(SILENT, print)
    with pytest.raises(AssertionError, match="is a refusal"):
        Silent(LAW, print)
    with pytest.raises(AssertionError, match="is no refusal"):
        SILENT.broken()


def test_a_text_is_matched_as_it_stands() -> None:
    assert re.fullmatch(pattern("a.b ({c})\r\n{d}"), "a.b (x\ny)\r\n")
    assert not re.fullmatch(pattern("a.b"), "axb")


# The count -----------------------------------------------------------------------------------------------------

CONFTEST = """
from pathlib import Path
from offline.arm.errors import Law
from tests.laws.tally import Tally

def law(id, **words):
    return Law(id=id, status=400, code="C", message="M", source="S", protects="P", **words)

def pytest_configure(config):
    config.addinivalue_line("markers", "law(*ids)")
    listed = [law("one"), law("two", unconfirmed=True)]
    config.pluginmanager.register(Tally(config, listed, Path(__file__).parent))
"""
SEES = """
import pytest

@pytest.mark.law("{law}")
def test_{law}(request):
    request.node.user_properties.append(("law-seen", "{law}"))
"""


def run(folder: Path, *words: str) -> tuple[int, str]:
    """pytest, on tests of a folder's own."""
    (folder / "conftest.py").write_text(CONFTEST)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            os.devnull,
            "--rootdir",
            str(folder),
            *words,
            str(folder),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_whole_run_of_all_laws_is_counted_also_from_workers(scratch: Path) -> None:
    (scratch / "test_one.py").write_text(SEES.format(law="one"))
    (scratch / "test_two.py").write_text(SEES.format(law="two"))
    code, text = run(scratch, "-n", "1")
    assert "Azure's laws: 2 listed, 2 enforced, 2 tested (1 known from threads only)" in text
    assert code == 0


def test_a_law_without_a_test_fails_a_whole_run_and_no_other(scratch: Path) -> None:
    (scratch / "test_one.py").write_text(SEES.format(law="one"))
    code, text = run(scratch)
    assert "Azure's laws: 2 listed, 1 enforced, 1 tested (1 known from threads only)" in text
    assert "never seen to be enforced: two" in text
    assert "without a test that has passed: two" in text
    assert code == pytest.ExitCode.TESTS_FAILED
    code, text = run(scratch, "-k", "one")
    assert "1 enforced" in text
    assert code == 0


def test_a_test_that_never_sees_its_law_fails(scratch: Path) -> None:
    (scratch / "test_one.py").write_text(SEES.format(law="one").replace('law("one")', 'law("one", "two")'))
    code, text = run(scratch, "-k", "one")
    assert "test_one is a test of two, and never saw it strike" in text
    assert code == pytest.ExitCode.TESTS_FAILED


def test_a_test_of_an_unknown_law_is_told(scratch: Path) -> None:
    (scratch / "test_three.py").write_text(SEES.format(law="three"))
    code, text = run(scratch)
    assert "no law has the id 'three'" in text
    assert code == pytest.ExitCode.USAGE_ERROR
