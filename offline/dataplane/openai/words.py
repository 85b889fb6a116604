"""What the offline models say: which of them answered, reached how, and what they were asked.

The same request gets the same answer, and the answer shows where the request went.
"""

import hashlib
import json
import re
from dataclasses import dataclass

from offline.arm.errors import JSON
from offline.arm.models import Model

_TOKEN = re.compile(r"\s*(?:[^\W\d_]{1,8}|\d{1,3}|[^\w\s]|_)|\s+")

LONGEST_QUOTE = 500


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """The deployment that answers."""

    deployment: str
    model: Model
    account: str
    region: str
    """Display name."""
    private: bool

    @property
    def model_name(self) -> str:
        """As answers name the model."""
        return f"{self.model.name}-{self.model.version}" if self.model.talks else self.model.name

    @property
    def fingerprint(self) -> str:
        return (
            "fp_"
            + hashlib.sha256(f"{self.account}/{self.deployment}/{self.model.key}".encode()).hexdigest()[:10]
        )

    def says(self, question: str) -> str:
        """The answer to a question."""
        way = "through its private endpoint" if self.private else "from the public side"
        quote = question if len(question) <= LONGEST_QUOTE else question[:LONGEST_QUOTE] + "…"
        return (
            f"Offline Azure here: deployment {self.deployment} ({self.model.name} {self.model.version}) of "
            f'{self.account} in {self.region}, reached {way}. You asked: "{quote}"'
        )


def pieces(text: str) -> list[str]:
    """The text in tokens, or what passes for them here."""
    return _TOKEN.findall(text)


def count(text: str) -> int:
    return len(pieces(text))


def text_of(content: object) -> str:
    """The words of a message's content: a string, or parts of which some are text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(str(part["text"]) for part in content if isinstance(part, dict) and "text" in part)
    return ""


def question(messages: object) -> str:
    """The last thing that a user said."""
    if isinstance(messages, str):
        return messages
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role", "user") == "user":
            return text_of(message.get("content"))
    return ""


def prompt_tokens(messages: object) -> int:
    """Tokens that a conversation takes: its words, and three for each message's frame."""
    if isinstance(messages, str):
        return count(messages)
    listed = (
        [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    )
    return 3 + sum(3 + count(text_of(message.get("content"))) for message in listed)


def cut(text: str, most: int | None, stops: object = None) -> tuple[str, bool]:
    """The text up to a stop or a number of tokens; True when tokens ran out."""
    for stop in [stops] if isinstance(stops, str) else stops if isinstance(stops, list) else []:
        text = text.split(str(stop), 1)[0]
    parts = pieces(text)
    if most is None or len(parts) <= most:
        return text, False
    return "".join(parts[:most]), True


def filled(schema: object, text: str) -> object:
    """The simplest value that a JSON schema admits; its strings are the text."""
    if not isinstance(schema, dict):
        return text
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    for either in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(either), list) and schema[either]:
            return filled(schema[either][0], text)
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) and kind else kind:
        case "object":
            properties = schema.get("properties")
            return {
                name: filled(inner, text)
                for name, inner in (properties.items() if isinstance(properties, dict) else ())
            }
        case "array":
            return [filled(schema.get("items"), text)]
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
        case "null":
            return None
    return text


def structured(wanted: object, text: str) -> str:
    """The text in the format that was asked for: as it is, as an object, or after a schema."""
    if not isinstance(wanted, dict):
        return text
    if wanted.get("type") == "json_object":
        return json.dumps({"answer": text}, ensure_ascii=False)
    if wanted.get("type") == "json_schema":
        inner = wanted.get("json_schema")
        schema = inner.get("schema") if isinstance(inner, dict) else wanted.get("schema")
        return json.dumps(filled(schema, text), ensure_ascii=False)
    return text


def called_tools(body: JSON, text: str) -> list[tuple[str, str]]:
    """(name, arguments) of the tools that are called: where a call is required, and only there."""
    listed = body.get("tools")
    tools: dict[str, object] = {}
    for tool in listed if isinstance(listed, list) else []:
        described = tool.get("function", tool) if isinstance(tool, dict) else {}
        if isinstance(described, dict) and "name" in described:
            tools[str(described["name"])] = described.get("parameters")
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        inner = choice.get("function", choice)
        name = str(inner.get("name")) if isinstance(inner, dict) else ""
    else:
        name = next(iter(tools), "") if choice == "required" else ""
    if name not in tools:
        return []
    return [(name, json.dumps(filled(tools[name] or {"type": "object"}, text), ensure_ascii=False))]
