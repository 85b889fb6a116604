"""Where secrets are, and where they are not. The wire between program and engine is the last place to look at."""

import json
from typing import Any

import pytest

from tests.mocks import recording
from tests.mocks.recording import ACCOUNT_KEY, RANDOM, Program, Secret


def _plain(value: Any) -> str:
    """Everything in a value that is not marked as a secret."""

    def shown(item: Any) -> Any:
        if isinstance(item, Secret):
            return None
        if isinstance(item, dict):
            return {key: shown(inner) for key, inner in item.items()}
        return [shown(inner) for inner in item] if isinstance(item, list) else item

    return json.dumps(shown(value))


def _environment(program: Program) -> dict[str, dict[str, Any]]:
    (container,) = program.one("app:ContainerApp").inputs["template"]["containers"]
    return {entry["name"]: entry for entry in container["env"]}


def test_no_resource_is_given_a_secret_in_plain(program: Program) -> None:
    """What is not marked here stands readable in the state; the SDK does not mark account keys itself."""
    for found in program.registrations:
        plain = _plain(dict(found.inputs))
        assert ACCOUNT_KEY not in plain, found.urn
        assert RANDOM not in plain, found.urn


def test_every_secrets_value_is_marked(program: Program) -> None:
    """One whose value came through `apply` could have lost its mark."""
    secrets = program.of("keyvault:Secret")
    assert secrets
    for secret in secrets:
        properties = secret.inputs["properties"]
        assert isinstance(properties, Secret) or isinstance(properties["value"], Secret)


def test_only_the_key_and_what_holds_it_are_secret_outputs(program: Program) -> None:
    """A secret config or address would be of no use to a reader; a plain key would be in every log."""
    secret = {name for name, value in program.outputs.items() if isinstance(value, Secret)}
    assert secret == {"masterKey", "applicationKeys", "dotenv"}
    assert RANDOM not in _plain(program.outputs)
    assert ACCOUNT_KEY not in _plain(program.outputs)


def test_the_apps_template_stays_readable_in_a_preview(program: Program) -> None:
    """Secrets' versions come from resources with a secret in them: their mark would hide the whole template."""
    template = program.one("app:ContainerApp").inputs["template"]
    assert not isinstance(template, Secret)
    assert "SECRETS_DIGEST" in _plain(template)
    assert all(not isinstance(entry.get("value"), Secret) for entry in _environment(program).values())


def test_secret_variables_are_references_to_secrets_that_the_app_has(program: Program) -> None:
    """A dangling reference is accepted by Azure and fails the revision."""
    configured = program.one("app:ContainerApp").inputs["configuration"]["secrets"]
    kept = {secret["name"] for secret in configured if secret.get("keyVaultUrl") and secret.get("identity")}
    wanted = {entry["secretRef"] for entry in _environment(program).values() if "secretRef" in entry}
    assert wanted == kept
    stored = {found.inputs["secretName"] for found in program.of("keyvault:Secret")}
    assert kept == stored


def test_a_keyless_stack_has_no_key_of_azure_openai_anywhere(staging: Program) -> None:
    """LiteLLM prefers a key that it finds to the token; the account then answers 403."""
    assert {found.inputs["secretName"] for found in staging.of("keyvault:Secret")} == {
        "litellm-master-key",
        "application-key-default-1",
    }
    assert not [name for name in _environment(staging) if name.endswith("API_KEY") or "API_KEY_" in name]
    assert _environment(staging)["AZURE_CLIENT_ID"]["value"] == "client"
    assert staging.one("cognitiveservices:Account").inputs["properties"]["disableLocalAuth"] is True


@pytest.mark.parametrize(
    ("stack", "roles"),
    [
        # With a key there is nothing to call the account with as an identity.
        pytest.param(
            "dev",
            {
                "litellm-master-key": "secret",
                "azure-openai-api-key": "secret",
                "application-key-default-1": "secret",
            },
            id="key",
        ),
        pytest.param(
            "staging",
            {
                "litellm-master-key": "secret",
                "application-key-default-1": "secret",
                "ai-idha-stg-eus2-001": "account",
            },
            id="entra",
        ),
    ],
)
def test_the_identity_has_one_role_on_each_thing_that_it_uses(
    request: pytest.FixtureRequest, stack: str, roles: dict[str, str]
) -> None:
    """Exactly those: a role on the vault or the group would work just as well, and reach further."""
    program: Program = request.getfixturevalue(stack)
    found = program.of("authorization:RoleAssignment")
    assert all(role.inputs["principalType"] == "ServicePrincipal" for role in found)
    scopes = {role.inputs["scope"].rsplit("/", 1)[-1]: role.inputs["scope"] for role in found}
    assert len(found) == len(roles)
    for name, kind in roles.items():
        scope = next(scope for last, scope in scopes.items() if last.endswith(name))
        assert ("keyvault:Secret" if kind == "secret" else "cognitiveservices:Account") in scope


def test_the_identity_is_hidden_from_the_code_where_a_key_is_used(dev: Program, staging: Program) -> None:
    """It still fetches the app's secrets; what runs in the container cannot use it."""
    lifecycles = [
        run.one("app:ContainerApp").inputs["configuration"]["identitySettings"][0]["lifecycle"]
        for run in (dev, staging)
    ]
    assert lifecycles == ["None", "Main"]


def test_another_generation_makes_another_key(dev: Program) -> None:
    """The keepers are what random goes by; a number that reached nothing would rotate nothing."""
    rotated = recording.run("dev", {"secrets": {"masterKey": 2}})
    keepers = [
        next(
            found
            for found in run.registrations
            if found.type.startswith("random:") and found.name == "master-key"
        ).inputs["keepers"]
        for run in (dev, rotated)
    ]
    assert keepers == [{"generation": "1"}, {"generation": "2"}]


def test_the_next_generation_of_a_key_leaves_the_one_before_as_it_is() -> None:
    """Both open the gateway until everybody has the new one; then the old one goes."""
    first = {"applications": [{"name": "one"}]}
    both = {"applications": [{"name": "one", "generation": 2, "acceptPrevious": True}]}
    second = {"applications": [{"name": "one", "generation": 2}]}
    parts = [
        {
            found.name
            for found in recording.run("dev", values).registrations
            if found.type.startswith("random:") and found.name.startswith("application-")
        }
        for values in (first, both, second)
    ]
    assert parts == [{"application-one-1"}, {"application-one-1", "application-one-2"}, {"application-one-2"}]
    told = _applications(recording.run("dev", both))
    assert told == [
        {"name": "one", "models": [], "keyVariables": ["APPLICATION_KEY_ONE_2", "APPLICATION_KEY_ONE_1"]}
    ]
    variables = _environment(recording.run("dev", both))
    assert variables["APPLICATION_KEY_ONE_1"] == {
        "name": "APPLICATION_KEY_ONE_1",
        "secretRef": "application-key-one-1",
    }


def _applications(program: Program) -> list[dict[str, Any]]:
    """What the gateway is told of its applications."""
    secrets = program.one("app:ContainerApp").inputs["configuration"]["secrets"]
    (file,) = [secret["value"] for secret in secrets if secret["name"] == "module-applications-json"]
    found: list[dict[str, Any]] = json.loads(file)["applications"]
    return found


def test_a_key_from_the_settings_takes_the_place_of_a_generated_one() -> None:
    key = "sk-0123456789abcdefABCDEF0123456789xyz"
    program = recording.run("dev", {"applicationKeys": {"default": key}})
    assert program.outputs["applicationKeys"] == Secret({"default": key})
    assert [found.name for found in program.registrations if found.type.startswith("random:")] == [
        "master-key"
    ]


def test_an_applications_principals_may_call_the_accounts_and_nothing_else() -> None:
    """One role each on every account, though two applications name the same group."""
    group = "0b9e6c52-1f0d-4f0e-9d0f-3f5f7c0a4a11"
    applications = [
        {"name": name, "principals": [{"id": group, "type": "Group"}]} for name in ("one", "other")
    ]
    program = recording.run("prod", {"applications": applications})
    given = [
        role.inputs
        for role in program.of("authorization:RoleAssignment")
        if role.inputs["principalId"] == group
    ]
    assert len(given) == len(program.of("cognitiveservices:Account")) == 2
    assert all("/accounts/" in role["scope"].lower() or "Account" in role["scope"] for role in given)
    assert {role["principalType"] for role in given} == {"Group"}


def test_a_tag_alone_leaves_the_template_as_it_is(dev: Program) -> None:
    """A changed template is a new revision, and that is a restart of every replica."""
    tagged = recording.run("dev", {"tags": {"cost-centre": "42"}})
    first, second = (run.one("app:ContainerApp").inputs for run in (dev, tagged))
    assert second["tags"] != first["tags"]
    assert second["template"] == first["template"]
    assert second["configuration"] == first["configuration"]


def test_a_changed_config_changes_the_template(dev: Program) -> None:
    """Azure makes no revision for a changed secret, and the config is one."""
    patient = recording.run("dev", {"gateway": {"requestTimeoutSeconds": 60}})
    first, second = (_environment(run)["CONFIG_DIGEST"]["value"] for run in (dev, patient))
    assert first != second
