"""Callers that never stop: applications with the official client, as it comes, while things happen to the gateway."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import openai

CALLERS = 4
PATIENCE = 240.0
"""Seconds that a phase may take to get its calls."""


@dataclass
class Phase:
    """What the callers saw while one thing happened."""

    happens: str
    calls: int = 0
    failed: list[str] = field(default_factory=list)
    """Calls that came back as an error, in spite of the client's own tries."""
    cut: int = 0
    """Streams that broke off after their first words: nobody can take those up again."""
    again: int = 0
    """Requests beyond one a call: the client's own further tries."""
    slowest: float = 0
    """Seconds of the slowest call."""

    @property
    def row(self) -> str:
        numbers = (self.calls, len(self.failed), self.again, self.cut, f"{self.slowest:.1f} s")
        return f"| {self.happens} | {' | '.join(map(str, numbers))} |"


class _CutError(Exception):
    """A stream that had begun broke off."""


class Load:
    """Chat, streams, Responses and embeddings, in turn, by several callers at once."""

    def __init__(self, base_url: str, key: str, chat: str, embedding: str) -> None:
        self.phases: list[Phase] = []
        self._end = threading.Event()
        self._moved = threading.Condition()
        self._own = threading.local()
        http = openai.DefaultHttpxClient(trust_env=False, event_hooks={"request": [self._asked]}, timeout=60)
        self._client = openai.OpenAI(base_url=f"{base_url}/v1", api_key=key, http_client=http)
        self._kinds: tuple[Callable[[], None], ...] = (
            lambda: self._chat(chat),
            lambda: self._stream(chat),
            lambda: self._responses(chat),
            lambda: self._embed(embedding),
        )
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)]

    @contextmanager
    def running(self) -> Iterator["Load"]:
        self.phases.append(Phase("before anything happens"))
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._end.set()
            for thread in self._threads:
                thread.join()
            self._client.close()

    def while_(self, happens: str) -> Phase:
        """From now on this happens."""
        with self._moved:
            self.phases.append(Phase(happens))
            return self.phases[-1]

    def until(self, calls: int) -> None:
        """Wait for so many calls of the phase."""
        with self._moved:
            phase = self.phases[-1]
            assert self._moved.wait_for(lambda: phase.calls >= calls, PATIENCE), (
                f"{phase.happens}: {phase.calls} calls in {PATIENCE:.0f} s"
            )

    def table(self) -> str:
        return "\n".join(
            (
                "| while | calls | failed | asked again by the client | streams cut | slowest |",
                "|---|---|---|---|---|---|",
                *(phase.row for phase in self.phases),
            )
        )

    def _asked(self, request: object) -> None:
        self._own.requests += 1

    def _call(self, first: int) -> None:
        for kind in itertools.islice(itertools.cycle(self._kinds), first, None):
            if self._end.is_set():
                return
            failure, cut, begin = "", False, time.monotonic()
            self._own.requests = 0
            try:
                kind()
            except _CutError:
                cut = True
            except openai.OpenAIError as problem:
                failure = f"{type(problem).__name__}: {problem}"
            with self._moved:
                phase = self.phases[-1]
                phase.calls += 1
                phase.again += self._own.requests - 1
                phase.slowest = max(phase.slowest, time.monotonic() - begin)
                phase.cut += cut
                phase.failed += [failure] if failure else []
                self._moved.notify_all()

    def _chat(self, model: str) -> None:
        self._client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Who?"}])

    def _stream(self, model: str) -> None:
        begun = False
        try:
            for _ in self._client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Who?"}], stream=True
            ):
                begun = True
        except Exception as problem:
            # Whatever a connection that breaks off is to the client's own HTTP library.
            if begun:
                raise _CutError from problem
            raise

    def _responses(self, model: str) -> None:
        self._client.responses.create(model=model, input="Who?")

    def _embed(self, model: str) -> None:
        self._client.embeddings.create(model=model, input=["Who?"])
