"""The table of guards is whole: every law of Azure's, and every guard that the program has."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import checks
from infra import retries
from offline.laws import laws
from tests.cloud import ROOT
from tests.guards.guard import Guard
from tests.guards.settings import CHECKS
from tests.guards.table import BESIDE_LAWS, CANNOT_BITE, GUARDS, OTHERS
from tests.guards.tally import Tally

LAWS = {law.id for law in laws()}
GUARDED = {guard.law for guard in GUARDS}
PROGRAM = (ROOT / "__main__.py", *sorted((ROOT / "infra").glob("*.py")))
OPTIONS = {"ResourceOptions", "InvokeOutputOptions"}


def test_a_guard_is_there_for_a_law_or_for_what_the_table_explains() -> None:
    assert LAWS | set(OTHERS) >= GUARDED
    assert set(OTHERS) <= GUARDED - LAWS
    assert max(Counter((guard.law, guard.what) for guard in GUARDS).values()) == 1


def test_every_law_is_guarded_or_cannot_bite() -> None:
    """A new law is in neither until somebody has looked at it."""
    unable = Counter(law for ids in CANNOT_BITE.values() for law in ids)
    assert set(unable) <= LAWS, "laws that there are not"
    assert [law for law, times in unable.items() if times > 1] == []
    assert set(unable) & GUARDED == set(), "a law that a guard is there for can bite"
    assert LAWS - GUARDED - set(unable) == set()


@pytest.mark.parametrize("guard", GUARDS, ids=str)
def test_what_is_removed_stands_in_the_program_once(guard: Guard) -> None:
    text = (ROOT / guard.file).read_text()
    for old, new in guard.edits:
        assert text.count(old) == 1
        assert old != new


def test_every_option_of_a_resource_but_its_parent_is_a_guard() -> None:
    """Orders, replacements, and who is deleted with whom: each of them is missed when it is taken away."""
    found = [(path, option) for path in PROGRAM for option in _options(path)]
    assert found, "there are some"
    unknown = [
        f"{path.relative_to(ROOT)}:{option.lineno}: {option.arg}"
        for path, option in found
        if not _removed(path, option)
    ]
    assert unknown == []


def test_every_refusal_that_passes_is_a_guard() -> None:
    edits = [old for guard in GUARDS if guard.file == "infra/retries.py" for old, _ in guard.edits]
    assert {row.code for row in retries.PASSING} == {
        row.code for row in retries.PASSING if any(f'"{row.code}",' in old for old in edits)
    }


def test_every_check_of_the_settings_is_a_guard_or_is_there_for_no_law() -> None:
    named = {f"{check.__module__.rpartition('.')[2]}.{check.__name__}" for check in checks.CHECKS}
    guards = {old.strip(" ,\n") for guard in GUARDS if guard.file == CHECKS for old, _ in guard.edits}
    assert guards | set(BESIDE_LAWS) == named
    assert guards & set(BESIDE_LAWS) == set()


def test_the_end_of_a_run_tells_how_many_were_removed() -> None:
    some, every = Tally(), Tally()
    for guard in GUARDS:
        every.missed(str(guard))
    some.missed(str(GUARDS[0]))
    assert f"Guards: {len(GUARDS)} of the program, 1 removed; " in some.line()
    assert f"Guards: {len(GUARDS)} of the program, each removed once; " in every.line()
    assert f"; {len(GUARDED & LAWS)} laws guarded, {len(LAWS - GUARDED)} cannot bite" in every.line()


def _options(path: Path) -> Iterator[ast.keyword]:
    """What a file says in the options of its resources, beside who is the parent."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OPTIONS:
            yield from (option for option in node.keywords if option.arg != "parent")


def _removed(path: Path, option: ast.keyword) -> bool:
    """Whether a guard's removal covers the place where it stands."""
    text = path.read_text()
    place = sum(len(line) for line in text.splitlines(keepends=True)[: option.lineno - 1]) + option.col_offset
    return any(
        text.find(old) <= place < text.find(old) + len(old)
        for guard in GUARDS
        if ROOT / guard.file == path
        for old, _ in guard.edits
    )
