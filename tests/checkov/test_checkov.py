"""The bodies as they are sent, held to what public scanners ask for."""

import pytest

from tests.checkov import page, tally
from tests.checkov.cases import CASES, MENDS, Case
from tests.checkov.survey import BROKEN, SPOTLESS, Survey, case
from tests.checkov.verdict import Verdict
from tests.checkov.waivers import STACKS, Waiver
from tests.cloud import ROOT, Cloud

PAGE = ROOT / "docs" / "security-checks.md"


def broken(verdicts: tuple[Verdict, ...]) -> set[str]:
    """The rules that are not kept."""
    return {verdict.rule for verdict in verdicts if not verdict.passed}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_has_no_finding_that_is_not_waived(
    seen: Survey, waived: tuple[Waiver, ...], stack: str
) -> None:
    assert seen.verdicts[stack]
    assert [str(found) for found in seen.unwaived(waived, stack)] == []


def test_every_waiver_waives_a_finding_in_each_stack_that_it_names(
    seen: Survey, waived: tuple[Waiver, ...]
) -> None:
    assert seen.idle(waived) == []


def test_everything_that_was_sent_is_in_a_template(seen: Survey, cloud: Cloud) -> None:
    """What is left out is judged by nobody."""
    store = cloud.store()
    paths = {path.lower() for _, path, _, _, status in store.requests("PUT") if status < 300}
    store.close()
    assert {name for template in seen.templates.values() for name in template.resources} == paths


def test_what_is_waived_in_prod_can_be_had(seen: Survey) -> None:
    """A rule that nothing could please would say nothing; from here on each is kept."""
    assert {mend.rule for mend in MENDS} == broken(seen.verdicts[BROKEN])
    assert broken(seen.verdicts[SPOTLESS]) == set()


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.rule)
def test_what_a_rule_is_about_is_missed_by_that_rule_alone(seen: Survey, one: Case) -> None:
    """What the program itself has broken is told above, once."""
    assert broken(seen.verdicts[case(one.rule)]) - broken(seen.verdicts[SPOTLESS]) == {one.rule} | one.also


def test_every_rule_that_speaks_of_our_resources_has_such_a_case(seen: Survey) -> None:
    """Also one that a newer checkov brings."""
    asked = {(verdict.rule, verdict.type) for stack in STACKS for verdict in seen.verdicts[stack]}
    assert {(one.rule, one.type) for one in CASES} == asked
    assert len(CASES) == len({one.rule for one in CASES})


def test_the_page_is_made_from_what_was_found(
    seen: Survey, waived: tuple[Waiver, ...], request: pytest.FixtureRequest
) -> None:
    """When it differs: .venv/bin/python -m tests.checkov > docs/security-checks.md"""
    request.node.user_properties.append((tally.ROWS, tally.told(page.rows(seen, waived))))
    assert PAGE.read_text() == page.render(seen, waived)
