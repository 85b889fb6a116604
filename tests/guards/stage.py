"""Where scenes are played: one offline Azure, and stacks of one small program in it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from tests.cloud import Cloud, Result, Stack
from tests.gateway.calls import Gateway, Said
from tests.guards import around
from tests.guards.guard import Guard, Scene, Watch

SPEED = 500.0
"""Azure's seconds in one of ours: an environment's two minutes take a quarter of one."""

WAITS = re.compile(r"^WAITS = .*$", re.MULTILINE)
AGAIN = f"WAITS = {(0.3,) * 40}"
NEVER = "WAITS = ()"


def deployment(name: str, model: str, version: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "model": model,
        "version": version,
        "sku": "DataZoneStandard",
        "capacity": 1,
        **more,
    }


CHAT = deployment("chat", "gpt-5.1", "2025-11-13")
SMALL_EMBEDDING = deployment("small", "text-embedding-3-small", "1")
LARGE_EMBEDDING = deployment("large", "text-embedding-3-large", "1")

STACK: dict[str, Any] = {
    "workload": "guard",
    "environment": "small",
    "regions": [{"name": "eastus2"}],
    "deployments": [CHAT, SMALL_EMBEDDING, LARGE_EMBEDDING],
    # No LiteLLM: what is looked at is the way to it.
    "gateway": {"image": "registry.example.com/proxy:v1"},
}
"""A small stack that has everything."""


class Stage:
    """Plays scenes, with a guard or without. Scenes that follow each other share a stack."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._made = 0
        self._lives: dict[Scene, tuple[Stack, Scene]] = {}
        """By the first scene of a life: the stack, and the last scene that it has come through."""

    def play(self, scene: Scene, without: Guard | None = None) -> tuple[Stack, Result, Watch]:
        """One scene, after those before it."""
        from_start = without is not None and without.from_start
        if scene.after is not None and from_start:
            stack = self._new()
            for earlier in _shortest(scene.after):
                _run(stack, earlier, without, fails=False)
        else:
            stack = self._at(scene.after) if scene.after is not None else self._new()
        result, watch = _run(
            stack, scene, without, fails=bool(scene.told) if without is None else without.fails
        )
        if without is None and not scene.told and scene.verb != "preview":
            self._lives[_lineage(scene)[0]] = (stack, scene)
        return stack, result, watch

    def leave(self, stack: Stack) -> None:
        """Let Azure forget a stack that nobody goes on with."""
        if all(stack is not kept for kept, _ in self._lives.values()):
            self._cloud.arm("DELETE", around.group(stack), "2024-03-01")

    def _at(self, scene: Scene) -> Stack:
        """A stack at the end of that scene; played as far as is needed."""
        stack, last = self._lives.get(_lineage(scene)[0], (None, scene))
        if stack is not None and last is scene:
            return stack
        if stack is not None and last not in _lineage(scene):
            del self._lives[_lineage(scene)[0]]
        return self.play(scene)[0]

    def _new(self) -> Stack:
        """A stack with names of its own, so that none has to be cleared away first."""
        self._made += 1
        stack = Stack(self._cloud, f"g{self._made}")
        file = stack.program / f"Pulumi.{stack.name}.yaml"
        file.write_text(yaml.safe_dump({"config": _named({**STACK, "environment": stack.name})}))
        return stack


def _run(stack: Stack, scene: Scene, without: Guard | None, *, fails: bool) -> tuple[Result, Watch]:
    if scene.behind is not None:
        scene.behind(stack)
    held, edits, facts = scene.held, list(scene.extended), dict(scene.facts)
    if without is not None:
        held = (without.held,) if without.held is not None else ()
        edits += [(without.file, old, new) for old, new in without.edits]
        facts |= without.facts
    words = ("--diff",) if scene.verb == "preview" else ("--yes", "--skip-preview")
    with (
        _edited(stack, (*edits, _tries(stack, AGAIN if scene.retries else NEVER))),
        around.told(stack.cloud, facts),
        around.refused(stack.cloud, scene.refused),
        around.watched(stack, held, missing=without is not None) as watch,
    ):
        result = stack.run(scene.verb, *words, values=_named(scene.whole), fails=fails)
        watch.text = result.text
        if scene.asks and not fails:
            watch.said = _ask(stack, scene.asks)
            watch.text += watch.said.text
    return result, watch


def _ask(stack: Stack, kind: str) -> Said:
    gateway = Gateway(stack)
    said = gateway.ask(kind, stack.models()[0])
    gateway.close()
    return said


@contextmanager
def _edited(stack: Stack, edits: Iterable[tuple[str, str, str]]) -> Iterator[None]:
    """The program with these edits, for a while."""
    before: dict[Path, str] = {}
    try:
        for file, old, new in edits:
            path = stack.program / file
            text = path.read_text()
            assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
            before.setdefault(path, text)
            path.write_text(text.replace(old, new))
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)


def _tries(stack: Stack, line: str) -> tuple[str, str, str]:
    """Tries of the program's own: none, or as many as it takes, without its long pauses."""
    file = "infra/retries.py"
    (old,) = WAITS.findall((stack.program / file).read_text())
    return file, old, line


def _named(settings: dict[str, Any]) -> dict[str, Any]:
    return {f"litellm-azure:{key}": value for key, value in settings.items()}


def _lineage(scene: Scene) -> list[Scene]:
    return [*(_lineage(scene.after) if scene.after is not None else []), scene]


def _shortest(scene: Scene) -> Iterator[Scene]:
    """The shortest way to the end of that scene: one `up` that has it all, and what is no `up`."""
    first, *others = _lineage(scene)
    yield replace(first, settings=scene.whole)
    yield from (other for other in others if other.verb != "up")
