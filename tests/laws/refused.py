"""Whether Azure has refused by a law: the very status, code, text and shape."""

import json
import re
from collections.abc import Callable, Mapping
from string import Formatter
from types import TracebackType
from typing import Any

import httpx
import openai
import pytest
from azure.core.exceptions import HttpResponseError

from offline.arm.errors import Law


class Refused:
    """Expects a law to strike: inside of `with`, by one of Microsoft's SDKs or OpenAI's; or in what `by` is given.

    :param note: is told the law's id once it has struck.
    """

    def __init__(self, law: Law, note: Callable[[str], None]) -> None:
        assert not law.silent, f"{law.id} is no refusal: use silently({law.id!r})"
        self._law = law
        self._note = note

    def __enter__(self) -> "Refused":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, _: TracebackType | None
    ) -> bool:
        if problem is None:
            pytest.fail(f"{self._law.id}: nothing was refused")
        if not isinstance(problem, HttpResponseError | openai.APIStatusError):
            return False
        response: Any = problem.response
        assert response is not None, f"{self._law.id}: {problem}"
        text = response.text() if isinstance(problem, HttpResponseError) else response.text
        self._judge(response.status_code, json.loads(text), response.headers)
        return True

    def by(self, told: httpx.Response | str) -> None:
        """The same of an answer to a request by hand, or of what the engine has printed."""
        if isinstance(told, str):
            shown = re.compile(f'Code="{re.escape(self._law.code)}" Message="{pattern(self._law.message)}')
            assert shown.search(told), f"{self._law.id} is not in: {told}"
            self._note(self._law.id)
        else:
            self._judge(told.status_code, told.json(), told.headers)

    def _judge(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
        law = self._law
        assert isinstance(body, dict), body
        # What fails after it was accepted says so in its status, which a 200 brings.
        late = status == httpx.codes.OK and body.get("status") == "Failed"
        assert late or status == law.status, f"{law.id}: {status} {body}"
        error = body if law.flat and not late else body.get("error")
        assert isinstance(error, dict), f"{law.id}: {body}"
        expected = {"code": law.code} if law.code else {"statusCode": law.status}
        assert {name: error.get(name) for name in expected} == expected, f"{law.id}: {body}"
        assert re.fullmatch(pattern(law.message), str(error.get("message"))), f"{law.id}: {body}"
        assert {name: error.get(name) for name in law.extra} == dict(law.extra), f"{law.id}: {body}"
        if law.inner:
            assert error["innererror"]["code"] == law.inner, f"{law.id}: {body}"
        for name, value in law.headers.items():
            shown = headers.get(name)
            assert shown is not None, f"{law.id}: no {name} in {headers}"
            assert re.fullmatch(pattern(value), shown), f"{law.id}: {name}: {shown}"
        self._note(law.id)


class Silent:
    """A law that is no refusal: what stands inside of `with` shows what Azure does instead, and that it said yes.

    :param note: is told the law's id once all of it has held.
    """

    def __init__(self, law: Law, note: Callable[[str], None]) -> None:
        assert law.silent, f"{law.id} is a refusal: use refused({law.id!r})"
        self._law = law
        self._note = note

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, _: TracebackType | None
    ) -> None:
        if problem is None:
            self._note(self._law.id)


def pattern(message: str) -> str:
    """A law's text as a regular expression: a placeholder is any text."""
    parts = Formatter().parse(message)
    return (
        "(?s:" + "".join(re.escape(text) + ("" if name is None else ".*") for text, name, _, _ in parts) + ")"
    )
