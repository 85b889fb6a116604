"""`python -m offline laws`: Azure's laws for people, for programs and as a page of the documentation."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from offline.arm.errors import Law

Books = Mapping[str, Sequence[Law]]
"""Laws by service."""

_INTRODUCTION = """# Azure's laws

<!-- Made from the laws themselves: python -m offline laws --page > docs/azure-laws.md -->

What Azure refuses, or does otherwise than asked, although no type and no schema says so. The offline Azure does the
same: with this status, code and text. Look for the code that your deployment shows, or run
`python -m offline laws ID`.

Each law was found in public issue threads, documentation or logs, which it names (`owner/repo#number`); none was
recorded by deploying to Azure. *Unconfirmed* ones are known from a thread or by analogy alone, and were never tried
against Azure: their status, code or wording may differ there. `{words}` in braces stand for names of yours.
"""


def table(books: Books) -> RenderableType:
    """One line for each law."""
    parts: list[RenderableType] = []
    for service, laws in books.items():
        shown = Table(title=service, title_justify="left", expand=True)
        shown.add_column("law", no_wrap=True)
        shown.add_column("status", justify="right")
        shown.add_column("code", overflow="fold")
        shown.add_column("protects from", ratio=1)
        shown.add_column("known")
        for law in laws:
            known = Text("from threads", style="yellow") if law.unconfirmed else ""
            shown.add_row(law.id, str(law.status), law.code or "(none)", Text(law.protects), known)
        parts += [shown, ""]
    count = sum(len(laws) for laws in books.values())
    threads = sum(law.unconfirmed for laws in books.values() for law in laws)
    return Group(*parts, f"{count} laws, {threads} of them known from threads only. One in full: laws ID")


def full(service: str, law: Law) -> RenderableType:
    """Everything about one law."""
    shown = Table.grid(padding=(0, 2))
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column()
    for word, value in (
        ("law", f"{law.id} ({service})"),
        ("answer", _answer(law)),
        ("text", law.message.replace("\r\n", "\n")),
        ("protects from", law.protects),
        ("what to do", law.remedy),
        ("source", law.source),
        ("known", "from threads or by analogy only, never tried against Azure" if law.unconfirmed else ""),
    ):
        if value:
            shown.add_row(word, Text(value))
    return shown


def listed(books: Books) -> list[dict[str, Any]]:
    """For programs."""
    return [
        {
            "id": law.id,
            "service": service,
            "status": law.status,
            "code": law.code,
            "innerCode": law.inner,
            "message": law.message,
            "silent": law.silent,
            "protectsFrom": law.protects,
            "remedy": law.remedy,
            "source": law.source,
            "unconfirmed": law.unconfirmed,
        }
        for service, laws in books.items()
        for law in laws
    ]


def page(books: Books) -> str:
    """docs/azure-laws.md"""
    return "\n".join([_INTRODUCTION, _index(books), *(_chapter(*book) for book in books.items())])


def _index(books: Books) -> str:
    """Every code, with the laws behind it."""
    by_code: dict[str, list[str]] = {}
    for law in (law for laws in books.values() for law in laws):
        codes = [f"`{code}`" for code in (law.code, law.inner) if code]
        for code in codes or ["no error" if law.silent else "no code"]:
            by_code.setdefault(code, []).append(f"[{law.id}](#{law.id})")
    rows = [f"| {code} | {', '.join(by_code[code])} |" for code in sorted(by_code, key=str.lower)]
    return "\n".join(["## By code", "", "| code | law |", "|---|---|", *rows, ""])


def _chapter(service: str, laws: Sequence[Law]) -> str:
    """The laws that there is something to do about, each by itself; then the others."""
    told = [law for law in laws if law.remedy]
    others = [law for law in laws if not law.remedy]
    parts = [f"## {service}", "", *(_section(law) for law in told)]
    if others:
        parts += ["| law | answer | protects from | source |", "|---|---|---|---|"]
        parts += [
            f'| <a id="{law.id}"></a>{law.id} | {_answer(law)}: {_in_a_cell(law.message)} '
            f"| {_in_a_cell(law.protects)} | {_in_a_cell(_source(law))} |"
            for law in others
        ]
        parts.append("")
    return "\n".join(parts)


def _section(law: Law) -> str:
    text = law.message.replace("\r\n", "\n").strip()
    seen = "What happens" if law.silent else "What you see"
    return (
        f"### {law.id}\n\n**{seen}:** {_answer(law)}\n\n```text\n{text}\n```\n\n**Why:** {law.protects}\n\n"
        f"**What to do:** {law.remedy}\n\nSource: {_source(law)}\n"
    )


def _answer(law: Law) -> str:
    """`409 RequestConflict`"""
    if law.silent:
        return f"{law.status}, and no error"
    inner = f" ({law.inner})" if law.inner else ""
    return f"{law.status} {law.code}{inner}".strip()


def _source(law: Law) -> str:
    return f"{law.source}. *Unconfirmed*" if law.unconfirmed else law.source


def _in_a_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
