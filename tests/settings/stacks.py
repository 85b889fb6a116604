"""Raw settings to start from: the tracked stack files, and one that says only what must be said."""

import copy
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from config.parsing import parse
from config.problems import NAMESPACE, Problem, SettingsError
from config.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("dev", "staging", "prod", "example")

# Every stack's models are alive on this day, whatever day the tests run on.
DAY = date(2026, 11, 22)

CHAT: dict[str, Any] = {
    "name": "chat",
    "model": "gpt-5.1",
    "version": "2025-11-13",
    "sku": "GlobalStandard",
    "capacity": 10,
}
EMBEDDING: dict[str, Any] = {
    "name": "vectors",
    "model": "text-embedding-3-small",
    "version": "1",
    "sku": "GlobalStandard",
    "capacity": 10,
}
CLAUDE: dict[str, Any] = {
    "name": "claude",
    "provider": "anthropic",
    "model": "claude-sonnet-4-5",
    "apiKeyVariable": "ANTHROPIC_API_KEY",
}
MINIMAL: dict[str, Any] = {
    "workload": "acme",
    "environment": "dev",
    "regions": [{"name": "eastus2"}],
    "deployments": [CHAT, EMBEDDING],
}


def stack_text(name: str) -> str:
    return (ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")


def stack(name: str) -> dict[str, Any]:
    """A tracked stack file, as the program gets it."""
    return without_namespace(yaml.safe_load(stack_text(name))["config"])


def without_namespace(values: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(f"{NAMESPACE}:"): value for key, value in values.items()}


def settings(**changes: Any) -> Settings:
    """Minimal settings with some keys changed, parsed."""
    return parse(changed(**changes), DAY)


def changed(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy({**MINIMAL, **changes})


def problems(raw: dict[str, Any], encrypted: Collection[str] = SECRETS) -> dict[str, Problem]:
    """What is wrong with these settings, by key; nothing when they are accepted."""
    try:
        parse(raw, DAY, lambda key: key.removeprefix(f"{NAMESPACE}:") in encrypted)
    except SettingsError as error:
        return {problem.key: problem for problem in error.problems}
    return {}
