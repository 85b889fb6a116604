"""What the proxy answered to each variant, and the table of it in `docs/the-note.md`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from tests.cloud import ROOT
from tests.gateway.note_variants import VARIANTS
from tests.gateway.proxy import Answer, Proxy

PAGE = ROOT / "docs" / "the-note.md"
BEGIN = "<!-- seen: written by tests/gateway/test_the_note.py -->"
END = "<!-- end of what was seen -->"
ANSWERED = "answered"
HEALTHY = "healthy"


@dataclass(frozen=True)
class Seen:
    """The answers to a variant's calls: `answered`, `healthy`, or the error."""

    chat: str
    streamed: str
    responses: str
    health: str


def ask(proxy: Proxy, model: str) -> Seen:
    """Make each kind of call once."""
    chat, streamed, responses = (_outcome(proxy.ask("POST", path, body)) for path, body in calls(model))
    return Seen(chat, streamed, responses, _health(proxy.ask("GET", f"/health?model={model}")))


def calls(model: str) -> list[tuple[str, dict[str, object]]]:
    """Chat, streamed chat, Responses: path and body."""
    chat: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": "Who answers?"}]}
    return [
        ("/v1/chat/completions", chat),
        ("/v1/chat/completions", {**chat, "stream": True}),
        ("/v1/responses", {"model": model, "input": "Who answers?"}),
    ]


def _outcome(answer: Answer) -> str:
    if answer.status == 200 and not re.search(r'"error":\s*\{', answer.text):
        return ANSWERED
    return f"{answer.status}: {plain(answer.error)}"


def _health(answer: Answer) -> str:
    """By the counts: the status of `/health` is 200 whatever it finds, and only with `?model=` another."""
    found = answer.json()
    counts = (found["healthy_count"], found["unhealthy_count"])
    return {(1, 0): HEALTHY, (0, 1): "unhealthy", (0, 0): "not there"}[counts]


def plain(message: str) -> str:
    """A message without the proxy's closing word on its own groups, and without what differs from run to run."""
    message = re.sub(
        r"(LiteLLM: )?model group '.*' failed with the error above\..*", "", message, flags=re.DOTALL
    )
    message = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", message)
    return " ".join(message.split())


def render(seen: Mapping[str, Seen]) -> str:
    """The table, and under it each error once, in full."""
    errors: list[str] = []

    def cell(outcome: str) -> str:
        if not re.match(r"\d{3}: ", outcome):
            return outcome
        if outcome not in errors:
            errors.append(outcome)
        return f"{outcome[:3]} ({errors.index(outcome) + 1})"

    kinds = [field.name for field in fields(Seen)]
    lines = ["| the config | chat | chat, streamed | Responses | `/health` |", "|---|---|---|---|---|"]
    for variant in VARIANTS:
        cells = [cell(getattr(seen[variant.what], kind)) for kind in kinds]
        lines.append(f"| {' | '.join((variant.what, *cells))} |")
    lines += ["", "The errors, as the caller gets them:", ""]
    lines += [f"{number}. `{text}`" for number, text in enumerate(errors, 1)]
    return "\n".join(lines)


def written() -> str:
    """What stands in the page."""
    return PAGE.read_text().split(BEGIN)[1].split(END)[0].strip()


def write(table: str) -> None:
    """Put a table into the page."""
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}")
