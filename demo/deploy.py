"""`pulumi up`, with its progress in one line and its whole output when something is wrong."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

PROJECT = Path(__file__).parent.parent

_DONE = re.compile(r"^\s*[-+~@]+\s+(?P<type>\S+)\s+(?P<name>.+?)\s+(created|updated|deleted|replaced)\b")


class DeployError(Exception):
    """The engine did not succeed; the text holds what it printed."""


@dataclass(frozen=True)
class Deployed:
    """A resource of the stack: what the tree shows."""

    urn: str
    type: str
    name: str
    parent: str | None
    azure_name: str | None


def up_or_resume(
    console: Console, project: Path, stack: str, config_file: Path, environment: Mapping[str, str]
) -> None:
    """Bring the stack up to date; after an earlier run that was killed, by way of `python -m ops resume`.

    :raises DeployError: with the engine's own words.
    """
    try:
        up(console, project, stack, config_file, environment)
    except DeployError as failure:
        with console.status("Looking for what an earlier run left …"):
            carried_on = _resume(console, config_file.parent, stack, environment, failure)
        if not carried_on:
            raise
        up(console, project, stack, config_file, environment)


def up(
    console: Console, project: Path, stack: str, config_file: Path, environment: Mapping[str, str]
) -> None:
    """Bring the stack up to date.

    Ctrl-C is passed on to the engine once, however often it is pressed: the engine then ends what it has begun, and
    a second one would cut it off and leave a lock and half-made resources behind. Only when it is done is
    KeyboardInterrupt raised.

    :raises DeployError: with the engine's own words.
    """
    command = ["pulumi", "-C", str(project), "up", "--yes", "--skip-preview", "--non-interactive"]
    command += ["--stack", stack, "--config-file", str(config_file), "--color", "never"]
    lines: list[str] = []
    finished = 0
    with (
        console.status("The engine starts …") as status,
        _Interrupts() as interrupts,
        subprocess.Popen(
            command,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as engine,
    ):
        interrupts.pass_on_to(engine)
        assert engine.stdout is not None
        for line in engine.stdout:
            lines.append(line.rstrip())
            done = _DONE.match(line)
            if done:
                finished += 1
                what = f"{done['type'].split(':', 1)[-1]} {done['name']}"
                ending = "Interrupted: the engine ends what it has begun; " if interrupts.seen else ""
                status.update(f"{ending}{finished} resources done; last: {what}")
    if interrupts.seen:
        raise KeyboardInterrupt
    if engine.returncode != 0:
        raise DeployError("pulumi up failed. What the engine said:\n\n" + "\n".join(lines).strip())
    for line in _worth_showing(lines):
        console.print(f"  {line}", markup=False)


def _resume(
    console: Console, folder: Path, stack: str, environment: Mapping[str, str], failure: DeployError
) -> bool:
    """Whether there was something to carry on with.

    :param folder: the copies' folder.
    :raises DeployError: with what the engine and `python -m ops resume` said.
    """
    command = [sys.executable, "-m", "ops", "resume", "--stack", stack, "--cwd", str(folder), "--json"]
    done = subprocess.run(
        command, env=dict(environment), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise DeployError(f"{failure}\n\n{done.stderr.strip()}") from None
    found = json.loads(done.stdout)
    if not any(found[what] for what in ("locks", "operations", "failed", "missing")):
        return False
    imported = sum(operation["verdict"] in ("imported", "found") for operation in found["operations"])
    console.print(
        f"  An earlier run was cut short: {len(found['operations'])} operations looked up, "
        f"{imported} of them imported (python -m ops resume)."
    )
    return True


def _worth_showing(lines: list[str]) -> Iterator[str]:
    """Warnings and the count; the rest of the engine's report is in the pictures that follow."""
    section = ""
    for line in lines:
        if line and not line.startswith(" "):
            section = line
        if section.startswith(("Diagnostics", "Resources", "Duration")) and line.strip():
            yield line


class _Interrupts:
    """Passes the first Ctrl-C on to the engine, which has no terminal of its own, and counts all of them.

    It listens before the engine exists: one that comes in between is kept for it.
    """

    def __init__(self) -> None:
        self.seen = 0
        self._engine: subprocess.Popen[str] | None = None

    def __enter__(self) -> "_Interrupts":
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def pass_on_to(self, engine: "subprocess.Popen[str]") -> None:
        self._engine = engine
        if self.seen:
            engine.send_signal(signal.SIGINT)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.seen += 1
        if self.seen == 1 and self._engine is not None:
            self._engine.send_signal(signal.SIGINT)


def outputs(folder: Path, stack: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The stack's outputs, secrets included.

    :param folder: the copies' folder: asked in the checkout, the engine would write its salt there.
    """
    found: dict[str, Any] = _asked(folder, stack, environment, "stack", "output", "--json", "--show-secrets")
    return found


def resources(folder: Path, stack: str, environment: Mapping[str, str]) -> list[Deployed]:
    """What the stack holds, parents before children."""
    state = _asked(folder, stack, environment, "stack", "export")
    return [
        Deployed(
            urn=resource["urn"],
            type=resource["type"],
            name=resource["urn"].rsplit("::", 1)[-1],
            parent=resource.get("parent"),
            azure_name=str(resource["id"]).rsplit("/", 1)[-1] if "/" in resource.get("id", "") else None,
        )
        for resource in state["deployment"].get("resources", [])
        if not resource["type"].startswith("pulumi:")
    ]


def _asked(folder: Path, stack: str, environment: Mapping[str, str], *words: str) -> Any:
    answer = subprocess.run(
        ["pulumi", "-C", str(folder), *words, "--stack", stack],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise DeployError(f"pulumi {' '.join(words)} failed:\n{answer.stderr.strip()}")
    return json.loads(answer.stdout)
