"""What callers may say in a body. Azure refuses what it does not know, and so does this."""

from collections.abc import Collection
from typing import Any

from offline.arm.errors import JSON, ArmError
from offline.arm.models import Model
from offline.dataplane.openai.refusals import argument

CHAT = frozenset(
    [
        "messages",
        "model",
        "temperature",
        "top_p",
        "n",
        "stream",
        "stream_options",
        "stop",
        "max_tokens",
        "max_completion_tokens",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "user",
        "seed",
        "response_format",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "functions",
        "function_call",
        "data_sources",
        "reasoning_effort",
        "verbosity",
        "store",
        "metadata",
        "modalities",
        "audio",
        "prediction",
        "service_tier",
        "user_security_context",
        "prompt_cache_key",
        "safety_identifier",
    ]
)
EMBEDDINGS = frozenset(["input", "model", "dimensions", "encoding_format", "user"])
RESPONSES = frozenset(
    [
        "input",
        "model",
        "instructions",
        "stream",
        "stream_options",
        "max_output_tokens",
        "max_tool_calls",
        "temperature",
        "top_p",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "text",
        "reasoning",
        "previous_response_id",
        "store",
        "metadata",
        "truncation",
        "include",
        "user",
        "background",
        "service_tier",
        "top_logprobs",
        "prompt",
        "prompt_cache_key",
        "safety_identifier",
        "conversation",
    ]
)

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_FIXED_FOR_REASONING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")


def known(body: JSON, names: Collection[str]) -> None:
    """:raises ArmError: an argument that the operation does not have."""
    unknown = [name for name in body if name not in names]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise argument(f"Unrecognized request argument{plural} supplied: {', '.join(unknown)}")


def chat(body: JSON, model: Model) -> None:
    """:raises ArmError: a chat request that the model refuses."""
    known(body, CHAT)
    messages = body.get("messages")
    if messages is None:
        raise _missing("messages")
    if not isinstance(messages, list):
        raise _type("messages", "an array of objects", messages)
    if not messages:
        raise argument(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    for index, message in enumerate(messages):
        _message(f"messages[{index}]", message)
    _sampling(body, model)
    if model.kind == "reasoning" and "max_tokens" in body:
        raise argument(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    if "max_tokens" in body and "max_completion_tokens" in body:
        raise argument(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_value",
        )
    for name in ("max_tokens", "max_completion_tokens", "n"):
        _positive(body, name)
    _limit(body, "max_tokens", model)
    _limit(body, "max_completion_tokens", model)
    if "stream_options" in body and body["stream_options"] is not None and not body.get("stream"):
        raise argument(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    wanted = body.get("response_format")
    if (
        isinstance(wanted, dict)
        and wanted.get("type") == "json_object"
        and "json" not in str(messages).lower()
    ):
        raise argument(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )


def responses(body: JSON, model: Model) -> None:
    """:raises ArmError: a Responses request that the model refuses."""
    for name in body:
        if name not in RESPONSES:
            raise argument(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    asked = body.get("input")
    if asked is None and body.get("prompt") is None:
        raise _missing("input")
    if asked is not None and not isinstance(asked, str | list):
        raise _type("input", "one of a string or array of objects", asked)
    _sampling(body, model)
    _positive(body, "max_output_tokens")


def embeddings(body: JSON, model: Model) -> list[str | list[int]]:
    """The texts, or lists of tokens, that are to be embedded.

    :raises ArmError: a request that the model refuses.
    """
    known(body, EMBEDDINGS)
    asked = body.get("input")
    if asked is None:
        raise _missing("input")
    inputs: list[Any] = asked if isinstance(asked, list) and not _is_tokens(asked) else [asked]
    if not inputs or any(not (isinstance(item, str) or _is_tokens(item)) for item in inputs):
        raise argument(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )
    if any(item in ("", []) for item in inputs):
        raise argument("'input' cannot be an empty string.", param="input")
    if len(inputs) > 2048:
        raise argument("Too many inputs. The max number of inputs is 2048.", param="input")
    wanted = body.get("dimensions")
    if wanted is not None and not (
        isinstance(wanted, int) and not isinstance(wanted, bool) and 1 <= wanted <= model.dimensions
    ):
        raise argument(
            f"Invalid value for 'dimensions' = {wanted}. Must be between 1 and {model.dimensions}.",
            param="dimensions",
        )
    if body.get("encoding_format", "float") not in ("float", "base64"):
        raise argument(
            f"Invalid value: '{body['encoding_format']}'. Supported values are: 'float' and 'base64'.",
            param="encoding_format",
            code="invalid_value",
        )
    return [item if isinstance(item, str) else list(item) for item in inputs]


def _message(where: str, message: object) -> None:
    if not isinstance(message, dict):
        raise _type(where, "an object", message)
    role = message.get("role")
    if role is None:
        raise _missing(f"{where}.role")
    if role not in _ROLES:
        listed = ", ".join(f"'{name}'" for name in _ROLES[:-1])
        raise argument(
            f"Invalid value: '{role}'. Supported values are: {listed}, and '{_ROLES[-1]}'.",
            param=f"{where}.role",
            code="invalid_value",
        )
    content = message.get("content")
    if content is None and not (
        role == "assistant" and (message.get("tool_calls") or message.get("function_call"))
    ):
        raise argument(
            f"Invalid value for 'content': expected a string, got null. ({where}.content)",
            param=f"{where}.content",
        )
    if content is not None and not isinstance(content, str | list):
        raise _type(f"{where}.content", "one of a string or array of objects", content)
    if role == "tool" and not message.get("tool_call_id"):
        raise _missing(f"{where}.tool_call_id")


def _sampling(body: JSON, model: Model) -> None:
    """Reasoning models take no sampling but the default."""
    if model.kind != "reasoning":
        return
    for name in _FIXED_FOR_REASONING:
        default = 0 if name.endswith("penalty") else 1
        value = body.get(name)
        if value is not None and value != default:
            raise argument(
                f"Unsupported value: '{name}' does not support {value} with this model. Only the default ({default}) "
                "value is supported.",
                param=name,
                code="unsupported_value",
            )


def _positive(body: JSON, name: str) -> None:
    value = body.get(name)
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise _type(name, "an integer", value)
    if value < 1:
        raise argument(
            f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {value} instead.",
            param=name,
            code="integer_below_min_value",
        )


def _limit(body: JSON, name: str, model: Model) -> None:
    value = body.get(name)
    if isinstance(value, int) and value > model.output:
        raise argument(
            f"{name} is too large: {value}. This model supports at most {model.output} completion tokens, whereas you "
            f"provided {value}.",
            param=name,
            code="invalid_value",
        )


def _is_tokens(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, int) for item in value)


def _missing(name: str) -> ArmError:
    return argument(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def _type(name: str, expected: str, value: object) -> ArmError:
    words = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a number",
    }
    got = words.get(type(value), "null")
    return argument(
        f"Invalid type for '{name}': expected {expected}, but got {got} instead.",
        param=name,
        code="invalid_type",
    )
