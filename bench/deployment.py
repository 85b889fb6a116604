"""How long the first `up` of a stack takes Azure, beside the longest chain that no order of work could avoid.

Azure's seconds: the offline Azure divides its durations by a speed, and its record of requests, multiplied by the same
speed, is what a person would have waited. The engine's own work is not divided, so a slow speed shows it as small as
it is in Azure.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from bench import needs, record
from bench.azure import PROJECT, running
from bench.chain import Edge, Link, necessary
from bench.record import Operation
from offline.arm.store import Store

STACKS = ("dev", "staging", "prod")
SPEED = 5.0
"""A deployment of three minutes is measured in 40 seconds, and a twentieth of a second of ours counts for a quarter."""

PLACEHOLDER = "mcr.microsoft.com/k8se/quickstart:1.0"
"""Runs in LiteLLM's place: its start would be this machine's, multiplied, and the app takes Azure's time without it."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One `up` from nothing."""

    stack: str
    operations: list[Operation]
    """In the order of their first requests."""
    edges: list[Edge]
    """What had to be over before what; of those that may not run at once, in the order that was taken."""
    chain: tuple[Link, ...]
    """The longest necessary chain, with the durations that were measured."""
    besides: float = 0.0
    """What `pulumi up` took before its first request and after the last end, in the wall clock's seconds."""

    @property
    def seconds(self) -> float:
        """From the first request of the first resource to the end of the last one, as its provider saw it."""
        return max(operation.ended for operation in self.operations)

    @property
    def necessary(self) -> float:
        """The same, if everything began as soon as data and laws allow."""
        return self.chain[-1].end

    @property
    def ratio(self) -> float:
        return self.seconds / self.necessary

    def by_key(self, key: str) -> Operation:
        return next(operation for operation in self.operations if operation.id.key == key)

    def waited_for(self, operation: Operation) -> Edge | None:
        """Of all that it needed, what came last; None for the first of all."""
        return max(
            (edge for edge in self.edges if edge.after == operation.id.key),
            key=self._there,
            default=None,
        )

    def ready(self, operation: Operation) -> float:
        """When all that it needed was there."""
        last = self.waited_for(operation)
        return 0.0 if last is None else self._there(last)

    def _there(self, edge: Edge) -> float:
        return self.by_key(edge.before).ended + edge.lag

    def as_json(self) -> dict[str, Any]:
        return {
            "stack": self.stack,
            "seconds": self.seconds,
            "necessary": self.necessary,
            "ratio": self.ratio,
            "chain": [link.name for link in self.chain],
            "operations": [
                {
                    "id": operation.id.text,
                    "begun": operation.begun,
                    "seconds": operation.seconds,
                    "azure": operation.azure,
                    "refusals": operation.refusals,
                }
                for operation in self.operations
            ],
        }


def judged(stack: str, operations: list[Operation]) -> Deployment:
    """A deployment, held against what it could have been."""
    edges, apart = needs.edges(operations), needs.apart(operations)
    begun = {operation.id.key: operation.begun for operation in operations}
    taken = [
        Edge(before=first, after=then, reason=group.reason)
        for group in apart
        for first, then in pairwise(sorted(group.members, key=begun.__getitem__))
    ]
    return Deployment(
        stack=stack,
        operations=operations,
        edges=[*edges, *taken],
        chain=necessary({operation.id.key: operation.seconds for operation in operations}, edges, apart),
    )


def measured(stack: str, folder: Path, speed: float = SPEED) -> Deployment:
    """Bring a stack up in an Azure of its own, and read its record.

    :param folder: for that Azure; gone afterwards.
    :raises BenchError: the `up` failed.
    """
    with running(folder, speed=speed) as cloud:
        taken = cloud.stack(stack, {"litellm-azure:gateway": _gateway(stack)}).up()
        credentials = cloud.home.credentials()
        store = Store(cloud.home.database)
        try:
            operations = record.operations(store, speed, (credentials.tenant_id, credentials.subscription_id))
        finally:
            store.close()
    deployment = judged(stack, operations)
    return replace(deployment, besides=taken - deployment.seconds / speed)


def all_measured(folder: Path, about: Callable[[str], None]) -> list[Deployment]:
    """Every stack, one after the other.

    :param about: told which one comes next.
    """
    found: list[Deployment] = []
    for stack in STACKS:
        about(stack)
        found.append(measured(stack, folder / stack))
    return found


def _gateway(stack: str) -> dict[str, Any]:
    """The stack's own gateway settings, with the placeholder."""
    written = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())
    return {**written["config"].get("litellm-azure:gateway", {}), "image": PLACEHOLDER}
