"""What the end of a run tells."""

from types import SimpleNamespace
from typing import Any, cast

from tests.checkov import page, tally
from tests.checkov.survey import Survey
from tests.checkov.tally import Tally
from tests.checkov.test_waivers import VAULT, found
from tests.checkov.verdict import Verdict
from tests.checkov.waivers import STACKS, Waiver


def verdict(rule: str, stack: str, *, passed: bool) -> Verdict:
    return Verdict(
        template=stack,
        rule=rule,
        demands=f"{rule} is kept",
        resource="Microsoft.KeyVault/vaults.kv",
        passed=passed,
    )


def test_a_run_ends_with_every_rule_and_what_became_of_it() -> None:
    survey = Survey(
        templates={},
        verdicts={
            "dev": (verdict("R_10", "dev", passed=False), verdict("R_9", "dev", passed=False)),
            "staging": (verdict("R_10", "staging", passed=True),),
            "prod": (verdict("R_10", "prod", passed=True), verdict("R_11", "prod", passed=True)),
        },
        findings=(found("R_10"), found("R_9")),
    )
    waiver = Waiver(rule="R_10", stacks=("dev",), reason="why not", at=VAULT, beside=frozenset({VAULT.line}))
    rows = page.rows(survey, (waiver,))
    seen = Tally()
    report = SimpleNamespace(when="call", user_properties=[(tally.ROWS, tally.told(rows))])
    seen.pytest_runtest_logreport(cast("Any", report))
    assert seen.lines() == [
        f"Checked from outside: 3 rules, {len(STACKS)} stacks; 1 kept everywhere, 1 waived, 1 not kept",
        "  rule  dev      staging  prod     why",
        "  R_9   FAILED   -        -",
        "  R_10  waived   passed   passed   why not",
        "  R_11  -        -        passed",
    ]


def test_a_run_without_these_tests_says_nothing_of_them() -> None:
    assert Tally().lines() == []
