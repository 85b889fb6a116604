"""The tracked stack files, and what Pulumi.yaml declares."""

import re
from typing import Any

import pytest
import yaml

from config.parsing import parse
from config.settings import SECRETS, Settings
from tests.settings.stacks import DAY, ROOT, STACKS, changed, stack, stack_text, without_namespace


@pytest.mark.parametrize("name", STACKS)
def test_every_stack_file_is_accepted(name: str) -> None:
    assert parse(stack(name), DAY).deployments


def test_dev_is_the_system_of_the_note() -> None:
    settings = parse(stack("dev"), DAY)
    (account,) = settings.accounts
    assert account.name == "ai-idha-sbx-scus-001"
    assert account.endpoint == "https://ai-idha-sbx-scus-001.openai.azure.com/"
    assert account.key_variable == "AZURE_OPENAI_API_KEY"
    chat, embedding = account.deployments
    assert (chat.name, chat.model, chat.version) == ("gpt-4o-2024-08-06", "gpt-4o", "2024-08-06")
    assert settings.api_version_of(chat) == "2024-08-01-preview"
    assert embedding.model == "text-embedding-3-small"
    assert not settings.keyless


def test_dev_warns_of_its_deprecated_model_with_the_line_to_change_and_of_nothing_else() -> None:
    settings = parse(stack("dev"), DAY)
    assert settings.warnings == (
        "litellm-azure:deployments[0].version: gpt-4o 2024-08-06 is deprecated: it retires on 2027-04-14, and a "
        'subscription that has never had it cannot create it. Write version: "2024-11-20"',
    )
    assert settings.retired == {}


@pytest.mark.parametrize("name", ["staging", "prod", "example"])
def test_the_other_stacks_are_keyless_internal_and_warn_of_nothing(name: str) -> None:
    settings = parse(stack(name), DAY)
    assert settings.keyless
    application = "CHATSHEET" if name == "prod" else "DEFAULT"
    assert settings.secret_variables == ("LITELLM_MASTER_KEY", f"APPLICATION_KEY_{application}_1")
    assert settings.ingress.visibility == "internal"
    assert settings.warnings == ()


def test_prod_holds_every_model_in_two_regions_and_two_replicas() -> None:
    settings = parse(stack("prod"), DAY)
    assert [len(group.members) for group in settings.groups] == [2, 2]
    assert [account.region for account in settings.accounts] == ["eastus2", "southcentralus"]
    assert settings.gateway.min_replicas == 2


def test_stacks_can_be_peered() -> None:
    """No two stacks of ours share addresses."""
    spaces = [parse(stack(name), DAY).network.address_space for name in ("dev", "staging", "prod")]
    assert len(set(spaces)) == 3


def test_every_option_that_the_example_shows_commented_out_is_one() -> None:
    """With all of them switched on at once it still parses."""
    text = stack_text("example")
    text = re.sub(r"^  #(litellm-azure:|  +(?:- )?[a-zA-Z-]+:)", r"  \1", text, flags=re.MULTILINE)
    text = re.sub(r"^(    +)# (- name: claude| *[a-zA-Z]+: )", r"\1\2", text, flags=re.MULTILINE)
    raw = without_namespace(yaml.safe_load(text)["config"])
    assert set(raw) == {field.alias for field in Settings.model_fields.values()} - set(SECRETS) - {
        "catalogDate"
    }
    claude = raw["deployments"][-1]
    assert claude["provider"] == "anthropic"
    assert parse({**raw, "providerKeys": {claude["apiKeyVariable"]: "sk-ant-0123456789"}}, DAY)


def declared() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    return loaded


def test_pulumi_declares_every_setting_but_the_secrets() -> None:
    """Pulumi has no optional secret to declare: with a default it refuses it, without it demands it."""
    assert set(declared()) == {field.alias for field in Settings.model_fields.values()} - set(SECRETS)


def test_pulumis_defaults_are_the_settings_own() -> None:
    """Written in both, because `pulumi config` shows one and the tests use the other."""
    defaults = {key: entry["default"] for key, entry in declared().items() if "default" in entry}
    assert parse(changed(**defaults), DAY) == parse(changed(), DAY)
    required = {field.alias for field in Settings.model_fields.values() if field.is_required()}
    assert set(declared()) - set(defaults) == required


def test_every_key_has_a_description() -> None:
    assert [key for key, entry in declared().items() if not entry.get("description")] == []
