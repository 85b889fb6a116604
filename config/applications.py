"""Settings in, `applications.json` out: what `gateway/applications.py` is told. Keys are not in it."""

import json

from config.settings import Settings, key_variables


def render(settings: Settings) -> str:
    """The file as the gateway reads it: the same settings give the same bytes."""
    entries = []
    for application in settings.applications:
        entry: dict[str, object] = {
            "name": application.name,
            "models": list(application.models),
            "keyVariables": list(key_variables(application).values()),
        }
        if application.requests_per_minute is not None:
            entry["requestsPerMinute"] = application.requests_per_minute
        entries.append(entry)
    return json.dumps({"applications": entries}, indent=2) + "\n"
