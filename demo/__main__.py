"""From a fresh clone to an answered chat completion: `make demo`."""

import subprocess
import sys
from datetime import date
from pathlib import Path

from rich.console import Console

from demo import ask, deploy, show
from offline import control, daemon, engine, environment, images
from offline.home import Home, write_private
from offline.stacks import StackError, prepare

STACK = "dev"
CATALOG_DATE = date(2026, 11, 22)
"""The demo judges the models' lifecycle by this day, so that it works on the day that one of them retires."""

QUESTION = "What is the capital of Texas, and who answers me?"


def main(console: Console) -> int:
    """Prepare, start, deploy, show, ask. Every step finds what an earlier run has done."""
    home = Home.current()
    show.opening(console)

    show.step(console, 1, "Install what runs: the Pulumi CLI and LiteLLM (kept for the next time)")
    cli = engine.prepare()
    images.prepare(images.LITELLM)

    show.step(console, 2, "Start the offline Azure")
    with console.status("Starting …"):
        record = daemon.start(home, speed=daemon.DEFAULT_SPEED, ingress_port=daemon.DEFAULT_PORT)
        control.judge_by(record, CATALOG_DATE)
    surroundings = environment.of_a_person(home, record, cli.environment(home))
    console.print(f"  It runs (pid {record.pid}); its memory is {show.short(home.path)}.", highlight=False)

    show.step(console, 3, f"pulumi up --stack {STACK}")
    values = {"litellm-azure:catalogDate": CATALOG_DATE.isoformat()}
    copy = prepare(home, deploy.PROJECT, STACK, surroundings, values)
    deploy.up_or_resume(console, deploy.PROJECT, STACK, copy, surroundings)
    with console.status("Waiting for the gateway …"):
        control.settled(record)
    outputs = deploy.outputs(copy.parent, STACK, surroundings)

    show.step(console, 4, "What was deployed")
    show.resources(console, deploy.resources(copy.parent, STACK, surroundings))
    show.config(console, str(outputs["litellmConfig"]))

    show.step(console, 5, "Ask")
    base_url = f"http://localhost:{record.ingress_port}"
    variables = {**outputs["environment"], "LITELLM_API_BASE": base_url}
    client_file = Path.cwd() / ".env"
    key = str(next(iter(outputs["applicationKeys"].values())))
    write_private(client_file, ask.dotenv(variables, key=key))
    ask.stream(console, base_url, key, str(variables["LITELLM_MODEL"]), QUESTION)

    show.closing(console, base_url, client_file, copy)
    return 0


def run() -> int:
    """`main`, with every failure that a person can do something about told in words."""
    console = Console(highlight=False)
    try:
        return main(console)
    except KeyboardInterrupt:
        console.print("\nInterrupted. Nothing is lost: `make demo` carries on from here.")
        return 130
    except (
        daemon.ServiceError,
        control.ControlError,
        engine.EngineError,
        images.ImageUnavailableError,
        StackError,
        deploy.DeployError,
        ask.NoAnswerError,
        subprocess.SubprocessError,
    ) as problem:
        console.print(f"\n{problem}", style="red", markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(run())
