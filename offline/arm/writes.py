"""PUT, PATCH and DELETE: the same way for every type, with the kind's own rules on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from offline.arm import checks, durations, policies
from offline.arm import general_laws as laws
from offline.arm.errors import JSON, ArmError
from offline.arm.identity_block import check_identities
from offline.arm.ids import ResourceId
from offline.arm.kinds import FORCED, Azure, Kind, Verb, Write
from offline.arm.operations import Operations
from offline.arm.paths import canonical
from offline.arm.store import OperationRow, Resource
from offline.schema.validate import Problem

BodyCheck = Callable[[str, str, JSON], Sequence[Problem]]
"""(ARM type, api-version, body) → what is wrong with its types, all of it."""


@dataclass(frozen=True, kw_only=True)
class WriteCall:
    """A write as it was asked for."""

    id: ResourceId
    kind: Kind
    method: str
    api_version: str
    body: JSON
    principal_id: str
    if_match: str | None = None
    if_none_match: str | None = None
    forced: bool = False
    """True for a delete that leaves nothing to recover."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A write that was accepted: the resource, and the operation that runs for it."""

    resource: Resource
    operation: OperationRow
    created: bool


class Writes:
    """Carries out writes."""

    def __init__(
        self, azure: Azure, operations: Operations, check_body: BodyCheck, *, operation_uri: str
    ) -> None:
        self._azure = azure
        self._operations = operations
        self._check_body = check_body
        self._operation_uri = operation_uri

    async def put(self, call: WriteCall) -> Written:
        """PUT or PATCH.

        :raises ArmError: the first law that is broken.
        """
        azure, kind = self._azure, call.kind
        write = self._judged(call)
        await kind.check_late(azure, write)
        # The wait may have let others in, who took the group, the name or the parent away, or changed what a PATCH
        # was merged with: judged again, until nothing has changed meanwhile.
        while (now := self._judged(call)) != write:
            write = now
            await kind.check_late(azure, write)
        verb: Verb = "create" if write.existing is None else "update"
        with azure.store.together():
            resource = azure.store.put(self._filled(kind, write, kind.accept(azure, write)))
            seconds = durations.seconds(azure.store, kind, verb)
            operation = self._operations.begin(resource.id, verb, seconds)
        self._operations.run(operation)
        return Written(resource=resource, operation=operation, created=write.existing is None)

    def delete(self, call: WriteCall) -> OperationRow | None:
        """Start a delete; None when there is nothing to delete.

        :raises ArmError: the first law that is broken.
        """
        azure, kind = self._azure, call.kind
        existing = azure.store.get(call.id)
        if existing is None:
            return None
        checks.unlocked(azure, existing.id, "delete")
        checks.preconditions(call.if_match, None, existing)
        running = self._operations.deleting(existing.id)
        if running is not None:
            return running
        checks.not_busy(azure, kind, existing.id, existing.properties, operation_uri=self._operation_uri)
        kind.check_delete(azure, existing)
        with azure.store.together():
            if kind.can_be_forced:
                private = {**existing.private, FORCED: call.forced}
                existing = azure.store.put(replace(existing, private=private))
            if kind.has_state:
                azure.store.put(existing.with_properties(provisioningState="Deleting"))
            seconds = durations.seconds(azure.store, kind, "delete")
            operation = self._operations.begin(existing.id, "delete", seconds)
        self._operations.run(operation)
        return operation

    def _judged(self, call: WriteCall) -> Write:
        """The write as it stands now, after everything that can be refused without asking elsewhere.

        :raises ArmError: the first law that is broken.
        """
        azure, kind = self._azure, call.kind
        existing = azure.store.get(call.id)
        if kind.type != checks.GROUP:
            checks.group(azure, call.id, writing=True)
        if call.method == "PATCH" and existing is None:
            raise kind.missing(call.id)
        checks.parents(azure, call.id, kind, "write")
        checks.unlocked(azure, call.id, "write")
        checks.preconditions(call.if_match, call.if_none_match, existing)
        write = self._wanted(call, existing)
        policies.check(azure.store, write.id, kind.type, write.body)
        self._typed(call, write)
        self._not_busy(kind, write)
        check_identities(azure, write)
        kind.check(azure, write)
        return write

    def _wanted(self, call: WriteCall, existing: Resource | None) -> Write:
        body = {key: value for key, value in call.body.items() if key not in ("id", "name", "type")}
        if call.method == "PATCH" and existing is not None:
            body = merged(call.kind.patched(self._azure, existing), body)
        body = checks.location(call.kind, call.id, body, existing)
        return Write(
            id=canonical(self._azure, call.id, call.kind),
            api_version=call.api_version,
            body=body,
            existing=existing,
            principal_id=call.principal_id,
        )

    def _typed(self, call: WriteCall, write: Write) -> None:
        try:
            problems = list(self._check_body(call.kind.type, write.api_version, write.body))
            if write.existing is not None and problems:
                # What is stored shows outputs too, which a PUT may send back as a GET has shown them; and it lacks
                # what is never shown, which a PATCH need not send again.
                theirs = ("unknown",) if call.method == "PUT" else ("unknown", "missing", "type", "value")
                known = self._check_body(call.kind.type, write.api_version, write.existing.body)
                problems = [one for one in problems if one not in known or one.fault not in theirs]
        except LookupError:
            return  # a type that the SDK does not have: nothing is known of its body
        if problems:
            raise _invalid(problems)

    def _not_busy(self, kind: Kind, write: Write) -> None:
        checks.not_busy(self._azure, kind, write.id, write.properties, operation_uri=self._operation_uri)

    def _filled(self, kind: Kind, write: Write, accepted: Resource) -> Resource:
        """The resource with what Azure adds to every one."""
        body: JSON = {"id": accepted.id.text, "name": accepted.id.name, "type": kind.type, **accepted.body}
        if kind.system_data:
            now = self._azure.clock.stamp()
            by = {"lastModifiedBy": write.principal_id, "lastModifiedByType": "Application"}
            before = write.existing.body.get("systemData") if write.existing is not None else None
            first = (
                before
                if isinstance(before, Mapping)
                else {"createdBy": write.principal_id, "createdByType": "Application", "createdAt": now}
            )
            body["systemData"] = {**first, **by, "lastModifiedAt": now}
        filled = replace(accepted, body=body)
        if not kind.has_state:
            return filled
        state = kind.creating_state if write.existing is None else kind.updating_state
        return filled.with_properties(provisioningState=state)


def merged(old: JSON, change: JSON) -> JSON:
    """A PATCH on a body: objects merge, null removes, everything else replaces."""
    result = dict(old)
    for key, value in change.items():
        before = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(before, dict) and key != "tags":
            result[key] = merged(before, value)
        else:
            result[key] = value
    return result


def _invalid(problems: Sequence[Problem]) -> ArmError:
    """ARM's answer to a body whose types are wrong, with every one of them."""
    reasons = [problem.reason for problem in problems]
    first = reasons[0] if len(reasons) == 1 else f"{len(reasons)} problems: " + "; ".join(reasons)
    error = laws.CONTENT.broken(why=first)
    error.details = [
        {"code": "InvalidProperty", "message": problem.reason, "target": problem.path} for problem in problems
    ]
    return error
