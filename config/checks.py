"""What has to fit together across the settings. Each check looks at valid values and yields problems."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from config.problems import Problem

if TYPE_CHECKING:
    from config.settings import Settings

Check = Callable[["Settings"], Iterator[Problem]]
CHECKS: list[Check] = []


def run(settings: "Settings") -> Iterator[Problem]:
    for check in CHECKS:
        yield from check(settings)
