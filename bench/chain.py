"""The longest necessary chain: how soon a set of operations can be done at best, and which of them decide that.

Nothing of Azure here: operations are names with a duration, edges say what has to be over first, and some must not
run at the same time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise, permutations, product


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One operation cannot begin before another is over."""

    before: str
    after: str
    reason: str
    """Why: a law's id, or what is needed of the other."""
    lag: float = 0.0
    """Seconds that have to pass after its end."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Operations of which only one may run at a time, in whatever order."""

    members: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """An operation of the chain."""

    name: str
    start: float
    """The earliest possible."""
    seconds: float
    because: Edge | None
    """What it has to wait for; None for the first."""

    @property
    def end(self) -> float:
        return self.start + self.seconds


def necessary(
    seconds: Mapping[str, float], edges: Sequence[Edge], apart: Sequence[Apart] = ()
) -> tuple[Link, ...]:
    """The longest chain in the shortest of all admissible schedules, first operation first.

    Where operations must not run at once, every order of them is tried: meant for sets of a few.

    :raises ValueError: there is no operation, or no order in which all edges hold.
    """
    best: tuple[Link, ...] | None = None
    for orders in product(*(_orders(group, edges) for group in apart)):
        one_by_one = [
            Edge(before=first, after=then, reason=group.reason)
            for group, order in zip(apart, orders, strict=True)
            for first, then in pairwise(order)
        ]
        try:
            chain = longest(seconds, [*edges, *one_by_one])
        except CycleError:
            continue
        if best is None or chain[-1].end < best[-1].end:
            best = chain
    if best is None:
        raise ValueError("there is no order in which all edges hold")
    return best


def longest(seconds: Mapping[str, float], edges: Iterable[Edge]) -> tuple[Link, ...]:
    """The chain that ends last when everything begins as soon as its edges allow.

    :raises CycleError: edges that wait for each other.
    :raises ValueError: there is no operation.
    """
    if not seconds:
        raise ValueError("there is no operation")
    waits: dict[str, list[Edge]] = {name: [] for name in seconds}
    for edge in edges:
        waits[edge.after].append(edge)
    links: dict[str, Link] = {}
    graph = {name: {edge.before for edge in found} for name, found in waits.items()}
    for name in TopologicalSorter(graph).static_order():
        because = max(waits[name], key=lambda edge: links[edge.before].end + edge.lag, default=None)
        start = 0.0 if because is None else links[because.before].end + because.lag
        links[name] = Link(name=name, start=start, seconds=seconds[name], because=because)
    return tuple(reversed(list(_back(links, max(links.values(), key=lambda link: link.end)))))


def _back(links: Mapping[str, Link], last: Link) -> Iterator[Link]:
    link: Link | None = last
    while link is not None:
        yield link
        link = links[link.because.before] if link.because is not None else None


def _orders(group: Apart, edges: Sequence[Edge]) -> Iterable[tuple[str, ...]]:
    """The orders to try: one is enough when the same things come before and after every member."""
    around = {
        (
            frozenset((edge.before, edge.lag) for edge in edges if edge.after == member),
            frozenset((edge.after, edge.lag) for edge in edges if edge.before == member),
        )
        for member in group.members
    }
    return [group.members] if len(around) <= 1 else permutations(group.members)
