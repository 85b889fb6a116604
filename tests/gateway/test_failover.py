"""The real proxy with two regions, one of which fails, and with groups that have nobody to fail over to."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.litellm import COOLDOWN_SECONDS
from config.parsing import parse
from config.settings import Settings
from offline import control
from tests.cloud import CATALOG_DATE, Cloud, Stack
from tests.gateway import failover
from tests.gateway.calls import KINDS, Gateway
from tests.gateway.failover import CASES, FAULTS, Case, Outcome
from tests.settings import stacks

TIMEOUT = 6
"""Seconds that the gateway gives a region: what a call waits for one that does not answer."""
PATIENCE = 30.0


@pytest.fixture(scope="module")
def settings() -> Settings:
    return parse(stacks.stack("prod"), CATALOG_DATE)


@pytest.fixture(scope="module")
def prod(cloud: Cloud, settings: Settings) -> Stack:
    """Production, with a group for every case in both regions, and one alone for every kind of call.

    In one replica: what it learns of a region that fails is what the next call meets.
    """
    both = [region.name for region in settings.regions]
    known = stacks.stack("prod")["deployments"]
    stack = Stack(cloud, "prod")
    stack.up(
        values={
            "litellm-azure:deployments": [
                *known,
                *failover.deployments(known, [(case.kind, case.name) for case in CASES], both),
                *failover.deployments(known, [(kind, _alone(kind)) for kind in KINDS], both[:1]),
            ],
            "litellm-azure:gateway": {
                "minReplicas": 1,
                "maxReplicas": 1,
                "requestTimeoutSeconds": TIMEOUT,
            },
        }
    )
    return stack


@pytest.fixture(scope="module")
def gateway(prod: Stack) -> Iterator[Gateway]:
    asked = Gateway(prod)
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def outcomes(prod: Stack, gateway: Gateway, settings: Settings) -> dict[Case, Outcome]:
    """What callers saw while the first region failed every case in its way."""
    found = failover.run(prod, gateway, settings.accounts[0].name)
    print("\n" + failover.table(found))  # noqa: T201 - the table is what one looks at when this fails
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_region_costs_no_call(outcomes: dict[Case, Outcome], fault: str, kind: str) -> None:
    outcome = outcomes[Case(kind, fault)]
    assert outcome.struck, "the region that fails was asked"
    assert outcome.failed == []


def test_a_region_that_recovers_gets_calls_again_whatever_its_retry_after_said(
    gateway: Gateway, outcomes: dict[Case, Outcome], settings: Settings
) -> None:
    """`Retry-After: 86400` once kept a healthy region out for a day."""
    waiting = {case for case in CASES if case.fault == "429, Retry-After of a day"}
    assert all(outcomes[case].failed == [] for case in waiting)
    deadline = time.monotonic() + COOLDOWN_SECONDS + PATIENCE
    while waiting:
        assert time.monotonic() < deadline, f"{settings.regions[0].name} still gets no call of {waiting}"
        waiting = {
            case for case in waiting if gateway.ask(case.kind, case.name).region != settings.regions[0].name
        }
        time.sleep(0.1)  # between two looks


def test_chat_calls_are_shared_by_both_regions(gateway: Gateway, settings: Settings) -> None:
    with ThreadPoolExecutor(4) as callers:
        said = list(callers.map(lambda _: gateway.ask("chat", "gpt-5.1"), range(48)))
    assert [str(one) for one in said if not one.answered] == []
    shares = Counter(one.region for one in said)
    assert set(shares) == {region.name for region in settings.regions}
    assert min(shares.values()) >= 8, shares


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", ["401", "404"])
def test_failures_of_a_group_of_one_do_not_shut_other_callers_out(
    prod: Stack, gateway: Gateway, settings: Settings, kind: str, answer: str
) -> None:
    """By default one such failure has everybody told "No deployments available" for a while."""
    _strike(prod, settings, kind, answer=answer, times=2)
    failed = [gateway.ask(kind, _alone(kind))]
    while control.faults(prod.cloud.record) and len(failed) < 2:
        failed.append(gateway.ask(kind, _alone(kind)))
    assert [said.status for said in failed] == [int(answer)] * len(failed)
    assert control.faults(prod.cloud.record) == [], "both failures have happened"
    others = ("embeddings",) if kind == "embeddings" else ("chat", "responses", "messages", "stream")
    said = {other: gateway.ask(other, _alone(kind)) for other in others}
    assert {other: str(one) for other, one in said.items() if not one.answered} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_limit_of_a_group_of_one_is_told_at_once(
    prod: Stack, gateway: Gateway, settings: Settings, kind: str
) -> None:
    """Waiting a Retry-After out would hold every caller for its length, several times over."""
    _strike(prod, settings, kind, answer="429", retry_after=8, times=1)
    told = gateway.ask(kind, _alone(kind))
    assert told.status == 429
    assert told.seconds < 5
    assert gateway.ask(kind, _alone(kind)).answered, "the next caller is not shut out"


def _alone(kind: str) -> str:
    return f"{kind}-alone"


def _strike(stack: Stack, settings: Settings, kind: str, **words: object) -> None:
    control.fault(
        stack.cloud.record,
        "deployment",
        {"account": settings.accounts[0].name, "deployment": _alone(kind), **words},
    )
