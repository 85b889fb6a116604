"""Names: one convention, and stable where Azure or Pulumi go by them."""

import uuid

import pytest

from config.names import KINDS, Naming, Place, broken_rule, role_assignment, secret_name
from tests.settings.stacks import settings

NAMING = Naming("idha", "sbx", Place("scus", "001"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(NAMING.resource_group, "rg-idha-sbx-scus-001", id="resource group"),
        pytest.param(
            NAMING.account(Place("eus2", "002")), "ai-idha-sbx-eus2-002", id="account of another region"
        ),
        pytest.param(
            NAMING.subnet("gateway", "10.40.0.0/26"),
            "snet-idha-sbx-scus-001-gateway-10.40.0.0-26",
            id="what tells siblings apart comes last",
        ),
        pytest.param(NAMING.private_endpoint("kv-x"), "pep-kv-x", id="an endpoint carries its target's name"),
        pytest.param(NAMING.vault, "kv-idha-sbx-scus-001", id="vault"),
        pytest.param(NAMING.gateway, "ca-idha-sbx-scus-001", id="the first generation is not written"),
        pytest.param(
            NAMING.alert("ai-x", "throttled"), "ma-ai-x-throttled", id="an alert carries its target's name"
        ),
        pytest.param(NAMING.action_group_short, "idha-sbx", id="who speaks in a text message"),
    ],
)
def test_the_convention(name: str, expected: str) -> None:
    assert name == expected


def test_one_setting_moves_a_name_on_that_azure_keeps_taken() -> None:
    moved = settings(
        regions=[{"name": "eastus2", "instance": "002"}], vault={"suffix": "b"}, generation=2
    ).names
    assert moved.account(moved.home) == "ai-acme-dev-eus2-002"
    assert moved.vault == "kv-acme-dev-eus2-002-b"
    assert moved.container_environment == "cae-acme-dev-eus2-002-g2"
    assert moved.gateway == "ca-acme-dev-eus2-002-g2"


def test_a_region_that_the_table_lacks_is_written_as_the_stack_says() -> None:
    (account,) = settings(regions=[{"name": "newregion", "short": "nr"}]).accounts
    assert account.name == "ai-acme-dev-nr-001"


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        pytest.param("kv", "kv-idha--sbx", "single dashes", id="a vault has no double dash"),
        pytest.param(
            "kv", "kv-" + "x" * 22, "at most 24 characters, this has 25", id="a vault has 24 characters"
        ),
        pytest.param("ca", "Ca-idha", "lower-case", id="a container app has no capitals"),
        pytest.param("ca", "ca-idha-", "ending with a letter or digit", id="nor a dash at its end"),
        pytest.param("ai", "ai_idha", "lower-case letters, digits and dashes", id="an account is a DNS name"),
        pytest.param("rg", "rg-idha.", "starting with a letter or digit", id="a group has no dot at its end"),
    ],
)
def test_what_azure_would_refuse(kind: str, name: str, says: str) -> None:
    assert says in (broken_rule(kind, name) or "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_plain_name_is_legal_for_every_kind(kind: str) -> None:
    assert broken_rule(kind, f"{kind}-a-b-c-001") is None


def test_a_role_assignment_keeps_its_name_while_scope_role_and_principal_stay() -> None:
    """Azure spells ids with other capitals from one call to the next."""
    first = role_assignment("/subscriptions/S/vaults/V", "role", "principal")
    assert first == role_assignment("/subscriptions/s/vaults/v", "ROLE", "principal")
    assert str(uuid.UUID(first)) == first


def test_a_role_assignment_of_another_principal_has_another_name() -> None:
    """Azure refuses a changed principal under an old name: RoleAssignmentUpdateNotPermitted."""
    assert role_assignment("scope", "role", "one") != role_assignment("scope", "role", "two")


def test_parts_of_a_role_assignment_do_not_run_together() -> None:
    assert role_assignment("ab", "c") != role_assignment("a", "bc")


def test_secret_names_are_legal_in_vault_and_app() -> None:
    assert secret_name("AZURE_OPENAI_API_KEY_EASTUS2") == "azure-openai-api-key-eastus2"


def test_the_stacks_own_tags_stand_beside_ours() -> None:
    assert settings(tags={"cost-center": "4711"}).all_tags == {
        "cost-center": "4711",
        "workload": "acme",
        "environment": "dev",
        "managed-by": "pulumi",
    }
