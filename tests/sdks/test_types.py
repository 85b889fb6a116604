"""Every type that can be written, by the SDK of its service: create, get, list, update, delete.

Shows: each SDK's own request, api-version, poller and pager reach the offline Azure and come back as its models.
Does not show: what the laws of a type refuse (tests/laws), nor calls that are of one type alone (test_calls).
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.core.polling import LROPoller

from offline.arm.ids import ResourceId
from offline.arm.registry import KINDS
from tests.cloud import ROOT
from tests.laws.azure import Azure
from tests.sdks.table import READ_ONLY, ROWS, WITHOUT_SDK, Body, Place, Row, operations

MARKS = frozenset(
    {"etag", "lastModifiedAt", "last_modified_at", "modifiedDate", "updated_on", "updated", "created"}
)
"""Last words of paths that a write may change beside what it says: when it was, and another version mark."""


WHOLE = frozenset({"of the subscription", "among all resources"})
"""Lists that hold what there is anywhere."""


def ids(row: Row) -> str:
    return row.type.removeprefix("Microsoft.")


every_type = pytest.mark.parametrize("row", ROWS, ids=ids)
every_list = pytest.mark.parametrize(
    ("row", "listed"), [pytest.param(row, at, id=f"{ids(row)} {at}") for row in ROWS for at in row.lists]
)


@pytest.fixture(scope="module")
def placed(azure: Azure) -> Callable[[Row], Place]:
    """Where a row's resources are made; the same place in each test."""
    places: dict[str, Place] = {}

    def place(row: Row) -> Place:
        if row.type not in places:
            group = azure.group()
            places[row.type] = Place(azure=azure, group=group, above=row.settle(azure, group))
        return places[row.type]

    return place


class Sdk:
    """One row at its place, and what was made there."""

    def __init__(self, client: Any, row: Row, place: Place) -> None:
        self.row, self.place = row, place
        self.calls = operations(client, row)
        self._names: list[str] = []

    def begin(self, name: str, body: Body) -> Any:
        """A create or a PUT again: a poller, or the result where there is none."""
        if name not in self._names:
            self._names.append(name)
        return self._call(self.row.create, name, body)

    def make(self) -> tuple[str, Body]:
        """A new resource; its name and its body."""
        name, body = self.row.name(), self.row.body(self.place)
        ended(self.begin(name, body))
        return name, body

    def get(self, name: str) -> Any:
        return self._call("get", name)

    def patch(self, name: str) -> Any:
        assert self.row.patch is not None
        return self._call(self.row.patch, name, self.row.patch_body)

    def delete(self, name: str) -> Any:
        assert self.row.delete is not None
        return self._call(self.row.delete, name)

    def list(self, at: str) -> Any:
        return self.row.lists[at](self.calls, self.place)

    def clear(self) -> None:
        """Delete all that was made."""
        for name in self._names if self.row.delete is not None else ():
            if not self.row.missing_is_404 or self._is_there(name):
                ended(self.delete(name))

    def _is_there(self, name: str) -> bool:
        try:
            self.get(name)
        except ResourceNotFoundError:
            return False
        return True

    def _call(self, method: str, name: str, *more: Any) -> Any:
        return getattr(self.calls, method)(*self.row.words(self.place), name, *more)


@pytest.fixture(scope="module")
def signed_in(azure: Azure) -> Callable[[Callable[..., Any]], Any]:
    """A client of an SDK; the same in each test."""
    return cache(azure.sdk)


@pytest.fixture
def sdk(
    row: Row, signed_in: Callable[[Callable[..., Any]], Any], placed: Callable[[Row], Place]
) -> Iterator[Sdk]:
    used = Sdk(signed_in(row.client), row, placed(row))
    yield used
    used.clear()


def ended(answer: Any) -> Any:
    """The result, after its poller has ended where there is one."""
    return answer.result() if isinstance(answer, LROPoller) else answer


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted paths and what is there: `tags.stage`, `properties.logs.0.category`."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from flat(inner, f"{path}.{index}" if path else str(index))
    elif value not in ({}, [], None):
        yield path, value


def changed(before: Any, after: Any, marks: frozenset[str]) -> dict[str, Any]:
    """What the second model says otherwise than the first, None where it says nothing any more."""
    old, new = dict(flat(before.as_dict())), dict(flat(after.as_dict()))
    paths = {path for path in {*old, *new} if old.get(path) != new.get(path)}
    return {path: new.get(path) for path in paths if path.rpartition(".")[2] not in marks}


def laid_over(body: Body, change: Body) -> Body:
    """The body with parts of it changed."""
    both = {**body}
    for key, value in change.items():
        inner = body.get(key)
        both[key] = laid_over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return both


def found_in(answer: Any) -> list[str]:
    """The ids of a list; case says nothing in them."""
    return [item.id.lower() for item in answer]


def test_every_type_that_can_be_written_has_a_row() -> None:
    """Or no SDK of ours."""
    written = {kind.type for kind in KINDS.values()} - READ_ONLY
    without = {type_ for type_ in written if type_ in WITHOUT_SDK or type_.partition("/")[0] in WITHOUT_SDK}
    assert {row.type for row in ROWS} == written - without
    assert len(ROWS) == len({row.type for row in ROWS})


def test_every_sdk_that_we_have_is_used_here() -> None:
    """Those of the program, its commands and its tests."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    wanted = [re.match(r"azure-[a-z-]+", word) for group in ("ops", "test") for word in groups[group]]
    modules = {found.group().replace("-", ".") for found in wanted if found is not None}
    text = "".join(file.read_text() for file in Path(__file__).parent.glob("*.py"))
    assert {module for module in modules if f"from {module}" not in text} == set()
    of_services = {module for module in modules if module.startswith("azure.mgmt.")}
    assert {module for module in of_services if not any(_is_of(row, module) for row in ROWS)} == set()


def _is_of(row: Row, module: str) -> bool:
    return row.client.__module__.startswith(f"{module}.")


@every_type
def test_what_is_created_is_what_a_get_answers(azure: Azure, sdk: Sdk) -> None:
    row, name, body = sdk.row, sdk.row.name(), sdk.row.body(sdk.place)
    if row.polls:
        with azure.held(row.type, verb="create"):
            poller = sdk.begin(name, body)
            assert (poller.status(), poller.done()) == ("InProgress", False)
        created = poller.result()
        assert (poller.status(), poller.done()) == ("Succeeded", True)
    else:
        created = ended(sdk.begin(name, body))
    assert created.as_dict() == sdk.get(name).as_dict()
    assert created.name == name
    assert ResourceId(created.id).type.lower() == row.type.lower()


@every_list
def test_a_list_holds_all_of_its_pages(azure: Azure, sdk: Sdk, listed: str) -> None:
    made = {sdk.get(sdk.make()[0]).id.lower() for _ in range(2 if sdk.row.has_siblings else 1)}
    assert made <= set(found_in(sdk.list(listed)))
    with azure.fact("page-length", 1):
        pages = sdk.list(listed).by_page()
        first = found_in(next(pages))
        following = pages.continuation_token
        if not sdk.row.pages:
            assert (made <= set(first), following) == (True, None)
            return
        rest = [found_in(page) for page in sdk.list(listed).by_page(following)] if following else []
        assert [len(page) for page in (first, *rest)] == [1] * (1 + len(rest))
        assert made <= {one for page in (first, *rest) for one in page}
        assert [[one] for one in found_in(sdk.list(listed))] == [first, *rest]


@pytest.mark.parametrize(
    ("row", "narrow"),
    [pytest.param(row, lists, id=ids(row)) for row in ROWS if (lists := [*row.lists.keys() - WHOLE])],
)
def test_a_list_holds_nothing_from_elsewhere(azure: Azure, sdk: Sdk, narrow: list[str]) -> None:
    own = sdk.get(sdk.make()[0]).id.lower()
    group = azure.group()
    elsewhere = Place(azure=azure, group=group, above=sdk.row.settle(azure, group))
    for at in narrow:
        assert own in found_in(sdk.list(at))
        assert own not in found_in(sdk.row.lists[at](sdk.calls, elsewhere)), at


@every_type
def test_a_put_changes_what_it_says_and_nothing_else(sdk: Sdk) -> None:
    name, body = sdk.make()
    before = sdk.get(name)
    change = sdk.row.body_change
    after = ended(sdk.begin(name, laid_over(body, change if isinstance(change, dict) else change(sdk.place))))
    assert changed(before, after, MARKS | sdk.row.marks) == sdk.row.change
    assert after.as_dict() == sdk.get(name).as_dict()


@pytest.mark.parametrize("row", [row for row in ROWS if row.patch], ids=ids)
def test_a_patch_changes_what_it_says_and_nothing_else(sdk: Sdk) -> None:
    name, _ = sdk.make()
    before = sdk.get(name)
    after = ended(sdk.patch(name))
    assert changed(before, after, MARKS | sdk.row.marks) == sdk.row.patched
    assert after.as_dict() == sdk.get(name).as_dict()


@pytest.mark.parametrize("row", [row for row in ROWS if row.delete], ids=ids)
def test_what_is_deleted_is_nowhere_any_more(azure: Azure, sdk: Sdk) -> None:
    row, (name, _) = sdk.row, sdk.make()
    own = sdk.get(name).id.lower()
    if row.polls_delete:
        with azure.held(row.type, verb="delete"):
            poller = sdk.delete(name)
            assert (poller.status(), poller.done()) == ("InProgress", False)
        poller.result()
        assert (poller.status(), poller.done()) == ("Succeeded", True)
    else:
        ended(sdk.delete(name))
    with pytest.raises(ResourceNotFoundError):
        sdk.get(name)
    for listed in row.lists:
        assert own not in found_in(sdk.list(listed)), listed
    if row.missing_is_404:
        with pytest.raises(ResourceNotFoundError):
            sdk.delete(name)
    else:
        ended(sdk.delete(name))
