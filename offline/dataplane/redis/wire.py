"""What a client says to a Redis server: a stream of commands, of which those that say who it is are read.

A command is an array of strings (`*1`, `$4`, `PING`, each with its line end) or, from a person, a line of words. All
else passes as it came, in whatever pieces: what is wrong with it is for the server to say. Source: docs redis.io,
"Redis serialization protocol specification".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

READ = frozenset({b"AUTH", b"HELLO"})
"""The commands by which a client says who it is."""
LONGEST = 64 * 1024
"""Bytes of a command that is read, or of a line. A token has about two thousand."""

_LONGEST_NAME = max(map(len, READ))
_LONGEST_NUMBER = 10


@dataclass(frozen=True)
class Command:
    """A command that says who the client is, with all of its words."""

    words: tuple[bytes, ...]

    @property
    def name(self) -> bytes:
        return self.words[0].upper()


class Commands:
    """Follows one client's stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._words_left = 0
        """Words of a command that passes which are still to come."""
        self._bytes_left = 0
        """Bytes of its present word."""
        self._lost = False
        """Whether the stream makes no sense any more; all of it passes then."""

    def feed(self, data: bytes) -> Iterator[bytes | Command]:
        """What is whole by now: bytes that pass, and commands that are read, in their order."""
        self._buffer += data
        while self._buffer:
            try:
                found = self._take(len(self._buffer)) if self._lost else self._next()
            except _NonsenseError:
                self._lost = True
                continue
            if found is None:
                return
            yield found

    def _next(self) -> bytes | Command | None:
        """None until more has come."""
        if self._bytes_left:
            taken = self._take(min(self._bytes_left, len(self._buffer)))
            self._bytes_left -= len(taken)
            return taken
        head = self._line(0)
        if head is None:
            return None
        if self._words_left:
            self._bytes_left = _number(head, b"$") + 2
            self._words_left -= 1
            return self._take(len(head))
        if not head.startswith(b"*"):
            words = head.split()
            self._take(len(head))
            return Command(tuple(words)) if words and words[0].upper() in READ else head
        return self._array(head)

    def _array(self, head: bytes) -> bytes | Command | None:
        count = _number(head, b"*")
        if count == 0:
            return self._take(len(head))
        first = self._line(len(head))
        if first is None:
            return None
        if _number(first, b"$") <= _LONGEST_NAME:
            name = self._word(len(head))
            if name is None:
                return None
            if name[0].upper() in READ:
                return self._command(count, len(head))
        self._words_left = count
        return self._take(len(head))

    def _command(self, count: int, at: int) -> Command | None:
        words: list[bytes] = []
        for _ in range(count):
            found = self._word(at)
            if found is None:
                return None
            words.append(found[0])
            at = found[1]
        self._take(at)
        return Command(tuple(words))

    def _word(self, at: int) -> tuple[bytes, int] | None:
        """The word that begins there, and where it ends."""
        head = self._line(at)
        if head is None:
            return None
        begins = at + len(head)
        ends = begins + _number(head, b"$")
        if ends > LONGEST:
            raise _NonsenseError
        return (bytes(self._buffer[begins:ends]), ends + 2) if len(self._buffer) >= ends + 2 else None

    def _line(self, at: int) -> bytes | None:
        ends = self._buffer.find(b"\n", at)
        if ends < 0 and len(self._buffer) > LONGEST:
            raise _NonsenseError
        return bytes(self._buffer[at : ends + 1]) if ends >= 0 else None

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken


def command(words: Iterable[bytes]) -> bytes:
    """A command as programs write it."""
    listed = list(words)
    parts = [b"*%d\r\n" % len(listed), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in listed)]
    return b"".join(parts)


class _NonsenseError(Exception):
    """The stream is no protocol of Redis, or too long to be read."""


def _number(line: bytes, sign: bytes) -> int:
    """:raises _NonsenseError: it is no such line."""
    digits = line[1:].rstrip(b"\r\n")
    if not line.startswith(sign) or not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise _NonsenseError
    return int(digits)
