"""Azure OpenAI's API versions: what each can do.

Seen with the real proxy against a strict data plane; the refusal's text is from Aider-AI/aider#4029, 2026-11:
"Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later".
"""

from typing import Final, Literal

FIRST_WITH_RESPONSES: Final = "2025-03-01-preview"

# The versionless API at /openai/v1/: always the newest.
VERSIONLESS: Final = frozenset({"v1", "preview", "latest"})

Responses = Literal["auto", "native", "bridged"]


def joined_to_v1(version: str) -> bool:
    """Whether calls go to /openai/v1/ and take no dated version."""
    return version in VERSIONLESS


def serves_responses(version: str) -> bool:
    """Whether the Responses API is there. Dates of this form compare as text."""
    return joined_to_v1(version) or version[:10] >= FIRST_WITH_RESPONSES[:10]


def responses_bridged(wanted: Responses, version: str) -> bool:
    """Whether LiteLLM has to serve Responses over chat completions."""
    return wanted == "bridged" or (wanted == "auto" and not serves_responses(version))
