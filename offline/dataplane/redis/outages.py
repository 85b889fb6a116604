"""Caches that are away on demand: a gateway has to live without."""

from dataclasses import asdict, dataclass

from offline.arm.ids import ResourceId
from offline.arm.store import Store

ANSWERS = ("refused", "hang")

_FACT = "cache-faults"


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What callers of a cluster get instead of its cache."""

    cluster: str
    """Its ARM id."""
    answer: str = "refused"
    """`refused`: its server is ended, with what was in it and every connection, and connections are refused. `hang`:
    it stands still, and whoever connects or waits gets no answer."""

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS:
            raise ValueError(f"{self.answer!r} is no answer; there is: {', '.join(ANSWERS)}")


def listed(store: Store) -> list[Outage]:
    """Those that are set."""
    stored = store.fact(_FACT)
    return [Outage(**item) for item in stored] if isinstance(stored, list) else []


def add(store: Store, outage: Outage) -> None:
    """Set one; an earlier one of the same cluster makes room."""
    others = [known for known in listed(store) if known.cluster.lower() != outage.cluster.lower()]
    store.set_fact(_FACT, [asdict(known) for known in [*others, outage]])


def clear(store: Store) -> None:
    """Give every cache back; one that was ended comes back empty."""
    store.set_fact(_FACT, [])


def answer_of(store: Store, database: ResourceId) -> str | None:
    """What callers of a database get; None is the cache itself."""
    found = (known.answer for known in listed(store) if database.within(known.cluster))
    return next(found, None)
