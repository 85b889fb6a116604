"""Findings that are as they should be: each is waived beside its resource, by a comment that says why.

    # waived CKV_AZURE_41: a number in the settings rotates it
    # waived CKV_AZURE_236 in dev: that stack signs in with keys

It stands inside the call that makes the resource, or right above it, and holds for what that very call made: the engine
notes in its state on which line of the program a resource was made. Without `in` it is for every stack. It may go on
in further lines of comment.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

STACKS = ("dev", "staging", "prod")

_WAIVER = re.compile(r"waived (?P<rule>[\w.-]+)(?: in (?P<stacks>[\w, -]+))?: *(?P<reason>.*)")
_FORM = "it is written `# waived RULE: reason`, or `# waived RULE in STACK, STACK: reason`"


class WaiverError(Exception):
    """A comment that means to be a waiver and is none."""


@dataclass(frozen=True, order=True)
class Place:
    """A line of the program."""

    file: str
    """From the program's folder: `infra/vault.py`."""
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """One rule, waived for what one call makes."""

    rule: str
    stacks: tuple[str, ...]
    reason: str
    at: Place
    beside: frozenset[int]
    """First lines of the calls that it stands in, and of what follows it."""

    def covers(self, stack: str, rule: str, made: Place) -> bool:
        """Whether a finding is this one's, by where its resource was made."""
        return (
            stack in self.stacks
            and rule == self.rule
            and made.file == self.at.file
            and made.line in self.beside
        )


def waivers(program: Path) -> tuple[Waiver, ...]:
    """Every waiver of a program's folder, in the order of its files.

    :raises WaiverError: one is not written as it should be.
    """
    files = (program / "__main__.py", *sorted((program / "infra").glob("*.py")))
    return tuple(found for file in files for found in read(file.read_text(), str(file.relative_to(program))))


def read(source: str, file: str) -> Iterator[Waiver]:
    """The waivers of one file."""
    comments = {
        token.start[0]: token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    for line, token in comments.items():
        text = _words(token)
        if not text.startswith("waived "):
            continue
        parts = _WAIVER.fullmatch(text)
        if parts is None:
            raise WaiverError(f"{file}:{line}: {token.string!r} waives nothing; {_FORM}")
        stacks = tuple(re.split(r", *", parts["stacks"])) if parts["stacks"] else STACKS
        if unknown := set(stacks) - set(STACKS):
            raise WaiverError(f"{file}:{line}: {', '.join(sorted(unknown))} is no stack: {', '.join(STACKS)}")
        reason = [parts["reason"]]
        after = line + 1
        while after in comments and comments[after].start[1] == token.start[1]:
            if (more := _words(comments[after])).startswith("waived "):
                break
            reason.append(more)
            after += 1
        if not any(reason):
            raise WaiverError(f"{file}:{line}: {parts['rule']} is waived without a reason; {_FORM}")
        yield Waiver(
            rule=parts["rule"],
            stacks=stacks,
            reason=" ".join(part for part in reason if part),
            at=Place(file, line),
            beside=_beside(source, comments, line),
        )


def places(state: Mapping[str, Any]) -> dict[str, Place]:
    """Where each Azure resource of a stack was made, by its id in lower case: the call's first line."""
    return {
        found["id"].lower(): Place(urlsplit(position).path.lstrip("/"), int(urlsplit(position).fragment))
        for found in state["checkpoint"]["latest"]["resources"]
        if found["type"].startswith("azure-native:") and (position := found.get("sourcePosition"))
    }


def _words(comment: tokenize.TokenInfo) -> str:
    return comment.string.lstrip("#").strip()


def _beside(source: str, comments: Mapping[int, tokenize.TokenInfo], line: int) -> frozenset[int]:
    below = line
    while below in comments:
        below += 1
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    around = (node.lineno for node in calls if node.lineno <= line <= (node.end_lineno or node.lineno))
    return frozenset((below, *around))
