"""The environment of the applications that call the gateway, and its `.env` text.

The names are those of the system that this project started from: LITELLM_* for the gateway, AZURE_OPENAI_* for
the direct way while the gateway is down.
"""

import re
from collections.abc import Mapping
from typing import Final

from config.catalog import Kind
from config.settings import AZURE, Settings

KEY: Final = "LITELLM_API_KEY"

_COMMENTS: Final = {
    "LITELLM_API_BASE": "The gateway. OpenAI's clients take it as their base URL.",
    "LITELLM_API_KEY": "Secret. The key that the gateway admits; give each application one of its own.",
    "LITELLM_MODEL": "What to ask for: a model name of the gateway.",
    "LITELLM_EMBEDDING_MODEL": "The same for embeddings.",
    "AZURE_OPENAI_ENDPOINT": "The direct way, from inside the network, while the gateway is down.",
    "AZURE_OPENAI_DEPLOYMENT": "Azure knows deployments by this name, which need not be the model's.",
    "AZURE_OPENAI_MODEL": "The model behind it, for those who count tokens or costs.",
    "AZURE_OPENAI_API_VERSION": "What AzureOpenAI clients send with every call.",
}

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")


def environment(settings: Settings, base_url: str) -> dict[str, str]:
    """What an application needs to know, the key left out."""
    variables = {"LITELLM_API_BASE": base_url}
    names = {kind: group.alias for kind in Kind for group in reversed(settings.groups) if group.kind is kind}
    if Kind.CHAT in names:
        variables["LITELLM_MODEL"] = names[Kind.CHAT]
    if Kind.EMBEDDING in names:
        variables["LITELLM_EMBEDDING_MODEL"] = names[Kind.EMBEDDING]
    return variables | _direct(settings)


def _direct(settings: Settings) -> dict[str, str]:
    """The first chat deployment in Azure, as a client without a gateway names it."""
    for deployment in settings.deployments:
        account = settings.account_of(deployment)
        if deployment.provider == AZURE and account and settings.kind_of(deployment) is Kind.CHAT:
            return {
                "AZURE_OPENAI_ENDPOINT": account.endpoint,
                "AZURE_OPENAI_DEPLOYMENT": deployment.name,
                "AZURE_OPENAI_MODEL": deployment.model,
                "AZURE_OPENAI_API_VERSION": settings.api_version_of(deployment),
            }
    return {}


def dotenv(variables: Mapping[str, str]) -> str:
    """The variables as a `.env` file that shells, python-dotenv and Node's dotenv read alike, the gateway's first.

    :raises ValueError: a value that no `.env` can hold, a line break; its name is told, the value is not.
    """
    lines = []
    order = list(_COMMENTS)
    for name, value in sorted(
        variables.items(), key=lambda item: order.index(item[0]) if item[0] in _COMMENTS else len(order)
    ):
        if name in _COMMENTS:
            lines.append(f"# {_COMMENTS[name]}")
        lines.append(f"{name}={_quoted(name, value)}")
    return "\n".join(lines) + "\n"


def _quoted(name: str, value: str) -> str:
    """Bare where nothing could be read otherwise, else in single quotes, in which nothing is special."""
    if _PLAIN.fullmatch(value):
        return value
    if "\n" in value or "\r" in value or "'" in value:
        raise ValueError(f"{name} holds a line break or a single quote, which .env files cannot carry alike")
    return f"'{value}'"
