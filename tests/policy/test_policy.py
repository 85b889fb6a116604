"""The policy pack, as the real engine runs it: every stack passes, and every rule stops a program that breaks it.

One program breaks all of them at once, so one preview shows them all.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from policy.rules import RULES
from policy.stack_rules import STACK_RULES
from tests.cloud import CATALOG_DATE, ROOT, Cloud, Result, Stack

PACK = ROOT / "policy"

BROKEN: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "private-account": (
        (
            "infra/openai.py",
            "cognitiveservices.PublicNetworkAccess.DISABLED",
            "cognitiveservices.PublicNetworkAccess.ENABLED",
        ),
    ),
    "private-vault": (
        ("infra/vault.py", 'public_network_access="Disabled"', 'public_network_access="Enabled"'),
    ),
    "vault-roles": (("infra/vault.py", "enable_rbac_authorization=True", "enable_rbac_authorization=False"),),
    "vault-purge-protection": (("infra/vault.py", "                enable_purge_protection=True,\n", ""),),
    "narrow-roles": (
        ("infra/roles.py", "4633458b-17de-408a-b874-0445c86b69e6", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ),
    "pinned-images": (
        ("infra/gateway.py", "image=args.settings.reference", 'image="ghcr.io/berriai/litellm:main-latest"'),
    ),
    "tls": (("infra/gateway.py", "allow_insecure=False", "allow_insecure=True"),),
    "tags": (("infra/gateway.py", "            tags=args.tags,\n", ""),),
    "secrets-by-reference": (
        (
            "infra/gateway.py",
            'app.EnvironmentVarArgs(name="PYTHONPATH", value=MODULES_FOLDER)',
            'app.EnvironmentVarArgs(name="PYTHONPATH", value=MODULES_FOLDER),'
            'app.EnvironmentVarArgs(name="OTHER_API_KEY", value="written out")',
        ),
    ),
    "living-models": (),
    "diagnostic-settings": (
        ("__main__.py", "                names.gateway: Watched(id=gateway.id, logs=APP_LOGS),\n", ""),
    ),
    "keyless-accounts": (("infra/openai.py", "disable_local_auth=args.keyless", "disable_local_auth=False"),),
    "same-names": (
        (
            "__main__.py",
            "config = litellm.render(litellm.config(settings))",
            'config = litellm.render(litellm.config(settings)).replace("azure/text", "azure/other-text")',
        ),
    ),
}
"""Edits of the program that break a rule. A model lives until its day: that rule is broken by the date."""


def _judged(stack: Stack, day: str, *, level: str = "mandatory", fails: bool = False) -> Result:
    """A preview with the pack, models judged as of a day."""
    config = stack.cloud.folder / "policy.json"
    models = {"enforcementLevel": level, "asOf": day}
    config.write_text(json.dumps({"all": level, "living-models": models}))
    return stack.preview("--policy-pack", str(PACK), "--policy-pack-config", str(config), fails=fails)


def _violations(told: Result, level: str) -> set[str]:
    """The names of the rules that are broken."""
    return set(re.findall(rf"\[{level}\]\s+([a-z-]+)", told.text))


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_the_tracked_stacks_break_no_rule(cloud: Cloud, name: str) -> None:
    told = _judged(Stack(cloud, name), CATALOG_DATE.isoformat())
    assert "litellm-azure" in told.text.partition("Policy Packs run:")[2], "the pack was run"
    assert _violations(told, "mandatory") == set()


def test_dev_is_warned_of_its_deprecated_model_and_of_nothing_else(cloud: Cloud) -> None:
    told = _judged(Stack(cloud, "dev"), CATALOG_DATE.isoformat(), level="advisory")
    assert _violations(told, "advisory") == {"living-models"}
    assert "retires on 2027-04-14" in told.text


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What the engine says of a program that breaks every rule."""
    started = Cloud(tmp_path_factory.mktemp("broken"))
    started.start()
    try:
        stack = Stack(started, "staging")
        for edits in BROKEN.values():
            for file, old, new in edits:
                stack.edit(file, old, new)
        return _judged(stack, "2030-01-01", fails=True)
    finally:
        started.stop()


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_stops_the_preview(told: Result, rule: str) -> None:
    assert rule in _violations(told, "mandatory")


def test_every_rule_has_a_program_that_breaks_it() -> None:
    """But one of a type that the program, and the offline Azure, have none of; the next test is of that."""
    assert {rule.name for rule in (*RULES, *STACK_RULES)} - {"no-wildcard-roles"} == set(BROKEN)


def test_a_custom_role_with_a_wildcard_is_named() -> None:
    (rule,) = [rule for rule in RULES if rule.name == "no-wildcard-roles"]
    listed = {"permissions": [{"actions": ["Microsoft.KeyVault/vaults/read"]}]}
    wide = {"permissions": [{"actions": [], "dataActions": ["Microsoft.KeyVault/*"]}]}
    assert list(rule.broken(listed, CATALOG_DATE)) == []
    assert "Microsoft.KeyVault/*" in "".join(rule.broken(wide, CATALOG_DATE))


def test_the_advisory_config_is_read(cloud: Cloud) -> None:
    """As the docs say it for stacks to try things out in."""
    told = Stack(cloud, "dev").preview(
        "--policy-pack", str(PACK), "--policy-pack-config", str(Path(PACK, "advisory.json"))
    )
    assert _violations(told, "mandatory") == set()
