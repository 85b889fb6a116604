"""How long an operation takes: as long as is usual for its type, unless the subscription is told otherwise."""

from offline.arm.kinds import Kind, Verb
from offline.arm.store import Store

FACT = "durations"
"""Store fact: virtual seconds by lower-case type and verb, `{"microsoft.app/managedenvironments create": 181}`.

Azure's durations vary: what overlaps on one day is over on another, before anybody has noticed.
"""


def seconds(store: Store, kind: Kind, verb: Verb) -> float:
    """Virtual seconds that this operation takes."""
    told = store.fact(FACT)
    own = told.get(f"{kind.type.lower()} {verb}") if isinstance(told, dict) else None
    if isinstance(own, int | float):
        return float(own)
    return {"create": kind.create_seconds, "update": kind.update_seconds, "delete": kind.delete_seconds}[verb]
