"""Keys of applications in the real proxy: what each opens, and what a caller is told otherwise.

Shows: over every kind of call, no key, a wrong one and a revoked one are 401, another application's model is 403, too
many calls are 429, each in a form that the official clients raise as what it is; a key administers nothing; the next
generation opens beside the one before. Does not show: limits across replicas, which count each for itself.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.cloud import Cloud, Stack
from tests.gateway.calls import KINDS, request

CHAT = "gpt-4o-2024-08-06"
EMBEDDINGS = "text-embedding-3-small"
A_MINUTE = 3


def _model(kind: str) -> str:
    return EMBEDDINGS if kind == "embeddings" else CHAT


def _settings(**rotated: Any) -> dict[str, object]:
    """Four applications; the last one's key moves on in the course of the tests."""
    return {
        "litellm-azure:applications": [
            {"name": "open"},
            {"name": "chats", "models": [CHAT]},
            {"name": "embeds", "models": [EMBEDDINGS]},
            {"name": "slow", "requestsPerMinute": A_MINUTE},
            {"name": "rotated", **rotated},
        ]
    }


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    deployed = Stack(cloud, "dev")
    deployed.up(values=_settings())
    return deployed


@pytest.fixture(scope="module")
def keys(stack: Stack) -> Mapping[str, str]:
    """Of every application, by its name."""
    found: dict[str, str] = stack.outputs()["applicationKeys"]
    return found


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.base_url, timeout=60, trust_env=False) as client:
        yield client


def _ask(http: httpx.Client, key: str | None, kind: str, model: str | None = None) -> httpx.Response:
    path, body = request(kind, model or _model(kind))
    return http.post(path, json=body, headers={"Authorization": f"Bearer {key}"} if key else {})


def _code(answer: httpx.Response) -> tuple[int, str]:
    """Status and type of an error, as the clients of OpenAI and Anthropic read them."""
    return answer.status_code, answer.json()["error"]["type"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_opens_what_it_is_for(http: httpx.Client, keys: Mapping[str, str], kind: str) -> None:
    own, other = ("embeds", "chats") if kind == "embeddings" else ("chats", "embeds")
    assert _ask(http, keys["open"], kind).status_code == 200
    assert _ask(http, keys[own], kind).status_code == 200
    assert _code(_ask(http, keys[other], kind)) == (403, "key_model_access_denied")


@pytest.mark.parametrize("kind", KINDS)
def test_no_key_and_a_wrong_one_are_401(http: httpx.Client, keys: Mapping[str, str], kind: str) -> None:
    for key in (None, "sk-not-the-one", keys["open"][:-1]):
        answer = _ask(http, key, kind)
        assert _code(answer) == (401, "invalid_request_error")
        assert "Send the key of an application" in answer.json()["error"]["message"]
        assert keys["open"][:8] not in answer.text


def test_too_many_calls_are_429_for_that_application_alone(
    http: httpx.Client, keys: Mapping[str, str]
) -> None:
    for _ in range(A_MINUTE):
        assert _ask(http, keys["slow"], "chat").status_code == 200
    for kind in KINDS:
        assert _ask(http, keys["slow"], kind).status_code == 429, kind
        assert _ask(http, keys["open"], kind).status_code == 200, kind


def test_the_official_clients_raise_each_as_what_it_is(stack: Stack, keys: Mapping[str, str]) -> None:
    messages: Any = [{"role": "user", "content": "Who?"}]
    with pytest.raises(openai.AuthenticationError):
        stack.client("sk-not-the-one").chat.completions.create(model=CHAT, messages=messages)
    with pytest.raises(openai.PermissionDeniedError):
        stack.client(keys["embeds"]).chat.completions.create(model=CHAT, messages=messages)
    with pytest.raises(openai.RateLimitError):
        stack.client(keys["slow"]).responses.create(model=CHAT, input="Who?")
    with pytest.raises(anthropic.AuthenticationError):
        anthropic.Anthropic(base_url=stack.base_url, api_key="sk-not-the-one", max_retries=0).messages.create(
            model=CHAT, max_tokens=20, messages=messages
        )
    azure = openai.AzureOpenAI(
        azure_endpoint=stack.base_url, api_key=keys["chats"], api_version="2025-04-01-preview", max_retries=0
    )
    assert azure.chat.completions.create(model=CHAT, messages=messages).choices


def test_a_key_sees_its_own_models_and_administers_nothing(
    stack: Stack, http: httpx.Client, keys: Mapping[str, str]
) -> None:
    own = {"Authorization": f"Bearer {keys['chats']}"}
    assert [model["id"] for model in http.get("/v1/models", headers=own).json()["data"]] == [CHAT]
    for method, path in (
        ("POST", "/model/new"),
        ("POST", "/config/update"),
        ("POST", "/key/generate"),
        ("GET", "/get/config/callbacks"),
        ("GET", "/health"),
    ):
        assert http.request(method, path, json={}, headers=own).status_code == 403, path
    administrator = {"Authorization": f"Bearer {stack.outputs()['masterKey']}"}
    assert http.get("/get/config/callbacks", headers=administrator).status_code == 200


def test_every_call_is_logged_with_its_application_and_no_key(
    stack: Stack, http: httpx.Client, keys: Mapping[str, str]
) -> None:
    _ask(http, keys["chats"], "chat")
    _ask(http, keys["chats"], "embeddings")
    _ask(http, "sk-not-the-one", "chat")
    text = "".join(file.read_text() for file in stack.cloud.home.apps.rglob("*.log"))
    calls = [json.loads(line) for line in text.splitlines() if line.startswith('{"message": "call"')]
    seen = {(call.get("application"), call.get("status"), call.get("model")) for call in calls}
    assert ("chats", 200, CHAT) in seen
    assert ("chats", 403, EMBEDDINGS) in seen
    assert (None, 401, CHAT) in seen
    answered = next(call for call in calls if call["status"] == 200 and call["application"] == "chats")
    assert answered["completionTokens"] > 0
    assert answered["seconds"] > 0
    assert [name for name, key in keys.items() if key in text] == []
    assert "sk-not-the-one" not in text
    assert "Who answers?" not in text, "no prompt"


def test_the_next_generation_opens_beside_the_one_before_and_then_alone(
    stack: Stack, keys: Mapping[str, str]
) -> None:
    """Nobody has to change over in the moment of the rollout; then the old key is revoked."""
    messages: Any = [{"role": "user", "content": "Who?"}]

    def opens(key: str) -> bool:
        try:
            stack.client(key).chat.completions.create(model=CHAT, messages=messages)
        except openai.AuthenticationError:
            return False
        return True

    stack.up(values=_settings(generation=2, acceptPrevious=True))
    new = stack.outputs()["applicationKeys"]
    assert {name for name in keys if new[name] != keys[name]} == {"rotated"}
    assert opens(keys["rotated"])
    assert opens(new["rotated"])

    stack.up(values=_settings(generation=2))
    assert stack.outputs()["applicationKeys"] == new
    assert not opens(keys["rotated"])
    assert opens(new["rotated"])
