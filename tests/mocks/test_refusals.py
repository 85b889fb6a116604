"""What stops a deployment early, and what is tried again."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from infra import retries
from tests.mocks import recording
from tests.mocks.recording import Program, Secret

# gpt-4o's pinned version has retired by then, the embedding model has not.
AFTER_RETIREMENT = {"catalogDate": "2027-06-01"}


def test_a_retired_model_is_refused_before_it_is_created_on_preview_too() -> None:
    """Azure would refuse it minutes later, with half of the stack made."""
    program = recording.run("dev", AFTER_RETIREMENT)
    retired, alive = program.of("cognitiveservices:Deployment")
    assert alive.before_create == ()
    (name,) = retired.before_create
    hook = program.hooks[name]
    assert hook.opts is not None
    assert hook.opts.on_dry_run
    assert not hook.opts.ignore_errors
    with pytest.raises(Exception, match="gpt-4o 2024-08-06 retired on 2027-04-14"):
        hook(_arguments())


def test_a_deployment_may_not_move_onto_a_retired_version_but_may_change_otherwise() -> None:
    """A stack that holds the model can still change its capacity until it has moved on."""
    program = recording.run("dev", AFTER_RETIREMENT)
    hook = next(found for name, found in program.hooks.items() if "update" in name)
    model = {"name": "gpt-4o", "version": "2024-08-06"}
    hook(_arguments(old={"properties": {"model": model}}, new={"properties": {"model": model}, "sku": {}}))
    older = {**model, "version": "2024-05-13"}
    with pytest.raises(Exception, match="retired"):
        hook(_arguments(old={"properties": {"model": older}}, new={"properties": {"model": model}}))


def test_a_model_that_lives_has_no_hook(dev: Program) -> None:
    """Deprecated is a warning, no more: the stack of the note deploys."""
    assert dev.hooks == {}


def _arguments(old: Any = None, new: Any = None) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs("urn", "", "name", "type", new_inputs=new, old_inputs=old)


def test_wrong_settings_are_one_message_without_a_traceback() -> None:
    """The engine prints a RunError as it is, and anything else with the program's insides."""
    with pytest.raises(pulumi.RunError) as caught:
        recording.run(
            "dev", {"regions": [{"name": "southcentralus", "instance": "001"}], "workload": "NOT-A-WORD"}
        )
    assert "litellm-azure:workload" in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_master_key_in_plain_text_is_refused_by_what_the_engine_says_of_it() -> None:
    """The value alone does not tell; the engine's list of encrypted keys does."""
    key = {"masterKey": "sk-0123456789abcdefABCDEF0123456789xyz"}
    with pytest.raises(pulumi.RunError, match="pulumi config set --secret masterKey"):
        recording.run("dev", key, encrypted=())
    assert recording.run("dev", key).outputs["masterKey"] == Secret(key["masterKey"])


def test_every_azure_resource_is_tried_again_by_the_one_hook(program: Program) -> None:
    """A resource that was forgotten would fail one deployment in fifty."""
    without = [
        found.urn
        for found in program.registrations
        if found.type.startswith("azure-native:") and found.on_error != (retries.HOOK,)
    ]
    assert without == []
    assert set(program.error_hooks) == {retries.HOOK}


CONFLICT = (
    'Status=409 Code="RequestConflict" Message="Another operation is being performed on the parent resource"'
)
SECRET = (
    'Code="InvalidParameterValueInContainerTemplate" Message="Field \'configuration.secrets\' is invalid with '
    'details: \'Invalid value: "k": Unable to get value using Managed identity /id for secret k."'
)


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        pytest.param(
            "create", 'Code="AccountProvisioningStateInvalid" Message="…in state Accepted"', id="accepted"
        ),
        pytest.param("delete", CONFLICT, id="neighbour"),
        pytest.param("create", SECRET, id="role still on its way"),
        pytest.param(
            "delete", 'Code="InUseSubnetCannotBeDeleted" Message="Subnet s is in use"', id="subnet held"
        ),
        pytest.param(
            "create", 'Code="ManagedEnvironmentSubnetInUse" Message=""', id="subnet of the one before"
        ),
        pytest.param(
            "delete",
            'Code="CannotDeleteResource" Message="Cannot delete resource while nested resources exist."',
            id="children still counted",
        ),
    ],
)
def test_what_passes_with_time_is_tried_again(operation: str, error: str) -> None:
    """The codes and texts as Azure sends them (public issue threads)."""
    assert retries.passing(operation, error)


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        pytest.param("create", 'Code="InsufficientQuota" Message="…"', id="no quota"),
        pytest.param(
            "create", 'Code="InvalidParameterValueInContainerTemplate" Message="bad image"', id="image"
        ),
        pytest.param(
            "create", 'Code="RequestConflictResolved" Message=""', id="a code that only begins like one"
        ),
        pytest.param(
            "create", 'Code="InUseSubnetCannotBeDeleted" Message=""', id="a delete's code on a create"
        ),
        # Accepted, then failed: the resource is there, and a second create would lose it from the state.
        pytest.param("create", f"1 error occurred:\n\t* {CONFLICT}\n\n", id="half made"),
    ],
)
def test_everything_else_fails_at_once(operation: str, error: str) -> None:
    """Waiting ten minutes for a quota helps nobody."""
    assert retries.passing(operation, error) is None


def test_trying_again_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded number of tries, each after a longer wait."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(retries, "asyncio", SimpleNamespace(sleep=sleep))
    errors: list[str] = []
    again = True
    while again:
        errors.insert(0, CONFLICT)
        again = asyncio.run(
            retries.try_again(
                pulumi.ErrorHookArgs("urn", "", "n", "t", failed_operation="delete", errors=errors)
            )
        )
    assert waited == sorted(waited)
    assert len(errors) == len(waited) + 1
    assert 300 < sum(waited) < 900
