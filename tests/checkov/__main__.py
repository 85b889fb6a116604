"""Deploy the three stacks, ask the judges, and print `docs/security-checks.md`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.checkov import page
from tests.checkov.survey import survey
from tests.checkov.tool import CHECKOV
from tests.checkov.waivers import STACKS, waivers
from tests.cloud import ROOT, Cloud, Stack


def main() -> None:
    CHECKOV.prepare()
    with TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder), stand_ins=True)
        cloud.start()
        try:
            stacks = {name: Stack(cloud, name) for name in STACKS}
            for stack in stacks.values():
                stack.up()
            templates = Path(folder) / "templates"
            templates.mkdir()
            sys.stdout.write(page.render(survey(stacks, templates), waivers(ROOT)))
        finally:
            cloud.stop()


main()
