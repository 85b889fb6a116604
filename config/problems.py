"""What is wrong with the settings, said so that the reader knows what to type next."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

NAMESPACE: Final = "litellm-azure"


class Unshown(Enum):
    """In place of a value that is not there, or must not be shown."""

    ABSENT = "missing"
    HIDDEN = "[secret]"
    UNKNOWN = "not a setting"


ABSENT: Final = Unshown.ABSENT
HIDDEN: Final = Unshown.HIDDEN
UNKNOWN: Final = Unshown.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong."""

    key: str
    """The path in the stack file, such as `deployments[1].sku`."""
    value: Any
    allowed: str
    next: str
    about: tuple[str, ...] = ()
    """Other keys that the rule looked at. When one of those is itself wrong, this problem is not reported."""

    def __str__(self) -> str:
        return "\n".join(
            (
                f"{NAMESPACE}:{self.key} is {_shown(self.value)}",
                f"    allowed: {self.allowed}",
                f"    next:    {self.next}",
            )
        )


LONGEST_SHOWN: Final = 80


def _shown(value: Any) -> str:
    if isinstance(value, Unshown):
        return value.value
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def nearest(value: str, known: Iterable[str]) -> str:
    """`did you mean X?`, or nothing when no known word is near."""
    near = difflib.get_close_matches(value, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else ""


class SettingsError(ValueError):
    """The settings cannot be used. Holds every problem, and its text shows them all."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"The stack's settings have {count}.\n\n" + "\n\n".join(map(str, problems)))
