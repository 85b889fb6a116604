"""What is written and never read: left out of every answer, and of the record of requests."""

from offline.arm.errors import JSON
from offline.arm.kinds import Kind


def without_hidden(kind: Kind, body: JSON) -> JSON:
    """A body of that type without its `secret_paths`."""
    for path in kind.secret_paths:
        body = _without(body, path.lower().split("."))
    return body


def _without(body: JSON, path: list[str]) -> JSON:
    """Without what stands at that path, in whatever case its names are written; `secrets[]` is every entry."""
    wanted, *rest = path
    name = wanted.removesuffix("[]")
    kept: JSON = {}
    for key, inner in body.items():
        if key.lower() != name:
            kept[key] = inner
        elif rest and isinstance(inner, dict):
            kept[key] = _without(inner, rest)
        elif rest and isinstance(inner, list) and wanted != name:
            kept[key] = [_without(entry, rest) for entry in inner if isinstance(entry, dict)]
        # Anything else is the secret itself, or in the place of an object that holds one: neither is kept.
    return kept
