"""A short chat, through the fabric and the ingress or straight to LiteLLM."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

import httpx

from bench.azure import Cloud, Program
from bench.comparison import BenchError
from offline import control

CALLS = 20
"""So many one after the other, and so many at once."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a chat gets to LiteLLM."""

    url: str
    client: httpx.Client
    model: str

    def one(self) -> float:
        """Median of calls one after the other."""
        return median(self._call() for _ in range(CALLS))

    def many(self) -> float:
        """Until the last of as many calls at once is answered."""
        started = time.perf_counter()
        with ThreadPoolExecutor(CALLS) as callers:
            list(callers.map(lambda _: self._call(), range(CALLS)))
        return time.perf_counter() - started

    def _call(self) -> float:
        started = time.perf_counter()
        body = {"model": self.model, "messages": [{"role": "user", "content": "Who are you?"}]}
        answer = self.client.post(f"{self.url}/v1/chat/completions", json=body)
        if answer.status_code != 200:
            raise BenchError(f"{self.url} answered {answer.status_code}: {answer.text}")
        return time.perf_counter() - started


def ways(cloud: Cloud, dev: Program) -> tuple[Way, Way]:
    """By the gateway's own address, and by the port of its replica."""
    control.settled(cloud.record)
    outputs = dev.outputs()
    [app] = control.status(cloud.record)["apps"]
    key, model = next(iter(outputs["applicationKeys"].values())), outputs["models"][0]
    headers = {"Authorization": f"Bearer {key}"}
    proxy = f"http://127.0.0.1:{cloud.record.proxy_port}"
    fabric = httpx.Client(headers=headers, proxy=proxy, verify=str(cloud.home.bundle), timeout=60)
    direct = httpx.Client(headers=headers, trust_env=False, timeout=60)
    return (
        Way(url=outputs["gatewayUrl"], client=fabric, model=model),
        Way(url=f"http://127.0.0.1:{app['replicas'][0]['port']}", client=direct, model=model),
    )
