"""Each optional part, turned on and off alone on dev: what holds data stays, and nothing of the part is left.

Alerts, workbook and budget: `test_monitoring.py`.
"""

from typing import Any

import pytest

from tests.cloud import Stack
from tests.settings.stacks import stack

FILTERED = [
    {**deployment, "contentFilter": "strict"} if deployment["model"].startswith("gpt") else deployment
    for deployment in stack("dev")["deployments"]
]

PARTS: dict[str, dict[str, Any]] = {
    "Redis": {"redis": {"enabled": True}},
    "a response cache in it": {"redis": {"enabled": True}, "responseCache": {"enabled": True}},
    "a content filter": {"contentFilters": {"strict": {"hate": "Low"}}, "deployments": FILTERED},
    "an application's limits": {
        "applications": [{"name": "default", "models": ["gpt-4o-2024-08-06"], "requestsPerMinute": 60}]
    },
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_and_goes(dev: Stack, part: str) -> None:
    values = {f"litellm-azure:{key}": value for key, value in PARTS[part].items()}
    on = dev.up(values=values).changes
    assert set(on) <= {"create", "update"}, "what was there stays"
    assert on, "it makes a difference"
    assert dev.up(values=values).changes == {}
    off = dev.up().changes
    assert "replace" not in off
    assert off.get("delete", 0) == on.get("create", 0), "what it made goes, and nothing else"
    assert dev.up().changes == {}
