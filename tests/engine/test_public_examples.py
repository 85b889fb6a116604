"""Programs that nobody here wrote: Pulumi's own examples for Azure, through the real engine.

They are not in this repository. `PULUMI_EXAMPLES` names a folder with checkouts of theirs, each in a folder with its
repository's name; of a program only what the table says is changed.

Shows: what azure-native's users write (automatic names, a location from the configuration, functions called inside of
`apply`) is deployed, read again and taken away. Does not show: that Azure would answer with the same values.
"""

import ast
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.laws.azure import REGION, Azure, Program

VARIABLE = "PULUMI_EXAMPLES"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change that a program cannot do without here."""

    why: str
    needs: str
    """The word that is in every statement which is replaced, and in no other."""
    replacements: tuple[tuple[str, str], ...]
    """Regular expressions, and the one statement that takes the place of the one that each finds."""

    def applied(self, source: str) -> str:
        """The program with the edit, each of its replacements made exactly once, and all else as it was."""
        after = source
        for pattern, replacement in self.replacements:
            after, times = re.subn(pattern, replacement, after, flags=re.MULTILINE)
            assert times == 1, f"{self.why}: {pattern} is there {times} times"
        pairs = list(zip(_statements(source), _statements(after), strict=True))
        changed = [old for old, new in pairs if old != new]
        assert changed == [old for old, _ in pairs if self.needs in old], f"{self.why}: changes {changed}"
        return after


def _statements(source: str) -> list[str]:
    """What stands at a program's top level."""
    return [ast.unparse(statement) for statement in ast.parse(source).body]


@dataclass(frozen=True, kw_only=True)
class Example:
    """A program of one file, and what is known of it beforehand."""

    repository: str
    """On GitHub, below `pulumi`."""
    path: str
    """The program's folder in there."""
    creates: int
    """Resources, the stack itself among them."""
    edit: Edit | None = None
    hosts: tuple[str, ...] = ()
    """Outputs that are names of hosts which answer."""

    @property
    def id(self) -> str:
        return f"{self.repository}/{self.path}"

    def source(self) -> str:
        """The program as it is run; the test that wants it is skipped where nobody has named the checkouts."""
        folder = os.environ.get(VARIABLE)
        clone = f"git clone https://github.com/pulumi/{self.repository}"
        if not folder:
            pytest.skip(f"{VARIABLE} names no folder with checkouts; in one of your choice: {clone}")
        file = Path(folder) / self.repository / self.path / "__main__.py"
        assert file.exists(), f"{VARIABLE} is set, and there is no {file}; in {folder}: {clone}"
        whole = file.read_text()
        return whole if self.edit is None else self.edit.applied(whole)


WITHOUT_DOCKER = Edit(
    why="a public image in place of the one that a Docker daemon would build and push",
    needs="docker",
    replacements=(
        (r"^import pulumi_docker as docker$", "import types"),
        (
            r"^(\w+) = docker\.Image\((?:.*\n)*?\)$",
            r'\1 = types.SimpleNamespace(image_name="mcr.microsoft.com/k8se/quickstart:latest")',
        ),
    ),
)

EXAMPLES = (
    Example(repository="pulumi-azure-native", path="examples/py-nsg", creates=4),
    Example(
        repository="examples",
        path="azure-py-containerapps",
        creates=6,
        edit=WITHOUT_DOCKER,
        hosts=("url",),
    ),
)


def engine(program: Program, verb: str, *words: str) -> dict[str, int]:
    """One of the engine's commands; what it changed."""
    return program.run(verb, "--yes", "--stack", "dev", "--color", "never", *words).changes


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_a_public_example_is_deployed_and_leaves_nothing(example: Example, tmp_path: Path) -> None:
    """A preview and an up, an up and a refresh that find nothing to do, a call, and a destroy."""
    source = example.source()
    azure = Azure(tmp_path)
    try:
        program = Program(azure, source)
        program.run("config", "set", "azure-native:location", REGION, "--stack", "dev")
        assert engine(program, "up") == {"create": example.creates}
        assert engine(program, "up", "--skip-preview", "--expect-no-changes") == {}
        assert engine(program, "refresh", "--skip-preview", "--expect-no-changes") == {}
        assert engine(program, "up", "--skip-preview", "--expect-no-changes") == {}, "after a refresh"
        outputs = json.loads(program.run("stack", "output", "--json", "--stack", "dev").text)
        for name in example.hosts:
            assert azure.caller().get(f"https://{outputs[name]}").status_code == 200
        assert engine(program, "destroy", "--skip-preview") == {"delete": example.creates}
        left = azure.cloud.store().below(azure.base)
        assert [resource.id.text for resource in left] == []
    finally:
        azure.stop()


BUILT = """\
import pulumi
import pulumi_docker as docker

site = docker.Image(
    "site",
    image_name="registry.example.com/site:1",  # (pushed)
    build=docker.DockerBuildArgs(context="."),
)
# What follows stays as it is.
pulumi.export("image", site.image_name)
"""


def test_the_edit_takes_the_image_and_nothing_else() -> None:
    after = WITHOUT_DOCKER.applied(BUILT).splitlines()
    assert after == [
        "import pulumi",
        "import types",
        "",
        'site = types.SimpleNamespace(image_name="mcr.microsoft.com/k8se/quickstart:latest")',
        *BUILT.splitlines()[8:],
    ]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param(
            BUILT.replace("docker.Image(", "docker.Pull("), r"docker.*is there 0 times", id="no image"
        ),
        pytest.param(BUILT + BUILT.partition("\n\n")[2], r"docker.*is there 2 times", id="a second image"),
        pytest.param(BUILT + "docker.Provider('more')\n", "changes", id="Docker is needed elsewhere too"),
    ],
)
def test_an_edit_that_does_not_fit_its_program_is_refused(source: str, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        WITHOUT_DOCKER.applied(source)
