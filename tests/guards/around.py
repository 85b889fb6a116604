"""The Azure around a scene: what it is told, what is held up before it, and what was seen of it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from offline import control
from offline.arm.access import DELAY_FACT
from offline.arm.ids import ResourceId
from offline.arm.store import Resource, Store
from tests.cloud import Cloud, Stack
from tests.guards.guard import Held, Watch
from tests.ops.cutting import until

APP = "Microsoft.App/containerApps"
ENVIRONMENT = "Microsoft.App/managedEnvironments"

USUAL: Mapping[str, Any] = {DELAY_FACT: 0}
"""Nothing is late unless a scene says so: what strikes then, strikes for want of the guard."""


@contextmanager
def told(cloud: Cloud, facts: Mapping[str, Any]) -> Iterator[None]:
    """An Azure with these facts."""
    store = cloud.store()
    wanted = {**USUAL, **facts}
    before = {name: store.fact(name) for name in wanted}
    try:
        for name, value in wanted.items():
            store.set_fact(name, value)
        yield
    finally:
        for name, value in before.items():
            store.set_fact(name, value)
        store.close()


@contextmanager
def refused(cloud: Cloud, fault: Mapping[str, Any]) -> Iterator[None]:
    """An Azure that refuses something."""
    if not fault:
        yield
        return
    control.fault(cloud.record, "operation", dict(fault))
    try:
        yield
    finally:
        control.clear_faults(cloud.record)


@contextmanager
def watched(stack: Stack, held: Sequence[Held], *, missing: bool) -> Iterator[Watch]:
    """What happens in Azure, where some requests are held up.

    :param missing: a guard is: what is held up goes on as soon as Azure has answered for the gateway.
    """
    store = stack.cloud.store()
    watch = Watch(revision=revision(store, stack))
    since = len(store.requests())
    over = threading.Event()
    release = _release_late if missing else _release_early
    thread = threading.Thread(target=release, args=(stack, held, since, watch, over))
    for one in held:
        control.fault(
            stack.cloud.record,
            "operation",
            {"effect": "hold", "verb": "create", "type": one.type, "name": one.name},
        )
    if held:
        thread.start()
    try:
        yield watch
    finally:
        over.set()
        if held:
            thread.join()
            control.clear_faults(stack.cloud.record)
        watch.answers = [(method, path, status) for method, path, _, _, status in store.requests()[since:]]
        store.close()


def _release_early(
    stack: Stack, held: Sequence[Held], since: int, watch: Watch, over: threading.Event
) -> None:
    """Let go once the environment stands: from then on only the guards keep the gateway waiting."""
    store = stack.cloud.store()
    while not over.wait(0.02):
        if any(found.state == "Succeeded" for found in of(store, stack, ENVIRONMENT)):
            control.clear_faults(stack.cloud.record)
            break
    store.close()


def _release_late(
    stack: Stack, held: Sequence[Held], since: int, watch: Watch, over: threading.Event
) -> None:
    """Let go once Azure has answered for the gateway."""
    store = stack.cloud.store()
    while not over.wait(0.02):
        answers = [
            status
            for method, path, _, _, status in store.requests()[since:]
            if method == "PUT" and f"/providers/{APP}/".lower() in path.lower() and stack.name in path
        ]
        if answers:
            there = any(of(store, stack, one.type) for one in held)
            watch.early = answers[0] < 300 and not there
            control.clear_faults(stack.cloud.record)
            break
    store.close()


def group(stack: Stack) -> str:
    """The id of the stack's resource group."""
    subscription = stack.cloud.home.credentials().subscription_id
    return f"/subscriptions/{subscription}/resourceGroups/rg-guard-{stack.name}-eus2-001"


def of(store: Store, stack: Stack, type: str) -> list[Resource]:
    """What the stack has of a type."""
    return [found for found in store.of_type(type) if found.id.within(ResourceId(group(stack)))]


def revision(store: Store, stack: Stack) -> str:
    """The gateway's latest revision; empty when there is none."""
    return next((str(app.properties.get("latestRevisionName", "")) for app in of(store, stack, APP)), "")


def put(cloud: Cloud, path: str, version: str, body: Mapping[str, Any]) -> None:
    """Write a resource as somebody else, and wait for it."""
    assert cloud.arm("PUT", path, version, dict(body)).is_success

    def done() -> bool:
        properties = cloud.arm("GET", path, version).json().get("properties", {})
        return properties.get("provisioningState") in ("Succeeded", None)

    until(done)


def delete(cloud: Cloud, path: str, version: str) -> None:
    """Delete a resource as somebody else, and wait until it is gone."""
    assert cloud.arm("DELETE", path, version).is_success
    until(lambda: cloud.arm("GET", path, version).status_code == 404)
