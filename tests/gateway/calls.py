"""Every kind of call that an application makes of the gateway, and what came back."""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from tests.cloud import Stack

KINDS = ("chat", "stream", "responses", "messages", "embeddings")
QUESTION = "Who answers?"


@dataclass(frozen=True)
class Said:
    """One answer of the gateway."""

    status: int
    text: str
    region: str
    seconds: float

    @property
    def answered(self) -> bool:
        """With all of it: a stream that breaks off has status 200 too."""
        return self.status == 200 and re.search(r'"error":\s*[{"]', self.text) is None

    def __str__(self) -> str:
        return f"{self.status} after {self.seconds:.1f} s: {self.text[:300]}"


class Gateway:
    """The deployed gateway, asked by many callers at once."""

    def __init__(self, stack: Stack, key: str | None = None) -> None:
        self._http = httpx.Client(
            base_url=stack.base_url,
            headers={"Authorization": f"Bearer {key or stack.key()}"},
            timeout=60,
            trust_env=False,
        )

    def ask(self, kind: str, model: str) -> Said:
        """One call; the connection to the gateway itself does not count as failed over."""
        path, body = request(kind, model)
        answer = self._http.post(path, json=body)
        return Said(
            answer.status_code,
            answer.text,
            answer.headers.get("x-litellm-model-id", "").partition("/")[2].partition("/")[0],
            answer.elapsed.total_seconds(),
        )

    def close(self) -> None:
        self._http.close()


def request(kind: str, model: str) -> tuple[str, dict[str, Any]]:
    """Path and body of a call."""
    messages = [{"role": "user", "content": QUESTION}]
    match kind:
        case "chat":
            return "/v1/chat/completions", {"model": model, "messages": messages}
        case "stream":
            return "/v1/chat/completions", {"model": model, "messages": messages, "stream": True}
        case "responses":
            return "/v1/responses", {"model": model, "input": QUESTION}
        case "messages":
            return "/v1/messages", {"model": model, "messages": messages, "max_tokens": 200}
        case "embeddings":
            return "/v1/embeddings", {"model": model, "input": [QUESTION]}
    raise ValueError(f"{kind!r} is no kind of call")
