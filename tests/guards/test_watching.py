"""Guards of alerts, workbook and budget."""

from collections.abc import Callable

from tests.guards.cases import cases, kept, removed
from tests.guards.guard import Guard, Scene
from tests.guards.stage import Stage
from tests.guards.watching import GUARDS


@cases(GUARDS)
def test_without_its_guard_a_law_strikes_and_with_all_none(
    stage: Stage, scene: Scene, guard: Guard | None, record_property: Callable[[str, object], None]
) -> None:
    if guard is None:
        kept(stage, scene, GUARDS)
    else:
        removed(stage, guard, record_property)
