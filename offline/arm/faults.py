"""Faults on demand: makes chosen requests and operations fail, hang or be cut off.

A fault is looked up at the request and, for what strikes late, at the operation's end. It lives in the store, so it
outlives a restart of the service.
"""

import asyncio
import os
import signal
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal, get_args

from offline.arm.errors import ArmError
from offline.arm.ids import ResourceId
from offline.arm.store import Store

Effect = Literal[
    "refuse", "hold", "stop_service", "fail", "hang", "stop_service_after", "lose_reply", "fail_after_success"
]
VERBS = ("create", "update", "delete", "read", "list", "action")

_FACT = "faults"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What strikes, and whom. Patterns know `*` and `?`, and no case."""

    type: str = "*"
    """ARM type: `Microsoft.App/containerApps`"""
    name: str = "*"
    """The resource's own name."""
    resource: str = "*"
    """Its whole ARM id, where name and type say too little."""
    verb: str = "*"
    """create, update, delete, read, list or action"""
    effect: Effect = "refuse"
    """Before Azure has taken the request:
    refuse: it is answered with the error. hold: it does not reach Azure until the fault is cleared, and never when
    its sender is gone by then. stop_service: the whole service dies, as by SIGKILL.

    After Azure has taken it:
    fail: the operation ends as failed, with the error. hang: it does not end until the fault is cleared; what is
    answered only when it is done, a read or a role assignment, is not begun before. stop_service_after: the service
    dies while the operation runs. lose_reply: all is done, but the connection ends without a reply.
    fail_after_success: the operation says Succeeded, and the resource is Failed."""
    status: int = 500
    code: str = "InternalServerError"
    message: str = "An unexpected error occurred while processing the request."
    retry_after: int | None = None
    """Seconds, as a header of the refusal."""
    times: int | None = None
    """How often it strikes; None is until it is cleared."""
    id: str = ""

    def __post_init__(self) -> None:
        """:raises ValueError: a fault that would never strike."""
        if self.effect not in get_args(Effect):
            raise ValueError(f"{self.effect!r} is no effect; there is: {', '.join(get_args(Effect))}")
        if not any(fnmatchcase(verb, self.verb.lower()) for verb in VERBS):
            raise ValueError(f"{self.verb!r} is no verb; there is: {', '.join(VERBS)}, *")

    def strikes(self, resource_id: ResourceId, verb: str) -> bool:
        return (
            fnmatchcase(resource_id.key, self.resource.lower())
            and fnmatchcase(resource_id.type.lower(), self.type.lower())
            and fnmatchcase(resource_id.name.lower(), self.name.lower())
            and fnmatchcase(verb, self.verb.lower())
        )

    def error(self) -> ArmError:
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after is not None else {}
        return ArmError(self.status, self.code, self.message, headers=headers)


@dataclass(frozen=True)
class Held:
    """What a fault keeps waiting at this moment."""

    resource: str
    verb: str
    effect: Effect


class Faults:
    """The faults that are set.

    :param die: ends the process at once.
    """

    def __init__(
        self, store: Store, die: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL)
    ) -> None:
        self._store = store
        self._die = die
        self._changed = asyncio.Event()
        self._held: list[Held] = []

    def held(self) -> list[Held]:
        """What waits now, in the order of its coming."""
        return [*self._held]

    def list(self) -> list[Fault]:
        stored = self._store.fact(_FACT)
        return [Fault(**item) for item in stored] if isinstance(stored, list) else []

    def add(self, fault: Fault) -> Fault:
        """Set a fault; it comes back with an id."""
        # A service that dies whenever it starts could not be told to stop doing so.
        times = fault.times or (1 if fault.effect in ("stop_service", "stop_service_after") else None)
        named = replace(fault, id=fault.id or uuid.uuid4().hex[:8], times=times)
        self._write([*self.list(), named])
        return named

    def clear(self, fault_id: str | None = None) -> None:
        """Take one fault away, or all of them; what hangs goes on."""
        self._write([fault for fault in self.list() if fault_id is not None and fault.id != fault_id])

    def strike(self, resource_id: ResourceId, verb: str, effects: Iterable[Effect]) -> Fault | None:
        """The first fault that applies; it is spent by one."""
        wanted = frozenset(effects)
        for fault in self.list():
            if fault.effect in wanted and fault.strikes(resource_id, verb):
                if fault.times is not None:
                    left = replace(fault, times=fault.times - 1)
                    others = [left if item.id == fault.id else item for item in self.list()]
                    self._write([item for item in others if item.times is None or item.times > 0])
                return fault
        return None

    async def while_hanging(self, resource_id: ResourceId, verb: str) -> bool:
        """Wait as long as a fault that hangs applies; True when one did."""
        return await self._while("hang", resource_id, verb)

    async def while_held(self, resource_id: ResourceId, verb: str) -> bool:
        """Wait as long as a fault that holds requests applies; True when one did."""
        return await self._while("hold", resource_id, verb)

    def maybe_die(self, resource_id: ResourceId, verb: str, effect: Effect) -> None:
        """End the service where a fault says so."""
        if self.strike(resource_id, verb, (effect,)) is not None:
            self._die()

    async def _while(self, effect: Effect, resource_id: ResourceId, verb: str) -> bool:
        if not self._applies(effect, resource_id, verb):
            return False
        held = Held(resource_id.text, verb, effect)
        self._held.append(held)
        try:
            while self._applies(effect, resource_id, verb):
                await self._changed.wait()
        finally:
            self._held.remove(held)
        return True

    def _applies(self, effect: Effect, resource_id: ResourceId, verb: str) -> bool:
        return any(fault.effect == effect and fault.strikes(resource_id, verb) for fault in self.list())

    def _write(self, faults: Iterable[Fault]) -> None:
        self._store.set_fact(_FACT, [asdict(fault) for fault in faults])
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()
