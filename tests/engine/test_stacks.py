"""Every stack of the project, by the real engine: preview, up, up again, change, refresh, destroy."""

import re
from collections.abc import Iterator

import pytest

from offline.arm.store import Deleted, Resource
from tests.cloud import Cloud, Stack
from tests.engine.bodies import problems, sent
from tests.offline.arm_types import index


@pytest.fixture(params=["dev", "staging", "prod"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack in an offline Azure of its own, not yet deployed."""
    cloud = Cloud(tmp_path_factory.mktemp(request.param), own_plugins=True, stand_ins=True)
    cloud.start()
    yield Stack(cloud, request.param)
    cloud.stop()


def test_a_stack_lives_its_life(stack: Stack) -> None:
    """One long test, because each step needs the one before and a deployment takes its time."""
    preview = stack.preview()
    assert re.search(r"litellmConfig +: \(yaml\)", preview.text), "a preview shows the whole generated config"
    planned = preview.changes["create"]

    created = stack.up()
    assert created.changes == {"create": planned}
    revision = _revision(stack)
    _check_bodies(stack)

    assert stack.up().changes == {}, "a second up changes nothing"
    assert stack.refresh().changes == {}, "Azure holds what the state says"

    stack.up(values={"litellm-azure:tags": {"cost-centre": "4711"}})
    assert _revision(stack) == revision, "a change of nothing but a tag makes no revision"

    stack.destroy()
    left = [resource.id for resource in _all_resources(stack)]
    assert left == [], "destroy leaves nothing"
    kept = {deleted.id.type for deleted in _deleted(stack)}
    assert kept == {"Microsoft.CognitiveServices/accounts", "Microsoft.KeyVault/vaults"}, (
        "but what Azure keeps: soft-deleted accounts and the vault"
    )


def _check_bodies(stack: Stack) -> None:
    """Every body that was sent fits Microsoft's own types, where their files are at hand."""
    if not index():
        return
    bodies = list(sent(stack.cloud.store()))
    assert len(bodies) > 30
    assert [(path, problem) for token, path, body in bodies for problem in problems(token, body)] == []


def _revision(stack: Stack) -> str:
    revision: str = stack.app()["revision"]
    return revision


def _all_resources(stack: Stack) -> list[Resource]:
    store = stack.cloud.store()
    try:
        return [r for r in store.below("/subscriptions") if r.id.group is not None]
    finally:
        store.close()


def _deleted(stack: Stack) -> list[Deleted]:
    store = stack.cloud.store()
    try:
        return [
            found
            for kind in ("Microsoft.CognitiveServices/accounts", "Microsoft.KeyVault/vaults")
            for found in store.deleted(kind)
        ]
    finally:
        store.close()
