"""What `smoke` prints."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ops.smoke import Report


def draw(report: Report, stack: str) -> RenderableType:
    """The calls as a table; below it, once for each cause, what to look at next."""
    gateway = report.gateway
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("call", style="cyan")
    table.add_column("model", overflow="fold")
    table.add_column("", justify="right")
    table.add_column("answered", overflow="fold")
    for outcome in report.outcomes:
        said = Text(outcome.said)
        if outcome.cause is not None:
            said = Text.assemble((outcome.cause.name, "bold red"), "\n", said)
        table.add_row(outcome.call, outcome.model or "", f"{outcome.seconds:.2f} s", said)
    parts: list[RenderableType] = [Text(f"{gateway.url}, as {gateway.application}"), table]
    if report.rounds > 1:
        parts.append(Text(f"Asked {report.rounds} times; this is the last.", style="dim"))
    parts += [Text(f"Left out: {reason}", style="dim") for reason in report.left_out]
    parts += [
        Text.assemble((f"{name[0].upper()}{name[1:]}. ", "bold"), step)
        for name, step in next_steps(report, stack).items()
    ]
    return Group(*parts)


def next_steps(report: Report, stack: str) -> dict[str, str]:
    """What to look at next, by the cause's name."""
    app, environment = (_options(report.gateway.ids[name]) for name in ("gateway", "environment"))
    return {
        outcome.cause.name: outcome.cause.next.format(stack=stack, app=app, environment=environment)
        for outcome in report.outcomes
        if outcome.cause is not None
    }


def _options(arm_id: str) -> str:
    """How `az containerapp` wants a thing named."""
    parts = arm_id.split("/")
    return f"--resource-group {parts[4]} --name {parts[-1]}"


def as_json(report: Report, stack: str) -> dict[str, object]:
    """The report for programs."""
    return {
        "url": report.gateway.url,
        "application": report.gateway.application,
        "calls": [
            {
                "call": outcome.call,
                "model": outcome.model,
                "seconds": round(outcome.seconds, 3),
                "said": outcome.said,
                "cause": outcome.cause.name if outcome.cause is not None else None,
            }
            for outcome in report.outcomes
        ],
        "rounds": report.rounds,
        "leftOut": list(report.left_out),
        "next": next_steps(report, stack),
    }
