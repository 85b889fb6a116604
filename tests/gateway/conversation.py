"""Talks to an example program over its standard input, as a person would."""

import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

PATIENCE = 60.0
"""Seconds to wait for a line: far above what an answer takes, so that only a hang reaches it."""


@dataclass(frozen=True)
class Reply:
    """What one question brought."""

    text: str | None
    """What was shown of an answer; None when nothing was."""
    said: tuple[str, ...]
    """What the program said beside it, without its prefix."""

    @property
    def by(self) -> str | None:
        """Who answered, by the program's own account."""
        told = [line.removeprefix("answered by ") for line in self.said if line.startswith("answered by ")]
        return told[-1] if told else None


class Conversation:
    """A running example program."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._lines: queue.Queue[tuple[Literal["out", "said"], str | None]] = queue.Queue()
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=("out", self._process.stdout), daemon=True),
            threading.Thread(target=self._read, args=("said", self._process.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, kind: Literal["out", "said"], stream: IO[str]) -> None:
        for line in stream:
            self._lines.put((kind, line.rstrip("\n")))
        self._lines.put((kind, None))

    def ask(self, question: str) -> Reply:
        """Ask one question and wait for its end: a line of answer, or a failure."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        text: list[str] = []
        said: list[str] = []
        while not self._ended(text, said):
            kind, line = self._lines.get(timeout=PATIENCE)
            assert line is not None, f"the program ended: {said}"
            if kind == "said":
                said.append(line.removeprefix("chat: "))
            else:
                text.append(line)
        return Reply("\n".join(text) if text else None, tuple(said))

    @staticmethod
    def _ended(text: list[str], said: list[str]) -> bool:
        """Whether the question is done with: the last word is said, and what it stands for is here.

        The two pipes have no order between them, so the answer may come after the word that ends it.
        """
        if not said or not said[-1].startswith(("answered by ", "failed: ")):
            return False
        return bool(text) or (said[-1].startswith("failed: ") and "broke off" not in said[-1])

    def close(self) -> None:
        """End the program by ending its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(10)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
