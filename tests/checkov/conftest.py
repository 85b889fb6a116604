"""What the judges say, asked once."""

from collections.abc import Callable

import pytest

from offline.installation import InstallationError
from tests.checkov import survey as surveys
from tests.checkov.survey import Survey
from tests.checkov.tool import CHECKOV
from tests.checkov.waivers import STACKS, Waiver, waivers
from tests.cloud import ROOT, Stack
from tests.tools import missing


@pytest.fixture(scope="module")
def stand_ins() -> bool:
    """Nobody calls the gateway here."""
    return True


@pytest.fixture(scope="module")
def checkov() -> None:
    """It is installed; before anything is deployed, which would be for nothing."""
    try:
        CHECKOV.prepare()
    except InstallationError as error:
        missing(str(error))


@pytest.fixture(scope="module")
def seen(checkov: None, deployed: Callable[[str], Stack], tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """All verdicts of one run of each judge."""
    return surveys.survey({name: deployed(name) for name in STACKS}, tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="module")
def waived() -> tuple[Waiver, ...]:
    """The program's waivers."""
    return waivers(ROOT)
