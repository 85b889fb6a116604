"""A waiver stands beside its resource, says why, and waives what that very call makes."""

from textwrap import dedent

import pytest

from tests.checkov.survey import Finding, Survey
from tests.checkov.verdict import Verdict
from tests.checkov.waivers import STACKS, Place, Waiver, WaiverError, places, read

SOURCE = dedent(
    """\
    def first(args):
        # Not what is meant: that which has been waived before.
        vault = keyvault.Vault(
            args.name,
            # waived ONE: it is said in
            # two lines
            # waived TWO in dev, prod: another
            properties=keyvault.VaultPropertiesArgs(
                sku="standard",
            ),
        )
        # waived THREE in staging: right above
        return network.Subnet(args.name, address_prefix=args.range), vault


    OTHER = 1  # waived FOUR: beside nothing
    """
)
VAULT, SUBNET = Place("infra/a.py", 3), Place("infra/a.py", 13)


def found(rule: str, *, stack: str = "dev", made: Place = VAULT) -> Finding:
    verdict = Verdict(
        template=stack, rule=rule, demands="", resource="Microsoft.KeyVault/vaults.kv", passed=False
    )
    return Finding(verdict=verdict, made=made)


@pytest.fixture
def waivers() -> tuple[Waiver, ...]:
    return tuple(read(SOURCE, "infra/a.py"))


def test_rule_stacks_and_reason_are_read(waivers: tuple[Waiver, ...]) -> None:
    assert [(one.rule, one.stacks, one.reason, str(one.at)) for one in waivers] == [
        ("ONE", STACKS, "it is said in two lines", "infra/a.py:5"),
        ("TWO", ("dev", "prod"), "another", "infra/a.py:7"),
        ("THREE", ("staging",), "right above", "infra/a.py:12"),
        ("FOUR", STACKS, "beside nothing", "infra/a.py:16"),
    ]


@pytest.mark.parametrize(
    ("rule", "stack", "made", "covered"),
    [
        pytest.param("ONE", "staging", VAULT, True, id="inside the call"),
        pytest.param("TWO", "prod", VAULT, True, id="in one of its stacks"),
        pytest.param("TWO", "staging", VAULT, False, id="in another stack"),
        pytest.param("THREE", "staging", SUBNET, True, id="above the call"),
        pytest.param("ONE", "dev", SUBNET, False, id="another call"),
        pytest.param("ONE", "dev", Place("infra/b.py", 3), False, id="another file"),
        pytest.param("FOUR", "dev", VAULT, False, id="beside nothing"),
    ],
)
def test_it_waives_what_the_call_beside_it_makes(
    waivers: tuple[Waiver, ...], rule: str, stack: str, made: Place, covered: bool
) -> None:
    assert [one.rule for one in waivers if one.covers(stack, rule, made)] == ([rule] if covered else [])


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        pytest.param("# waived ONE", "waives nothing; it is written `# waived RULE: reason`", id="no colon"),
        pytest.param("# waived ONE:", "ONE is waived without a reason", id="no reason"),
        pytest.param("# waived ONE in prd: why", "prd is no stack: dev, staging, prod", id="no stack"),
        pytest.param("# waived because of it", "waives nothing", id="prose"),
    ],
)
def test_a_comment_that_means_to_be_one_and_is_none_is_an_error(comment: str, says: str) -> None:
    with pytest.raises(WaiverError, match=f"^infra/a.py:1: .*{says}"):
        list(read(comment, "infra/a.py"))


def test_findings_without_a_waiver_and_waivers_without_a_finding_are_told(
    waivers: tuple[Waiver, ...],
) -> None:
    everywhere = [found("ONE", stack=stack) for stack in STACKS]
    survey = Survey(
        templates={},
        verdicts={},
        findings=(*everywhere, found("TWO"), found("TWO", stack="staging"), found("THREE", made=VAULT)),
    )
    assert [str(one) for stack in STACKS for one in survey.unwaived(waivers, stack)] == [
        "dev: THREE: Microsoft.KeyVault/vaults.kv (made at infra/a.py:3): ",
        "staging: TWO: Microsoft.KeyVault/vaults.kv (made at infra/a.py:3): ",
    ]
    assert survey.idle(waivers) == [
        "infra/a.py:7: TWO is waived in prod, where what stands there keeps it",
        "infra/a.py:12: THREE is waived in staging, where what stands there keeps it",
        *(f"infra/a.py:16: FOUR is waived in {stack}, where what stands there keeps it" for stack in STACKS),
    ]


def test_where_a_resource_was_made_is_in_the_state() -> None:
    resources = [
        {"type": "pulumi:pulumi:Stack", "urn": "…"},
        {
            "type": "random:index/randomPassword:RandomPassword",
            "id": "none",
            "sourcePosition": "project:///a.py#1",
        },
        {
            "type": "azure-native:keyvault:Vault",
            "id": "/subscriptions/s/Vaults/KV",
            "sourcePosition": "project:///infra/a.py#3",
        },
    ]
    assert places({"checkpoint": {"latest": {"resources": resources}}}) == {
        "/subscriptions/s/vaults/kv": VAULT
    }
