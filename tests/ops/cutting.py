"""Engines that are killed in the middle of their work."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from offline import control
from tests.cloud import Cloud, Stack
from tests.ops import commands

PATIENCE = 60.0


def killed(stack: Stack, verb: str, at: Callable[[list[dict[str, str]]], bool]) -> None:
    """Run the engine, and kill it (SIGKILL) as soon as the operations that run in Azure are as wanted.

    :param at: of the running operations, `{"resource": ARM id, "verb": …}` each.
    """
    command, environment = stack.command(verb, "--yes", "--skip-preview")
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as engine:
        until(lambda: engine.poll() is not None or at(control.status(stack.cloud.record)["operations"]))
        assert engine.poll() is None, "the engine came to its end before it could be killed"
        engine.kill()


def hanging(cloud: Cloud, resource_type: str, verb: str) -> None:
    """Let operations of a type not come to an end until every fault is cleared."""
    control.fault(
        cloud.record, "operation", {"type": resource_type, "name": "*", "verb": verb, "effect": "hang"}
    )


def resume(stack: Stack, *words: str, fails: bool = False) -> str:
    """`python -m ops resume`, as a user runs it; what it printed."""
    done = commands.run(stack, "resume", *words, fails=fails)
    return done.stderr if fails else done.stdout


def resumed(stack: Stack) -> dict[str, Any]:
    """The same, for programs."""
    found: dict[str, Any] = json.loads(resume(stack, "--json"))
    return found


def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true; fails after a minute."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
