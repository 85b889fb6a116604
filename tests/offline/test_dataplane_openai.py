"""Azure OpenAI as its callers meet it: the official client, through the fabric."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionUserMessageParam

from offline.arrival import Caller
from tests.offline.accounts import NOTE_VERSION, dated, deployment, link_privately, started, undated
from tests.offline.services import APP, PERSON, Running

HELLO: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "Where are you?"}]
CHAT = "gpt-4o-2024-08-06"
EMBEDDING = "text-embedding-3-small"
SAID = (
    "Offline Azure here: deployment gpt-4o-2024-08-06 (gpt-4o 2024-08-06) of ai-idha-sbx-scus-001 in "
    'South Central US, reached from the public side. You asked: "Where are you?"'
)
WEATHER: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        },
    },
}


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("azure")) as running:
        yield running


def test_chat_says_what_answered(azure: Running) -> None:
    answer = dated(azure).chat.completions.create(model=CHAT, messages=HELLO)
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.model, answer.object) == ("gpt-4o-2024-08-06", "chat.completion")
    assert answer.id.startswith("chatcmpl-")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@pytest.mark.parametrize(
    ("caller", "way"), [(PERSON, "from the public side"), (APP, "through its private endpoint")]
)
def test_answer_shows_the_way_it_was_reached(tmp_path: Path, caller: Caller, way: str) -> None:
    with started(tmp_path) as azure:
        link_privately(azure)
        answer = dated(azure, caller).chat.completions.create(model=CHAT, messages=HELLO)
    assert f"reached {way}." in str(answer.choices[0].message.content)


def test_headers_are_azures(azure: Running) -> None:
    raw = dated(azure).chat.completions.with_raw_response.create(model=CHAT, messages=HELLO)
    assert raw.headers["x-ms-region"] == "South Central US"
    assert raw.headers["x-ms-deployment-name"] == CHAT
    assert raw.headers["x-ratelimit-limit-tokens"] == "10000"
    assert int(raw.headers["x-ratelimit-remaining-tokens"]) < 10000
    assert raw.headers["x-content-type-options"] == "nosniff"
    assert len(raw.headers["apim-request-id"]) == 36


def test_stream_comes_in_azures_order_and_says_the_same(azure: Running) -> None:
    stream = dated(azure).chat.completions.create(
        model=CHAT, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert chunks[0].choices == []
    assert chunks[0].model_dump()["prompt_filter_results"][0]["prompt_index"] == 0
    assert chunks[1].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == SAID
    assert len(chunks) > 10


def test_stream_without_usage_ends_with_the_finish(azure: Running) -> None:
    chunks = list(dated(azure).chat.completions.create(model=CHAT, messages=HELLO, stream=True))
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)


def test_stream_has_a_pace(azure: Running) -> None:
    arrivals = []
    for _ in dated(azure).chat.completions.create(model=CHAT, messages=HELLO, stream=True):
        arrivals.append(time.monotonic())
    assert arrivals[-1] - arrivals[0] > 0.02


def test_client_that_leaves_a_stream_harms_nobody(azure: Running) -> None:
    client = dated(azure)
    stream = client.chat.completions.create(model=CHAT, messages=HELLO, stream=True)
    next(iter(stream))
    stream.close()
    assert client.chat.completions.create(model=CHAT, messages=HELLO).choices


def test_tokens_run_out(azure: Running) -> None:
    answer = dated(azure).chat.completions.create(model=CHAT, messages=HELLO, max_tokens=5)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 5


def test_several_choices_and_a_stop(azure: Running) -> None:
    answer = dated(azure).chat.completions.create(model=CHAT, messages=HELLO, n=2, stop=" here")
    assert [choice.message.content for choice in answer.choices] == ["Offline Azure"] * 2


def test_required_tool_is_called_with_arguments_of_its_schema(azure: Running) -> None:
    answer = dated(azure).chat.completions.create(
        model=CHAT, messages=HELLO, tools=[WEATHER], tool_choice="required"
    )
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].type == "function"
    assert calls[0].function.name == "weather"
    assert json.loads(calls[0].function.arguments) == {"city": "Where are you?", "days": 0}
    assert answer.choices[0].finish_reason == "tool_calls"


def test_streamed_tool_call_adds_up(azure: Running) -> None:
    stream = dated(azure).chat.completions.create(
        model=CHAT,
        messages=HELLO,
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "weather"}},
        stream=True,
    )
    arguments = ""
    for chunk in stream:
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or []:
                arguments += (call.function and call.function.arguments) or ""
    assert json.loads(arguments) == {"city": "Where are you?", "days": 0}


def test_json_mode_answers_json(azure: Running) -> None:
    answer = dated(azure).chat.completions.create(
        model=CHAT,
        messages=[{"role": "user", "content": "Answer in JSON"}],
        response_format={"type": "json_object"},
    )
    assert "Answer in JSON" in json.loads(str(answer.choices[0].message.content))["answer"]


def test_schema_is_filled(azure: Running) -> None:
    answer = dated(azure).chat.completions.create(
        model=CHAT,
        messages=HELLO,
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "a",
                "schema": {
                    "type": "object",
                    "properties": {
                        "ok": {"type": "boolean"},
                        "kind": {"enum": ["x", "y"]},
                        "items": {"type": "array", "items": {"type": "number"}},
                    },
                },
            },
        },
    )
    assert json.loads(str(answer.choices[0].message.content)) == {"ok": True, "kind": "x", "items": [0]}


@pytest.mark.parametrize("dimensions", [pytest.param(None, id="all"), pytest.param(256, id="fewer")])
def test_embeddings_are_unit_vectors_of_the_asked_length(azure: Running, dimensions: int | None) -> None:
    words = {} if dimensions is None else {"dimensions": dimensions}
    answer = dated(azure).embeddings.create(model=EMBEDDING, input=["a", "b", "a"], **words)  # type: ignore[arg-type]
    vectors = [item.embedding for item in answer.data]
    assert {len(vector) for vector in vectors} == {dimensions or 1536}
    assert sum(value * value for value in vectors[0]) == pytest.approx(1, abs=1e-5)
    assert vectors[0] == vectors[2] != vectors[1]
    assert answer.usage.total_tokens == 3


def test_embeddings_are_the_same_as_floats_and_packed(azure: Running) -> None:
    client = dated(azure)
    packed = client.embeddings.create(model=EMBEDDING, input="a").data[0].embedding
    floats = client.embeddings.create(model=EMBEDDING, input="a", encoding_format="float").data[0].embedding
    assert packed == pytest.approx(floats, abs=1e-6)


def test_embeddings_take_tokens(azure: Running) -> None:
    answer = dated(azure).embeddings.create(model=EMBEDDING, input=[[1, 2, 3], [4]])
    assert (len(answer.data), answer.usage.prompt_tokens) == (2, 4)


def test_v1_serves_chat_embeddings_and_models_with_the_key_as_bearer(azure: Running) -> None:
    client = undated(azure)
    assert client.chat.completions.create(model=CHAT, messages=HELLO).choices[0].message.content == SAID
    assert len(client.embeddings.create(model=EMBEDDING, input="a").data[0].embedding) == 1536
    assert "gpt-4o-2024-08-06" in [model.id for model in client.models.list()]


@pytest.mark.parametrize("version", ["2025-03-01-preview", "2025-04-01-preview"])
def test_responses_of_a_new_enough_version(azure: Running, version: str) -> None:
    answer = dated(azure, api_version=version).responses.create(model=CHAT, input="Where are you?")
    assert answer.output_text == SAID
    assert (answer.status, answer.id[:5]) == ("completed", "resp_")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_responses_stream_adds_up_in_order(azure: Running) -> None:
    events = list(undated(azure).responses.create(model=CHAT, input="Where are you?", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events if event.type != "response.output_text.delta"]
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == SAID


def test_responses_remember_and_forget(azure: Running) -> None:
    client = undated(azure)
    first = client.responses.create(model=CHAT, input="a")
    assert client.responses.retrieve(first.id).output_text == first.output_text
    second = client.responses.create(model=CHAT, input="b", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError, match="not found"):
        client.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError, match="Previous response with id"):
        client.responses.create(model=CHAT, input="b", previous_response_id=first.id)


def test_responses_call_a_required_tool(azure: Running) -> None:
    answer = undated(azure).responses.create(
        model=CHAT,
        input="Where are you?",
        tools=[{"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}],
        tool_choice="required",
    )
    assert answer.output[0].type == "function_call"
    assert answer.output[0].name == "weather"


def test_responses_that_run_out_say_so(azure: Running) -> None:
    answer = undated(azure).responses.create(model=CHAT, input="a", max_output_tokens=4)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"


def test_reasoning_model_takes_max_completion_tokens(azure: Running) -> None:
    answer = dated(azure).chat.completions.create(model="thinker", messages=HELLO, max_completion_tokens=50)
    assert "gpt-5.1 2025-11-13" in str(answer.choices[0].message.content)


def test_deployment_that_is_still_made_is_not_there(azure: Running) -> None:
    deployment(azure, "new", "gpt-4o", "2024-11-20", state="Creating")
    with pytest.raises(openai.NotFoundError, match="The API deployment for this resource does not exist"):
        dated(azure, api_version=NOTE_VERSION).chat.completions.create(model="new", messages=HELLO)
