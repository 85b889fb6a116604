"""Chat completions, whole and streamed."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

from offline.arm.errors import JSON
from offline.dataplane.openai.words import (
    Answerer,
    called_tools,
    count,
    cut,
    pieces,
    prompt_tokens,
    question,
    structured,
)

_SAFE: JSON = {
    name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")
}
PROMPT_FILTER: list[JSON] = [
    {
        "prompt_index": 0,
        "content_filter_results": {**_SAFE, "jailbreak": {"filtered": False, "detected": False}},
    }
]

PIECES_A_CHUNK = 3


@dataclass(frozen=True, kw_only=True)
class Completion:
    """A finished answer, before it is written out."""

    id: str
    created: int
    answerer: Answerer
    text: str
    """Empty where tools are called."""
    calls: list[JSON]
    finish_reason: str
    choices: int
    prompt_tokens: int
    completion_tokens: int
    with_usage: bool

    @property
    def usage(self) -> JSON:
        return {
            "completion_tokens": self.completion_tokens,
            "completion_tokens_details": {
                "accepted_prediction_tokens": 0,
                "audio_tokens": 0,
                "reasoning_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
            "prompt_tokens": self.prompt_tokens,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


def complete(body: JSON, answerer: Answerer) -> Completion:
    """The answer to a valid request."""
    messages = body.get("messages")
    text = structured(body.get("response_format"), answerer.says(question(messages)))
    named = called_tools(body, question(messages))
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    text, ran_out = cut(text, most if isinstance(most, int) else None, body.get("stop"))
    choices = body.get("n") or 1
    assert isinstance(choices, int)
    calls: list[JSON] = [
        {
            "id": f"call_{secrets.token_urlsafe(18)[:24]}",
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        for name, arguments in named
    ]
    written = sum(count(name) + count(arguments) for name, arguments in named) if calls else count(text)
    options = body.get("stream_options")
    return Completion(
        id=f"chatcmpl-{secrets.token_urlsafe(32).replace('-', 'x').replace('_', 'y')[:29]}",
        created=int(time.time()),
        answerer=answerer,
        text="" if calls else text,
        calls=calls,
        finish_reason="tool_calls" if calls else "length" if ran_out else "stop",
        choices=choices,
        prompt_tokens=prompt_tokens(messages),
        completion_tokens=written * choices,
        with_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def whole(completion: Completion) -> JSON:
    """The answer in one piece."""
    message: JSON = {
        "annotations": [],
        "content": None if completion.calls else completion.text,
        "refusal": None,
        "role": "assistant",
    }
    if completion.calls:
        message["tool_calls"] = completion.calls
    return {
        "choices": [
            {
                "content_filter_results": {} if completion.calls else _SAFE,
                "finish_reason": completion.finish_reason,
                "index": index,
                "logprobs": None,
                "message": message,
            }
            for index in range(completion.choices)
        ],
        "created": completion.created,
        "id": completion.id,
        "model": completion.answerer.model_name,
        "object": "chat.completion",
        "prompt_filter_results": PROMPT_FILTER,
        "system_fingerprint": completion.answerer.fingerprint,
        "usage": completion.usage,
    }


def chunks(completion: Completion) -> Iterator[bytes]:
    """The answer as server-sent events, in the order that Azure sends them."""
    first: JSON = {
        "choices": [],
        "created": 0,
        "id": "",
        "model": "",
        "object": "",
        "prompt_filter_results": PROMPT_FILTER,
    }
    if completion.with_usage:
        first["usage"] = None
    yield _event(first)
    for index in range(completion.choices):
        opening: JSON = {"content": None if completion.calls else "", "refusal": None, "role": "assistant"}
        yield _chunk(completion, index, opening)
        for number, call in enumerate(completion.calls):
            yield from _call_chunks(completion, index, number, call)
        parts = pieces(completion.text)
        for start in range(0, len(parts), PIECES_A_CHUNK):
            yield _chunk(
                completion, index, {"content": "".join(parts[start : start + PIECES_A_CHUNK])}, safe=True
            )
        yield _chunk(completion, index, {}, finish=completion.finish_reason)
    if completion.with_usage:
        yield _event({**_frame(completion), "choices": [], "usage": completion.usage})
    yield b"data: [DONE]\n\n"


def _call_chunks(completion: Completion, index: int, number: int, call: JSON) -> Iterator[bytes]:
    function = call["function"]
    assert isinstance(function, dict)
    begun = {**call, "index": number, "function": {"name": function["name"], "arguments": ""}}
    yield _chunk(completion, index, {"tool_calls": [begun]})
    for piece in pieces(function["arguments"]):
        more = {"index": number, "function": {"arguments": piece}}
        yield _chunk(completion, index, {"tool_calls": [more]})


def _frame(completion: Completion) -> JSON:
    return {
        "created": completion.created,
        "id": completion.id,
        "model": completion.answerer.model_name,
        "object": "chat.completion.chunk",
        "system_fingerprint": completion.answerer.fingerprint,
    }


def _chunk(
    completion: Completion, index: int, delta: JSON, *, finish: str | None = None, safe: bool = False
) -> bytes:
    choice: JSON = {
        "content_filter_results": _SAFE if safe else {},
        "delta": delta,
        "finish_reason": finish,
        "index": index,
        "logprobs": None,
    }
    body: JSON = {"choices": [choice], **_frame(completion)}
    if completion.with_usage:
        body["usage"] = None
    return _event(body)


def _event(body: JSON) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
