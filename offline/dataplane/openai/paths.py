"""What a request's path and api-version ask for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from offline.dataplane.openai import laws

Operation = Literal["chat", "embeddings", "responses", "response", "models", "model", "other"]

VERSIONS = frozenset(
    {
        "2022-12-01",
        "2023-05-15",
        "2024-02-01",
        "2024-02-15-preview",
        "2024-03-01-preview",
        "2024-04-01-preview",
        "2024-05-01-preview",
        "2024-06-01",
        "2024-07-01-preview",
        "2024-08-01-preview",
        "2024-09-01-preview",
        "2024-10-01-preview",
        "2024-10-21",
        "2024-12-01-preview",
        "2025-01-01-preview",
        "2025-02-01-preview",
        "2025-03-01-preview",
        "2025-04-01-preview",
    }
)
"""Dated api-versions. Source: docs ai-foundry/openai/api-version-lifecycle."""

RESPONSES_FROM = "2025-03-01-preview"
UNDATED = frozenset({"v1", "preview", "latest"})

ACTIONS: Mapping[Operation, str] = {
    "chat": "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
    "embeddings": "Microsoft.CognitiveServices/accounts/OpenAI/deployments/embeddings/action",
    "responses": "Microsoft.CognitiveServices/accounts/OpenAI/responses/write",
    "response": "Microsoft.CognitiveServices/accounts/OpenAI/responses/read",
    "models": "Microsoft.CognitiveServices/accounts/OpenAI/models/read",
    "model": "Microsoft.CognitiveServices/accounts/OpenAI/models/read",
    "other": "Microsoft.CognitiveServices/accounts/OpenAI/deployments/completions/action",
}
"""The data action that each operation takes."""

OPERATION_IDS: Mapping[Operation, str] = {
    "chat": "ChatCompletions_Create",
    "embeddings": "Embeddings_Create",
    "responses": "Responses_Create",
}
"""As Azure names operations in its texts."""

_DATED = {
    "chat/completions": ("chat", "chatCompletion"),
    "embeddings": ("embeddings", "embeddings"),
    "completions": ("other", "completion"),
    "images/generations": ("other", "imageGenerations"),
    "audio/transcriptions": ("other", "audio"),
    "audio/translations": ("other", "audio"),
    "audio/speech": ("other", "audio"),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for."""

    operation: Operation
    verb: str
    """What Azure calls the operation when a model cannot do it."""
    deployment: str | None
    """From the path; None where the body's `model` names it."""
    api_version: str
    item: str = ""
    """Id of a response or model."""


def is_v1(path: str) -> bool:
    return path.startswith("/openai/v1/")


def read(method: str, path: str, api_version: str | None) -> Asked:
    """:raises ArmError: Azure has no such path, or not in that version."""
    if is_v1(path):
        if api_version is not None and api_version not in UNDATED:
            raise laws.API_VERSION.broken()
        return _v1(method, path.removeprefix("/openai/v1/").rstrip("/"), api_version or "v1")
    if not path.startswith("/openai/") or api_version not in VERSIONS:
        raise laws.PATH.broken()
    rest = path.removeprefix("/openai/").rstrip("/")
    found = re.fullmatch(r"deployments/([^/]+)/(.+)", rest)
    if found is not None and method == "POST" and found[2] in _DATED:
        operation, verb = _DATED[found[2]]
        return Asked(operation=_operation(operation), verb=verb, deployment=found[1], api_version=api_version)
    if rest.split("/")[0] == "responses":
        if api_version.removesuffix("-preview") < RESPONSES_FROM.removesuffix("-preview"):
            raise laws.RESPONSES_VERSION.broken()
        return _shared(method, rest, api_version)
    if rest.split("/")[0] == "models":
        return _shared(method, rest, api_version)
    raise laws.PATH.broken()


def _v1(method: str, rest: str, api_version: str) -> Asked:
    if method == "POST" and rest in _DATED:
        operation, verb = _DATED[rest]
        return Asked(operation=_operation(operation), verb=verb, deployment=None, api_version=api_version)
    return _shared(method, rest, api_version)


def _shared(method: str, rest: str, api_version: str) -> Asked:
    """Paths that look the same with and without v1."""
    head, _, item = rest.partition("/")
    operation: Operation
    match (method, head, bool(item)):
        case ("POST", "responses", False):
            operation = "responses"
        case ("GET" | "DELETE", "responses", True):
            operation = "response"
        case ("GET", "models", False):
            operation = "models"
        case ("GET", "models", True):
            operation = "model"
        case _:
            raise laws.PATH.broken()
    return Asked(operation=operation, verb=head, deployment=None, api_version=api_version, item=item)


def _operation(name: str) -> Operation:
    match name:
        case "chat" | "embeddings":
            return name
        case _:
            return "other"
