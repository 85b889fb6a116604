"""What is wrong with the settings, said so that the reader knows what to type next."""

from dataclasses import dataclass
from typing import Any, Final

NAMESPACE: Final = "litellm-azure"


class _Absent:
    def __repr__(self) -> str:
        return "missing"


ABSENT: Final = _Absent()
"""In place of a value that is not there."""

HIDDEN: Final = "[secret]"
"""In place of a value that must not be shown."""


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
        shown = repr(self.value) if not isinstance(self.value, str) or self.value == HIDDEN else f'"{self.value}"'
        if self.value == HIDDEN:
            shown = HIDDEN
        lines = [f"{NAMESPACE}:{self.key} is {shown}", f"    allowed: {self.allowed}", f"    next:    {self.next}"]
        return "\n".join(lines)


class SettingsError(ValueError):
    """The settings cannot be used. Holds every problem, and its text shows them all."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"The stack's settings have {count}.\n\n" + "\n\n".join(map(str, problems)))
