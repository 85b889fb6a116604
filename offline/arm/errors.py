"""Refusals: a law of Azure, and the error that breaking it answers with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = dict[str, object]


class ArmError(Exception):
    """An error as Azure answers it: `{"error": {"code", "message"}}`.

    :param flat: answered without the outer `error`, as `Microsoft.Insights` does; without a code as well, it is the
        `{"statusCode", "message"}` of Azure OpenAI's sign-in.
    :param extra: what else the error object holds (`innererror`, `param`).
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
        extra: Mapping[str, object] | None = None,
        law: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.flat = flat
        self.details = details
        self.extra = dict(extra or {})
        self.law = law

    def body(self) -> JSON:
        if self.flat and not self.code:
            return {"statusCode": self.status, "message": self.message}
        inner: JSON = {"code": self.code, "message": self.message, **self.extra}
        if self.details:
            inner["details"] = self.details
        return inner if self.flat else {"error": inner}


@dataclass(frozen=True, kw_only=True)
class Law:
    """A rule of Azure that is written in no type: what it refuses, and where that was seen.

    `message` is Azure's own text with `{placeholders}`; so are the values of `headers`.
    """

    id: str
    status: int
    code: str
    message: str
    source: str
    protects: str
    """What goes wrong for a user who does not know the law, in a clause."""
    remedy: str = ""
    """What to do for somebody who has met it, in a sentence or two. A law that has one has a section of its own in
    docs/azure-laws.md."""
    unconfirmed: bool = False
    """True when status, code or text are known from threads or by analogy only."""
    headers: Mapping[str, str] = field(default_factory=dict)
    flat: bool = False
    """See ArmError."""
    inner: str = ""
    """The code of the `innererror`, where a data plane has one."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What else the error object holds."""
    silent: bool = False
    """True for what is no refusal: Azure answers with `status` that all is well, and does something else than was
    asked for. `message` says what, in our words; there is no code."""

    def broken(self, **words: object) -> ArmError:
        """The error to raise."""
        assert not self.silent, f"{self.id} is no refusal"
        inner: JSON = {"innererror": {"code": self.inner}} if self.inner else {}
        return ArmError(
            self.status,
            self.code,
            self.message.format(**words),
            headers={name: value.format(**words) for name, value in self.headers.items()},
            flat=self.flat,
            extra={**self.extra, **inner},
            law=self.id,
        )
