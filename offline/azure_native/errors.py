"""Errors as azure-native shows them to a person."""

import json
from collections.abc import Mapping


class AzureError(Exception):
    """An answer of Azure that is no success.

    Its text is azure-native's: `Status=409 Code="RequestConflict" Message="…"`, so that whoever looks for a code
    finds it in the same place.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        named = f' Code="{code}"' if code else ""
        super().__init__(f'Status={status}{named} Message="{message}"')

    @classmethod
    def of(cls, status: int, text: str) -> "AzureError":
        """Reads ARM's `{"error": {…}}`, the flat form of Microsoft.Insights, and anything else as it stands."""
        try:
            body = json.loads(text)
        except ValueError:
            return cls(status, "", text)
        if not isinstance(body, Mapping):
            return cls(status, "", text)
        return cls.within(status, body)

    @classmethod
    def within(cls, status: int, body: Mapping[str, object]) -> "AzureError":
        """Reads a body that was read already: also the status of an operation that failed."""
        inner = body.get("error")
        # Sign-in answers `error` as a word, with the text beside it.
        if isinstance(inner, str):
            return cls(status, inner, str(body.get("error_description", "")))
        error = inner if isinstance(inner, Mapping) else body
        message = error.get("message")
        return cls(status, str(error.get("code") or ""), str(message) if message else json.dumps(dict(body)))


class CancelledError(Exception):
    """The engine asked to stop while something waited."""

    def __init__(self) -> None:
        super().__init__("cancelled")


class TimedOutError(Exception):
    """An operation took longer than the program gives it."""

    def __init__(self) -> None:
        super().__init__("operation timed out")
