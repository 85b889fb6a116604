"""`python -m ops`: commands for the people who run the gateway."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

app = typer.Typer(
    name="ops",
    help="Commands for the people who run the gateway: against Azure, or, after `python -m offline run --`, offline.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

StackName = Annotated[str, typer.Option("--stack", "-s", help="The stack's name.")]
ProjectFolder = Annotated[
    Path,
    typer.Option(
        "--cwd", "-C", help="Folder of Pulumi.yaml and the stack's file.", file_okay=False, exists=True
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.callback()
def main() -> None:
    """Commands for the people who run the gateway."""


@app.command()
def resume(
    stack: StackName,
    cwd: ProjectFolder = Path(),
    patience: Annotated[
        float, typer.Option(help="Minutes to wait for an operation that still runs in Azure.", min=0)
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Carry on after an up or destroy that was killed, or that left something failed.

    Cancels a lock whose process is gone. Looks up in Azure what was under way, waits for it, imports what was
    created, and strikes the rest from the state. What Azure shows as failed is marked, so that the next up writes it
    again; what is gone is taken out of the state. Changes nothing in Azure. Safe to run at any time, and again.

    Against Azure: `python -m ops resume --stack prod`

    Offline: `python -m offline run -- python -m ops resume --stack dev -C .offline/config/litellm-azure`
    """
    from ops import resume as resuming
    from ops import resume_view
    from ops.azure import Azure, AzureError, subscription_of
    from ops.deployment import Export
    from ops.stack import Stack, StackError

    def azure(export: Export) -> Azure:
        return Azure(subscription_of(export), patience=patience * 60)

    try:
        with err.status("") as status:
            report = resuming.resume(Stack(name=stack, folder=cwd), azure, status.update)
    except (resuming.ResumeError, StackError, AzureError) as problem:
        err.print(str(problem), style="red", markup=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        err.print("Interrupted. Nothing is lost: run it again.")
        raise typer.Exit(130) from None
    if as_json:
        _write_json(resume_view.as_json(report))
    else:
        out.print(resume_view.draw(report, stack))


@app.command()
def cost(
    stack: StackName,
    cwd: ProjectFolder = Path(),
    tokens: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ALIAS=INPUT[/OUTPUT[/CACHED]]",
            help="Tokens of a month, to be added up: 1500, 20k, 100M, 2B. For each alias again.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What a stack costs a month, item by item, before it is deployed.

    From its settings and the list prices of `config/prices.yaml`, each with its source and day. Asks neither Azure nor
    the engine, and changes nothing. What is always there; what replicas add, from a gateway at rest to the most that
    load may start; what is billed by use; and what a million tokens cost with each deployment.

    A stack: `python -m ops cost --stack prod`

    With the tokens of a month: `python -m ops cost --stack prod --tokens gpt-5.1=100M/20M`

    80 of these 100 million cached: `--tokens gpt-5.1=100M/20M/80M`

    Today's price of each item: `--json` has the address of the Azure Retail Prices API that answers with it.
    """
    from config.prices import Prices
    from config.problems import SettingsError
    from ops import cost as costing
    from ops import cost_view, stack_file

    prices = Prices.load()
    try:
        volumes = [costing.volume(text) for text in tokens or ()]
        report = costing.report(stack_file.read(cwd, stack, date.today()), prices, volumes)
    except (stack_file.StackFileError, SettingsError, costing.VolumeError) as problem:
        err.print(str(problem), style="red", markup=False)
        raise typer.Exit(1) from None
    if as_json:
        _write_json(cost_view.as_json(report, stack, prices))
    else:
        # In a file or a page nobody sees where a terminal would end.
        page = out if out.is_terminal else Console(width=cost_view.WIDTH, highlight=False)
        page.print(cost_view.draw(report, stack, prices))


@app.command()
def smoke(
    stack: StackName,
    cwd: ProjectFolder = Path(),
    application: Annotated[
        str | None, typer.Option(help="Whose key is used; the first of the settings when left out.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for each call.", min=1)] = 60,
    within: Annotated[
        float,
        typer.Option(help="Minutes to go on asking until all is well; left out, each is asked once.", min=0),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Ask a deployed gateway for its models, a chat completion, a stream and an embedding.

    With the address and an application's key out of the stack's outputs. Says what answered and in what time; of a
    call that failed, why, and what to look at next. Ends with 1 when one did. Costs a few tokens.

    An internal gateway answers inside its network alone.

    Against Azure: `python -m ops smoke --stack prod`

    Offline: `python -m offline run -- python -m ops smoke --stack dev -C .offline/config/litellm-azure`
    """
    from config.settings import SettingsError
    from ops import smoke as smoking
    from ops import smoke_view
    from ops.stack import Stack, StackError

    try:
        with err.status("") as status:
            gateway = smoking.gateway_of(Stack(name=stack, folder=cwd), application, date.today())
            report = smoking.smoke_until_well(
                gateway, timeout, within * 60, lambda step: status.update(f"{step} …")
            )
    except (smoking.SmokeError, StackError, SettingsError) as problem:
        err.print(str(problem), style="red", markup=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        err.print("Interrupted. Nothing was changed.")
        raise typer.Exit(130) from None
    if as_json:
        _write_json(smoke_view.as_json(report, stack))
    else:
        out.print(smoke_view.draw(report, stack))
    if not report.well:
        raise typer.Exit(1)


def _write_json(document: Any) -> None:
    print(json.dumps(document, indent=2))  # noqa: T201 - for programs


if __name__ == "__main__":
    sys.exit(app())
