"""After a `pulumi up` or `destroy` that went wrong: bring the engine's state in line with what Azure then did.

The engine writes down every operation that it begins. Killed (SIGKILL, out of memory, a lost machine) it leaves its
lock, and the operations as pending; Azure finishes them all the same. The next `up` would refuse because of the lock,
and then fail: a create whose end was not seen is tried again and "already exists".

There are creates of which it keeps nothing at all, too. When the answer to one is lost, azure-native sends it again;
Azure, still at it, refuses; and the engine puts it down as failed
(https://github.com/pulumi/pulumi-azure-native/issues/3200).

So, in this order, each step safe to be cut off and run again:
the lock of a process that is gone is taken away; what is pending is looked up in Azure and waited for, and so is what
the program would create and the state lacks; creates that came to something are imported; what is pending is struck
from the state; and what Azure shows as failed, though the state calls it done, is marked, so that the next `up` writes
it again.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ops import deployment
from ops.arm_ids import PLACES, UnknownPlaceError, arm_id
from ops.azure import Azure, Found, OnWait
from ops.deployment import Export, Pending
from ops.stack import LockedError, Stack, StackError

# Their resources are in the state alone: one that is not there is nowhere.
_ONLY_IN_STATE = ("random:", "pulumi:")


_AT_ONCE = 8
"""Looks at the same time: far below what the resource manager lets one caller do."""


class ResumeError(Exception):
    """It needs a person; the text says what was found and what to do. Nothing was changed but a dead lock."""


class Verdict(StrEnum):
    """What became of a pending operation."""

    IMPORTED = "imported"
    """It was created; the state holds it now."""
    REPLACED = "replaced"
    """It was created in place of an older one, which the state held as deleted."""
    FOUND = "found"
    """It is there, inside the stack's resource group, and the engine knows nothing of it; the state holds it now."""
    KNOWN = "known"
    """The state holds it already, from an earlier resume."""
    DROPPED = "dropped"
    """Nothing was created: the next `up` creates it."""
    REPEATED = "repeated"
    """An update: the next `up` sends it again."""
    GONE = "gone"
    """A delete that came to its end: it is taken out of the state."""
    KEPT = "kept"
    """A delete that Azure did not do, or the engine did not send: the next `up` or `destroy` does."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """An operation that is pending or was never noted, and what is to be done with it."""

    operation: Pending
    verdict: Verdict
    where: str = ""
    """Its ARM id, as the program spells it."""
    found: Found | None = None


@dataclass(kw_only=True)
class Report:
    """What was done."""

    lock_of: list[str] = field(default_factory=list)
    """Whose locks were taken away."""
    steps: list[Step] = field(default_factory=list)
    failed: list[Found] = field(default_factory=list)
    """What the state held as done, and Azure shows as failed: the next `up` writes it again."""
    missing: list[str] = field(default_factory=list)
    """Ids of what the state held, and Azure has not: taken out of the state."""
    unseen: str = ""
    """Why it was not looked for creates of which the engine knows nothing; empty when it was."""

    @property
    def nothing(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.lock_of or self.steps or self.failed or self.missing or self.unseen)


def resume(stack: Stack, azure: Callable[[Export], Azure], tell: Callable[[str], None]) -> Report:
    """Do all of it. On a stack that was not cut short it changes nothing.

    :param azure: the subscription of an exported stack; asked for only when there is something to look up.
    :param tell: progress, a line at a time.
    :raises ResumeError: the lock's holder may live, or it cannot be said what became of an operation.
    :raises StackError: the engine refused.
    :raises AzureError: Azure could not be asked, or an operation does not come to rest.
    """
    report = Report()
    tell("Looking for a lock …")
    report.lock_of = _unlock(stack)
    export = stack.export()
    cut_off = bool(export["deployment"].get("pending_operations"))
    if not cut_off and not deployment.resources(export):
        return report
    subscription = azure(export)
    report.steps = _judge(export, deployment.pending(export), subscription, tell)
    try:
        report.steps += _found(stack, export, subscription, tell)
    except StackError as problem:
        report.unseen = str(problem)
    if adopted := _adopted(report.steps):
        tell(f"Importing {len(adopted)} …")
        stack.import_resources(deployment.import_file(adopted))
        export = stack.export()

    again = {step.operation.urn: why for step in report.steps if (why := _again(step))}
    for resource, found in _looked_up(export, subscription, tell):
        if found is None:
            report.missing.append(resource["id"])
        elif not found.well and resource["urn"] not in again:
            report.failed.append(found)
            again[resource["urn"]] = f"Azure shows it as {found.state}."
    replaced = [step.operation for step in report.steps if step.verdict is Verdict.REPLACED]
    if cut_off or again or replaced or adopted:
        tell("Writing the state …")
        stack.replace(deployment.settled(export, again, replaced, _imported(report.steps)))
    if report.missing:
        tell("Refreshing the state: something is gone …")
        stack.refresh()
    return report


def _adopted(steps: Sequence[Step]) -> list[tuple[Pending, str]]:
    """What is to be imported, with its id as the program spells it.

    Azure's own spelling may differ in case (`microsoft.insights`), and an import reads names and scopes out of the id:
    they would then differ from the program's, and a scope that differs replaces.
    """
    taken = (Verdict.IMPORTED, Verdict.FOUND)
    return [(step.operation, step.where) for step in steps if step.verdict in taken]


def _imported(steps: Sequence[Step]) -> list[Pending]:
    """What was imported: now, or by a `resume` that was cut off before it wrote the state."""
    taken = (Verdict.IMPORTED, Verdict.FOUND, Verdict.KNOWN)
    return [step.operation for step in steps if step.verdict in taken]


def _found(stack: Stack, export: Export, azure: Azure, tell: Callable[[str], None]) -> list[Step]:
    """What the program would create, and is there already.

    Only below resource groups that the state holds: what is in one is the stack's own, or its next `up` fails anyway.

    :raises StackError: the program can't be previewed.
    """
    within = tuple(f"{group}/".lower() for group in deployment.resource_groups(export))
    if not within:
        return []
    tell("Previewing what is not in the state …")
    places: list[tuple[Pending, str]] = []
    for operation in deployment.planned(export, stack.preview()):
        try:
            where = arm_id(operation.type, operation.inputs, azure.subscription)
        except UnknownPlaceError:
            # Its name follows from something that is to be created itself, so it was not sent.
            continue
        if where.lower().startswith(within):
            places.append((operation, where))

    def at_rest(place: tuple[Pending, str]) -> Step | None:
        operation, where = place

        def waiting(state: str) -> None:
            tell(f"{operation.name} ({state} in Azure)")

        found = azure.at_rest(where, PLACES[operation.type].api_version, waiting)
        if found is None:
            return None
        replaced = deployment.held(export, operation.urn) is not None
        verdict = Verdict.REPLACED if replaced else Verdict.FOUND
        return Step(operation=operation, verdict=verdict, where=where, found=found)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [step for step in pool.map(at_rest, places) if step is not None]


def _looked_up(
    export: Export, azure: Azure, tell: Callable[[str], None]
) -> list[tuple[Mapping[str, Any], Found | None]]:
    """Everything that the state holds, with what Azure shows of it. Types without a known place are left out."""
    held = [resource for resource in deployment.resources(export) if resource["type"] in PLACES]
    tell(f"Looking at {len(held)} resources …")

    def look(resource: Mapping[str, Any]) -> Found | None:
        return azure.look(resource["id"], PLACES[resource["type"]].api_version)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(zip(held, pool.map(look, held), strict=True))


def _unlock(stack: Stack) -> list[str]:
    """Take away locks whose processes are gone.

    :raises ResumeError: one may still live.
    """
    try:
        stack.import_resources({"resources": []})
    except LockedError as locked:
        if not locked.holders:
            raise ResumeError(
                f"{locked}\n\nThis backend does not say which process that is. If none is at work any more: "
                f"pulumi cancel --stack {stack.name}, and run this again."
            ) from None
        for holder in locked.holders:
            if not holder.is_here:
                raise ResumeError(
                    f"The stack is locked by {holder}: another machine, so it cannot be seen from here whether "
                    f"that process still runs. If it does not: pulumi cancel --stack {stack.name}, and run this "
                    "again."
                ) from None
            if holder.lives:
                raise ResumeError(
                    f"The stack is locked by {holder}, and that process still runs. Wait for it, or stop it "
                    "with one Ctrl-C: then there is nothing to resume."
                ) from None
        stack.cancel()
        return [str(holder) for holder in locked.holders]
    return []


def _judge(
    export: Export, operations: Sequence[Pending], azure: Azure, tell: Callable[[str], None]
) -> list[Step]:
    """Look every operation up.

    :raises ResumeError: with everything that cannot be judged.
    """
    steps: list[Step] = []
    problems: list[str] = []
    for number, operation in enumerate(operations, start=1):
        line = f"{number} of {len(operations)}: {operation.what} {operation.name}"
        tell(line)

        def waiting(state: str, line: str = line) -> None:
            tell(f"{line} ({state} in Azure)")

        try:
            steps.append(_step(export, operation, azure, waiting))
        except UnknownPlaceError as problem:
            problems.append(
                f"{operation.type} {operation.name}: {problem}. If it is in Azure, import it:\n"
                f"    pulumi import {operation.type} {operation.name} ID --parent '{operation.parent or ''}'\n"
                "  If it is not, nothing is lost: pulumi refresh --clear-pending-creates"
            )
        except _TwiceError as problem:
            problems.append(str(problem))
    if problems:
        raise ResumeError("\n".join(["This needs you; the state is as it was:", *problems]))
    return steps


class _TwiceError(Exception):
    """A create before the delete of the old one: both are there."""


def _step(export: Export, operation: Pending, azure: Azure, on_wait: OnWait) -> Step:
    """What became of one operation.

    :raises UnknownPlaceError: it can't be said where it would be.
    :raises _TwiceError: it stands beside an older one.
    """
    if operation.what not in ("creating", "updating", "deleting") or operation.type.startswith(
        _ONLY_IN_STATE
    ):
        return Step(operation=operation, verdict=Verdict.DROPPED)
    place = PLACES.get(operation.type)
    if place is None:
        raise UnknownPlaceError("this type is not one of this project's")
    where = operation.id if operation.what != "creating" else None
    where = where or arm_id(operation.type, operation.inputs, azure.subscription)
    found = azure.at_rest(where, place.api_version, on_wait)
    return Step(operation=operation, verdict=_verdict(export, operation, found), where=where, found=found)


def _verdict(export: Export, operation: Pending, found: Found | None) -> Verdict:
    if operation.what == "updating":
        return Verdict.REPEATED
    if operation.what == "deleting":
        return Verdict.GONE if found is None else Verdict.KEPT
    if found is None:
        return Verdict.DROPPED
    held = deployment.held(export, operation.urn)
    if held is None:
        return Verdict.IMPORTED
    if str(held.get("id", "")).lower() != found.id.lower():
        raise _TwiceError(
            f"{operation.type} {operation.name}: {found.id} was created beside {held.get('id')}, which the state "
            "holds. Delete one of them (az resource delete --ids …) and run this again."
        )
    return Verdict.REPLACED if held.get("pendingReplacement") else Verdict.KNOWN


def _again(step: Step) -> str | None:
    """Why a resource has to be written again by the next `up`; None when it has not."""
    if step.verdict is Verdict.REPLACED:
        return "The engine was cut off before it read what this replacement came to."
    if step.verdict is not Verdict.DROPPED and step.found is not None and not step.found.well:
        return f"The engine did not see the end of it, and Azure ended it as {step.found.state}."
    return None
