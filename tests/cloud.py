"""An offline Azure of a test's own, and the stacks of this project in it."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from offline import control, daemon, engine, environment, images
from offline.arm.store import Store
from offline.home import Home, ServiceRecord
from offline.stacks import prepare

ROOT = Path(__file__).parent.parent
CATALOG_DATE = date(2026, 11, 22)
"""The tests judge lifecycles by this day, so that none of them fails on the day that a model retires."""

FASTEST = 5000.0
"""Azure's seconds in one of ours: an environment's two minutes take 20 ms."""

_PROGRAM = ("__main__.py", "Pulumi.yaml", "config", "infra", "gateway", "pyproject.toml")


@dataclass
class Cloud:
    """One offline Azure: started by the test, stopped with it."""

    folder: Path
    speed: float = FASTEST
    own_plugins: bool = False
    """Whether every engine starts a language host and providers of its own, as a user's does. The others share theirs:
    that halves an `up` without changes."""
    stand_ins: bool = False
    """Whether replicas are stand-ins that answer 200 to everything: LiteLLM's own start takes ten seconds of a core,
    and is of no account where nobody calls it."""
    record: ServiceRecord = field(init=False)

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    def start(self) -> None:
        """Start it; it comes back with all that it held."""
        images.prepare(images.LITELLM)
        with pytest.MonkeyPatch.context() as patched:
            if self.stand_ins:
                stand_in = Path(__file__).with_name("stand_in.py")
                patched.setenv("OFFLINE_REPLICA_WRAPPER", f"{sys.executable} {stand_in}")
            self.record = daemon.start(self.home, speed=self.speed, ingress_port=0)
        control.judge_by(self.record, CATALOG_DATE)
        control.settled(self.record)

    def stop(self) -> None:
        if "_manager" in self.__dict__:
            self._manager.close()
            del self._manager
        if "_plugins" in self.__dict__:
            for served in self._plugins.values():
                served.process.terminate()
                served.process.wait()
            del self._plugins
        daemon.stop(self.home)

    def environment(self, network: str | None = None) -> dict[str, str]:
        """What `offline run` sets, also inside a virtual network."""
        port = control.way_from(self.record, network) if network else None
        return environment.of_a_person(
            self.home, self.record, engine.prepare().environment(self.home), proxy_port=port
        )

    def engine(self) -> dict[str, str]:
        """The same, for commands that run the engine."""
        return {**self.environment(), **{name: served.where for name, served in self._plugins.items()}}

    @cached_property
    def _plugins(self) -> dict[str, "_Lasting"]:
        """What every engine attaches to, by the variable that tells it where."""
        if self.own_plugins:
            return {}
        environment = self.environment()
        return {
            "PULUMI_DEBUG_LANGUAGES": _lasting("tests.lasting_host", environment, "python:"),
            "PULUMI_DEBUG_PROVIDERS": _lasting("tests.lasting_providers", environment),
        }

    def store(self) -> Store:
        """Azure's own memory, to look at."""
        return Store(self.home.database)

    def status(self) -> dict[str, Any]:
        return control.status(self.record)

    def arm(self, method: str, path: str, api_version: str, body: object = None) -> httpx.Response:
        """A request to the resource manager, as somebody with the portal would make one."""
        return self._manager.request(method, path, params={"api-version": api_version}, json=body)

    @cached_property
    def _manager(self) -> httpx.Client:
        """The resource manager, signed in to."""
        surroundings = self.environment()
        client = httpx.Client(
            base_url="https://management.azure.com",
            proxy=surroundings["HTTPS_PROXY"],
            verify=ssl.create_default_context(cafile=surroundings["SSL_CERT_FILE"]),
            timeout=60,
        )
        signed_in = client.post(
            f"https://login.microsoftonline.com/{surroundings['AZURE_TENANT_ID']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": surroundings["AZURE_CLIENT_ID"],
                "client_secret": surroundings["AZURE_CLIENT_SECRET"],
                "scope": "https://management.azure.com/.default",
            },
        ).json()
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        return client


@dataclass(frozen=True)
class _Lasting:
    """A process that serves one engine after the other."""

    process: "subprocess.Popen[str]"
    where: str
    """As the engine wants to be told: `name:port`, and commas between several."""


def _lasting(module: str, environment: Mapping[str, str], name: str = "") -> _Lasting:
    command = [sys.executable, "-m", module]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return _Lasting(process, name + process.stdout.readline().strip())


@dataclass(frozen=True)
class Result:
    """What the engine did."""

    code: int
    text: str

    @property
    def changes(self) -> dict[str, int]:
        """`{"create": 61}`, by the engine's own summary; what is unchanged left out.

        Without the summary this fails: "no changes" can't be read out of an output that does not say so.
        """
        words = {
            "created": "create",
            "to create": "create",
            "updated": "update",
            "to update": "update",
            "deleted": "delete",
            "to delete": "delete",
            "replaced": "replace",
            "to replace": "replace",
        }
        _, found, rest = self.text.rpartition("\nResources:\n")
        summary = rest.split("\n\n", 1)[0]
        counts = re.findall(r"^ +[-+~]*\s*(\d+) ((?:to )?[a-z]+)\b", summary, re.MULTILINE)
        assert found, f"the engine's summary is missing: {self.text}"
        assert counts, f"the engine's summary has no counts: {summary}"
        assert {what for _, what in counts} <= {*words, "unchanged", "change", "changes", "errored"}, summary
        return {words[what]: int(count) for count, what in counts if what in words}


@dataclass
class Stack:
    """One of this project's stacks in a cloud, in a copy of the program that a test may edit."""

    cloud: Cloud
    name: str

    @cached_property
    def program(self) -> Path:
        """The program's folder: the checkout's files, copied."""
        folder = self.cloud.folder / "program"
        if not folder.exists():
            folder.mkdir(parents=True)
            for part in (*_PROGRAM, *(path.name for path in ROOT.glob("Pulumi.*.yaml"))):
                source = ROOT / part
                if source.is_dir():
                    shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
                elif source.exists():
                    shutil.copy(source, folder / part)
        return folder

    def edit(self, file: str, old: str, new: str) -> None:
        """Change the program or its stack file; fails when there is nothing to change."""
        path = self.program / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))

    def edit_with(self, file: str, change: Callable[[str], str]) -> None:
        """Change a file by a function of its text."""
        path = self.program / file
        before = path.read_text()
        after = change(before)
        assert before != after, f"{file} is as it was"
        path.write_text(after)

    def preview(self, *words: str, values: Mapping[str, object] | None = None, fails: bool = False) -> Result:
        return self.run("preview", *words, values=values, fails=fails)

    def up(self, *words: str, values: Mapping[str, object] | None = None, fails: bool = False) -> Result:
        return self.run("up", "--yes", "--skip-preview", *words, values=values, fails=fails)

    def refresh(self, *words: str) -> Result:
        return self.run("refresh", "--yes", "--skip-preview", *words)

    def destroy(self, *words: str) -> Result:
        return self.run("destroy", "--yes", "--skip-preview", *words)

    def run(
        self, verb: str, *words: str, values: Mapping[str, object] | None = None, fails: bool = False
    ) -> Result:
        """One of the engine's commands, with settings laid over the stack file's; it must end as expected."""
        command, surroundings = self.command(verb, *words, values=values)
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
        text = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, text
        return Result(code=done.returncode, text=text)

    def command(
        self, verb: str, *words: str, values: Mapping[str, object] | None = None
    ) -> tuple[list[str], dict[str, str]]:
        """What `run` runs, and in which environment."""
        surroundings = self.cloud.engine()
        laid_over = {"litellm-azure:catalogDate": CATALOG_DATE.isoformat(), **(values or {})}
        copy = prepare(self.cloud.home, self.program, self.name, surroundings, laid_over)
        command = ["pulumi", "-C", str(self.program), verb, "--stack", self.name, "--non-interactive"]
        command += ["--config-file", str(copy), "--color", "never"]
        return [*command, *(["--diff"] if verb == "preview" else []), *words], surroundings

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets included."""
        found: dict[str, Any] = json.loads(
            subprocess.run(
                [
                    "pulumi",
                    "-C",
                    str(self.program),
                    "stack",
                    "output",
                    "--json",
                    "--show-secrets",
                    "-s",
                    self.name,
                ],
                env=self.cloud.environment(),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        return found

    def state(self) -> dict[str, Any]:
        """The state as it lies in the backend."""
        file = self.cloud.home.stacks / ".pulumi" / "stacks" / "litellm-azure" / f"{self.name}.json"
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    @property
    def base_url(self) -> str:
        """Where the gateway answers on this machine."""
        return f"http://localhost:{self.app()['local_port']}"

    def app(self) -> dict[str, Any]:
        """The gateway's container app as the offline Azure sees it."""
        gateway = self.outputs()["resourceIds"]["gateway"].lower()
        found: dict[str, Any] = next(
            app for app in self.cloud.status()["apps"] if app["id"].lower() == gateway
        )
        return found

    def key(self) -> str:
        """The key of an application: the first by its name."""
        found: dict[str, str] = self.outputs()["applicationKeys"]
        return next(iter(found.values()))

    def client(self, key: str | None = None) -> openai.OpenAI:
        """The official client, with the printed environment."""
        return openai.OpenAI(base_url=self.base_url, api_key=key or self.key(), max_retries=0, timeout=60)

    def models(self) -> list[str]:
        """The names that clients may use."""
        found: list[str] = self.outputs()["models"]
        return found


def clean_environment() -> dict[str, str]:
    """The test runner's environment without what an offline run sets."""
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
