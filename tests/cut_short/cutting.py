"""Cut a scene short, carry on, and hold what it comes to against a run that was never disturbed."""

import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import psutil

from offline import control
from tests.cloud import Stack
from tests.cut_short.disturbances import Disturbance
from tests.cut_short.outcome import outcome
from tests.cut_short.scenes import Operation, Scene
from tests.cut_short.stage import Stage
from tests.ops.cutting import resume

SETTLED_SECONDS = 0.4
"""Nothing new was held for so long: what the engine can begin, it has begun."""

LOOK_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What a scene that was cut short took."""

    operations: int
    """How many were struck."""
    runs: int
    """How many of the engine's runs ended, or were ended, by that."""
    seconds: float


def cut(
    stage: Stage, scene: Scene, disturbance: Disturbance, struck: Iterable[Operation], folder: Path
) -> Cut:
    """Strike each of the operations once, those that are under way together at the same time; carry on after each.

    Fails when one is never met, and when the end differs from that of a run without any disturbance.
    """
    wanted = stage.undisturbed(scene).outcome
    begun = time.monotonic()
    left = list(struck)
    total, runs = len(left), 0
    with stage.set(scene, folder, impatient=disturbance.impatient) as stack:
        while left:
            met, failed = _run_into(scene, disturbance, left, stack)
            assert met, f"never met: {', '.join(map(str, left))}\n{failed}"
            assert not (disturbance.absorbed and failed), f"azure-native did not get over it: {failed}"
            runs += 1
            left = [operation for operation in left if operation not in met]
            if disturbance.resumed:
                resume(stack)
        stack.run(scene.verb, "--yes", "--skip-preview", values=scene.values)
        differences = wanted.differences(outcome(stack))
        assert not differences, "\n".join(differences[:12])
        if scene.phase != "destroy":
            again = stack.up(values=scene.values)
            assert again.changes == {}, again.text
    return Cut(operations=total, runs=runs, seconds=time.monotonic() - begun)


def _run_into(
    scene: Scene, disturbance: Disturbance, left: list[Operation], stack: Stack
) -> tuple[set[Operation], str]:
    """One run of the engine into the faults; whom they met, and what a failed run said."""
    record = stack.cloud.record
    for operation in left:
        control.fault(record, "operation", disturbance.of(operation.pattern, operation.verb))
    try:
        if disturbance.killed is not None:
            return _kill(scene, disturbance, left, stack), ""
        return _watch(scene, disturbance, left, stack)
    finally:
        control.clear_faults(stack.cloud.record)


def _watch(
    scene: Scene, disturbance: Disturbance, left: list[Operation], stack: Stack
) -> tuple[set[Operation], str]:
    """Let the engine come to its own end."""
    hanging = disturbance.fault["effect"] == "hang"
    command, environment = stack.command(scene.verb, "--yes", "--skip-preview", values=scene.values)
    held: set[Operation] = set()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as engine:
        while hanging and engine.poll() is None:
            held |= _held(left, stack)
            time.sleep(LOOK_SECONDS)
        text = engine.communicate()[0]
    failed = text if engine.returncode != 0 else ""
    if hanging:
        return held, failed
    untouched = {
        (fault["resource"], fault["verb"])
        for fault in control.faults(stack.cloud.record)
        if fault["times"] == disturbance.fault["times"]
    }
    return {one for one in left if (one.pattern, one.verb) not in untouched}, failed


def _kill(scene: Scene, disturbance: Disturbance, left: list[Operation], stack: Stack) -> set[Operation]:
    """Let the engine run until all that it can do is held, and kill it, or the service."""
    command, environment = stack.command(scene.verb, "--yes", "--skip-preview", values=scene.values)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as engine:
        held = _all_that_is_held(engine, left, stack)
        if disturbance.killed == "engine":
            family = psutil.Process(engine.pid).children(recursive=True) if engine.poll() is None else []
            engine.kill()
            # Language host and providers see that their engine is gone; the next run is not begun beside them.
            _, alive = psutil.wait_procs(family, timeout=30)
            assert not alive, f"outlive their engine: {alive}"
        else:
            psutil.Process(stack.cloud.record.pid).kill()
            engine.wait()
            stack.cloud.stop()
            stack.cloud.start()
    return held


def _all_that_is_held(
    engine: "subprocess.Popen[bytes]", left: list[Operation], stack: Stack
) -> set[Operation]:
    held: set[Operation] = set()
    since = time.monotonic()
    while engine.poll() is None:
        now = _held(left, stack)
        if now != held:
            held, since = now, time.monotonic()
        if held and time.monotonic() - since > SETTLED_SECONDS:
            break
        time.sleep(LOOK_SECONDS)
    return held


def _held(operations: list[Operation], stack: Stack) -> set[Operation]:
    """Those of the operations that a fault keeps waiting now."""
    rows = control.status(stack.cloud.record)["held"]
    return {
        operation
        for operation in operations
        if any(
            row["verb"] == operation.verb and fnmatchcase(row["resource"].lower(), operation.pattern)
            for row in rows
        )
    }
