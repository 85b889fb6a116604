"""What is tested of guards: each once taken away, and each scene once with all of them."""

import re
from collections.abc import Callable, Sequence

import pytest

from config.parsing import parse
from config.settings import SettingsError
from offline.laws import laws
from tests.cloud import CATALOG_DATE
from tests.guards.guard import Guard, Scene
from tests.guards.stage import STACK, Stage
from tests.guards.tally import MISSED

CODES = {law.id: law.code for law in laws()}


def cases(guards: Sequence[Guard]) -> pytest.MarkDecorator:
    """Every scene's guards, and then the scene with all of them, as `scene` and `guard`."""
    scenes = dict.fromkeys(guard.scene for guard in guards)
    return pytest.mark.parametrize(
        ("scene", "guard"),
        [
            pytest.param(scene, guard, id=str(guard) if guard else f"with all: {scene.does}")
            for scene in scenes
            for guard in (*(guard for guard in guards if guard.scene is scene), None)
        ],
    )


def removed(stage: Stage, guard: Guard, record: Callable[[str, object], None]) -> None:
    """Without the guard its law strikes."""
    stack, result, watch = stage.play(guard.scene, without=guard)
    if guard.outcome is not None:
        assert guard.outcome.seen(stack, watch), f"not seen: {guard.outcome.text}\n{result.text}"
    else:
        shown = guard.shows or f'Code="{CODES[guard.law]}"'
        assert re.search(shown, watch.text), f"{shown} is not in: {watch.text}"
    stage.leave(stack)
    record(MISSED, str(guard))


def kept(stage: Stage, scene: Scene, guards: Sequence[Guard]) -> None:
    """With every guard no law strikes, or the program itself says what is wrong."""
    if scene.problem:
        with pytest.raises(SettingsError) as told:
            parse({**STACK, **scene.whole}, CATALOG_DATE)
        assert f"litellm-azure:{scene.problem}" in str(told.value)
        return
    stack, result, watch = stage.play(scene)
    assert scene.told in result.text, result.text
    assert watch.said is None or watch.said.answered, watch.said
    for guard in guards:
        if guard.scene is scene and guard.outcome is not None:
            assert not guard.outcome.seen(stack, watch), guard.outcome.text
    stage.leave(stack)
