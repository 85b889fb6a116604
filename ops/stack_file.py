"""A stack's settings, read from `Pulumi.<stack>.yaml` by themselves: neither engine nor Azure is asked.

What the engine would add to them is not needed here: the defaults of `Pulumi.yaml` are those of the settings, and
secrets stay encrypted. A stand-in takes the place of each, so that the rest can be checked as a deployment checks it.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from config.parsing import parse
from config.problems import NAMESPACE
from config.settings import SECRETS, Settings

_STAND_IN: Final = "sk-encrypted-in-the-stack-file-0123456789"
"""As long and as varied as a key has to be."""


class StackFileError(Exception):
    """There is no such file, or it cannot be read; the text says what to do."""


class _AsWritten(yaml.SafeLoader):
    """Leaves `2024-10-21` the text that it is: an API version, not a day."""

    yaml_implicit_resolvers = {  # noqa: RUF012  yaml's own name, and not changed
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(folder: Path, stack: str, today: date) -> Settings:
    """The settings of a stack.

    :param stack: its name, or `organization/project/name`.
    :raises StackFileError: no such file, or it is not a stack's.
    :raises SettingsError: with everything that is wrong with the settings.
    """
    name = stack.rsplit("/", 1)[-1]
    file = folder / f"Pulumi.{name}.yaml"
    try:
        found = yaml.load(file.read_text(encoding="utf-8"), _AsWritten)  # noqa: S506  it is a SafeLoader
    except FileNotFoundError:
        raise StackFileError(_missing(folder, name)) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise StackFileError(f"{file} cannot be read: {problem}") from None
    config = found.get("config") if isinstance(found, Mapping) else None
    if not isinstance(config, Mapping):
        raise StackFileError(
            f"{file} has no `config:` with settings in it. Pulumi.example.yaml shows what belongs there."
        )
    prefix = f"{NAMESPACE}:"
    raw = {
        str(key).removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)
    }
    encrypted = {f"{prefix}{key}" for key in SECRETS if _is_encrypted(raw.get(key))}
    return parse(_without_secrets(raw), today, encrypted.__contains__)


def _missing(folder: Path, name: str) -> str:
    there = sorted(
        file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in folder.glob("Pulumi.*.yaml")
    )
    next_step = (
        f"Stacks that have a file there: {', '.join(there)}."
        if there
        else "Name the folder that holds the stack's file with --cwd."
    )
    return f"There is no Pulumi.{name}.yaml in {folder.resolve()}. {next_step}"


def _is_encrypted(value: Any) -> bool:
    """Whether Pulumi encrypted a value, or something inside it."""
    if isinstance(value, Mapping):
        return set(value) == {"secure"} or any(_is_encrypted(inner) for inner in value.values())
    return False


def _without_secrets(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with a stand-in for each secret that is encrypted."""
    readable = {key: _stood_in(value) for key, value in raw.items()}
    # Encrypted as a whole, nobody sees whose keys they are: just those that are asked for, then.
    if readable.get("providerKeys") == _STAND_IN:
        deployments = raw.get("deployments")
        named = [entry.get("apiKeyVariable") for entry in deployments or () if isinstance(entry, Mapping)]
        readable["providerKeys"] = {variable: _STAND_IN for variable in named if variable}
    if readable.get("applicationKeys") == _STAND_IN:
        readable["applicationKeys"] = {}
    return readable


def _stood_in(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            return _STAND_IN
        return {key: _stood_in(inner) for key, inner in value.items()}
    return value
