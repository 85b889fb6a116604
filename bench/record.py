"""One `up` as Azure saw it: what was asked for when, when its end was known, and what came out of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.registry import KINDS
from offline.arm.store import Answered, OperationRow, Store


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The making of one resource, in Azure's seconds since the first of them began."""

    id: ResourceId
    begun: float
    """The engine's first request for it."""
    attempt: float
    """The first request of the attempt that Azure took: later than `begun` where it refused one before."""
    ended: float
    """The provider has seen its end."""
    azure: float
    """How long Azure itself worked on it."""
    refusals: int
    told: frozenset[str]
    """Every text of the accepted request, its path and its hidden values too; lower-case."""
    produced: frozenset[str]
    """What nobody could know before: keys, addresses, ids of principals; lower-case."""

    @property
    def seconds(self) -> float:
        """From the accepted attempt to the end: time lost to refusals is waiting, not work."""
        return self.ended - self.attempt


class RecordError(Exception):
    """The record does not hold a whole `up`."""


def operations(store: Store, speed: float, known: Collection[str] = ()) -> list[Operation]:
    """Every resource that was made, in the order of its first request.

    :param speed: Azure's seconds in one of the wall clock's, which the record is kept by.
    :param known: texts that were known before, such as the tenant's id.
    :raises RecordError: nothing was made, or something was begun and has no end.
    """
    answered: dict[str, list[Answered]] = {}
    for answer in store.answered():
        if answer.method in ("GET", "PUT"):
            answered.setdefault(answer.path.rstrip("/").lower(), []).append(answer)
    rows = [row for row in store.operations() if row.verb == "create"]
    if not rows:
        raise RecordError("nothing was made: the record holds no create")
    zero = min(answered[row.resource.key][0].at for row in rows)
    outputs = _produced(store, rows, answered, known)
    found = [
        _operation(row, answered[row.resource.key], _Clock(zero, speed), store, outputs[row.resource.key])
        for row in rows
    ]
    return sorted(found, key=lambda operation: operation.begun)


@dataclass(frozen=True)
class _Clock:
    """Epoch seconds of the wall → Azure's seconds since the first request."""

    zero: float
    speed: float

    def __call__(self, at: float) -> float:
        return (at - self.zero) * self.speed


def _operation(
    row: OperationRow, answers: Sequence[Answered], azure: _Clock, store: Store, produced: frozenset[str]
) -> Operation:
    """:raises RecordError: no end."""
    taken = _accepted(answers)
    refused = [n for n, answer in enumerate(answers) if answer.method == "PUT" and answer.status >= 400]
    before = [n for n in refused if n < taken]
    # The provider asks whether the resource is there already, and then writes. The answer of a write that takes its
    # time is late, so the operation's own start says when it came.
    attempt = min(answers[before[-1] + 1 if before else 0].at, row.started)
    ends = [answer.at for answer in answers if answer.status < 300 and row.ended and answer.at >= row.ended]
    if row.ended is None or row.status != "Succeeded" or not ends:
        raise RecordError(f"{row.resource} was begun and has no good end")
    return Operation(
        id=row.resource,
        begun=azure(answers[0].at),
        attempt=azure(attempt),
        ended=azure(ends[0]),
        azure=azure(row.ended) - azure(row.started),
        refusals=len(before),
        told=_told(store, row.resource, answers[taken]),
        produced=produced,
    )


def _accepted(answers: Sequence[Answered]) -> int:
    return next(n for n, answer in enumerate(answers) if answer.method == "PUT" and answer.status < 300)


def _told(store: Store, resource_id: ResourceId, put: Answered) -> frozenset[str]:
    """The texts of a request. Values that the record leaves out stand in the store's private part."""
    hidden: JSON = {}
    stored = store.get(resource_id)
    if stored is not None and KINDS[resource_id.type.lower()].secret_paths:
        hidden = stored.private
    return frozenset(text.lower() for text in (put.path, *_texts(put.body), *_texts(hidden)))


def _produced(
    store: Store,
    rows: Sequence[OperationRow],
    answered: Mapping[str, Sequence[Answered]],
    known: Collection[str],
) -> dict[str, frozenset[str]]:
    """By resource: what its making brought into the world.

    Only texts that cannot be guessed: with a digit, not short, without the resource's own name. A later resource
    that shows the same text has it from the first, and what somebody sent before the resource was there is nobody's.
    """
    writes = [answer for answers in answered.values() for answer in answers if answer.method == "PUT"]
    sent = [(answer, text.lower()) for answer in writes for text in (answer.path, *_texts(answer.body))]
    found: dict[str, frozenset[str]] = {}
    owned = {text.lower() for text in known}
    for row in sorted(rows, key=lambda row: row.ended or 0):
        stored = store.get(row.resource)
        texts = [] if stored is None else [*_texts(stored.body), *_texts(stored.private)]
        new = {text.lower() for text in texts if _unguessable(text, row.resource)} - owned
        early = [
            text
            for answer, text in sent
            if answer.at <= (row.ended or 0) or answer.path.lower() == row.resource.key
        ]
        found[row.resource.key] = frozenset(text for text in new if not any(text in other for other in early))
        owned |= new
    return found


def _unguessable(text: str, resource_id: ResourceId) -> bool:
    return (
        len(text) >= len("10.0.0.4")
        and any(char.isdigit() for char in text)
        and resource_id.name.lower() not in text.lower()
    )


def _texts(value: object) -> Iterator[str]:
    """Every text in a body; the keys too, since ARM writes some ids there."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
