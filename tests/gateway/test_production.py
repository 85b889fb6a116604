"""Production as it is deployed: two regions, two replicas, Redis, an internal ingress; and all that can happen to it.

Shows: callers lose no call while a region fails, Redis goes, a revision rolls out, secrets rotate and a replica is
killed. Does not show: a whole region's network or zone gone, which nothing offline has.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from config.parsing import parse
from config.settings import Settings
from offline import control
from offline.dataplane.redis.program import find
from tests.cloud import CATALOG_DATE, Cloud, Stack
from tests.gateway.calls import Gateway
from tests.gateway.load import Load
from tests.settings import stacks

TIMEOUT = 6
"""Seconds that the gateway gives a region: what a call waits for one that does not answer."""
LIMIT = 20
CALLS = 40
"""Of each phase, at least."""

APPLICATIONS = [{"name": "chatsheet"}, {"name": "limited", "requestsPerMinute": LIMIT}]
ROTATED = [
    {"name": "chatsheet", "generation": 2, "acceptPrevious": True},
    {"name": "limited", "requestsPerMinute": LIMIT},
]
GATEWAY = {"minReplicas": 2, "maxReplicas": 2, "requestTimeoutSeconds": TIMEOUT}

REGION_FAILS: dict[str, dict[str, Any]] = {
    "a region answers 429, Retry-After of a day": {"answer": "429", "retry_after": 86400},
    "a region answers 500": {"answer": "500"},
    "a region cuts connections": {"answer": "refused"},
    "a region does not answer": {"answer": "hang"},
}


def _values(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {"applications": APPLICATIONS, "gateway": GATEWAY, **changes}
    return {f"litellm-azure:{key}": value for key, value in values.items()}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return parse(stacks.stack("prod"), CATALOG_DATE)


@pytest.fixture(scope="module")
def prod(cloud: Cloud) -> Iterator[Stack]:
    if find() is None:
        reason = "no Redis server on this machine (make setup installs one where there is a wheel)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    stack = Stack(cloud, "prod")
    stack.up(values=_values())
    _replicas(stack, count=2)
    yield stack
    control.clear_faults(cloud.record)


def test_calls_a_minute_are_counted_over_all_replicas(prod: Stack) -> None:
    """Each by itself would let twice as many through."""
    gateway = Gateway(prod, prod.outputs()["applicationKeys"]["limited"])
    with ThreadPoolExecutor(4) as callers:
        asked = callers.map(lambda _: gateway.ask("chat", "gpt-5.1").status, range(2 * LIMIT))
        statuses = Counter(asked)
    gateway.close()
    assert set(statuses) == {200, 429}
    assert statuses[200] == LIMIT


def test_no_call_is_lost_whatever_happens(prod: Stack, cloud: Cloud, settings: Settings) -> None:
    record = cloud.record
    with Load(prod.base_url, prod.key(), "gpt-5.1", "text-embedding-3-large").running() as load:
        load.until(CALLS)
        for happens, fault in REGION_FAILS.items():
            load.while_(happens)
            control.fault(record, "deployment", {"account": settings.accounts[0].name, **fault})
            load.until(CALLS)
            control.clear_faults(record)
        for happens, answer in (("Redis is gone", "refused"), ("Redis does not answer", "hang")):
            load.while_(happens)
            control.fault(record, "cache", {"cluster": settings.names.redis, "answer": answer})
            load.until(CALLS)
            control.clear_faults(record)

        load.while_("a new revision rolls out")
        rolled = {**GATEWAY, "requestTimeoutSeconds": TIMEOUT + 1}
        prod.up(values=_values(gateway=rolled))
        load.until(CALLS)

        load.while_("the master key and the callers' keys rotate")
        prod.up(values=_values(gateway=rolled, applications=ROTATED, secrets={"masterKey": 2}))
        load.until(CALLS)

        load.while_("a replica is killed")
        killed = _replicas(prod, count=2)[0]["pid"]
        os.kill(killed, signal.SIGKILL)
        load.until(CALLS)
        assert killed not in {replica["pid"] for replica in _replicas(prod, count=2)}
        load.while_("another one is in its place")
        load.until(CALLS)
    print("\n" + load.table())  # noqa: T201 - the table is what one looks at
    assert {phase.happens: phase.failed for phase in load.phases if phase.failed} == {}
    assert sum(phase.cut for phase in load.phases if phase.happens != "a replica is killed") == 0


def _replicas(stack: Stack, *, count: int) -> list[dict[str, Any]]:
    """The replicas that serve, when there are so many."""
    end = time.monotonic() + 120
    while True:
        found = [replica for replica in stack.app()["replicas"] if replica["ready"]]
        if len(found) == count:
            return found
        assert time.monotonic() < end, f"{len(found)} replicas are ready"
        time.sleep(0.2)  # between two looks
