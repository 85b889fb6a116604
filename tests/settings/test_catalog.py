"""The catalog is judged as of a day, and a retired model is no error of the settings."""

from datetime import date, timedelta

import pytest

from config.catalog import NOTICE_DAYS, Catalog, Status, Version
from config.parsing import parse
from tests.settings.legal import VERSIONS
from tests.settings.stacks import CHAT, DAY, changed, settings, stack

GPT_5_1 = Catalog.load().models["gpt-5.1"].versions["2025-11-13"]


def ids(version: Version) -> str:
    return f"{version.model} {version.version}"


@pytest.mark.parametrize(
    ("before", "status", "says"),
    [
        pytest.param(NOTICE_DAYS + 1, Status.GA, "", id="long before: nothing to say"),
        pytest.param(
            NOTICE_DAYS,
            Status.GA,
            'gpt-5.1 2025-11-13 retires on 2027-05-15. Write model: gpt-5.5 and version: "2026-04-24"',
            id="one quarter before: what to change",
        ),
        pytest.param(
            0,
            Status.RETIRED,
            "gpt-5.1 2025-11-13 retired on 2027-05-15: it answers no call and cannot be created."
            ' Write model: gpt-5.5 and version: "2026-04-24"',
            id="on the day: retired, whatever the file says",
        ),
    ],
)
def test_a_model_is_spoken_of_in_time(before: int, status: Status, says: str) -> None:
    lifecycle = Catalog.load().lifecycle(GPT_5_1, GPT_5_1.retires - timedelta(days=before))
    assert (lifecycle.status, lifecycle.message) == (status, says)


def test_a_retired_model_leaves_the_stack_that_holds_it_parsable() -> None:
    """It stops the deployment's creation (infra's hook asks `retired`), not everything else in the stack."""
    held = parse(stack("prod"), date(2030, 1, 1))
    assert set(held.retired) == {
        "eastus2/gpt-5.1-2025-11-13",
        "southcentralus/gpt-5.1-2025-11-13",
        "eastus2/text-embedding-3-large",
        "southcentralus/text-embedding-3-large",
    }
    assert "retired on 2027-05-15" in held.retired["eastus2/gpt-5.1-2025-11-13"]
    assert len(held.warnings) == 4


def test_the_catalog_date_decides_and_not_the_day_of_the_run() -> None:
    """So that nothing in the repository stops working on the day a model retires."""
    raw = changed(deployments=[CHAT], catalogDate=str(DAY))
    assert parse(raw, date(2030, 1, 1)).retired == {}


@pytest.mark.parametrize("version", VERSIONS, ids=ids)
def test_a_successor_is_in_the_catalog_and_can_still_be_created(version: Version) -> None:
    if version.successor is None:
        return
    successor = Catalog.load().find(version.successor.model, version.successor.version)
    assert successor is not None
    assert successor.kind is version.kind
    assert successor.retires >= version.retires
    assert successor.status is not Status.DEPRECATED
    assert set(successor.skus) & set(version.skus), "one SKU at least can stay as it is"


@pytest.mark.parametrize("version", VERSIONS, ids=ids)
def test_no_suggestion_has_retired_itself(version: Version) -> None:
    """Judged on every day on which a model retires: what is suggested lives, and is the same kind of model."""
    catalog = Catalog.load()
    for day in sorted({known.retires for known in VERSIONS}):
        suggested = catalog.successor(version, day)
        if suggested is None:
            assert all(
                other.retires <= max(day, version.retires) for other in VERSIONS if other.kind is version.kind
            )
        else:
            assert suggested.kind is version.kind
            assert suggested.retires > day


def test_a_retired_successor_gives_way_to_its_own_with_every_line_to_change() -> None:
    """Following the message gives a deployment that the settings accept."""
    retired = settings(
        deployments=[
            {"name": "chat", "model": "gpt-4o", "version": "2024-08-06", "sku": "Standard", "capacity": 10}
        ],
        catalogDate="2027-06-01",
    )
    (message,) = retired.warnings
    assert message.endswith('Write model: gpt-5.5, version: "2026-04-24" and sku: GlobalStandard')
    followed = settings(
        deployments=[{**CHAT, "model": "gpt-5.5", "version": "2026-04-24", "sku": "GlobalStandard"}],
        catalogDate="2027-06-01",
    )
    assert followed.warnings == ()


@pytest.mark.parametrize("version", VERSIONS, ids=ids)
def test_a_model_that_cannot_be_created_by_everybody_names_its_successor(version: Version) -> None:
    assert version.status is not Status.DEPRECATED or version.successor is not None


def test_the_catalog_says_as_of_when_it_holds() -> None:
    assert Catalog.load().as_of <= DAY
