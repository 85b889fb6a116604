"""What `resume` prints."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ops.resume import Report, Step, Verdict

_MEANING = {
    Verdict.IMPORTED: "imported",
    Verdict.REPLACED: "put in the place of the old one",
    Verdict.FOUND: "there, unknown to the engine: imported",
    Verdict.KNOWN: "in the state already",
    Verdict.DROPPED: "not there: the next up creates it",
    Verdict.REPEATED: "the next up sends the change again",
    Verdict.GONE: "taken out of the state",
    Verdict.KEPT: "still there: the next run deletes it",
}


def draw(report: Report, stack: str) -> RenderableType:
    """The report as a table, with what to do next."""
    if report.nothing:
        return Text(
            "Nothing was cut short: no lock is left, every operation was seen to end, and all is well in Azure."
        )
    parts: list[RenderableType] = [
        Text(f"Cancelled the lock of a process that is gone: {holder}.") for holder in report.lock_of
    ]
    if report.steps:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("was", style="dim")
        table.add_column("resource", overflow="fold")
        table.add_column("in Azure")
        table.add_column("now")
        for step in report.steps:
            kind = step.operation.type.rsplit(":", 1)[-1]
            state = step.found.state if step.found is not None else "-"
            shown = Text.assemble((kind, "cyan"), " ", step.operation.name)
            table.add_row(step.operation.what, shown, state, _MEANING[step.verdict])
        parts.append(table)
    parts += [
        Text(f"{found.state} in Azure: {found.id}. The next up writes it again.") for found in report.failed
    ]
    parts += [Text(f"Not in Azure any more: {gone}. Taken out of the state.") for gone in report.missing]
    if report.unseen:
        parts.append(
            Text(
                "The program could not be previewed, so creates of which the engine knows nothing were not looked "
                f"for. Mend this, and run it again:\n{report.unseen}"
            )
        )
    parts.append(Text(f"Next: the same command again, pulumi up --stack {stack} for example."))
    return Group(*parts)


def as_json(report: Report) -> dict[str, object]:
    """The report for programs."""
    return {
        "locks": report.lock_of,
        "operations": [_step(step) for step in report.steps],
        "failed": [found.id for found in report.failed],
        "missing": report.missing,
        "unseen": report.unseen,
    }


def _step(step: Step) -> dict[str, str | None]:
    found = step.found
    return {
        "operation": step.operation.what,
        "urn": step.operation.urn,
        "type": step.operation.type,
        "verdict": step.verdict.value,
        "id": found.id if found is not None else None,
        "provisioningState": found.state if found is not None else None,
    }
