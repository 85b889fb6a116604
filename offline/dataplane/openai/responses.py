"""The Responses API, whole and streamed, with what it remembers."""

import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator

from offline.arm.errors import JSON, ArmError
from offline.dataplane.openai.chat import PIECES_A_CHUNK
from offline.dataplane.openai.refusals import argument
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

REMEMBERED = 1000
"""How many answers are kept for later requests that refer to them."""


class Memory:
    """Answers by id, for `previous_response_id` and to read again; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, JSON]] = OrderedDict()

    def keep(self, account: str, response: JSON) -> None:
        self._kept[str(response["id"])] = (account, response)
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)

    def get(self, account: str, response_id: str) -> JSON:
        """:raises ArmError: that account has no such answer."""
        owner, response = self._kept.get(response_id, ("", {}))
        if owner != account:
            raise argument(f"Response with id '{response_id}' not found.", status=404)
        return response

    def forget(self, account: str, response_id: str) -> JSON:
        """:raises ArmError: that account has no such answer."""
        self.get(account, response_id)
        del self._kept[response_id]
        return {"id": response_id, "object": "response", "deleted": True}


def respond(body: JSON, answerer: Answerer, memory: Memory) -> JSON:
    """The answer to a valid request.

    :raises ArmError: it refers to an answer that is not there.
    """
    previous = body.get("previous_response_id")
    if previous is not None:
        try:
            memory.get(answerer.account, str(previous))
        except ArmError as missing:
            raise argument(
                f"Previous response with id '{previous}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            ) from missing
    asked = body.get("input", "")
    format_wanted = body.get("text")
    wanted = format_wanted.get("format") if isinstance(format_wanted, dict) else None
    text = structured(wanted, answerer.says(question(asked)))
    most = body.get("max_output_tokens")
    text, ran_out = cut(text, most if isinstance(most, int) else None)
    named = called_tools(body, question(asked))
    output: list[JSON]
    if named:
        output = [
            {
                "id": f"fc_{secrets.token_hex(24)}",
                "type": "function_call",
                "status": "completed",
                "call_id": f"call_{secrets.token_urlsafe(18)[:24]}",
                "name": name,
                "arguments": arguments,
            }
            for name, arguments in named
        ]
        written = sum(count(arguments) for _, arguments in named)
    else:
        output = [
            {
                "id": f"msg_{secrets.token_hex(24)}",
                "type": "message",
                "status": "incomplete" if ran_out else "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
            }
        ]
        written = count(text)
    read = prompt_tokens(asked) + count(str(body.get("instructions") or ""))
    response = _frame(body, answerer)
    response |= {
        "status": "incomplete" if ran_out else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if ran_out else None,
        "output": output,
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
    }
    if body.get("store") is not False:
        memory.keep(answerer.account, response)
    return response


def _frame(body: JSON, answerer: Answerer) -> JSON:
    """What every answer carries: the request's own words, and the defaults of those that it left out."""
    return {
        "id": f"resp_{secrets.token_hex(24)}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "content_filters": None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": answerer.deployment,
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_logprobs": 0,
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "usage": None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def events(response: JSON) -> Iterator[bytes]:
    """The answer as server-sent events."""
    number = 0

    def event(kind: str, **words: object) -> bytes:
        nonlocal number
        body = {"type": kind, "sequence_number": number, **words}
        number += 1
        return f"event: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()

    begun: JSON = {
        **response,
        "status": "in_progress",
        "incomplete_details": None,
        "output": [],
        "usage": None,
    }
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    output = response["output"]
    assert isinstance(output, list)
    for index, item in enumerate(output):
        at = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "function_call":
            empty = {**item, "status": "in_progress", "arguments": ""}
            yield event("response.output_item.added", output_index=index, item=empty)
            for piece in pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", **at, delta=piece)
            yield event("response.function_call_arguments.done", **at, arguments=item["arguments"])
        else:
            empty = {**item, "status": "in_progress", "content": []}
            yield event("response.output_item.added", output_index=index, item=empty)
            part = item["content"][0]
            at["content_index"] = 0
            yield event("response.content_part.added", **at, part={**part, "text": ""})
            parts = pieces(part["text"])
            for start in range(0, len(parts), PIECES_A_CHUNK):
                delta = "".join(parts[start : start + PIECES_A_CHUNK])
                yield event("response.output_text.delta", **at, delta=delta, logprobs=[])
            yield event("response.output_text.done", **at, text=part["text"], logprobs=[])
            yield event("response.content_part.done", **at, part=part)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event(f"response.{response['status']}", response=response)
