"""Every kind of call against every way in which one of two regions can fail, each with a group of its own.

A group of its own, because a region that has failed stays out of its group for a while: the next case would
find it out already, and show nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from offline import control
from tests.cloud import Stack
from tests.gateway.calls import KINDS, Gateway

FAULTS: Mapping[str, Mapping[str, object]] = {
    "401": {"answer": "401"},
    "403": {"answer": "403"},
    "404": {"answer": "404"},
    "410": {"answer": "410"},
    "429": {"answer": "429"},
    "429, Retry-After of a day": {"answer": "429", "retry_after": 86400},
    "500": {"answer": "500"},
    "connection cut": {"answer": "refused"},
    "no answer": {"answer": "hang"},
}
ENOUGH = 10_000
"""Strikes that a fault has in it: what is left says how often it has struck."""
AT_ONCE = 4
ROUNDS = 8
"""Each of `AT_ONCE` calls: a region that gets half of them has been asked by then, but for one run in billions."""


@dataclass(frozen=True)
class Case:
    """A kind of call, and what the first region does to it. Its name is the group's and the deployments'."""

    kind: str
    fault: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{list(FAULTS).index(self.fault)}"


CASES = tuple(Case(kind, fault) for fault in FAULTS for kind in KINDS)


@dataclass
class Outcome:
    """What the callers of one case saw."""

    calls: int = 0
    failed: list[str] = field(default_factory=list)
    struck: int = 0
    """How often the region that fails was asked."""
    by: Counter[str] = field(default_factory=Counter)
    """Regions by what they answered."""


def deployments(
    known: Sequence[Mapping[str, Any]], groups: Iterable[tuple[str, str]], regions: Iterable[str]
) -> list[dict[str, Any]]:
    """Deployments for groups of one kind of call each, in the words of the stack file.

    :param known: those of the stack, whose models the new ones have.
    :param groups: (kind of call, alias)
    """
    models = {"embedding" in deployment["model"]: deployment for deployment in reversed(known)}
    places = [(kind, alias, region) for kind, alias in groups for region in regions]
    return [
        {**models[kind == "embeddings"], "name": alias, "alias": alias, "region": region, "capacity": 1}
        for kind, alias, region in places
    ]


def run(stack: Stack, gateway: Gateway, account: str) -> dict[Case, Outcome]:
    """Let the account fail every case in its way, and call until it was asked in each."""
    record = stack.cloud.record
    for case in CASES:
        control.fault(
            record,
            "deployment",
            {"account": account, "deployment": case.name, "times": ENOUGH, **FAULTS[case.fault]},
        )
    outcomes = {case: Outcome() for case in CASES}
    with ThreadPoolExecutor(3 * AT_ONCE) as callers:
        for _ in range(ROUNDS):
            calls = [case for case in CASES if not outcomes[case].struck for _ in range(AT_ONCE)]
            answers = callers.map(lambda case: gateway.ask(case.kind, case.name), calls)
            for case, said in zip(calls, answers, strict=True):
                outcomes[case].calls += 1
                if said.answered:
                    outcomes[case].by[said.region] += 1
                else:
                    outcomes[case].failed.append(str(said))
            left = {fault["deployment"]: fault["times"] for fault in control.faults(record)}
            for case in CASES:
                outcomes[case].struck = ENOUGH - left[case.name]
    control.clear_faults(record)
    return outcomes


def table(outcomes: Mapping[Case, Outcome]) -> str:
    """Failed of made calls, and how often the failing region was asked."""
    lines = [f"{'failed/calls (struck)':28}{''.join(f'{kind:>14}' for kind in KINDS)}"]
    for fault in FAULTS:
        cells = (outcomes[Case(kind, fault)] for kind in KINDS)
        lines.append(
            f"{fault:28}" + "".join(f"{f'{len(c.failed)}/{c.calls} ({c.struck})':>14}" for c in cells)
        )
    return "\n".join(lines)
