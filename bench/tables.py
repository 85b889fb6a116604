"""The results, for a terminal."""

from rich.table import Table

from bench.chain import Edge
from bench.chart import label
from bench.comparison import Comparison
from bench.deployment import Deployment


def comparisons(results: list[Comparison], rounds: int) -> Table:
    """Medians and ratios."""
    table = Table("what", "against", title=f"Medians of {rounds} rounds", title_justify="left")
    for column in ("seconds", "against", "ratio"):
        table.add_column(column, justify="right")
    for result in results:
        taken, base = result.seconds
        table.add_row(result.name, result.against, f"{taken:.3f}", f"{base:.3f}", f"{result.ratio:.2f}")
    return table


def deployments(found: list[Deployment]) -> Table:
    """How long the stacks take Azure, and how long they would at best; the engine's start and end in our seconds."""
    table = Table("first up of", title="Deployment time, in seconds of Azure", title_justify="left")
    for column in ("resources", "takes", "necessary", "ratio", "refused", "engine"):
        table.add_column(column, justify="right")
    for deployment in found:
        table.add_row(
            deployment.stack,
            str(len(deployment.operations)),
            f"{deployment.seconds:.1f}",
            f"{deployment.necessary:.1f}",
            f"{deployment.ratio:.3f}",
            str(sum(operation.refusals for operation in deployment.operations)),
            f"{deployment.besides:.1f}",
        )
    return table


def chain(deployment: Deployment) -> str:
    """The longest necessary chain, resource by resource: each begins when the one above is over."""
    lines = [
        f"{deployment.stack}: the longest necessary chain, in seconds of Azure",
        f"{'begun':>8} {'could be':>9} {'took':>7} {'Azure':>7}  resource, and why after the one above",
    ]
    for link in deployment.chain:
        operation = deployment.by_key(link.name)
        numbers = (operation.attempt, link.start, operation.seconds, operation.azure)
        begun, could, took, own = (f"{seconds:.1f}" for seconds in numbers)
        why = "" if link.because is None else f"  [{_why(link.because)}]"
        lines.append(f"{begun:>8} {could:>9} {took:>7} {own:>7}  {' '.join(label(operation.id))}{why}")
    return "\n".join(lines)


def _why(edge: Edge) -> str:
    return f"{edge.reason}, and {edge.lag:.0f} s" if edge.lag else edge.reason
