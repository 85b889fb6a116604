"""What was found, as rows: for `docs/security-checks.md` and for the end of a test run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.checkov.rules import SOURCES
from tests.checkov.survey import Survey
from tests.checkov.tool import CHECKOV
from tests.checkov.waivers import STACKS, Waiver

PASSED, WAIVED, FAILED, ABSENT = "passed", "waived", "FAILED", "-"

_INTRODUCTION = """\
# Checked from outside

What public scanners say of the three stacks. The real engine deploys each to the offline Azure; the request bodies \
that were sent become one ARM template a stack, and [checkov](https://www.checkov.io/) {version} judges them, as it \
would judge templates of anybody's. Rules that it lacks for ARM are held against the same templates by a table of ours \
(`tests/checkov/rules.py`), each written after its makers' own text: PSRule for Azure itself needs PowerShell, and \
Azure Policy needs Azure.

A finding is mended, or waived beside its resource with a reason (`# waived RULE in STACK: reason` in `infra/`). A \
finding without a waiver fails the tests, and so does a waiver that waives nothing. That each rule sees what it is \
about is shown too: for each there is a template of prod's with just that broken, which just that rule refuses.

Made from what was found: `.venv/bin/python -m tests.checkov > docs/security-checks.md`. What it does not show: how \
Azure itself applies what it was sent, and whatever none of these rules asks about.
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rule, in every stack."""

    rule: str
    demands: str
    type: str
    source: str
    outcomes: Mapping[str, str]
    """By stack."""
    waivers: Sequence[Waiver]


def rows(survey: Survey, waivers: tuple[Waiver, ...]) -> list[Row]:
    """Every rule that says something of a resource of ours, by resource type."""
    named = {
        (verdict.type, verdict.rule): verdict.demands
        for stack in STACKS
        for verdict in survey.verdicts[stack]
    }
    return [
        Row(
            rule=rule,
            demands=demands,
            type=kind,
            source=SOURCES.get(rule, "checkov"),
            outcomes={stack: _outcome(survey, waivers, stack, rule) for stack in STACKS},
            waivers=tuple(
                dict.fromkeys(waiver for stack in STACKS for waiver in survey.waived(waivers, stack, rule))
            ),
        )
        for (kind, rule), demands in sorted(
            named.items(), key=lambda item: (item[0][0], _numbered(item[0][1]))
        )
    ]


def _outcome(survey: Survey, waivers: tuple[Waiver, ...], stack: str, rule: str) -> str:
    asked = [verdict.passed for verdict in survey.verdicts[stack] if verdict.rule == rule]
    if any(found.verdict.rule == rule for found in survey.unwaived(waivers, stack)):
        return FAILED
    if not asked:
        return ABSENT
    return PASSED if all(asked) else WAIVED


def _numbered(rule: str) -> tuple[str, int]:
    """Rule 9 before rule 10."""
    head, _, tail = rule.rpartition("_")
    return (head, int(tail)) if tail.isdigit() else (rule, 0)


def render(survey: Survey, waivers: tuple[Waiver, ...]) -> str:
    """The whole page."""
    found = rows(survey, waivers)
    return "\n".join(
        (
            _INTRODUCTION.format(version=CHECKOV.version),
            "## Rules",
            "",
            *_table(
                ("rule", "whose", "demands", *STACKS),
                (
                    (
                        f"`{row.rule}`",
                        row.source,
                        f"{_cell(row.demands)} (`{row.type}`)",
                        *row.outcomes.values(),
                    )
                    for row in found
                ),
            ),
            "",
            "## Waived",
            "",
            *_table(
                ("rule", "where", "in", "because"),
                (
                    (f"`{row.rule}`", f"`{waiver.at.file}`", _stacks(waiver), _cell(waiver.reason))
                    for row in found
                    for waiver in row.waivers
                ),
            ),
            "",
            "## Not asked about",
            "",
            "No rule speaks of these types, which the stacks have too:",
            "",
            *(f"- `{kind}`" for kind in _silent(survey, found)),
            "",
        )
    )


def _silent(survey: Survey, found: Iterable[Row]) -> list[str]:
    made = {
        resource["type"] for template in survey.templates.values() for resource in template.resources.values()
    }
    return sorted(made - {row.type for row in found})


def _stacks(waiver: Waiver) -> str:
    return "every stack" if waiver.stacks == STACKS else ", ".join(waiver.stacks)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _table(head: Sequence[str], body: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in body:
        yield f"| {' | '.join(row)} |"
