"""From what the engine hands over to `Settings`: parsed once, every problem at once."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from config import checks, reading
from config.problems import HIDDEN, NAMESPACE, Problem, SettingsError
from config.settings import SECRETS, Settings


def from_engine(values: Mapping[str, str]) -> dict[str, Any]:
    """The engine's configuration (`pulumi.runtime.config.CONFIG.get()`) as a raw mapping for `parse`.

    The engine hands every value over as text, objects and lists as JSON.
    """
    prefix = f"{NAMESPACE}:"
    return {
        key.removeprefix(prefix): _decoded(value) for key, value in values.items() if key.startswith(prefix)
    }


def _decoded(value: str) -> Any:
    if value.lstrip().startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value  # plain text that begins with a bracket; its field says what it wants
    return value


def parse(
    raw: Mapping[str, object], today: date, stored_as_secret: Callable[[str], bool] = lambda key: True
) -> Settings:
    """The settings, or one `SettingsError` that holds everything that is wrong with them.

    Keys are those of the stack file without their namespace. Empty text counts as left out: Pulumi has no
    optional keys of type string but those with a default of "".

    :param stored_as_secret: whether Pulumi stores a key encrypted, by its full name; asked about `SECRETS`. The
        engine calls an object secret when anything in it is.
    """
    settings, problems = reading.mend(Settings, {key: value for key, value in raw.items() if value != ""})
    settings._today = today
    wrong = [problem.key for problem in problems]
    for found in checks.run(settings):
        looked_at = (found.key, *found.about)
        if not any(
            reading.within(key, bad) or reading.within(bad, key) for key in looked_at for bad in wrong
        ):
            problems.append(found)
    problems += [
        Problem(
            key=key,
            value=HIDDEN,
            allowed="a secret, which the stack file holds encrypted: this one stands there in plain text",
            next=f"store it with `pulumi config set --secret {hint}`, and ask for a new one if anybody has seen it",
        )
        for key, hint in SECRETS.items()
        if raw.get(key) and not stored_as_secret(f"{NAMESPACE}:{key}")
    ]
    if problems:
        raise SettingsError(tuple(problems))
    return settings
