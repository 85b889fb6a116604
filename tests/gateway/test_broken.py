"""What a caller sees when a part is missing, and how it comes back. One stack, broken and mended in turn."""

import re

import openai
import pytest

from offline import control
from tests.cloud import Stack

ACCOUNT = "ai-idha-sbx-scus-001"
DEPLOYMENT = "gpt-4o-2024-08-06"


def _ask(stack: Stack, model: str = DEPLOYMENT) -> str:
    answer = stack.client().chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Who?"}]
    )
    return answer.choices[0].message.content or ""


def _account(stack: Stack) -> str:
    accounts: dict[str, str] = stack.outputs()["resourceIds"]["accounts"]
    return next(iter(accounts.values()))


def test_a_wrong_key_of_the_gateway_gets_azures_401(dev: Stack) -> None:
    """The account's keys are regenerated behind Pulumi's back, as somebody in the portal would."""
    for name in ("Key1", "Key2"):
        dev.cloud.arm(
            "POST", f"{_account(dev)}/regenerateKey", "2025-06-01", {"keyName": name}
        ).raise_for_status()
    with pytest.raises(openai.AuthenticationError, match="invalid subscription key"):
        _ask(dev)
    dev.refresh()
    dev.up()
    assert "private endpoint" in _ask(dev), "refresh and up bring the new key to the gateway"


def test_a_deployment_deleted_behind_pulumis_back_is_404_and_comes_back(dev: Stack) -> None:
    dev.cloud.arm("DELETE", f"{_account(dev)}/deployments/{DEPLOYMENT}", "2025-06-01").raise_for_status()
    with pytest.raises(openai.NotFoundError, match="The API deployment for this resource does not exist"):
        _ask(dev)
    assert dev.refresh().changes == {"delete": 1}
    assert dev.up().changes["create"] == 1
    assert "private endpoint" in _ask(dev)


def test_a_network_link_that_is_gone_leads_to_the_public_side_and_up_brings_it_back(dev: Stack) -> None:
    control.fault(dev.cloud.record, "link", {"network": dev.outputs()["resourceIds"]["network"]})
    with pytest.raises(openai.PermissionDeniedError, match="Public access is disabled"):
        _ask(dev)
    dev.refresh()
    dev.up()
    assert "private endpoint" in _ask(dev)


def test_a_model_that_retires_stops_answering(dev: Stack) -> None:
    control.fault(dev.cloud.record, "retire", {"model": "gpt-4o", "version": "2024-08-06"})
    assert control.faults(dev.cloud.record) == [{"retired": "gpt-4o/2024-08-06"}]
    with pytest.raises(openai.APIStatusError) as gone:
        _ask(dev)
    assert gone.value.status_code == 410
    control.clear_faults(dev.cloud.record)
    assert "private endpoint" in _ask(dev)


def test_without_the_private_endpoint_azure_says_that_public_access_is_disabled(dev: Stack) -> None:
    """The endpoint is taken out of the program, not only out of Azure."""
    dev.edit_with("infra/openai.py", _without_endpoint)
    dev.up()
    with pytest.raises(openai.PermissionDeniedError, match="Public access is disabled"):
        _ask(dev)


def _without_endpoint(text: str) -> str:
    return re.sub(r"        PrivateEndpoint\(\n.*?\n        \)\n", "", text, count=1, flags=re.DOTALL)
