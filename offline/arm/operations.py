"""Long-running operations: they start with the write that they belong to, last Azure's time, and survive a crash.

An operation is a row of the store, written in the same transaction as the resource, and a task while the service
lives. What its end changes is one transaction again. A service that was killed in between starts it over from the
row (`resume`).
"""

import asyncio
import logging
import time
import uuid
from dataclasses import replace

from offline.arm.errors import JSON, ArmError
from offline.arm.faults import Faults
from offline.arm.identity_block import forget_identities
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Verb
from offline.arm.store import OperationRow, Resource

logger = logging.getLogger(__name__)

RUNNING = "InProgress"


class Operations:
    """Starts operations, runs them to their end, and tells who waits."""

    def __init__(self, azure: Azure, faults: Faults) -> None:
        self._azure = azure
        self._faults = faults
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, resource_id: ResourceId, verb: Verb, seconds: float) -> OperationRow:
        """Write down that an operation runs. Call it inside the transaction of the write, then `run` after it."""
        operation = OperationRow(
            id=str(uuid.uuid4()),
            resource=resource_id,
            verb=verb,
            status=RUNNING,
            due=self._azure.clock.due(seconds),
            started=time.time(),
        )
        self._azure.store.put_operation(operation)
        return operation

    def run(self, operation: OperationRow) -> None:
        """Carry on with an operation that was written down."""
        task = asyncio.create_task(self._run(operation), name=f"{operation.verb} {operation.resource}")
        self._tasks[operation.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(operation.id, None))

    def resume(self) -> int:
        """Start again what a killed service left unfinished; returns how many there were."""
        left = self._azure.store.unfinished()
        for operation in left:
            self.run(operation)
        return len(left)

    def deleting(self, resource_id: ResourceId) -> OperationRow | None:
        """The delete that runs on that very resource."""
        for operation in self._azure.store.unfinished():
            if operation.verb == "delete" and operation.resource.key == resource_id.key:
                return operation
        return None

    async def ended(self, operation_id: str, *, at_most: float | None = None) -> OperationRow | None:
        """Wait for the end, or for so many real seconds; returns the operation as it then is."""
        task = self._tasks.get(operation_id)
        if task is not None:
            await asyncio.wait({task}, timeout=at_most)
        return self._azure.store.operation(operation_id)

    async def close(self) -> None:
        """Drop what runs; `resume` starts it again."""
        tasks = set(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, operation: OperationRow) -> None:
        kind = self._azure.kinds.get(operation.resource.type.lower())
        resource = self._azure.store.get(operation.resource)
        if kind is None or resource is None:
            self._azure.store.put_operation(replace(operation, status="Succeeded", ended=time.time()))
            return
        self._faults.maybe_die(operation.resource, operation.verb, "stop_service_after")
        try:
            changes = await self._work(operation, kind, resource)
            await self._faults.while_hanging(operation.resource, operation.verb)
            late = self._faults.strike(operation.resource, operation.verb, ("fail", "fail_after_success"))
            if late is not None and late.effect == "fail":
                raise late.error()
            with self._azure.store.together():
                if operation.verb == "delete":
                    remove_tree(self._azure, kind, resource)
                else:
                    self._finish(kind, operation, changes, failed=late is not None)
                self._azure.store.put_operation(replace(operation, status="Succeeded", ended=time.time()))
        except ArmError as refusal:
            self._fail(operation, kind, refusal)
        except Exception:  # a defect of ours: whoever polls must see an end
            logger.exception("%s of %s broke", operation.verb, operation.resource)
            self._fail(
                operation,
                kind,
                ArmError(500, "InternalServerError", "The offline Azure broke; its log says why."),
            )

    async def _work(self, operation: OperationRow, kind: Kind, resource: Resource) -> JSON:
        """The kind's own work beside the time that it takes; a refusal ends it at once."""
        duration = asyncio.create_task(self._azure.clock.until(operation.due))
        try:
            if operation.verb == "delete":
                await kind.unprovision(self._azure, resource)
                changes: JSON = {}
            else:
                changes = await kind.provision(self._azure, resource)
            await duration
        finally:
            duration.cancel()
        return changes

    def _finish(self, kind: Kind, operation: OperationRow, changes: JSON, *, failed: bool) -> None:
        current = self._azure.store.get(operation.resource)
        if current is None:
            return
        state: JSON = {"provisioningState": "Failed" if failed else "Succeeded"} if kind.has_state else {}
        done = self._azure.store.put(current.with_properties(**changes, **state))
        if not failed:
            kind.provisioned(self._azure, done)

    def _fail(self, operation: OperationRow, kind: Kind, refusal: ArmError) -> None:
        error: JSON = {**_inner(refusal), "status": refusal.status, "flat": refusal.flat}
        with self._azure.store.together():
            current = self._azure.store.get(operation.resource)
            if current is not None and operation.verb == "create" and kind.synchronous:
                self._azure.store.remove(current.id)
            elif current is not None and kind.has_state:
                state = kind.state_after_refused_delete if operation.verb == "delete" else "Failed"
                self._azure.store.put(current.with_properties(provisioningState=state))
            self._azure.store.put_operation(
                replace(operation, status="Failed", ended=time.time(), error=error)
            )


def _inner(refusal: ArmError) -> JSON:
    body = refusal.body()
    inner = body.get("error")
    return dict(inner) if isinstance(inner, dict) else body


def remove_tree(azure: Azure, kind: Kind, resource: Resource) -> None:
    """Remove a resource and whatever is left below it: children, roles and locks on any of them, no settings."""
    kind.removed(azure, resource)
    forget_identities(azure, resource)
    for below in azure.store.below(resource.id):
        theirs = azure.kinds[below.type.lower()]
        # A child's own `removed` may have taken others with it.
        if not theirs.outlives and azure.store.get(below.id) is not None:
            theirs.removed(azure, below)
