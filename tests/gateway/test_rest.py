"""A gateway that nobody calls is billed as idle: a promise of docs/cost.md, and an eighth of a core's price."""

import secrets
import time
from pathlib import Path

import httpx
import psutil

from config import litellm
from config.parsing import parse
from offline.images import LITELLM, prepare
from tests.gateway.proxy import modules, running
from tests.settings.stacks import DAY, stack

# Below both, a replica at the minimum is idle (Billing in Azure Container Apps, learn.microsoft.com, 2025-12-09).
CORES = 0.01
BYTES_A_SECOND = 1_000

# The probes of the template, in seconds.
READY_EVERY, LIVE_EVERY = 5, 20

WINDOW = 30
PATIENCE = 180
"""After its start it still writes down and loads things."""


def test_litellm_comes_to_rest_below_what_azure_calls_idle(tmp_path: Path) -> None:
    """Seen: 0.003 cores, with the probes of the template; without them 0.002."""
    prepare(LITELLM)
    settings = parse(stack("prod"), DAY)
    environment = modules(settings, tmp_path / "modules", f"sk-{secrets.token_urlsafe(32)}")
    environment.update(litellm.environment(settings))
    config = tmp_path / "config.yaml"
    config.write_text(litellm.render(litellm.config(settings)))
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    with running(config, tmp_path / "proxy", environment) as proxy:
        end = time.monotonic() + PATIENCE
        while True:
            cores, bytes_a_second = _probed(proxy.url, others)
            assert bytes_a_second < BYTES_A_SECOND
            if cores < CORES:
                return
            assert time.monotonic() < end, f"{cores:.4f} cores at rest"


def _probed(url: str, others: set[int]) -> tuple[float, float]:
    """Cores taken, and bytes received a second, of LiteLLM with its probes and nothing else."""
    begin, before, received = time.monotonic(), _cpu_seconds(others), 0
    with httpx.Client(trust_env=False) as client:
        for second in range(WINDOW):
            for path, every in (("/health/readiness", READY_EVERY), ("/health/liveliness", LIVE_EVERY)):
                if second % every == 0:
                    sent = client.get(f"{url}{path}").raise_for_status().request
                    received += len(f"GET {path} HTTP/1.1\r\n") + sum(
                        len(k) + len(v) + 4 for k, v in sent.headers.raw
                    )
            time.sleep(max(0.0, begin + second + 1 - time.monotonic()))  # the time that it is looked at for
    took = time.monotonic() - begin
    return (_cpu_seconds(others) - before) / took, received / took


def _cpu_seconds(others: set[int]) -> float:
    """Of LiteLLM and all that it has started."""
    children = psutil.Process().children(recursive=True)
    times = [child.cpu_times() for child in children if child.pid not in others]
    return sum(found.user + found.system for found in times)
