"""Every kind of call against every way in which one of two regions can fail, each with a group of its own.

A group of its own, because a region that has failed stays out of its group for a while: the next case would
find it out already, and show nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from offline import control
from tests.cloud import Stack

KINDS = ("chat", "stream", "responses", "messages", "embeddings")
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
QUESTION = "Who answers?"


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


@dataclass(frozen=True)
class Said:
    """One answer of the gateway."""

    status: int
    text: str
    region: str
    seconds: float

    @property
    def answered(self) -> bool:
        """With all of it: a stream that breaks off has status 200 too."""
        return self.status == 200 and re.search(r'"error":\s*[{"]', self.text) is None

    def __str__(self) -> str:
        return f"{self.status} after {self.seconds:.1f} s: {self.text[:300]}"


class Gateway:
    """The deployed gateway, asked by many callers at once."""

    def __init__(self, stack: Stack) -> None:
        self._http = httpx.Client(
            base_url=stack.base_url,
            headers={"Authorization": f"Bearer {stack.outputs()['masterKey']}"},
            timeout=60,
            trust_env=False,
        )

    def ask(self, kind: str, model: str) -> Said:
        """One call; the connection to the gateway itself does not count as failed over."""
        path, body = _request(kind, model)
        answer = self._http.post(path, json=body)
        return Said(
            answer.status_code,
            answer.text,
            answer.headers.get("x-litellm-model-id", "").partition("/")[2].partition("/")[0],
            answer.elapsed.total_seconds(),
        )

    def close(self) -> None:
        self._http.close()


def _request(kind: str, model: str) -> tuple[str, dict[str, Any]]:
    messages = [{"role": "user", "content": QUESTION}]
    match kind:
        case "chat":
            return "/v1/chat/completions", {"model": model, "messages": messages}
        case "stream":
            return "/v1/chat/completions", {"model": model, "messages": messages, "stream": True}
        case "responses":
            return "/v1/responses", {"model": model, "input": QUESTION}
        case "messages":
            return "/v1/messages", {"model": model, "messages": messages, "max_tokens": 200}
        case "embeddings":
            return "/v1/embeddings", {"model": model, "input": [QUESTION]}
    raise ValueError(f"{kind!r} is no kind of call")


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
