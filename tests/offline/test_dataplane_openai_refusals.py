"""Every way in which Azure OpenAI says no: status, code and text."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from offline.arm import models
from offline.arm.addresses import PERSON_ADDRESS, PERSON_ADDRESS_FACT
from offline.arrival import Caller
from offline.dataplane.openai import disturbances
from offline.dataplane.openai.disturbances import Disturbance
from offline.dataplane.openai.limits import LIMITS_FACT
from tests.offline.accounts import (
    ACCOUNT,
    HOST,
    KEY,
    NOTE_VERSION,
    OPENAI_USER,
    SECRETS_USER,
    account,
    assign,
    dated,
    link_privately,
    post,
    started,
    token,
    undated,
)
from tests.offline.services import APP, NETWORK, PERSON, Running

CHAT = "/openai/deployments/gpt-4o-2024-08-06/chat/completions?api-version=2024-08-01-preview"
THINKER = "/openai/deployments/thinker/chat/completions?api-version=2024-10-21"
EMBEDDINGS = "/openai/deployments/text-embedding-3-small/embeddings?api-version=2024-10-21"
V1 = "/openai/v1/chat/completions"
HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}

WRONG_KEY = "Access denied due to invalid subscription key or wrong API endpoint."
BAD_TOKEN = (
    "Unauthorized. Access token is missing, invalid, audience is incorrect "
    "(https://cognitiveservices.azure.com), or have expired."
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("azure")) as running:
        yield running


@pytest.fixture
def azure(shared: Running) -> Iterator[Running]:
    """The account as it was, whatever a test does to it."""
    yield shared
    account(shared)
    disturbances.clear(shared.store)
    models.set_as_of(shared.store, None)
    shared.store.set_fact(LIMITS_FACT, False)


@pytest.fixture(autouse=True)
def day(azure: Running) -> None:
    """A day on which no model of these tests has retired."""
    models.set_as_of(azure.store, date(2026, 11, 22))


def _error(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


# The door ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param(CHAT, {"api-key": "wrong"}, id="wrong key"),
        pytest.param(V1, {"Authorization": "Bearer wrong"}, id="wrong key as bearer on v1"),
        pytest.param(V1, {"api-key": "wrong"}, id="wrong key on v1"),
    ],
)
def test_wrong_key(azure: Running, path: str, headers: dict[str, str]) -> None:
    status, code, message = _error(post(azure, path, HELLO, headers=headers))
    assert (status, code) == (401, "401")
    assert message.startswith(WRONG_KEY)


@pytest.mark.parametrize(
    ("path", "bearer"),
    [
        pytest.param(CHAT, KEY, id="the key as bearer on a dated path"),
        pytest.param("/responses", KEY, id="the note's Responses call, to no path of Azure's"),
        pytest.param("/v1/models", KEY, id="what the note's proxy asks at its start"),
        pytest.param(CHAT, "a.b.c", id="garbage"),
        pytest.param(V1, "a.b.c", id="garbage on v1"),
        pytest.param(CHAT, None, id="nothing at all"),
    ],
)
def test_no_token(azure: Running, path: str, bearer: str | None) -> None:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    answer = post(azure, path, HELLO, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"statusCode": 401, "message": BAD_TOKEN})


@pytest.mark.parametrize(
    ("audience", "seconds"),
    [
        pytest.param("https://management.azure.com/", 3600, id="another audience"),
        pytest.param("https://cognitiveservices.azure.com", -1, id="expired"),
    ],
)
def test_token_for_something_else_or_too_old(azure: Running, audience: str, seconds: int) -> None:
    bearer = token(azure, "p", audience, seconds=seconds)
    answer = post(azure, CHAT, HELLO, headers={"Authorization": f"Bearer {bearer}"})
    assert (answer.status_code, answer.json()) == (401, {"statusCode": 401, "message": BAD_TOKEN})


def test_principal_without_the_role(azure: Running) -> None:
    assign(azure, "reader", SECRETS_USER, ACCOUNT)
    for principal in ("nobody", "reader"):
        answer = post(azure, CHAT, HELLO, headers={"Authorization": f"Bearer {token(azure, principal)}"})
        assert _error(answer) == (401, "PermissionDenied", "Principal does not have access to API/Operation.")


@pytest.mark.parametrize("audience", ["https://cognitiveservices.azure.com", "https://ai.azure.com"])
def test_principal_with_the_role_calls_everything(azure: Running, audience: str) -> None:
    assign(azure, "gateway", OPENAI_USER, ACCOUNT)
    client = dated(
        azure,
        api_key=None,
        azure_ad_token=token(azure, "gateway", audience),
        api_version="2025-04-01-preview",
    )
    assert client.chat.completions.create(model="gpt-4o-2024-08-06", messages=HELLO["messages"]).choices
    assert client.embeddings.create(model="text-embedding-3-small", input="a").data
    assert client.responses.create(model="gpt-4o-2024-08-06", input="a").output_text
    assert undated(azure, api_key=token(azure, "gateway", audience)).models.list().data


def test_keys_of_a_keyless_account(azure: Running) -> None:
    account(azure, disableLocalAuth=True)
    for headers in ({"api-key": KEY}, {"api-key": "wrong"}):
        assert _error(post(azure, CHAT, HELLO, headers=headers)) == (
            403,
            "AuthenticationTypeDisabled",
            "Key based authentication is disabled for this resource.",
        )
    assert post(azure, V1, HELLO, headers={"Authorization": f"Bearer {KEY}"}).status_code == 403


def test_public_access_off_closes_the_public_side_alone(azure: Running) -> None:
    account(azure, publicNetworkAccess="Disabled")
    assert _error(post(azure, CHAT, HELLO)) == (
        403,
        "403",
        "Public access is disabled. Please configure private endpoint.",
    )
    assert post(azure, CHAT, HELLO, caller=APP).status_code == 403
    link_privately(azure)
    assert post(azure, CHAT, HELLO, caller=APP).status_code == 200
    assert post(azure, CHAT, HELLO, caller=PERSON).status_code == 403


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        pytest.param([], 403, id="nobody"),
        pytest.param([{"value": "192.0.2.0/24"}], 403, id="somebody else"),
        pytest.param([{"value": "203.0.113.10"}], 200, id="this address"),
        pytest.param([{"value": "203.0.113.0/24"}], 200, id="its range"),
    ],
)
def test_firewall(azure: Running, rules: list[dict[str, str]], status: int) -> None:
    account(azure, networkAcls={"defaultAction": "Deny", "ipRules": rules, "virtualNetworkRules": []})
    answer = post(azure, CHAT, HELLO)
    assert answer.status_code == status
    if status == 403:
        assert _error(answer)[2] == "Access denied due to Virtual Network/Firewall rules."
        assert answer.headers["policy-id"] == "ThrowExceptionDueToTrafficDenied"


def test_firewall_sees_the_persons_address_that_the_home_was_told(azure: Running) -> None:
    account(azure, networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "192.0.2.77"}]})
    assert post(azure, CHAT, HELLO).status_code == 403
    azure.store.set_fact(PERSON_ADDRESS_FACT, "192.0.2.77")
    try:
        assert post(azure, CHAT, HELLO).status_code == 200
    finally:
        azure.store.set_fact(PERSON_ADDRESS_FACT, PERSON_ADDRESS)


def test_firewall_sees_an_app_at_its_environments_address(azure: Running) -> None:
    group = ACCOUNT.partition("/providers/")[0]
    environment = f"{group}/providers/Microsoft.App/managedEnvironments/env"
    app = f"{group}/providers/Microsoft.App/containerApps/gateway"
    azure.put(environment, {}, outboundAddress="198.51.100.77")
    azure.put(app, {"environmentId": environment})
    caller = Caller(name="gateway", kind="app", network_id=f"{NETWORK}-of-its-own", app_id=app)
    account(azure, networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "198.51.100.77"}]})
    assert post(azure, THINKER, HELLO, caller=caller).status_code == 200
    account(azure, networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "198.51.100.76"}]})
    assert post(azure, THINKER, HELLO, caller=caller).status_code == 403


def test_regional_host_sends_to_the_accounts_own(azure: Running) -> None:
    with azure.client() as client:
        answer = client.post(
            f"https://southcentralus.api.cognitive.microsoft.com{CHAT}", json=HELLO, headers={"api-key": KEY}
        )
    assert _error(answer)[:2] == (403, "403")
    assert _error(answer)[2].startswith("A Virtual Network is configured for this resource.")


# Paths and versions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/openai/deployments/gpt-4o-2024-08-06/chat/completions", id="no api-version"),
        pytest.param(CHAT.replace("2024-08-01-preview", "2023-03-15-preview"), id="a version long gone"),
        pytest.param(CHAT.replace("2024-08-01-preview", "latest"), id="an undated version on a dated path"),
        pytest.param("/v1/chat/completions", id="no /openai"),
        pytest.param("/openai/chat/completions?api-version=2024-10-21", id="no deployment in the path"),
        pytest.param("/openai/openai/v1/chat/completions", id="a base with a path"),
        pytest.param("//openai/v1/chat/completions", id="a base with a slash"),
        pytest.param("/openai/v1/nothing", id="no such operation"),
    ],
)
def test_wrong_path(azure: Running, path: str) -> None:
    assert _error(post(azure, path, HELLO)) == (404, "404", "Resource not found")


@pytest.mark.parametrize("version", ["2024-02-01", "2024-08-01-preview", "2024-10-21", "2025-02-01-preview"])
def test_responses_of_an_older_version(azure: Running, version: str) -> None:
    answer = post(
        azure, f"/openai/responses?api-version={version}", {"model": "gpt-4o-2024-08-06", "input": "a"}
    )
    assert _error(answer) == (
        400,
        "BadRequest",
        "Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later",
    )


def test_dated_version_on_v1(azure: Running) -> None:
    assert _error(post(azure, f"{V1}?api-version={NOTE_VERSION}", HELLO)) == (
        400,
        "BadRequest",
        "API version not supported",
    )


@pytest.mark.parametrize("version", ["v1", "preview", "latest"])
def test_undated_versions_on_v1(azure: Running, version: str) -> None:
    answer = post(azure, f"{V1}?api-version={version}", {**HELLO, "model": "gpt-4o-2024-08-06"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(CHAT.replace("gpt-4o-2024-08-06", "gone"), HELLO, id="path"),
        pytest.param(V1, {**HELLO, "model": "gone"}, id="body"),
        pytest.param(V1, HELLO, id="no model at all"),
    ],
)
def test_no_such_deployment(azure: Running, path: str, body: dict[str, Any]) -> None:
    status, code, message = _error(post(azure, path, body))
    assert (status, code) == (404, "DeploymentNotFound")
    assert message.startswith("The API deployment for this resource does not exist.")


@pytest.mark.parametrize(
    ("path", "operation", "model"),
    [
        pytest.param(
            EMBEDDINGS.replace("/embeddings?", "/chat/completions?"),
            "chatCompletion",
            "text-embedding-3-small",
            id="chat",
        ),
        pytest.param(CHAT.replace("/chat/completions", "/embeddings"), "embeddings", "gpt-4o", id="embed"),
        pytest.param(
            CHAT.replace("/chat/completions", "/completions"), "completion", "gpt-4o", id="complete"
        ),
        pytest.param(
            CHAT.replace("/chat/completions", "/images/generations"), "imageGenerations", "gpt-4o", id="draw"
        ),
    ],
)
def test_operation_that_the_model_does_not_have(
    azure: Running, path: str, operation: str, model: str
) -> None:
    status, code, message = _error(post(azure, path, HELLO))
    assert (status, code) == (400, "OperationNotSupported")
    assert message.startswith(f"The {operation} operation does not work with the specified model, {model}.")


# Arguments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "code", "says"),
    [
        pytest.param(
            CHAT,
            {**HELLO, "mode": "azure"},
            None,
            "Unrecognized request argument supplied: mode",
            id="unknown",
        ),
        pytest.param(
            CHAT,
            {**HELLO, "a": 1, "b": 2},
            None,
            "Unrecognized request arguments supplied: a, b",
            id="two unknown",
        ),
        pytest.param(
            CHAT,
            {},
            "missing_required_parameter",
            "Missing required parameter: 'messages'.",
            id="no messages",
        ),
        pytest.param(
            CHAT, {"messages": []}, "empty_array", "Invalid 'messages': empty array.", id="none in it"
        ),
        pytest.param(
            CHAT,
            {"messages": "hi"},
            "invalid_type",
            "expected an array of objects, but got a string",
            id="text",
        ),
        pytest.param(
            CHAT,
            {"messages": [{"role": "boss", "content": "a"}]},
            "invalid_value",
            "Invalid value: 'boss'.",
            id="role",
        ),
        pytest.param(
            CHAT,
            {"messages": [{"role": "user", "content": 3}]},
            "invalid_type",
            "Invalid type for 'messages[0].content'",
            id="content",
        ),
        pytest.param(
            CHAT, {"messages": [{"role": "user"}]}, None, "expected a string, got null", id="no content"
        ),
        pytest.param(
            CHAT,
            {**HELLO, "max_tokens": 0},
            "integer_below_min_value",
            "Invalid 'max_tokens'",
            id="no tokens",
        ),
        pytest.param(
            CHAT,
            {**HELLO, "max_tokens": 99999},
            "invalid_value",
            "supports at most 16384 completion tokens",
            id="too many tokens",
        ),
        pytest.param(
            CHAT,
            {**HELLO, "stream_options": {}},
            None,
            "only allowed when 'stream' is enabled",
            id="stream options",
        ),
        pytest.param(
            CHAT,
            {**HELLO, "response_format": {"type": "json_object"}},
            None,
            "must contain the word 'json'",
            id="JSON",
        ),
        pytest.param(CHAT, b"{", None, "We could not parse the JSON body of your request.", id="no JSON"),
        pytest.param(
            CHAT,
            {"messages": [{"role": "user", "content": "a " * 130000}]},
            "context_length_exceeded",
            "maximum context length is 128000 tokens",
            id="too long",
        ),
        pytest.param(
            THINKER,
            {**HELLO, "max_tokens": 5},
            "unsupported_parameter",
            "Use 'max_completion_tokens' instead.",
            id="reasoning: max_tokens",
        ),
        pytest.param(
            THINKER,
            {**HELLO, "temperature": 0.2},
            "unsupported_value",
            "'temperature' does not support 0.2",
            id="reasoning: temperature",
        ),
        pytest.param(
            EMBEDDINGS,
            {},
            "missing_required_parameter",
            "Missing required parameter: 'input'.",
            id="embed nothing",
        ),
        pytest.param(
            EMBEDDINGS, {"input": ""}, None, "'input' cannot be an empty string.", id="embed an empty text"
        ),
        pytest.param(EMBEDDINGS, {"input": [{}]}, None, "'$.input' is invalid.", id="embed an object"),
        pytest.param(
            EMBEDDINGS,
            {"input": "a", "dimensions": 9999},
            None,
            "Must be between 1 and 1536.",
            id="dimensions",
        ),
        pytest.param(
            EMBEDDINGS,
            {"input": "a", "messages": []},
            None,
            "Unrecognized request argument supplied: messages",
            id="embed: unknown",
        ),
        pytest.param(
            "/openai/v1/responses",
            {"model": "gpt-4o-2024-08-06", "input": "a", "messages": []},
            "unknown_parameter",
            "Unknown parameter: 'messages'.",
            id="Responses: unknown",
        ),
        pytest.param(
            "/openai/v1/responses",
            {"model": "gpt-4o-2024-08-06"},
            "missing_required_parameter",
            "Missing required parameter: 'input'.",
            id="Responses: no input",
        ),
    ],
)
def test_arguments(azure: Running, path: str, body: Any, code: str | None, says: str) -> None:
    answer = post(azure, path, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (400, "invalid_request_error", code)
    assert says in error["message"]


def test_reasoning_model_takes_the_default_temperature(azure: Running) -> None:
    assert post(azure, THINKER, {**HELLO, "temperature": 1}).status_code == 200


# Time, quota and faults --------------------------------------------------------------------------------------


def test_model_that_has_retired(azure: Running) -> None:
    models.set_as_of(azure.store, date(2027, 4, 13))
    assert post(azure, CHAT, HELLO).status_code == 200
    models.set_as_of(azure.store, date(2027, 4, 14))
    status, code, message = _error(post(azure, CHAT, HELLO))
    assert (status, code) == (410, "ModelDeprecated")
    assert "'gpt-4o', version '2024-08-06'" in message


def test_model_that_was_retired_on_demand(azure: Running) -> None:
    disturbances.retire(azure.store, "gpt-4o", "2024-08-06")
    assert post(azure, CHAT, HELLO).status_code == 410
    disturbances.clear(azure.store)
    assert post(azure, CHAT, HELLO).status_code == 200


def test_capacity_that_is_used_up(azure: Running) -> None:
    azure.store.set_fact(LIMITS_FACT, True)
    long = {"messages": [{"role": "user", "content": "word " * 3000}]}
    answers = [post(azure, THINKER, long) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    _, code, message = _error(answers[-1])
    assert code == "RateLimitReached"
    assert message.startswith(
        "Your requests to thinker for gpt-5.1 in South Central US have exceeded the token rate limit for your current "
        "AIServices S0 pricing tier. This request was for ChatCompletions_Create under Azure OpenAI API version "
        "2024-10-21. Please retry after "
    )
    assert answers[-1].headers["policy-id"] == "DeploymentRatelimit-Token"
    assert 50 <= int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("401", "401"),
        ("403", "403"),
        ("404", "DeploymentNotFound"),
        ("410", "ModelDeprecated"),
        ("429", "RateLimitReached"),
        ("500", "InternalServerError"),
    ],
)
def test_faults_answer_as_asked(azure: Running, answer: str, code: str) -> None:
    disturbances.add(azure.store, Disturbance(account="ai-idha-*", deployment="gpt-4o*", answer=answer))
    struck = post(azure, CHAT, HELLO)
    assert (struck.status_code, struck.json()["error"]["code"]) == (int(answer), code)
    assert "Retry-After" not in struck.headers
    assert post(azure, THINKER, HELLO).status_code == 200


def test_fault_with_a_retry_after_strikes_as_often_as_asked(azure: Running) -> None:
    disturbances.add(
        azure.store, Disturbance(account="*", deployment="*", answer="429", retry_after=7, times=2)
    )
    answers = [post(azure, CHAT, HELLO) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert disturbances.listed(azure.store) == []


def test_refused_connection(azure: Running) -> None:
    disturbances.add(azure.store, Disturbance(account="*", answer="refused"))
    with pytest.raises(httpx.TransportError):
        post(azure, CHAT, HELLO)


def test_hanging_deployment_hangs_until_the_caller_gives_up(azure: Running) -> None:
    disturbances.add(azure.store, Disturbance(account="*", answer="hang"))
    with azure.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post(HOST + CHAT, headers={"api-key": KEY}, json=HELLO, timeout=0.3)


def test_shutdown_does_not_wait_for_what_hangs(tmp_path: Path) -> None:
    with started(tmp_path) as azure:
        disturbances.add(azure.store, Disturbance(account="*", answer="hang"))
        client = azure.client()
        ended: list[bool] = []

        def call() -> None:
            with pytest.raises(httpx.TransportError):
                client.post(HOST + CHAT, headers={"api-key": KEY}, json=HELLO)
            ended.append(True)

        caller = threading.Thread(target=call)
        caller.start()
        while not azure.store.connections():
            pass
        begun = time.monotonic()
    caller.join(5)
    assert (ended, time.monotonic() - begun < 4) == ([True], True)


def test_unknown_fault_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="'418' is no answer; there is: 401, 403"):
        Disturbance(account="*", answer="418")


def test_unknown_model_cannot_be_retired(azure: Running) -> None:
    with pytest.raises(ValueError, match="No model is gpt-9/1; there is: gpt-4o/2024-05-13"):
        disturbances.retire(azure.store, "gpt-9", "1")


def test_official_client_sees_its_own_errors(azure: Running) -> None:
    with pytest.raises(openai.AuthenticationError, match="invalid subscription key"):
        dated(azure, api_key="wrong").chat.completions.create(
            model="gpt-4o-2024-08-06", messages=HELLO["messages"]
        )
    with pytest.raises(openai.NotFoundError, match="API deployment for this resource does not exist"):
        dated(azure).chat.completions.create(model="gone", messages=HELLO["messages"])
