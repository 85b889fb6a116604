"""`python -m offline`: an Azure to run against without Azure."""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console

from offline import daemon
from offline.home import Home, ServiceRecord

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""An Azure to run against without Azure.

The real Pulumi engine deploys to it; what a deployed container app describes really runs. All of its memory is in
one folder, `OFFLINE_HOME` (default `.offline`), so that several can run side by side.

First: `python -m offline start`, then `python -m offline run -- pulumi …`
""",
)
faults = typer.Typer(
    no_args_is_help=True,
    help="Make something go wrong, as it does in Azure.",
    rich_markup_mode="markdown",
)
app.add_typer(faults, name="fault")

out = Console()
err = Console(stderr=True)

Speed = Annotated[float, typer.Option(help="Seconds of Azure's time that pass in one real second.", min=0.1)]
Port = Annotated[
    int,
    typer.Option(help="Port of the first gateway on localhost; another is taken when it is busy, 0 is any."),
]
P = ParamSpec("P")
T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def _told(command: Callable[P, T]) -> Callable[P, T]:
    """A mistake or a known failure ends in its message, not in a traceback."""

    @wraps(command)
    def telling(*args: P.args, **kwargs: P.kwargs) -> T:
        from offline.control import ControlError
        from offline.engine import EngineError
        from offline.images import ImageUnavailableError

        try:
            return command(*args, **kwargs)
        except (daemon.ServiceError, EngineError, ImageUnavailableError, ControlError) as problem:
            err.print(str(problem), style="red", markup=False, highlight=False)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            err.print("\nInterrupted. Nothing is lost: run it again.")
            raise typer.Exit(130) from None

    return telling


def running(home: Home) -> ServiceRecord:
    """The service's record.

    :raises ServiceError: it does not run.
    """
    record = home.service()
    if record is None:
        raise daemon.ServiceError(f"No offline Azure runs in {home.path}. Start it: python -m offline start")
    return record


@app.command()
@_told
def start(
    speed: Speed = daemon.DEFAULT_SPEED,
    port: Port = daemon.DEFAULT_PORT,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day by which models retire; today's by default."),
    ] = None,
) -> None:
    """Start the service; the first time, install what it runs (the Pulumi CLI, LiteLLM)."""
    from offline import control, images
    from offline.engine import prepare

    home = Home.current()
    prepare()
    images.prepare(images.LITELLM)
    with err.status("Starting the offline Azure …"):
        record = daemon.start(home, speed=speed, ingress_port=port)
        control.judge_by(record, as_of.date() if as_of is not None else None)
    with err.status("Waiting for the apps that were deployed before …"):
        settled = control.settled(record)
    if record.speed != speed:
        err.print(f"It ran already, at speed {record.speed:g}; stop it first to change that.", style="yellow")
    if not settled:
        err.print("An app does not come up; python -m offline status says which.", style="yellow")
    out.print(f"The offline Azure runs (pid {record.pid}, {home.path}).", highlight=False)
    out.print("Next: python -m offline run -- COMMAND (pulumi, say), or python -m offline status")


@app.command()
@_told
def stop() -> None:
    """Stop the service and every process that it started. What was deployed stays, and comes back with `start`."""
    home = Home.current()
    with err.status("Stopping; replicas finish the answers that they have begun …"):
        stopped = daemon.stop(home)
    out.print("Stopped." if stopped else "It was not running.")


@app.command()
@_told
def reset() -> None:
    """Stop, and forget everything: resources, stacks, secrets."""
    home = Home.current()
    daemon.forget(home)
    out.print(f"{home.path} is gone.", highlight=False)


@app.command()
@_told
def status(as_json: AsJson = False) -> None:
    """What runs, what is deployed, and who went where."""
    from offline import control, status_view

    home = Home.current()
    record = running(home)
    report = control.status(record)
    if as_json:
        print(json.dumps(report, indent=2))  # noqa: T201 - for programs: no colour, no wrapping
    else:
        out.print(status_view.draw(home, record, report))


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_told
def run(
    command: Annotated[list[str], typer.Argument(help="The command and its arguments, after --.")],
    network: Annotated[
        str | None,
        typer.Option(help="Run inside this virtual network (name or ARM id), as an application there would."),
    ] = None,
) -> None:
    """Run any command against the offline Azure: pulumi, az-style tools, Microsoft's SDKs, your own program.

    Example: `python -m offline run -- pulumi -C DIR preview --stack prod`
    """
    from offline import control, engine, environment

    home = Home.current()
    record = running(home)
    port = control.way_from(record, network) if network else None
    surroundings = environment.of_a_person(home, record, engine.prepare().environment(home), proxy_port=port)
    try:
        os.execvpe(command[0], command, surroundings)  # noqa: S606 - running a person's command is what it is for
    except FileNotFoundError:
        raise daemon.ServiceError(f"{command[0]}: no such command on PATH") from None


@app.command()
@_told
def laws(
    law: Annotated[str | None, typer.Argument(help="One of them, in full.", metavar="[ID]")] = None,
    service: Annotated[
        str | None, typer.Option(help="Those of one service: Network, or the beginning of its name.")
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="As docs/azure-laws.md.")] = False,
    as_json: AsJson = False,
) -> None:
    """What Azure refuses although no type says so, and this offline Azure with it: code, reason, source, remedy."""
    from offline import laws_view
    from offline.laws import laws_by_service

    books = laws_by_service()
    if service is not None:
        chosen = {name: book for name, book in books.items() if name.lower().startswith(service.lower())}
        if not chosen:
            raise typer.BadParameter(f"{service!r}; there is: {', '.join(books)}")
        books = chosen
    if law is not None:
        books = {name: [known for known in book if known.id == law] for name, book in books.items()}
        books = {name: book for name, book in books.items() if book}
        if not books:
            raise typer.BadParameter(f"no law has the id {law!r}; python -m offline laws lists them")
    if as_json:
        print(json.dumps(laws_view.listed(books), indent=2))  # noqa: T201 - for programs: no colour, no wrapping
    elif page:
        print(laws_view.page(books), end="")  # noqa: T201 - a file
    elif law is not None:
        ((name, (found,)),) = books.items()
        out.print(laws_view.full(name, found))
    else:
        out.print(laws_view.table(books))


@faults.command("operation")
@_told
def fault_operation(
    resource_type: Annotated[str, typer.Argument(help="ARM type, * allowed: Microsoft.CognitiveServices/*")],
    name: Annotated[str, typer.Option(help="Name of the resource, * allowed.")] = "*",
    verb: Annotated[str, typer.Option(help="create, update, delete, read, list, action or *")] = "*",
    resource: Annotated[str, typer.Option(help="Whole ARM id, * allowed.")] = "*",
    effect: Annotated[str, typer.Option(help="What happens; the list is above.")] = "refuse",
    code: Annotated[
        str, typer.Option(help="Azure's error code; of a known law, its status and text come with it.")
    ] = "InternalServerError",
    status_code: Annotated[int | None, typer.Option("--status", help="HTTP status of the error.")] = None,
    message: Annotated[str | None, typer.Option(help="Text of the error.")] = None,
    retry_after: Annotated[int | None, typer.Option(help="Seconds, for a 429.")] = None,
    times: Annotated[int | None, typer.Option(help="How often; until cleared when left out.", min=1)] = None,
) -> None:
    """Make operations of the resource manager fail, hang or be cut off.

    Before Azure has taken the request:

    - `refuse`: it is answered with the error
    - `hold`: it does not reach Azure until the fault is cleared
    - `stop_service`: the whole offline Azure dies, as by SIGKILL

    After Azure has taken it:

    - `fail`: the operation ends as failed
    - `hang`: it does not end until the fault is cleared
    - `stop_service_after`: the offline Azure dies while it runs
    - `lose_reply`: all is done, and the connection ends without an answer
    - `fail_after_success`: it says Succeeded, and the resource is Failed

    Examples:

    - `fault operation Microsoft.CognitiveServices/accounts/deployments --verb create --code RequestConflict`
    - `fault operation "Microsoft.App/*" --status 429 --retry-after 20 --times 1`
    - `fault operation Microsoft.KeyVault/vaults --verb create --effect hang`
    """
    error = {"code": code, "status": status_code, "message": message}
    _ask(
        "operation",
        type=resource_type,
        name=name,
        resource=resource,
        verb=verb,
        effect=effect,
        **{word: value for word, value in error.items() if value is not None},
        retry_after=retry_after,
        times=times,
    )


@faults.command("deployment")
@_told
def fault_deployment(
    account: Annotated[str, typer.Argument(help="Name of the Azure OpenAI account.")],
    deployment: Annotated[str, typer.Argument(help="Name of the deployment, or *.")],
    answer: Annotated[
        str, typer.Option(help="401, 403, 404, 410, 429, 500, filtered, refused or hang")
    ] = "500",
    retry_after: Annotated[
        int | None, typer.Option(help="Seconds, for a 429; left out, the header is missing.")
    ] = None,
    times: Annotated[int | None, typer.Option(help="How many calls it strikes; all when left out.")] = None,
) -> None:
    """Make a model deployment answer with an error, hang or refuse connections."""
    _ask(
        "deployment",
        account=account,
        deployment=deployment,
        answer=answer,
        retry_after=retry_after,
        times=times,
    )


@faults.command("cache")
@_told
def fault_cache(
    cluster: Annotated[str, typer.Argument(help="Name or ARM id of the Managed Redis cluster.")],
    answer: Annotated[str, typer.Option(help="refused or hang")] = "refused",
) -> None:
    """Take a cache away, until the faults are cleared.

    - `refused`: its server ends, with all connections and what was cached; connections are refused
    - `hang`: it stands still, and nobody gets an answer
    """
    _ask("cache", cluster=cluster, answer=answer)


@faults.command("link")
@_told
def fault_link(
    network: Annotated[str, typer.Argument(help="Name or ARM id of the virtual network.")],
) -> None:
    """Delete the private DNS links of a network behind everybody's back."""
    _ask("link", network=network)


@faults.command("role")
@_told
def fault_role(principal: Annotated[str, typer.Argument(help="Name of the identity.")]) -> None:
    """Remove every role of an identity behind everybody's back."""
    _ask("role", principal=principal)


@faults.command("retire")
@_told
def fault_retire(
    model: Annotated[str, typer.Argument(help="gpt-4o")],
    version: Annotated[str, typer.Argument(help="2024-08-06")],
) -> None:
    """Retire a version of a model now."""
    _ask("retire", model=model, version=version)


@faults.command("list")
@_told
def fault_list(as_json: AsJson = False) -> None:
    """The faults that are set."""
    from offline import control

    found = control.faults(running(Home.current()))
    if as_json:
        print(json.dumps(found, indent=2))  # noqa: T201 - for programs
    else:
        out.print(found or "No fault is set.")


@faults.command("clear")
@_told
def fault_clear() -> None:
    """Take every fault away."""
    from offline import control

    control.clear_faults(running(Home.current()))
    out.print("No fault is set.")


def _ask(kind: str, **words: Any) -> None:
    from offline import control

    out.print(control.fault(running(Home.current()), kind, words), highlight=False)


if __name__ == "__main__":
    sys.exit(app())
