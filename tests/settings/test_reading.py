"""What Pulumi makes of a value on its way is taken back where nothing was lost."""

from typing import Any

import pytest

from config.parsing import parse
from tests.settings.stacks import CHAT, DAY, EMBEDDING, changed, problems, settings


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        pytest.param(
            {"generation": "2"}, lambda s: s.generation == 2, id="a number as text, by pulumi config set"
        ),
        pytest.param({"gateway": {"cpu": "0.5"}}, lambda s: s.gateway.cpu == 0.5, id="a part as text"),
        pytest.param(
            {"deployments": [{**EMBEDDING, "version": 1}]},
            lambda s: s.deployments[0].version == "1",
            id="version: 1 without quotes",
        ),
        pytest.param(
            {"deployments": [{**CHAT, "version": "2025-11-13 00:00:00 +0000 UTC"}]},
            lambda s: s.deployments[0].version == "2025-11-13",
            id="a version without quotes, which the engine reads as a time",
        ),
        pytest.param(
            {"tags": {"cost-center": 4711}}, lambda s: s.tags["cost-center"] == "4711", id="a tag of digits"
        ),
        pytest.param(
            {"ingress": {"allow": ["203.0.113.7"]}},
            lambda s: s.ingress.allow == ("203.0.113.7/32",),
            id="an address alone is a range of one",
        ),
        pytest.param({"catalogDate": ""}, lambda s: s.today == DAY, id="an empty text is left out"),
        pytest.param(
            {"catalogDate": "2027-01-01"}, lambda s: str(s.today) == "2027-01-01", id="a date as text"
        ),
    ],
)
def test_lossless_forms_are_accepted(changes: dict[str, Any], read: Any) -> None:
    assert read(settings(**changes))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"generation": True}, "generation", id="true is not 1"),
        pytest.param({"generation": 1.5}, "generation", id="a half is not a whole"),
        pytest.param(
            {"deployments": [{**EMBEDDING, "version": 1.0}]},
            "deployments[0].version",
            id="1.0 may have been 1.00",
        ),
        pytest.param({"workload": False}, "workload", id="false is not a word"),
    ],
)
def test_forms_in_which_something_may_be_lost_are_not(changes: dict[str, Any], key: str) -> None:
    assert key in problems(changed(**changes))


def test_reading_leaves_the_callers_values_alone() -> None:
    """Mending works on a copy."""
    raw = changed(network={"addressSpace": 3}, gateway=None)
    before = repr(raw)
    assert problems(raw)
    assert repr(raw) == before


def test_settings_are_frozen() -> None:
    parsed = parse(changed(), DAY)
    with pytest.raises(ValueError, match="frozen"):
        parsed.workload = "other"


def test_secrets_do_not_show_in_the_settings_text() -> None:
    """Somebody will print them."""
    key = "sk-0123456789abcdefABCDEF0123456789xyz"
    assert key not in repr(settings(masterKey=key))
