"""What an application may call, on every stack, with the official clients and the printed environment."""

from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest

from config.parsing import parse
from tests.cloud import CATALOG_DATE, Cloud, Stack
from tests.settings import stacks

ACCOUNT = "ai-idha-sbx-scus-001"


@pytest.fixture(params=["dev", "staging", "prod"], scope="module")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A deployed stack in an offline Azure of its own."""
    cloud = Cloud(tmp_path_factory.mktemp(request.param))
    cloud.start()
    deployed = Stack(cloud, request.param)
    deployed.up()
    yield deployed
    cloud.stop()


@pytest.fixture(scope="module")
def client(stack: Stack) -> openai.OpenAI:
    return stack.client()


@pytest.fixture(scope="module")
def model(stack: Stack) -> str:
    name: str = stack.outputs()["environment"]["LITELLM_MODEL"]
    return name


@pytest.fixture(scope="module")
def embedding_model(stack: Stack) -> str:
    return next(name for name in stack.models() if "embedding" in name)


def test_chat_is_answered_by_the_deployment_through_its_private_endpoint(
    stack: Stack, client: openai.OpenAI, model: str
) -> None:
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Who?"}])
    text = answer.choices[0].message.content or ""
    assert "private endpoint" in text
    assert any(account in text for account in stack.outputs()["resourceIds"]["accounts"])
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


def test_a_stream_arrives_in_pieces_that_make_the_whole_answer(client: openai.OpenAI, model: str) -> None:
    pieces = [
        chunk.choices[0].delta.content or ""
        for chunk in client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Who?"}], stream=True
        )
        if chunk.choices
    ]
    assert len([piece for piece in pieces if piece]) > 3
    assert "private endpoint" in "".join(pieces)


def test_embeddings_have_the_models_dimension(client: openai.OpenAI, embedding_model: str) -> None:
    answer = client.embeddings.create(model=embedding_model, input=["one", "two"])
    dimension = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}[embedding_model]
    assert [len(item.embedding) for item in answer.data] == [dimension, dimension]
    assert answer.data[0].embedding != answer.data[1].embedding


def test_responses_answer_on_every_stack(client: openai.OpenAI, model: str) -> None:
    answer = client.responses.create(model=model, input="Who?")
    assert "private endpoint" in answer.output_text


def test_responses_are_native_where_the_api_version_has_them_and_bridged_on_dev(
    stack: Stack, client: openai.OpenAI, model: str
) -> None:
    client.responses.create(model=model, input="By which way?")
    *_, (_, _, _, asked, _) = stack.cloud.store().calls()
    if stack.name == "dev":
        assert asked.endswith("/chat/completions")
    else:
        assert asked.startswith("/openai/")
        assert asked.endswith("/responses")


def test_anthropic_messages_are_answered(stack: Stack, model: str) -> None:
    client = anthropic.Anthropic(base_url=stack.base_url, api_key=stack.key(), max_retries=0)
    answer = client.messages.create(
        model=model, max_tokens=200, messages=[{"role": "user", "content": "Who?"}]
    )
    assert "private endpoint" in "".join(block.text for block in answer.content if block.type == "text")


def test_health_finds_one_healthy_endpoint_for_every_deployment(stack: Stack) -> None:
    found = _get(stack, "/health")
    assert found["unhealthy_endpoints"] == []
    assert found["healthy_count"] == len(_deployments(stack))


def test_the_proxy_serves_the_models_of_the_settings_and_no_other(stack: Stack) -> None:
    served = {model["id"] for model in _get(stack, "/v1/models")["data"]}
    assert served == set(stack.models())


def test_model_info_holds_every_deployment_as_the_settings_say(stack: Stack) -> None:
    found = [
        {
            "alias": entry["model_name"],
            **{name: entry["litellm_params"].get(name) for name in ("model", "api_base", "api_version")},
            **{name: entry["model_info"].get(name) for name in ("id", "mode", "base_model")},
        }
        for entry in _get(stack, "/model/info")["data"]
    ]
    settings = parse(stacks.stack(stack.name), CATALOG_DATE)
    expected = [
        {
            "alias": deployment.alias or deployment.name,
            "model": f"azure/{deployment.name}",
            "api_base": f"https://{account.name}.openai.azure.com/",
            "api_version": settings.api_version,
            "id": f"{deployment.alias or deployment.name}/{account.region}/{deployment.name}",
            "mode": "embedding" if "embedding" in deployment.model else "chat",
            "base_model": f"azure/{deployment.model}"
            + ("" if "embedding" in deployment.model else f"-{deployment.version}"),
        }
        for account in settings.accounts
        for deployment in account.deployments
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_every_call_goes_to_an_account_by_name_and_through_its_private_endpoint(
    stack: Stack, client: openai.OpenAI, model: str
) -> None:
    client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Where?"}])
    accounts = {f"{name}.openai.azure.com" for name in stack.outputs()["resourceIds"]["accounts"]}
    reached = {
        (host, verdict)
        for _, kind, host, _, verdict in stack.cloud.store().connections()
        if kind == "app" and "openai" in host
    }
    assert reached
    assert reached <= {(host, "private") for host in accounts}
    if stack.name == "dev":
        assert accounts == {f"{ACCOUNT}.openai.azure.com"}, "the note's own host name"


def _deployments(stack: Stack) -> list[str]:
    store = stack.cloud.store()
    return [r.id.name for r in store.of_type("Microsoft.CognitiveServices/accounts/deployments")]


def _get(stack: Stack, path: str) -> dict[str, Any]:
    answer = httpx.get(
        f"{stack.base_url}{path}",
        headers={"Authorization": f"Bearer {stack.outputs()['masterKey']}"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
