"""A revision: replicas of one template, brought up together, scaled, replaced, drained."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from offline.apps.replica import Replica
from offline.arm.container_app_template import Template
from offline.clock import Clock

PROVISION_SECONDS = 900.0
"""Azure's seconds after which a revision that is not ready has expired (seen: 900 to 1260)."""
HOPELESS_RESTARTS = 3
"""A replica that ended so often is not slow, it is broken."""
DRAIN_SECONDS = 10.0
"""Azure's seconds in which requests still reach the old revision after the traffic has moved."""

SCALING_POLL_SECONDS = 0.5


class ExpiredError(Exception):
    """The revision was not ready in time."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a revision is waited for."""

    virtual_seconds: float = PROVISION_SECONDS
    real_seconds: float = 90.0
    """At least so long, unless it has shown that it cannot start: programs start in real time."""


class Revision:
    """The running side of a revision.

    :param make_replica: a new replica of this revision, not started.
    """

    def __init__(
        self, *, name: str, template: Template, clock: Clock, make_replica: Callable[["Revision"], Replica]
    ) -> None:
        self.name = name
        self.template = template
        self.replicas: list[Replica] = []
        self.note = ""
        """What people are to know: that an image runs as a placeholder."""
        self._clock = clock
        self._make_replica = make_replica
        self._changed = asyncio.Event()
        self._turn = itertools.count()
        self._scaling: asyncio.Task[None] | None = None

    # Life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the replicas that it has at rest."""
        while len(self.replicas) < self.template.start_replicas:
            self._add()

    async def wait_ready(self, patience: Patience) -> None:
        """Wait until every replica is ready.

        :raises ExpiredError: they were not, in time.
        """
        await self._wait(self.replicas, patience)

    async def replace(self, patience: Patience) -> None:
        """Put new replicas in the old ones' place, the old ones last: how new secret values arrive.

        :raises ExpiredError: the new ones did not come up; the old ones are kept.
        """
        old = list(self.replicas)
        new = [self._add() for _ in range(max(len(old), self.template.start_replicas))]
        try:
            await self._wait(new, patience)
        except BaseException:
            self.replicas = [replica for replica in self.replicas if replica not in new]
            await asyncio.gather(*(replica.stop(0) for replica in new))
            raise
        self.replicas = [replica for replica in self.replicas if replica not in old]
        await self._clock.sleep(DRAIN_SECONDS)
        await asyncio.gather(*(replica.stop() for replica in old))

    async def stop(self, grace: float | None = None) -> None:
        """End every replica. :param grace: seconds; the template's by default."""
        if self._scaling is not None:
            self._scaling.cancel()
            await asyncio.wait({self._scaling})
        await asyncio.gather(*(replica.stop(grace) for replica in self.replicas))

    # Traffic -----------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        return bool(self.replicas) and all(replica.ready for replica in self.replicas)

    def pick(self, besides: frozenset[str] = frozenset()) -> Replica | None:
        """The ready replica with the fewest requests under way; equal ones take turns."""
        candidates = [replica for replica in self.replicas if replica.ready and replica.name not in besides]
        if not candidates:
            return None
        turn = next(self._turn)
        rotated = candidates[turn % len(candidates) :] + candidates[: turn % len(candidates)]
        return min(rotated, key=lambda replica: replica.in_flight)

    def scale(self) -> None:
        """Called at every request: the HTTP scale rule asks for more replicas, and later they go again."""
        if self._scaling is None and self._wanted() > len(self.replicas):
            self._scaling = asyncio.create_task(self._grow_and_shrink())

    def _wanted(self) -> int:
        """How many replicas the rule wants now."""
        rule = self.template.concurrent_requests
        if rule is None:
            return self.template.start_replicas
        requests = sum(replica.in_flight for replica in self.replicas)
        return min(self.template.max_replicas, max(self.template.start_replicas, -(-requests // rule)))

    async def _grow_and_shrink(self) -> None:
        """Grow one by one while the rule asks for it; go back to rest after a cooldown without need."""
        cooldown = self._clock.real(self.template.cooldown)
        needed = time.monotonic()
        while time.monotonic() - needed < cooldown:
            wanted = self._wanted()
            if wanted > len(self.replicas) and self.ready:
                self._add()
            if wanted > self.template.start_replicas:
                needed = time.monotonic()
            await asyncio.sleep(min(SCALING_POLL_SECONDS, cooldown / 4))
        at_rest = self.template.start_replicas
        self.replicas, extra = self.replicas[:at_rest], self.replicas[at_rest:]
        self._scaling = None
        await asyncio.gather(*(replica.stop() for replica in extra))

    # ---------------------------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """A replica tells that something about it is different."""
        self._changed.set()

    def _add(self) -> Replica:
        replica = self._make_replica(self)
        self.replicas.append(replica)
        replica.start()
        return replica

    async def _wait(self, replicas: list[Replica], patience: Patience) -> None:
        began = time.monotonic()
        virtual_end = began + self._clock.real(patience.virtual_seconds)
        real_end = max(virtual_end, began + patience.real_seconds)
        while not (replicas and all(replica.ready for replica in replicas)):
            hopeless = any(
                replica.restarts >= HOPELESS_RESTARTS or not replica.can_start for replica in replicas
            )
            end = virtual_end if hopeless else real_end
            if time.monotonic() >= end:
                raise ExpiredError
            self._changed.clear()
            waiting = min(end - time.monotonic(), 1.0)
            try:
                await asyncio.wait_for(self._changed.wait(), waiting)
            except TimeoutError:
                continue
