"""Refusals: a law of Azure, and the error that breaking it answers with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = dict[str, object]


class ArmError(Exception):
    """An error as ARM answers it: `{"error": {"code", "message"}}`.

    :param flat: `Microsoft.Insights` answers without the outer `error`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        flat: bool = False,
        details: list[JSON] | None = None,
        law: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.flat = flat
        self.details = details
        self.law = law

    def body(self) -> JSON:
        inner: JSON = {"code": self.code, "message": self.message}
        if self.details:
            inner["details"] = self.details
        return inner if self.flat else {"error": inner}


@dataclass(frozen=True, kw_only=True)
class Law:
    """A rule of Azure that is written in no type: what it refuses, and where that was seen.

    `message` is Azure's own text with `{placeholders}`.
    """

    id: str
    status: int
    code: str
    message: str
    source: str
    protects: str
    """What goes wrong for a user who does not know the law, in a clause."""
    unconfirmed: bool = False
    """True when status, code or text are known from threads or by analogy only."""
    headers: Mapping[str, str] = field(default_factory=dict)
    flat: bool = False

    def broken(self, **words: object) -> ArmError:
        """The error to raise."""
        return ArmError(
            self.status,
            self.code,
            self.message.format(**words),
            headers=self.headers,
            flat=self.flat,
            law=self.id,
        )
