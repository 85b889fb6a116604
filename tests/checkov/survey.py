"""Everything that the judges say: of the stacks as they were sent, and of prod's template with one thing broken."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.checkov import rules, tool
from tests.checkov.cases import CASES, MENDS
from tests.checkov.template import Template
from tests.checkov.verdict import Verdict
from tests.checkov.waivers import Place, Waiver, places
from tests.cloud import Stack

SPOTLESS = "spotless"
"""prod's template with everything done that is waived there: the one that is broken."""
BROKEN = "prod"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A rule that a resource of a stack does not keep."""

    verdict: Verdict
    made: Place
    """Where the program makes the resource."""

    def __str__(self) -> str:
        found = self.verdict
        return f"{found.template}: {found.rule}: {found.resource} (made at {self.made}): {found.demands}"


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What was seen in one run of each judge."""

    templates: Mapping[str, Template]
    """By stack."""
    verdicts: Mapping[str, tuple[Verdict, ...]]
    """By stack, or by the name of another template."""
    findings: tuple[Finding, ...]
    """What the stacks do not keep."""

    def unwaived(self, waivers: tuple[Waiver, ...], stack: str) -> list[Finding]:
        """What nobody has waived."""
        return [
            found for found in self.findings if found.verdict.template == stack and not _by(waivers, found)
        ]

    def waived(self, waivers: tuple[Waiver, ...], stack: str, rule: str) -> list[Waiver]:
        """What waives a rule in a stack."""
        return list(
            dict.fromkeys(
                waiver
                for found in self.findings
                if (found.verdict.template, found.verdict.rule) == (stack, rule)
                for waiver in _by(waivers, found)
            )
        )

    def idle(self, waivers: tuple[Waiver, ...]) -> list[str]:
        """Waivers that waive nothing, each with a stack in which that is so."""
        return [
            f"{waiver.at}: {waiver.rule} is waived in {stack}, where what stands there keeps it"
            for waiver in waivers
            for stack in waiver.stacks
            if waiver not in self.waived(waivers, stack, waiver.rule)
        ]


def case(rule: str) -> str:
    """The name of the template in which that rule is broken."""
    return f"without-{rule}"


def survey(stacks: Mapping[str, Stack], folder: Path) -> Survey:
    """Ask both judges about stacks that are deployed.

    :param folder: an empty one, for the templates.
    """
    made = {name: places(stack.state()) for name, stack in stacks.items()}
    sent = {name: _sent(stack, made[name]) for name, stack in stacks.items()}
    spotless = sent[BROKEN].changed(*(mend.edit for mend in MENDS))
    broken = {case(found.rule): spotless.changed(found.edit) for found in CASES}
    every = {**sent, SPOTLESS: spotless, **broken}
    for name, template in every.items():
        template.write(folder, name)
    said: dict[str, list[Verdict]] = {name: list(rules.judge(name, found)) for name, found in every.items()}
    for verdict in tool.judge(folder):
        said[verdict.template].append(verdict)
    return Survey(
        templates=sent,
        verdicts={name: tuple(found) for name, found in said.items()},
        findings=tuple(
            _finding(verdict, sent[name], made[name])
            for name in sent
            for verdict in said[name]
            if not verdict.passed
        ),
    )


def _sent(stack: Stack, made: Mapping[str, Place]) -> Template:
    store = stack.cloud.store()
    try:
        return Template.of(store, made)
    finally:
        store.close()


def _finding(verdict: Verdict, template: Template, made: Mapping[str, Place]) -> Finding:
    (wanted,) = template.ids(verdict.resource)
    return Finding(verdict=verdict, made=made[wanted.lower()])


def _by(waivers: tuple[Waiver, ...], found: Finding) -> list[Waiver]:
    verdict = found.verdict
    return [waiver for waiver in waivers if waiver.covers(verdict.template, verdict.rule, found.made)]
