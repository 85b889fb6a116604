"""An up, a change and a destroy, cut short at each of their operations in each way: carried on, they converge.

Shows: after a refusal, a lost reply, a hang, a failure or a SIGKILL of the engine or of Azure itself, at any write that
the program makes, the next run comes to the very state of a run that was never disturbed: the same resources with the
same bodies in Azure, the same in the engine's state, nothing pending, nothing twice, and nothing left to do. What was
killed or left in doubt takes `python -m ops resume` first, everything else nothing but the next run.

Operations that are under way together are struck in one run of the engine. Does not show: two disturbances of one
operation, one after the other, or in two ways at once.

A sample of the table, and with `--cut-short all` (`make test-all`) every case of it.
"""

from pathlib import Path

import pytest

from tests.cut_short.cutting import cut
from tests.cut_short.disturbances import Disturbance
from tests.cut_short.extent import CUT, chosen
from tests.cut_short.scenes import Scene
from tests.cut_short.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


def test_what_was_cut_short_converges(
    stage: Stage, scene: Scene, disturbance: Disturbance, scratch: Path, request: pytest.FixtureRequest
) -> None:
    struck = chosen(request.config, scene, stage.undisturbed(scene).operations)
    done = cut(stage, scene, disturbance, struck, scratch / "scene")
    request.node.user_properties.append(
        (CUT, (str(scene), disturbance.name, done.operations, done.runs, done.seconds))
    )
