"""A stack without any key: the gateway is who its identity is, and may what its roles say."""

from collections.abc import Callable

import openai
import pytest

from tests.cloud import Stack

DATA_ROLE = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
"""Cognitive Services OpenAI User."""

ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"


@pytest.fixture(scope="module")
def staging(deployed: Callable[[str], Stack]) -> Stack:
    return deployed("staging")


def test_no_account_key_reaches_the_gateway(staging: Stack) -> None:
    store = staging.cloud.store()
    [app] = store.of_type("Microsoft.App/containerApps")
    assert "AZURE_OPENAI_API_KEY" not in str(app.body)
    accounts = store.of_type("Microsoft.CognitiveServices/accounts")
    assert [account.properties["disableLocalAuth"] for account in accounts] == [True]


def test_without_its_role_the_gateway_gets_the_permission_error_and_up_brings_it_back(staging: Stack) -> None:
    _ask(staging)
    [account] = staging.outputs()["resourceIds"]["accounts"].values()
    found = staging.cloud.arm("GET", f"{account}{ASSIGNMENTS}", "2022-04-01").json()["value"]
    [assignment] = [a["id"] for a in found if a["properties"]["roleDefinitionId"].endswith(DATA_ROLE)]
    staging.cloud.arm("DELETE", assignment, "2022-04-01").raise_for_status()
    with pytest.raises(openai.APIStatusError, match="does not have access to API/Operation"):
        _ask(staging)
    staging.refresh()
    staging.up()
    _ask(staging)


def _ask(stack: Stack) -> None:
    model = stack.outputs()["environment"]["LITELLM_MODEL"]
    stack.client().chat.completions.create(model=model, messages=[{"role": "user", "content": "Who?"}])
