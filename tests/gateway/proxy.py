"""The real LiteLLM proxy on a config file of the test's own, outside any container app."""

import json
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from config import applications
from config.settings import Settings, key_variables
from offline.images import litellm_folder
from tests.cloud import ROOT
from tests.gateway.example_programs import bare_environment

PATIENCE = 90.0
"""Seconds until the proxy has to answer: it takes 6 to 8, and several start at once on few cores."""


@dataclass(frozen=True)
class Answer:
    """What a caller of the proxy got."""

    status: int
    text: str

    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        """The message of an error body, or the body."""
        try:
            found = self.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            return self.text
        return str(found)


@dataclass(frozen=True)
class Proxy:
    """A running LiteLLM."""

    url: str
    master_key: str

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """One request. Waits out the cooldown that the error of an earlier one has put the deployment in."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
                got = client.request(
                    method,
                    f"{self.url}{path}",
                    json=body,
                    headers={"Authorization": f"Bearer {self.master_key}"},
                )
            answer = Answer(got.status_code, got.text)
            if "No deployments available" not in answer.text:
                return answer
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.5)  # between two tries of the same thing


def modules(settings: Settings, folder: Path, key: str) -> dict[str, str]:
    """Our own part of LiteLLM, as the container has it; the environment that it wants.

    :param key: of every application.
    """
    shutil.copytree(ROOT / "gateway", folder, dirs_exist_ok=True)
    (folder / "applications.json").write_text(applications.render(settings))
    variables = [name for found in settings.applications for name in key_variables(found).values()]
    return {"PYTHONPATH": str(folder), **dict.fromkeys(variables, key)}


@contextmanager
def running(
    config: Mapping[str, Any] | Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[Proxy]:
    """Start LiteLLM on a config and wait until it is live; end it afterwards.

    :param config: the file itself where its very bytes matter, else what is to be written into one.
    :param environment: beside the little that any process needs: the key, the way into the network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = config if isinstance(config, Path) else folder / "config.yaml"
    if not isinstance(config, Path):
        file.write_text(yaml.safe_dump(dict(config), sort_keys=False))
    proxy = Proxy(f"http://127.0.0.1:{_free_port()}", f"sk-{secrets.token_urlsafe(24)}")
    port = proxy.url.rsplit(":", 1)[1]
    surroundings = {
        **bare_environment(),
        **environment,
        "LITELLM_MASTER_KEY": proxy.master_key,
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONUNBUFFERED": "1",
    }
    program = litellm_folder() / "bin" / "litellm"
    with (folder / "proxy.log").open("w") as log:
        process = subprocess.Popen(
            [program, "--config", file, "--host", "127.0.0.1", "--port", port],
            env=surroundings,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_live(proxy, process, folder / "proxy.log")
            yield proxy
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_live(proxy: Proxy, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(trust_env=False, timeout=2) as client:
        while True:
            assert process.poll() is None, f"the proxy ended at its start: {log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"the proxy is not live: {log.read_text()[-2000:]}"
            try:
                if client.get(f"{proxy.url}/health/liveliness").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)  # between two looks


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
