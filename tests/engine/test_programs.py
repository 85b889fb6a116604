"""The real engine runs programs through our language host and random provider, without any Azure.

Shows: the engine's protocol is answered well enough for a whole life of a stack, for errors and for sudden ends.
Does not show: that the official language host and random provider do the same with these programs.
"""

import json
import os
import signal
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from offline import engine
from offline.home import Home

ALL_OF_RANDOM = """
import pulumi
import pulumi_random as random

generation = pulumi.Config().get("generation") or "1"
password = random.RandomPassword("password", length=24, min_special=2, keepers={"generation": generation})
id_ = random.RandomId("id", byte_length=4, prefix="x-")
random.RandomString("string", length=5, special=False)
random.RandomBytes("bytes", length=8)
random.RandomUuid("uuid")
random.RandomUuid7("uuid7")
random.RandomInteger("integer", min=1, max=5)
random.RandomShuffle("shuffle", inputs=["a", "b", "c"], result_count=2)
pet = random.RandomPet("pet")
pulumi.export("password", password.result)
pulumi.export("hash", password.bcrypt_hash)
pulumi.export("id", id_.hex)
pulumi.export("pet", pet.id)
"""

WAITS = """
import os, pathlib, time
import pulumi_random as random
random.RandomPet("pet").id.apply(lambda _: pathlib.Path("running").write_text(str(os.getpid())))
"""
"""A program that says when it and its provider run, and then never ends."""


class Project:
    """A Pulumi project of one file, with an engine and a state of its own."""

    def __init__(self, folder: Path, program: str, options: str = "") -> None:
        self.folder = folder / "program"
        self.folder.mkdir()
        self.home = Home(folder / "home")
        runtime = f"{{name: python, options: {{{options}}}}}"
        (self.folder / "Pulumi.yaml").write_text(f"name: tiny\nruntime: {runtime}\n")
        self.write(program)
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
        self.environment = ours | engine.prepare().environment(self.home, ours)
        self.pulumi("stack", "init", "dev")

    def write(self, program: str) -> None:
        (self.folder / "__main__.py").write_text(program)

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", "--non-interactive", *command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def pulumi(self, *command: str, fails: bool = False) -> str:
        run = self.start(*command)
        said, _ = run.communicate(timeout=60)
        assert (run.returncode != 0) is fails, said
        return said

    def state(self) -> str:
        return (self.home.stacks / ".pulumi" / "stacks" / "tiny" / "dev.json").read_text()


def steps(preview: str) -> dict[str, list[str]]:
    """What a `preview --json` would do: resource → operations."""
    done: dict[str, list[str]] = {}
    for step in json.loads(preview)["steps"]:
        done.setdefault(step["urn"].rpartition("::")[2], []).append(step["op"])
    return done


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Every resource of the random package, deployed."""
    project = Project(tmp_path_factory.mktemp("deployed"), ALL_OF_RANDOM)
    project.pulumi("up", "--yes", "--skip-preview")
    return project


def test_a_second_up_and_a_refresh_change_nothing(deployed: Project) -> None:
    """What the provider answers is stable: the engine sees no difference."""
    deployed.pulumi("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes")


def test_a_changed_keeper_replaces_that_resource_alone(deployed: Project) -> None:
    """Rotating a secret is raising its keeper; nothing else is drawn anew."""
    planned = steps(deployed.pulumi("preview", "--json", "--config", "generation=2"))
    assert {name: ops for name, ops in planned.items() if ops != ["same"]} == {"password": ["replace"]}


def test_generated_secrets_are_encrypted_in_the_state(deployed: Project) -> None:
    """A password and its hash are secret whether or not the program says so; other values are readable."""
    outputs = json.loads(deployed.pulumi("stack", "output", "--json", "--show-secrets"))
    shown = json.loads(deployed.pulumi("stack", "output", "--json"))
    state = deployed.state()
    assert len(outputs["password"]) == 24
    assert outputs["hash"].startswith("$2b$10$")
    assert shown["password"] == shown["hash"] == "[secret]"
    assert outputs["password"] not in state
    assert outputs["hash"] not in state
    assert outputs["id"] in state


def test_destroy_leaves_nothing(scratch: Path) -> None:
    """The state is empty afterwards."""
    project = Project(scratch, ALL_OF_RANDOM)
    project.pulumi("up", "--yes", "--skip-preview")
    project.pulumi("destroy", "--yes", "--skip-preview")
    assert "resources" not in json.loads(project.state())["checkpoint"]["latest"]


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """What a preview of a program that fails tells its author."""
    project = Project(tmp_path_factory.mktemp("failing"), "")

    def preview(program: str) -> str:
        project.write(program)
        said = project.pulumi("preview", fails=True)
        return said.partition("Diagnostics:\n")[2].replace(str(project.folder), "PROGRAM")

    return preview


UNHANDLED = """\
    error: Program failed with an unhandled exception:
    Traceback (most recent call last):
      File "PROGRAM/__main__.py", line {line}"""
NOT_EVEN_READ = UNHANDLED.replace("    Traceback (most recent call last):\n", "")


@pytest.mark.parametrize(
    ("program", "begins", "ends"),
    [
        pytest.param(
            "def divide():\n    1 / 0\ndivide()\n",
            UNHANDLED.format(line=3),
            "ZeroDivisionError: division by zero",
            id="exception",
        ),
        pytest.param(
            "x = (\n", NOT_EVEN_READ.format(line=1), "SyntaxError: '(' was never closed", id="syntax error"
        ),
        pytest.param(
            "import pulumi\npulumi.Output.from_input(0).apply(lambda none: 1 / none)\n",
            UNHANDLED.format(line=2),
            "ZeroDivisionError: division by zero",
            id="exception in apply",
        ),
        pytest.param(
            "import pulumi\nraise pulumi.RunError('openai: too many regions')\n",
            "    error: openai: too many regions",
            "error: openai: too many regions",
            id="RunError is its message alone",
        ),
        pytest.param(
            "import pulumi_random as random\nrandom.RandomPassword('p', length=3, min_upper=5)\n",
            "    error: random:index/randomPassword:RandomPassword resource 'p': property length value {3}",
            "length must be at least minLower + minUpper + minNumeric + minSpecial = 5, is 3",
            id="bad input",
        ),
        pytest.param(
            "import pulumi\npulumi.log.error('the model has retired')\n"
            "raise Exception('invoke of x failed: grpc: the client connection is closing')\n",
            "    error: the model has retired",
            "error: the model has retired",
            id="the echo of an engine that ends",
        ),
    ],
)
def test_a_failing_program_is_told_in_its_own_terms(
    failing: Callable[[str], str], program: str, begins: str, ends: str
) -> None:
    """The error stands there once, from the program's first line on, with no line of the machinery around it."""
    told = failing(program)
    error, _, _ = told.partition("\n\n")
    assert error.partition("\n")[2].startswith(begins)
    assert error.endswith(ends)
    assert "offline" not in error
    assert told.count(ends) == 1


def wait_for(file: Path, run: subprocess.Popen[str]) -> int:
    """The process id that a program writes once it runs."""
    while not (file.exists() and file.read_text()):
        assert run.poll() is None, run.communicate()[0]
        psutil.wait_procs([psutil.Process(run.pid)], timeout=0.05)
    return int(file.read_text())


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A program that runs until something ends it."""
    return Project(
        tmp_path_factory.mktemp("endless"),
        WAITS
        + "import asyncio, pulumi\npulumi.export('never', pulumi.Output.from_input(asyncio.sleep(600)))\n",
    )


@pytest.mark.parametrize(
    ("number", "within"),
    [
        pytest.param(signal.SIGKILL, 2.0, id="killed"),
        pytest.param(signal.SIGINT, 3.0, id="Ctrl-C"),
    ],
)
def test_host_and_provider_end_with_their_engine(endless: Project, number: int, within: float) -> None:
    """However the engine ends, no process of its run is left: the next run finds nobody holding anything."""
    running = endless.folder / "running"
    running.unlink(missing_ok=True)
    run = endless.start("up", "--yes", "--skip-preview")
    wait_for(running, run)
    started = [child for child in psutil.Process(run.pid).children(recursive=True) if child.is_running()]
    assert len(started) >= 2, "the language host and the provider"
    os.kill(run.pid, number)
    _, left = psutil.wait_procs([psutil.Process(run.pid), *started], timeout=within)
    for process in left:
        process.kill()
    said = run.communicate()[0]
    assert not left, said
    endless.pulumi("cancel", "--yes")


def test_a_program_runs_in_its_own_virtual_environment(scratch: Path) -> None:
    """Somebody else's program brings its own dependencies, which need not be ours."""
    project = Project(
        scratch, "import mine, sys\nraise SystemExit(f'{mine.NAME} in {sys.prefix}')\n", "virtualenv: own"
    )
    own = project.folder / "own"
    venv.create(own, symlinks=True)
    (packages,) = own.glob("lib/python*/site-packages")
    pulumi = next(Path(entry) for entry in sys.path if (Path(entry) / "pulumi").is_dir())
    (packages / "mine.py").write_text("NAME = 'a package of its own'\n")
    (packages / "pulumi.pth").write_text(f"{pulumi}\n")
    said = project.pulumi("preview", fails=True)
    assert f"a package of its own in {own}" in said
