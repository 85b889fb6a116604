"""Virtual time: Azure's durations, divided by a speed.

Only durations are virtual. Time stamps are the wall clock's, because tokens, certificates and clients judge
those by it.
"""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Turns Azure's seconds into ours.

    :param speed: virtual seconds that pass in one real second; above 0.
    """

    def __init__(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"speed is {speed}; it must be above 0")
        self.speed = speed

    def real(self, virtual_seconds: float) -> float:
        """How long that many of Azure's seconds take here."""
        return virtual_seconds / self.speed

    def due(self, virtual_seconds: float) -> float:
        """The wall-clock time (epoch seconds) at which that many of Azure's seconds will have passed."""
        return time.time() + self.real(virtual_seconds)

    async def sleep(self, virtual_seconds: float) -> None:
        """Wait for that many of Azure's seconds."""
        await asyncio.sleep(self.real(virtual_seconds))

    async def until(self, due: float) -> None:
        """Wait for a time that `due` gave."""
        await asyncio.sleep(max(0.0, due - time.time()))

    @staticmethod
    def now() -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    @staticmethod
    def stamp() -> str:
        """Now, as Azure writes it in a resource."""
        return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
