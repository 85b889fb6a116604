"""Where scenes are played, each in an offline Azure of its own; and what they come to when nothing happens."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from offline.arm.store import OperationRow
from tests.cloud import Cloud, Stack
from tests.cut_short.outcome import Outcome, masked, outcome
from tests.cut_short.scenes import Operation, Scene
from tests.guards.stage import WAITS

PATIENCE_SECONDS = 8
"""Of a program that is impatient: far longer than any operation takes at this speed."""

_HOOKED = "        args.opts.hooks = "
"""Where the program's own transformation sets an option of every Azure resource."""


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """What a scene comes to when nothing happens."""

    operations: tuple[Operation, ...]
    """In the order of their beginning."""
    outcome: Outcome


class Stage:
    """Scenes ready to begin.

    :param folder: what was deployed once, to be copied.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._deployed: dict[str, Path] = {}
        self._undisturbed: dict[Scene, Undisturbed] = {}

    @contextmanager
    def set(self, scene: Scene, folder: Path, *, impatient: bool = False) -> Iterator[Stack]:
        """The scene as it is before its phase begins.

        :param impatient: the program gives every operation a few seconds.
        """
        if scene.phase != "create":
            shutil.copytree(self._with(scene.stack) / "home", folder / "home")
        with _cloud(folder) as cloud:
            stack = Stack(cloud, scene.stack)
            # Azure's time goes thousands of times as fast as ours, and the program's own pauses do not.
            stack.edit_with("infra/retries.py", lambda text: WAITS.sub(f"WAITS = {(0.3,) * 9}", text))
            if impatient:
                patience = ", ".join(
                    f'{verb}="{PATIENCE_SECONDS}s"' for verb in ("create", "update", "delete")
                )
                option = f"        args.opts.custom_timeouts = pulumi.CustomTimeouts({patience})\n"
                stack.edit("infra/retries.py", _HOOKED, option + _HOOKED)
                if scene.phase != "create":
                    # A delete knows the timeouts of the last up.
                    stack.up()
            yield stack

    def undisturbed(self, scene: Scene) -> Undisturbed:
        """Play the scene once, and note what it did and came to."""
        if scene not in self._undisturbed:
            folder = self._folder / str(scene)
            with self.set(scene, folder) as stack:
                before = {row.id for row in _operations(stack)}
                stack.run(scene.verb, "--yes", "--skip-preview", values=scene.values)
                done = [row for row in _operations(stack) if row.id not in before]
                self._undisturbed[scene] = Undisturbed(
                    operations=tuple(dict.fromkeys(_recognizable(row) for row in done)),
                    outcome=outcome(stack),
                )
            shutil.rmtree(folder)
        return self._undisturbed[scene]

    def _with(self, stack: str) -> Path:
        """A folder whose home holds the stack, deployed, and a service that was stopped."""
        if stack not in self._deployed:
            folder = self._folder / f"{stack} deployed"
            with _cloud(folder) as cloud:
                Stack(cloud, stack).up()
            self._deployed[stack] = folder
        return self._deployed[stack]


@contextmanager
def _cloud(folder: Path) -> Iterator[Cloud]:
    """A cloud in which replicas are stand-ins: LiteLLM's start takes this machine's seconds."""
    cloud = Cloud(folder, stand_ins=True)
    try:
        cloud.start()
        yield cloud
    finally:
        cloud.stop()


def _recognizable(row: OperationRow) -> Operation:
    return Operation(masked(row.resource.key).replace("guid", "*").replace("domain", "*"), row.verb)


def _operations(stack: Stack) -> list[OperationRow]:
    store = stack.cloud.store()
    try:
        return store.operations()
    finally:
        store.close()
