"""What takes effect late: Azure answers that it is done, and another part of it does not know for a while."""

from dataclasses import dataclass

from offline.arm.store import Store
from offline.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Delay:
    """How long something takes to be known everywhere: as long as is usual, unless the subscription is told otherwise.

    Azure promises no such times; each was seen, by the source that stands beside the delay.
    """

    fact: str
    """Store fact that holds another number of Azure's seconds."""
    seconds: float
    """Azure's seconds."""

    def virtual(self, store: Store) -> float:
        """Azure's seconds, as they are in this subscription."""
        told = store.fact(self.fact)
        return float(told) if isinstance(told, int | float) else self.seconds

    def real(self, store: Store, clock: Clock) -> float:
        """Our seconds."""
        return clock.real(self.virtual(store))

    def due(self, store: Store, clock: Clock) -> float:
        """The wall-clock time (epoch seconds) at which what happens now has become known."""
        return clock.due(self.virtual(store))
