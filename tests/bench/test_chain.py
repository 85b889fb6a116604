"""The longest necessary chain, on made-up operations."""

import pytest

from bench.chain import Apart, Edge, Link, necessary


def edge(before: str, after: str, lag: float = 0.0) -> Edge:
    return Edge(before=before, after=after, reason="needed", lag=lag)


def names(chain: tuple[Link, ...]) -> list[str]:
    return [link.name for link in chain]


def test_it_is_the_longest_way_through_what_waits_for_each_other() -> None:
    seconds = {"group": 3.0, "network": 7.0, "vault": 19.0, "environment": 103.0, "secret": 2.0}
    edges = [
        edge("group", "network"),
        edge("group", "vault"),
        edge("network", "environment"),
        edge("vault", "secret"),
    ]
    chain = necessary(seconds, edges)
    assert names(chain) == ["group", "network", "environment"]
    assert [(link.start, link.end) for link in chain] == [(0, 3), (3, 10), (10, 113)]


def test_every_link_says_what_it_waited_for() -> None:
    first, then = necessary({"a": 1.0, "b": 1.0}, [edge("a", "b")])
    assert first.because is None
    assert then.because == edge("a", "b")


def test_a_lag_counts_as_waiting() -> None:
    """A role takes effect long after its assignment has ended."""
    seconds = {"role": 2.0, "environment": 15.0, "app": 28.0}
    chain = necessary(seconds, [edge("role", "app", lag=20), edge("environment", "app")])
    assert names(chain) == ["role", "app"]
    assert chain[-1].start == 22


def test_without_waiting_it_is_the_longest_operation() -> None:
    assert names(necessary({"short": 1.0, "long": 2.0}, [])) == ["long"]


def test_what_may_not_run_at_once_takes_its_sum() -> None:
    seconds = {"account": 25.0, "one": 2.0, "two": 3.0, "three": 4.0}
    edges = [edge("account", name) for name in ("one", "two", "three")]
    chain = necessary(seconds, edges, [Apart(members=("one", "two", "three"), reason="one at a time")])
    assert chain[-1].end == 25 + 2 + 3 + 4
    assert {link.because.reason for link in chain if link.because} == {"needed", "one at a time"}


def test_of_the_orders_of_a_set_the_best_one_counts() -> None:
    """What takes long afterwards goes first: an order that merely works is not necessary."""
    seconds = {"gateway subnet": 6.0, "other subnet": 6.0, "environment": 103.0, "endpoint": 31.0}
    edges = [edge("gateway subnet", "environment"), edge("other subnet", "endpoint")]
    for members in (("gateway subnet", "other subnet"), ("other subnet", "gateway subnet")):
        chain = necessary(seconds, edges, [Apart(members=members, reason="one at a time")])
        assert names(chain) == ["gateway subnet", "environment"]


def test_an_order_against_the_edges_is_none() -> None:
    seconds = {"first": 1.0, "then": 1.0, "after": 5.0}
    chain = necessary(
        seconds,
        [edge("first", "then"), edge("first", "after")],
        [Apart(members=("then", "first"), reason="one at a time")],
    )
    assert names(chain) == ["first", "after"]


def test_many_that_differ_in_nothing_are_not_tried_in_every_order() -> None:
    """Twelve deployments of one account have half a billion orders, all of them alike."""
    members = tuple(f"deployment {number}" for number in range(12))
    seconds = {"account": 25.0, **dict.fromkeys(members, 2.0), "endpoint": 31.0}
    edges = [edge("account", name) for name in members] + [edge(name, "endpoint") for name in members]
    chain = necessary(seconds, edges, [Apart(members=members, reason="one at a time")])
    assert chain[-1].end == 25 + 12 * 2 + 31


@pytest.mark.parametrize(
    ("seconds", "edges"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"a": 1.0, "b": 1.0}, [edge("a", "b"), edge("b", "a")], id="a circle"),
    ],
)
def test_what_has_no_schedule_is_an_error(seconds: dict[str, float], edges: list[Edge]) -> None:
    with pytest.raises(ValueError, match="no o"):
        necessary(seconds, edges)
