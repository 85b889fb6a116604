"""Tokens a minute: what a deployment's capacity allows, and what its answers say is left."""

import math
import time
from collections import deque

from offline.arm.store import Resource, Store

LIMITS_FACT = "openai.limits"
"""Store fact: true makes capacities count. Off, because a load test of what stands before the models would otherwise
measure the made-up quota."""

WINDOW_SECONDS = 60.0


class Limits:
    """Counts tokens by deployment over the last minute."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._spent: dict[str, deque[tuple[float, int]]] = {}

    def spend(self, deployment: Resource, tokens: int) -> int | None:
        """Count a call; returns the seconds to wait instead where it does not fit any more."""
        spent = self._recent(deployment)
        limit = token_limit(deployment)
        if self._store.fact(LIMITS_FACT) is True and sum(n for _, n in spent) + tokens > limit:
            oldest = spent[0][0] if spent else time.monotonic()
            return max(1, math.ceil(oldest + WINDOW_SECONDS - time.monotonic()))
        spent.append((time.monotonic(), tokens))
        return None

    def headers(self, deployment: Resource) -> dict[str, str]:
        """What an answer says of them."""
        spent = self._recent(deployment)
        tokens, requests = token_limit(deployment), request_limit(deployment)
        return {
            "x-ratelimit-limit-requests": str(requests),
            "x-ratelimit-limit-tokens": str(tokens),
            "x-ratelimit-remaining-requests": str(max(0, requests - len(spent))),
            "x-ratelimit-remaining-tokens": str(max(0, tokens - sum(n for _, n in spent))),
        }

    def _recent(self, deployment: Resource) -> deque[tuple[float, int]]:
        spent = self._spent.setdefault(deployment.id.key, deque())
        while spent and spent[0][0] < time.monotonic() - WINDOW_SECONDS:
            spent.popleft()
        return spent


def token_limit(deployment: Resource) -> int:
    """Tokens a minute."""
    sku = deployment.body.get("sku")
    capacity = sku.get("capacity") if isinstance(sku, dict) else None
    return (capacity if isinstance(capacity, int) else 1) * 1000


def request_limit(deployment: Resource) -> int:
    """Requests a minute: six for each thousand tokens."""
    return token_limit(deployment) // 1000 * 6
