"""What is read of a client's stream, and that all else passes as it came."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline.dataplane.redis.wire import LONGEST, Command, Commands, command

WORDS = st.lists(st.binary(max_size=40), max_size=4)
OTHER = st.sampled_from([b"GET", b"SET", b"PING", b"AUTHENTICATE", b"AUT", b"", b"EVAL"])
TELLING = st.sampled_from([b"AUTH", b"auth", b"Hello", b"HELLO"])


def _pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[begin:end] for begin, end in pairwise(ends)]


def _read(pieces: list[bytes]) -> tuple[bytes, list[tuple[bytes, ...]]]:
    """All that passes, joined, and what is read."""
    commands = Commands()
    found = [part for piece in pieces for part in commands.feed(piece)]
    passed = b"".join(part for part in found if isinstance(part, bytes))
    return passed, [part.words for part in found if isinstance(part, Command)]


@given(
    st.lists(st.tuples(st.booleans(), OTHER, TELLING, WORDS), max_size=8),
    st.lists(st.integers(min_value=0), max_size=12),
)
def test_a_stream_is_the_same_in_whatever_pieces_it_comes(
    spoken: list[tuple[bool, bytes, bytes, list[bytes]]], cuts: list[int]
) -> None:
    """Also when a value looks like a command."""
    said = [(telling, [name if telling else other, *words]) for telling, other, name, words in spoken]
    whole = b"".join(command(words) for _, words in said)
    passed, read = _read(_pieces(whole, cuts))
    assert passed == b"".join(command(words) for telling, words in said if not telling)
    assert read == [tuple(words) for telling, words in said if telling]


@given(st.binary(max_size=300), st.lists(st.integers(min_value=0), max_size=6))
def test_nonsense_passes_for_the_server_to_refuse(data: bytes, cuts: list[int]) -> None:
    nonsense = b"*1\r\n:5\r\n" + data
    assert _read(_pieces(nonsense, cuts)) == (nonsense, [])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(b"AUTH user token\r\n", (b"AUTH", b"user", b"token"), id="a sign-in"),
        pytest.param(
            b"hello 3 auth user token\n", (b"hello", b"3", b"auth", b"user", b"token"), id="a greeting"
        ),
        pytest.param(b"PING\r\n", None, id="another word"),
        pytest.param(b"\r\n", None, id="nothing"),
    ],
)
def test_a_person_types_words_in_a_line(line: bytes, words: tuple[bytes, ...] | None) -> None:
    assert _read([line]) == ((line, []) if words is None else (b"", [words]))


def test_a_value_of_any_length_is_never_held_back() -> None:
    commands = Commands()
    assert b"".join(_bytes(commands, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9000000\r\nxyz")) != b""
    assert b"".join(_bytes(commands, b"x" * LONGEST * 2)) == b"x" * LONGEST * 2


def test_an_endless_sign_in_is_not_waited_for() -> None:
    commands = Commands()
    assert list(commands.feed(b"*2\r\n$4\r\nAUTH\r\n$900000\r\n")) == [b"*2\r\n$4\r\nAUTH\r\n$900000\r\n"]
    endless = Commands()
    assert list(endless.feed(b"*900000\r\n$4\r\nAUTH\r\n")) == []
    assert b"".join(_bytes(endless, b"$1\r\nx\r\n" * 20_000)).startswith(b"*900000\r\n$4\r\nAUTH")


def _bytes(commands: Commands, data: bytes) -> list[bytes]:
    return [part for part in commands.feed(data) if isinstance(part, bytes)]
