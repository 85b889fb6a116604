"""An offline Azure of the bench's own, and the programs in it: this project's stacks, and an empty one."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bench.comparison import BenchError, command
from offline import control, daemon, engine, environment, stacks
from offline.home import Home, ServiceRecord

PROJECT = Path(__file__).parent.parent
CATALOG_DATE = date(2026, 11, 22)
"""The day that models are judged by, so that the bench works on the day that one of them retires."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A stack, ready for the engine."""

    project: Path
    stack: str
    config_file: Path
    environment: Mapping[str, str]

    def words(self, *verb: str) -> list[str]:
        where = ["--stack", self.stack, "--config-file", str(self.config_file)]
        return ["pulumi", "-C", str(self.project), *verb, *where, "--non-interactive", "--color", "never"]

    def preview(self) -> float:
        return command(self.words("preview"), self.environment)

    def up(self) -> float:
        return command(self.words("up", "--yes", "--skip-preview"), self.environment)

    def refresh(self) -> float:
        return command(self.words("refresh", "--yes", "--skip-preview"), self.environment)

    def outputs(self) -> dict[str, Any]:
        """Asked in the folder of copies, so that the checkout stays as it is."""
        words = ["pulumi", "-C", str(self.config_file.parent), "stack", "output", "--json", "--show-secrets"]
        done = subprocess.run(
            [*words, "--stack", self.stack],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One offline Azure, running."""

    home: Home
    record: ServiceRecord
    environment: Mapping[str, str]

    def stack(self, name: str, values: Mapping[str, object] | None = None) -> Program:
        """One of this project's stacks, with settings laid over its file's."""
        dated = {"litellm-azure:catalogDate": CATALOG_DATE.isoformat()}
        return self._program(PROJECT, name, {**dated, **(values or {})})

    def empty(self) -> Program:
        """A program without a resource: what engine, language host and Python take by themselves."""
        folder = self.home.path / "empty"
        folder.mkdir()
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "empty", "runtime": runtime}))
        (folder / "Pulumi.none.yaml").write_text("config: {}\n")
        (folder / "__main__.py").write_text("import pulumi\n")
        return self._program(folder, "none", {})

    def _program(self, project: Path, stack: str, values: Mapping[str, object]) -> Program:
        copy = stacks.prepare(self.home, project, stack, self.environment, values)
        return Program(project=project, stack=stack, config_file=copy, environment=self.environment)


@contextmanager
def running(folder: Path, speed: float = daemon.DEFAULT_SPEED) -> Iterator[Cloud]:
    """A new offline Azure, gone afterwards.

    :param speed: Azure's seconds in one of ours.
    """
    home = Home(folder)
    record = daemon.start(home, speed=speed, ingress_port=0)
    try:
        control.judge_by(record, CATALOG_DATE)
        surroundings = environment.of_a_person(home, record, engine.prepare().environment(home))
        yield Cloud(home=home, record=record, environment=surroundings)
    finally:
        daemon.forget(home)


class FirstUp:
    """dev in an Azure that holds nothing yet; afterwards, how much of that was the gateway's own start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._gateway: float | None = None

    def whole(self) -> float:
        with running(self._folder) as cloud:
            program = cloud.stack("dev")
            started = time.perf_counter()
            self._gateway = _gateway_seconds(program)
            taken = time.perf_counter() - started
            control.settled(cloud.record)
        return taken

    def gateway(self) -> float:
        assert self._gateway is not None
        return self._gateway


def _gateway_seconds(program: Program) -> float:
    """Bring it up; returns the time between the engine's `creating` and `created` of the container app."""
    said: list[str] = []
    begun = ended = 0.0
    with subprocess.Popen(
        program.words("up", "--yes", "--skip-preview"),
        env=dict(program.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as up:
        assert up.stdout is not None
        for line in up.stdout:
            said.append(line)
            if ":app:ContainerApp " in line:
                begun = begun or time.perf_counter()
                ended = time.perf_counter()
    if up.returncode != 0:
        raise BenchError("pulumi up failed:\n" + "".join(said).strip())
    return ended - begun


def plugin_start(cloud: Cloud) -> float:
    """From the start of the azure-native provider to the line in which it says where it listens."""
    plugin = next(cloud.home.pulumi.glob("plugins/*azure-native*/pulumi-resource-azure-native"))
    started = time.perf_counter()
    with subprocess.Popen(
        [str(plugin), "127.0.0.1:1"], env=dict(cloud.environment), stdout=subprocess.PIPE, text=True
    ) as provider:
        assert provider.stdout is not None
        line = provider.stdout.readline()
        taken = time.perf_counter() - started
        provider.terminate()
    if not line.strip().isdigit():
        raise BenchError(f"the provider said {line!r} instead of its port")
    return taken
