"""Subnets that nobody stands in any more, and that are held all the same: an environment's link outlives it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from offline.arm.delays import Delay
from offline.arm.ids import ResourceId
from offline.arm.store import Store

HELD = Delay(fact="subnet-held-seconds", seconds=1800)
"""People report minutes to an hour; Azure names no number (public deployment notes of four repositories,
microsoft/azure-container-apps#974)."""

HELD_FACT = "held-subnets"
"""Store fact: lower-case subnet id → `{"owner": id, "until": epoch seconds}`."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Who is gone, and until when (epoch seconds) its link stays."""

    owner: str
    until: float


def hold(store: Store, subnet_id: ResourceId, *, owner: str, until: float) -> None:
    """Keep a subnet held by the association link of an environment that is gone."""
    _write(store, {**held(store), subnet_id.key: Hold(owner=owner, until=until)})


def release(store: Store, scope: ResourceId) -> None:
    """Let go of every subnet inside: the delete of a whole group does not stop at such a link."""
    found = held(store)
    kept = {key: one for key, one in found.items() if not ResourceId(key).within(scope)}
    if kept != found:
        _write(store, kept)


def held(store: Store) -> dict[str, Hold]:
    """What is held now, by the subnet's lower-case id."""
    found = store.fact(HELD_FACT)
    now = time.time()
    if not isinstance(found, dict):
        return {}
    holds = {key: Hold(**one) for key, one in found.items() if isinstance(one, dict)}
    return {key: one for key, one in holds.items() if one.until > now}


def _write(store: Store, holds: Mapping[str, Hold]) -> None:
    store.set_fact(HELD_FACT, {key: {"owner": one.owner, "until": one.until} for key, one in holds.items()})
