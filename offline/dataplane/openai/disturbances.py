"""Deployments that misbehave on demand, and models that retire before their day."""

from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase

from offline.arm import models
from offline.arm.store import Store
from offline.dataplane.openai import laws

LAWS = {
    "401": laws.KEY,
    "403": laws.PUBLIC_OFF,
    "404": laws.DEPLOYMENT,
    "500": laws.SERVER,
    "filtered": laws.CONTENT_FILTER,
}
"""What an answer is that depends on nothing else."""

ANSWERS = (*LAWS, "410", "429", "refused", "hang")

_FACT = "deployment-faults"


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """What calls of a deployment get instead of an answer. Patterns know `*` and `?`, and no case."""

    account: str
    deployment: str = "*"
    answer: str = "500"
    """A status, `filtered` (the content filter refuses the prompt), `refused` (the connection is cut) or `hang` (no
    answer until the caller gives up)."""
    retry_after: int | None = None
    """Seconds, for a 429; None leaves the header out, as Azure at times does."""
    times: int | None = None
    """How many calls it strikes; None is all."""

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS:
            raise ValueError(f"{self.answer!r} is no answer; there is: {', '.join(ANSWERS)}")

    def strikes(self, account: str, deployment: str) -> bool:
        return fnmatchcase(account.lower(), self.account.lower()) and fnmatchcase(
            deployment.lower(), self.deployment.lower()
        )


def listed(store: Store) -> list[Disturbance]:
    """Those that are set."""
    stored = store.fact(_FACT)
    return [Disturbance(**item) for item in stored] if isinstance(stored, list) else []


def add(store: Store, disturbance: Disturbance) -> Disturbance:
    """Set one more; an earlier one for the same deployment makes room."""
    kept = [
        known
        for known in listed(store)
        if (known.account, known.deployment) != (disturbance.account, disturbance.deployment)
    ]
    _write(store, [*kept, disturbance])
    return disturbance


def clear(store: Store) -> None:
    """Take all away; what was retired on demand lives again until its day."""
    _write(store, [])
    models.restore_retired(store)


def strike(store: Store, account: str, deployment: str) -> Disturbance | None:
    """The first that applies to a call; it is spent by one."""
    known = listed(store)
    for index, found in enumerate(known):
        if found.strikes(account, deployment):
            if found.times is not None:
                left = [replace(found, times=found.times - 1)] if found.times > 1 else []
                _write(store, [*known[:index], *left, *known[index + 1 :]])
            return found
    return None


def retire(store: Store, model: str, version: str) -> None:
    """Retire a version of a model now.

    :raises ValueError: there is no such version.
    """
    models.retire(store, model, version)


def _write(store: Store, disturbances: list[Disturbance]) -> None:
    store.set_fact(_FACT, [asdict(item) for item in disturbances])
