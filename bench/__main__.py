"""`python -m bench`: measure, and show the ratios."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.azure import PROJECT, Cloud, FirstUp, plugin_start, running
from bench.calls import CALLS, ways
from bench.comparison import BenchError, Comparison, command
from offline import daemon, engine, images, stacks
from offline.control import ControlError

IMPORT_PROGRAM = """
import ast, pathlib, sys
program = ast.parse(pathlib.Path(sys.argv[1], "__main__.py").read_text())
program.body = [line for line in program.body if isinstance(line, (ast.Import, ast.ImportFrom))]
exec(compile(program, "__main__.py", "exec"))
"""
"""Loads everything that the program is made of, and runs nothing."""


def main(
    rounds: Annotated[int, typer.Option(help="How often everything is measured.", min=1)] = 3,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write every round to this file.", dir_okay=False)
    ] = None,
) -> None:
    """Measure the program, the engine's runs of dev, and calls of the gateway, in an offline Azure of its own."""
    try:
        engine.prepare()
        images.prepare(images.LITELLM)
        with tempfile.TemporaryDirectory(prefix="litellm-azure-bench-") as folder:
            results = _measured(Path(folder), rounds)
    except (
        BenchError,
        ControlError,
        daemon.ServiceError,
        engine.EngineError,
        images.ImageUnavailableError,
        stacks.StackError,
    ) as problem:
        Console(stderr=True).print(str(problem), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    Console().print(_table(results, rounds))
    if json_file is not None:
        json_file.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")


def _measured(folder: Path, rounds: int) -> list[Comparison]:
    look = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        Progress(*look, console=Console(stderr=True), transient=True) as bar,
        running(folder / "home") as cloud,
    ):
        shown = bar.add_task("deploying dev", total=None)
        comparisons = _comparisons(cloud, folder / "first")
        bar.update(shown, total=rounds * len(comparisons))
        for number in range(1, rounds + 1):
            for comparison in comparisons:
                bar.update(shown, description=f"round {number} of {rounds}: {comparison.name}")
                comparison.measure()
                bar.advance(shown)
    return comparisons


def _comparisons(cloud: Cloud, first_folder: Path) -> list[Comparison]:
    dev, empty, first = cloud.dev(), cloud.empty(), FirstUp(first_folder)
    dev.up()
    empty.up()
    gateway, litellm = ways(cloud, dev)

    def python(code: str) -> float:
        return command([sys.executable, "-c", code, str(PROJECT)], {**os.environ, "PYTHONPATH": str(PROJECT)})

    def pulumi() -> float:
        return python("import pulumi")

    return [
        Comparison("import the program", "import pulumi", lambda: python(IMPORT_PROGRAM), pulumi),
        Comparison("start the provider", "import pulumi", lambda: plugin_start(cloud), pulumi),
        Comparison("preview", "an empty program's", dev.preview, empty.preview),
        Comparison("up without a change", "an empty program's", dev.up, empty.up),
        Comparison("refresh", "an empty program's", dev.refresh, empty.refresh),
        Comparison("first up", "its gateway's start", first.whole, first.gateway),
        Comparison("a chat", "without fabric and ingress", gateway.one, litellm.one),
        Comparison(f"{CALLS} chats at once", "without fabric and ingress", gateway.many, litellm.many),
    ]


def _table(results: list[Comparison], rounds: int) -> Table:
    table = Table("what", "against", title=f"Medians of {rounds} rounds", title_justify="left")
    for column in ("seconds", "against", "ratio"):
        table.add_column(column, justify="right")
    for result in results:
        taken, base = result.seconds
        table.add_row(result.name, result.against, f"{taken:.3f}", f"{base:.3f}", f"{result.ratio:.2f}")
    return table


if __name__ == "__main__":
    typer.run(main)
