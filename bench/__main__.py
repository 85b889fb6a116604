"""`python -m bench`: measure, and show the ratios. `python -m bench deployment` measures deployment time alone."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bench import chart, deployment, tables
from bench.azure import PROJECT, Cloud, FirstUp, plugin_start, running
from bench.calls import CALLS, ways
from bench.comparison import BenchError, Comparison, command
from bench.record import RecordError
from offline import daemon, engine, images, stacks
from offline.control import ControlError

IMPORT_PROGRAM = """
import ast, pathlib, sys
program = ast.parse(pathlib.Path(sys.argv[1], "__main__.py").read_text())
program.body = [line for line in program.body if isinstance(line, (ast.Import, ast.ImportFrom))]
exec(compile(program, "__main__.py", "exec"))
"""
"""Loads everything that the program is made of, and runs nothing."""

app = typer.Typer(add_completion=False)

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write all numbers to this file.", dir_okay=False)
]
Charts = Annotated[
    Path | None, typer.Option(help="Folder for the deployments' charts; else a new one.", file_okay=False)
]


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    rounds: Annotated[int, typer.Option(help="How often everything is measured.", min=1)] = 3,
    json_file: JsonFile = None,
    charts: Charts = None,
) -> None:
    """Measure the program, the engine's runs of dev, calls of the gateway, and how long the stacks take Azure."""
    if context.invoked_subcommand is not None:
        return
    with _failures_in_words(), _place() as folder:
        engine.prepare()
        images.prepare(images.LITELLM)
        results = _compared(folder / "compared", rounds)
        Console().print(tables.comparisons(results, rounds))
        found = _deployed(folder / "deployed", charts)
        _write(
            json_file,
            {
                "comparisons": [result.as_json() for result in results],
                "deployments": [one.as_json() for one in found],
            },
        )


@app.command("deployment")
def deployment_alone(json_file: JsonFile = None, charts: Charts = None) -> None:
    """How long the first `up` of each stack takes Azure, beside the longest necessary chain of the same operations."""
    with _failures_in_words(), _place() as folder:
        engine.prepare()
        found = _deployed(folder, charts)
        _write(json_file, {"deployments": [one.as_json() for one in found]})


@contextmanager
def _failures_in_words() -> Iterator[None]:
    try:
        yield
    except (
        BenchError,
        ControlError,
        RecordError,
        daemon.ServiceError,
        engine.EngineError,
        images.ImageUnavailableError,
        stacks.StackError,
    ) as problem:
        Console(stderr=True).print(str(problem), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None


@contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="litellm-azure-bench-") as folder:
        yield Path(folder)


@contextmanager
def _progress(first: str) -> Iterator[tuple[Progress, TaskID]]:
    look = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*look, console=Console(stderr=True), transient=True) as bar:
        yield bar, bar.add_task(first, total=None)


def _deployed(folder: Path, charts: Path | None) -> list[deployment.Deployment]:
    """Bring every stack up, show what it took, and draw it."""
    folder.mkdir(exist_ok=True)
    drawn = charts or Path(tempfile.mkdtemp(prefix="litellm-azure-charts-"))
    drawn.mkdir(parents=True, exist_ok=True)
    with _progress("") as (bar, shown):
        found = deployment.all_measured(
            folder, lambda stack: bar.update(shown, description=f"deploying {stack} slowly")
        )
    console = Console()
    console.print(tables.deployments(found))
    for one in found:
        console.print(tables.chain(one), markup=False, highlight=False, soft_wrap=True)
        file = drawn / f"deployment-{one.stack}.svg"
        file.write_text(chart.svg(one))
        console.print(f"  drawn: {file}\n", markup=False, highlight=False, soft_wrap=True)
    return found


def _write(file: Path | None, numbers: dict[str, Any]) -> None:
    if file is not None:
        file.write_text(json.dumps(numbers, indent=2) + "\n")


def _compared(home: Path, rounds: int) -> list[Comparison]:
    with _progress("deploying dev") as (bar, shown), running(home) as cloud:
        comparisons = _comparisons(cloud, home.with_name("first"))
        bar.update(shown, total=rounds * len(comparisons))
        for number in range(1, rounds + 1):
            for comparison in comparisons:
                bar.update(shown, description=f"round {number} of {rounds}: {comparison.name}")
                comparison.measure()
                bar.advance(shown)
    return comparisons


def _comparisons(cloud: Cloud, first_folder: Path) -> list[Comparison]:
    dev, empty, first = cloud.stack("dev"), cloud.empty(), FirstUp(first_folder)
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


if __name__ == "__main__":
    app()
