"""What stops this project's program before or in the middle, and what a stack does about a model that retires."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date

import pytest

from offline.arm import models
from tests.cloud import CATALOG_DATE, ROOT, Cloud, Result, Stack

RETIRED_DAY = date(2027, 6, 1)
"""gpt-4o 2024-08-06 and 2024-11-20 retired in April 2027."""

ON_THAT_DAY = {"litellm-azure:catalogDate": RETIRED_DAY.isoformat()}
RETIRED = "gpt-4o 2024-08-06 retired on 2027-04-14"
SUGGESTION = 'Write model: gpt-5.5, version: "2026-04-24" and sku: GlobalStandard'


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Iterator[Stack]:
    """The note's own system, not yet deployed, in a git checkout; the service and the program know the same day."""
    found = Stack(cloud, "dev")
    shutil.copy(ROOT / ".gitignore", found.program)
    for words in (["init"], ["add", "."], ["commit", "--message", "the program"]):
        _git(found, *words)
    yield found
    models.set_as_of(cloud.store(), CATALOG_DATE)


def _git(stack: Stack, *words: str) -> str:
    return subprocess.run(
        [
            "git",
            "-c",
            "user.name=Somebody",
            "-c",
            "user.email=somebody@example.com",
            "-c",
            "commit.gpgsign=false",
            *words,
        ],
        cwd=stack.program,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _groups(cloud: Cloud) -> list[str]:
    """The resource groups that there are."""
    subscription = cloud.home.credentials().subscription_id
    answer = cloud.arm("GET", f"/subscriptions/{subscription}/resourcegroups", "2024-03-01")
    return [group["name"] for group in answer.raise_for_status().json()["value"]]


def _errors(told: Result) -> list[str]:
    """The errors that the program itself is told with, without the engine's closing lines."""
    assert "Traceback" not in told.text
    return [
        line.strip()
        for line in told.text.splitlines()
        if line.strip().startswith("error:") and not re.search(r"error: (preview|update) failed", line)
    ]


def test_all_mistakes_are_told_at_once_and_nothing_is_made(stack: Stack) -> None:
    """One message for the person, not one run for each mistake."""
    told = stack.preview(
        values={
            "litellm-azure:authenticaton": "key",
            "litellm-azure:apiVersion": "yesterday",
            "litellm-azure:network": {"gatewaySubnet": "10.40.0.0/29"},
            "litellm-azure:gateway": {"minReplicas": 3, "maxReplicas": 2},
        },
        fails=True,
    )
    assert len(_errors(told)) == 1
    for key in ("authenticaton", "apiVersion", "network.gatewaySubnet", "gateway.minReplicas"):
        assert told.text.count(f"litellm-azure:{key}") == 1, key
    assert "authentication" in told.text, "the nearest right key"
    assert told.code != 0
    assert _groups(stack.cloud) == []


def test_a_retired_model_stops_a_new_stack_before_anything_is_made(stack: Stack) -> None:
    """The preview is what stops: `pulumi up` has one of its own."""
    models.set_as_of(stack.cloud.store(), RETIRED_DAY)
    for told in (
        stack.preview(values=ON_THAT_DAY, fails=True),
        stack.run("up", "--yes", values=ON_THAT_DAY, fails=True),
    ):
        (error,) = _errors(told)
        assert RETIRED in error
        assert SUGGESTION in error
    assert _groups(stack.cloud) == []


def test_a_subscription_without_the_models_history_is_refused_as_azure_refuses(stack: Stack) -> None:
    """The settings cannot know what a subscription has had. The user reads Azure's code and its text."""
    store = stack.cloud.store()
    models.set_as_of(store, CATALOG_DATE)
    store.set_fact(models.HISTORY_FACT, [])
    told = stack.up(fails=True)
    (error,) = _errors(told)
    assert 'Code="ServiceModelDeprecating"' in error
    assert "Format:OpenAI,Name:gpt-4o,Version:2024-08-06' is in deprecating state" in error
    assert 'Write version: "2024-11-20"' in told.text, "the warning beside it says what to write instead"
    store.set_fact(models.HISTORY_FACT, ["gpt-4o/2024-08-06"])
    created = stack.up()
    assert "create" in created.changes, "with the history it carries on from there"
    assert stack.up().changes == {}


def test_a_stack_that_holds_a_retired_model_can_still_change_other_things(stack: Stack) -> None:
    """A tag, say; but neither a second deployment of that model nor one under another name."""
    models.set_as_of(stack.cloud.store(), RETIRED_DAY)
    changed = stack.up(values={**ON_THAT_DAY, "litellm-azure:tags": {"cost-centre": "4711"}})
    assert set(changed.changes) == {"update"}
    assert f"warning: litellm-azure:deployments[0].version: {RETIRED}" in changed.text

    stack.edit("Pulumi.dev.yaml", "name: gpt-4o-2024-08-06", "name: gpt-4o-renamed")
    told = stack.preview(values=ON_THAT_DAY, fails=True)
    stack.edit("Pulumi.dev.yaml", "name: gpt-4o-renamed", "name: gpt-4o-2024-08-06")
    (error,) = _errors(told)
    assert SUGGESTION in error


def test_a_refresh_after_a_change_of_the_network_updates_a_subnet_once(stack: Stack) -> None:
    """azure-native takes Azure's etag of a delegation for an input (pulumi/pulumi-azure-native#4722)."""
    values = {**ON_THAT_DAY, "litellm-azure:tags": {"cost-centre": "4711"}}
    assert stack.up("--refresh", values=values).changes == {"update": 1}
    assert stack.up("--refresh", values=values).changes == {}


def test_the_checkout_is_as_it_was(stack: Stack) -> None:
    """After previews, ups, a refresh and a destroy from the checkout itself: no salt, no lock, no new file."""
    stack.preview(values=ON_THAT_DAY)
    stack.refresh()
    stack.destroy()
    assert _git(stack, "status", "--porcelain") == ""
    ignored = _git(stack, "status", "--porcelain", "--ignored").splitlines()
    assert [line for line in ignored if not line.endswith("__pycache__/")] == []
