"""What a guard is, and the scene in which it is needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.cloud import Stack
from tests.gateway.calls import Said


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """One command of the engine, and the Azure that it meets. With every guard in place no law strikes."""

    does: str
    """The command and its circumstances in words: `a first up, roles take effect late`."""
    after: "Scene | None" = None
    """The scene at whose end this one begins; None begins with nothing."""
    verb: str = "up"
    extended: tuple[tuple[str, str, str], ...] = ()
    """(file, old, new): what somebody has added to the program."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the stack file, without the namespace, over those of the scenes before."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What this Azure is like, by store fact."""
    held: tuple["Held", ...] = ()
    """What does not reach Azure until the environment stands, or where a guard is missing until Azure has answered for
    the gateway."""
    refused: Mapping[str, Any] = field(default_factory=dict)
    """A fault: what Azure refuses for reasons of its own."""
    retries: bool = False
    """Whether the program may try again. Where ordering is to prevent a refusal, it may not."""
    behind: Callable[[Stack], None] | None = None
    """What somebody does behind the program's back, first."""
    problem: str = ""
    """The setting that the program refuses, before it asks for anything."""
    asks: str = ""
    """What the gateway is asked for when the command is done, if anything: a kind of call."""
    told: str = ""
    """Part of what the command ends with, where it fails with every guard in place: the program's own refusal, or the
    fault."""

    @property
    def whole(self) -> dict[str, Any]:
        """The settings of this scene and of those before it."""
        return {**(self.after.whole if self.after is not None else {}), **self.settings}


@dataclass(frozen=True)
class Held:
    """Resources whose creation is held up."""

    type: str
    name: str = "*"


@dataclass(frozen=True, kw_only=True, eq=False)
class Guard:
    """A part of the program that is there for a law, and the scene in which its absence shows."""

    law: str
    """Of `offline/laws.py`, or of `table.OTHERS`."""
    what: str
    """The guard, in a clause."""
    file: str
    old: str
    """Stands in the file once."""
    new: str = ""
    """The same without the guard."""
    also: tuple[tuple[str, str], ...] = ()
    """Further edits of that file that belong to it."""
    scene: Scene
    from_start: bool = False
    """Whether it is missing in the scenes before, too: its effect is in what they leave."""
    held: Held | None = None
    """Which of the scene's resources that are held up it is there for."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What this Azure is like without it, beside the scene's facts: so slow that no machine is slower."""
    shows: str = ""
    """What the engine shows, or the gateway answers, where that is not the law's code: a regular expression."""
    outcome: "Outcome | None" = None
    """What is wrong, where no error says so."""

    def __str__(self) -> str:
        return f"{self.law}: {self.what}"

    @property
    def edits(self) -> tuple[tuple[str, str], ...]:
        """(old, new) of everything that its removal changes in the file."""
        return ((self.old, self.new), *self.also)

    @property
    def fails(self) -> bool:
        """Whether the command fails without it. A law that strikes a call strikes when all is made."""
        return not self.scene.asks and (self.outcome is None or self.outcome.fails)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is wrong after a scene that no error tells of."""

    text: str
    seen: "Callable[[Stack, Watch], bool]"
    fails: bool = False
    """Whether the command fails too, of what follows."""


@dataclass(kw_only=True)
class Watch:
    """What was seen while the engine ran."""

    text: str = ""
    """What it said."""
    said: Said | None = None
    """What the gateway answered, where it was asked."""
    answers: list[tuple[str, str, int]] = field(default_factory=list)
    """(method, path, status) of every request, oldest first."""
    revision: str = ""
    """The gateway's latest revision before."""
    early: bool = False
    """Azure took the gateway while what was held was not there."""
