"""Chat through the gateway; straight to Azure OpenAI while the gateway is down; back when it is up again.

    python chat.py "What is a private endpoint?"      one question, one answer
    python chat.py < questions.txt                    one answer a line
    python chat.py                                    a conversation with no memory, until Ctrl-D

The variables come from the stack: see examples/README.md, which also says what counts as down.
"""

import argparse
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential, get_bearer_token_provider
from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AzureOpenAI,
    OpenAI,
    OpenAIError,
    Timeout,
)
from openai.types.chat import ChatCompletionMessageParam

COOL_OFF = 5.0
"""Seconds that calls go direct before one of them tries the gateway again."""
TIMEOUT = 60.0
"""Seconds without a byte after which a call is given up; connecting gets 3."""
SCOPE = "https://cognitiveservices.azure.com/.default"


class NoAnswerError(Exception):
    """No way that could be tried has answered."""


class BrokenStreamError(Exception):
    """A stream ended past its first word. Asking again could show another answer, so the caller decides."""


class CutShortError(Exception):
    """A stream ended without saying why it ended: what sent it died."""


@dataclass(frozen=True)
class Way:
    """A way to the model."""

    name: str
    client: OpenAI
    model: str


@dataclass(frozen=True)
class Answer:
    """Who answers, and the answer as it is written."""

    by: str
    pieces: Iterator[str]


class Chat:
    """Asks the gateway first, and Azure OpenAI while the gateway is down.

    Safe to share between threads. Each way is tried at most once for a question, and the clients do not
    retry: retries, cooldowns and failover between regions are the gateway's work.
    """

    def __init__(
        self,
        gateway: Way,
        direct: Way | None = None,
        *,
        cool_off: float = COOL_OFF,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._gateway = gateway
        self._direct = direct
        self._cool_off = cool_off
        self._tell = tell
        self._lock = threading.Lock()
        self._down = False
        self._try_again_at = 0.0

    def answer(self, question: str) -> Answer:
        """The whole answer in one piece."""
        return self._first_that_answers(lambda way: iter([_whole(way, question)]))

    def stream(self, question: str) -> Answer:
        """The answer as it is written. Changing the way is possible until the first word, not after it."""
        return self._first_that_answers(lambda way: _begun(_pieces(way, question)))

    def _first_that_answers(self, ask: Callable[[Way], Iterator[str]]) -> Answer:
        refusals: list[str] = []
        for way in self._ways():
            try:
                pieces = ask(way)
            except (OpenAIError, AzureError, CutShortError) as error:
                reason = why_down(error, direct=way is self._direct)
                if reason is None:  # it answered, with a refusal that the other way would give as well
                    if way is self._gateway:
                        self._gateway_answered()
                    raise
                refusals.append(f"{way.name}: {reason}")
                if way is self._gateway:
                    self._gateway_failed(reason)
                continue
            if way is self._gateway:
                self._gateway_answered()
            return Answer(way.name, pieces)
        raise NoAnswerError("; ".join(refusals))

    def _ways(self) -> list[Way]:
        """In the order to try them."""
        if self._direct is None:
            return [self._gateway]
        with self._lock:
            if self._down and time.monotonic() < self._try_again_at:
                return [self._direct, self._gateway]
            if self._down:  # this call tries the gateway; the others stay direct until it knows
                self._try_again_at = time.monotonic() + self._cool_off
            return [self._gateway, self._direct]

    def _gateway_failed(self, reason: str) -> None:
        with self._lock:
            was_up, self._down = not self._down, True
            # Spread, so that the replicas of an application do not all come back in the same moment.
            wait = self._cool_off * random.uniform(1, 1.5)  # noqa: S311 - no secret depends on it
            self._try_again_at = time.monotonic() + wait
        if was_up:
            self._tell(f"the gateway is down ({reason})")

    def _gateway_answered(self) -> None:
        with self._lock:
            was_down, self._down = self._down, False
        if was_down:
            self._tell("the gateway is back")


def why_down(error: Exception, *, direct: bool) -> str | None:
    """Why this way cannot answer now; None when it did answer, if only with a refusal (400, 401, 429 ...)."""
    if isinstance(error, CutShortError):
        return "the answer ended before it began"
    if isinstance(error, APITimeoutError):
        return "no answer in time"
    if isinstance(error, APIConnectionError):
        return "no connection"
    if isinstance(error, AzureError):
        return "no Azure credential"
    if isinstance(error, APIStatusError):
        if error.status_code in (502, 503, 504):
            return f"status {error.status_code}"
        content_type = error.response.headers.get("content-type", "")
        if error.status_code in (403, 404) and content_type.startswith("text/html"):
            # What Container Apps shows in the place of an app that is stopped (microsoft/azure-container-apps#755).
            return f"status {error.status_code}, the app is stopped"
        if direct and error.status_code == 403 and "ublic access is disabled" in error.message:
            return "status 403, the account is private and this is outside its network"
    return None


def _messages(question: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": question}]


def _whole(way: Way, question: str) -> str:
    completion = way.client.chat.completions.create(model=way.model, messages=_messages(question))
    return completion.choices[0].message.content or ""


def _pieces(way: Way, question: str) -> Iterator[str]:
    ended = False
    with way.client.chat.completions.create(
        model=way.model, messages=_messages(question), stream=True
    ) as events:
        for event in events:
            for choice in event.choices:
                if choice.delta.content:
                    yield choice.delta.content
                ended = ended or choice.finish_reason is not None
    if not ended:
        raise CutShortError


def _begun(pieces: Iterator[str]) -> Iterator[str]:
    """The same pieces, once the first of them is here."""
    first = next(pieces, "")

    def rest() -> Iterator[str]:
        shown = len(first)
        yield first
        try:
            for piece in pieces:
                shown += len(piece)
                yield piece
        except (OpenAIError, CutShortError) as error:
            raise BrokenStreamError(
                f"the answer broke off after {shown} characters; it is not asked again"
            ) from error

    return rest()


def from_environment(tell: Callable[[str], None] = lambda _: None) -> Chat:
    """A chat over the variables of the stack. Raises KeyError with the name of one that is missing."""
    base = os.environ.get("LITELLM_API_BASE", "http://localhost:4000").rstrip("/").removesuffix("/v1")
    timeout = Timeout(float(os.environ.get("LITELLM_TIMEOUT", TIMEOUT)), connect=3)
    gateway = OpenAI(
        base_url=f"{base}/v1", api_key=os.environ["LITELLM_API_KEY"], timeout=timeout, max_retries=0
    )
    return Chat(
        Way("the gateway", gateway, os.environ["LITELLM_MODEL"]),
        _direct(timeout),
        cool_off=float(os.environ.get("LITELLM_COOL_OFF", COOL_OFF)),
        tell=tell,
    )


def _direct(timeout: Timeout) -> Way | None:
    """Azure OpenAI itself: with its key where one is set, else with the identity that this runs as."""
    endpoint = os.environ.get("AZURE_OPENAI_ENDPOINT")
    if not endpoint:
        return None
    deployment, version = os.environ["AZURE_OPENAI_DEPLOYMENT"], os.environ["AZURE_OPENAI_API_VERSION"]
    key = os.environ.get("AZURE_OPENAI_API_KEY")
    token = None if key else get_bearer_token_provider(DefaultAzureCredential(), SCOPE)
    client: OpenAI
    if version in ("v1", "preview", "latest"):  # the API without versions is plain OpenAI under /openai/v1
        base = f"{endpoint.rstrip('/')}/openai/v1"
        client = OpenAI(base_url=base, api_key=key or token, timeout=timeout, max_retries=0)
    else:
        client = AzureOpenAI(
            azure_endpoint=endpoint,
            azure_deployment=deployment,
            api_version=version,
            api_key=key,
            azure_ad_token_provider=token,
            timeout=timeout,
            max_retries=0,
        )
    return Way("Azure OpenAI", client, deployment)


def show(chat: Chat, question: str, *, stream: bool) -> bool:
    """Ask, and write the answer to standard output as it comes. False when there was none, or half of one."""
    try:
        answer = chat.stream(question) if stream else chat.answer(question)
        for piece in answer.pieces:
            print(piece, end="", flush=True)
        print(flush=True)
        _say(f"answered by {answer.by}")
    except BrokenStreamError as error:
        print(flush=True)
        _say(f"failed: {error}")
        return False
    except APIStatusError as error:
        _say(f"failed: status {error.status_code}, {error.message}")
        return False
    except (OpenAIError, NoAnswerError) as error:
        _say(f"failed: {error}")
        return False
    return True


def _say(text: str) -> None:
    print(f"chat: {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Ask the gateway, or Azure OpenAI while the gateway is down."
    )
    parser.add_argument("question", nargs="?", help="without one, every line of standard input is a question")
    parser.add_argument(
        "--whole", action="store_true", help="wait for the whole answer instead of streaming it"
    )
    options = parser.parse_args()
    try:
        chat = from_environment(_say)
    except KeyError as missing:
        _say(f"{missing.args[0]} is not set; examples/README.md says where it comes from")
        return 2
    if options.question is not None:
        return 0 if show(chat, options.question, stream=not options.whole) else 1
    failed = 0
    for line in sys.stdin:
        if line.strip():
            failed += not show(chat, line.strip(), stream=not options.whole)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
