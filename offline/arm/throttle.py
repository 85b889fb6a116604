"""How many requests the resource manager takes of one caller: a bucket of tokens for each kind of operation.

Azure's own limits since 2024, by subscription, principal and kind of operation. Source: docs
azure-resource-manager/management/request-limits-and-throttling. They refill in Azure's time, so that a fast offline
Azure meets them as rarely as Azure does.
"""

import math
import time
from collections.abc import Mapping

from offline.arm.errors import Law
from offline.arm.store import Store
from offline.clock import Clock

LIMITS_FACT = "subscription.requests"
"""Store fact: `{"write": [most at once, more in each of Azure's seconds]}` where the limits differ."""

LIMITS: Mapping[str, tuple[float, float]] = {"read": (250, 25), "write": (200, 10), "delete": (200, 10)}

THROTTLED = Law(
    id="throttled",
    status=429,
    code="SubscriptionRequestsThrottled",
    message="Number of requests for subscription '{subscription}' and operation '{operation}' exceeded the backend "
    "storage limit. Please try again after '{seconds}' seconds.",
    source="docs azure-resource-manager/management/request-limits-and-throttling; AKS troubleshooting",
    protects="more requests than the subscription takes of one caller: 200 writes at once, and 10 a second",
    remedy="Wait for as long as Retry-After says; azure-native does so by itself, three times. Deploy less at once "
    "(`pulumi up --parallel 4`), or with a service principal of its own for each pipeline.",
    headers={"Retry-After": "{seconds}"},
)


class Throttle:
    """The buckets of one subscription. They are full again after a restart."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._left: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, principal_id: str, method: str, path: str, subscription_id: str) -> dict[str, str]:
        """Count one request; the headers that say how many are left.

        :raises ArmError: throttled.
        """
        kind = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(method, "write")
        size, rate = self._limit(kind)
        now = time.monotonic()
        before, at = self._left.get((principal_id, kind), (size, now))
        tokens = min(size, before + (now - at) * self._clock.speed * rate)
        if tokens < 1:
            self._left[principal_id, kind] = (tokens, now)
            raise THROTTLED.broken(
                subscription=subscription_id,
                operation=f"{method}{path}".upper(),
                seconds=max(1, math.ceil((1 - tokens) / rate)),
            )
        self._left[principal_id, kind] = (tokens - 1, now)
        return {f"x-ms-ratelimit-remaining-subscription-{kind}s": str(int(tokens - 1))}

    def _limit(self, kind: str) -> tuple[float, float]:
        """Size of the bucket, and what comes back in one of Azure's seconds."""
        fact = self._store.fact(LIMITS_FACT)
        own = fact.get(kind) if isinstance(fact, dict) else None
        return (float(own[0]), float(own[1])) if isinstance(own, list) else LIMITS[kind]
