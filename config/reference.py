"""`docs/settings.md`: every setting, from the schema that parses them. `python -m config.reference` prints it."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from config import costs
from config.catalog import Catalog, Version
from config.prices import Prices, Rate
from config.schema import PROVISIONED, Sku
from config.settings import SECRETS, Settings

Schema = Mapping[str, Any]

_INTRODUCTION = """\
# Settings

Every key of `Pulumi.<stack>.yaml`, each written there with `litellm-azure:` before its first word. Made from the \
schema that parses them (`python -m config.reference`), so it is complete; `Pulumi.example.yaml` shows them in place.

`[]` is each item of a list, `<name>` a key of your own. What has to fit together beyond a single value is checked \
before anything is created, and every problem is told at once.

Costs are list prices of {region} in US dollars, read {first} to {last}; a setting without any costs nothing of its \
own. What a stack comes to: [cost.md](cost.md).
"""

_CREATES: Mapping[str, str] = {
    "workload": "part of every name: another one makes everything anew",
    "environment": "part of every name: another one makes everything anew",
    "regions": "an account with its private endpoint for each region that has deployments",
    "deployments": "a deployment in its region's account, and an entry of the gateway's config",
    "applications": "a key, its secret in the vault, and the gateway's right to read it; for each principal a role on "
    "every account",
    "authentication": "`key`: each account's key as a secret; `entra`: the gateway's role on each account",
    "contentFilters": "a RAI policy in each account that has a deployment with it",
    "network": "the network, two subnets and their security groups",
    "ingress": "`internal`: a private zone of the environment's domain, and its link",
    "gateway": "the container app; a change of it is a new revision",
    "redis": "with `enabled`: a cluster, its one database, the gateway's access, a private endpoint with its zone",
    "responseCache": "nothing; the answers are kept in Redis",
    "vault": "the vault and its private endpoint; another suffix makes a second vault, then drops the first",
    "generation": "another Container Apps environment, and the gateway in it, beside the first until that goes",
    "logs": "the workspace, and a diagnostic setting of everything that has logs",
    "alerts": "an action group, and the alerts of [monitoring.md](monitoring.md) on every account, deployment and the "
    "gateway",
    "workbook": "a workbook, which Azure names by a GUID; its title is the gateway's",
    "budget": "a monthly budget of the resource group; another start is another budget",
    "tags": "on every resource that takes tags",
}
"""What a setting makes in Azure, where it makes anything of its own."""


_HEAD = ("| key | value | default | what |", "|---|---|---|---|")


def render() -> str:
    """The whole page: the settings that are one value, then each that holds several."""
    schema = Settings.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    fields: Mapping[str, Schema] = schema["properties"]
    several = [key for key, field in fields.items() if _inside(schema, key, field)[0] is not None]
    first, last = costs.read_between()
    introduction = _INTRODUCTION.format(region=costs.REFERENCE_REGION, first=first, last=last)
    lines = [introduction, *_HEAD]
    for key, field in fields.items():
        if key not in several:
            lines += _rows(schema, key, field, key in required)
    for key in several:
        lines += ["", f"## {key}", "", _what(key, fields[key]), "", *_HEAD]
        lines += _rows(schema, key, fields[key], key in required)
    lines += _tokens()
    return "\n".join(lines) + "\n"


def _what(key: str, field: Schema) -> str:
    """What a setting is for, how a secret is stored, what it makes, and what that costs."""
    parts = [f"{field.get('description', '')}."]
    if key in SECRETS:
        parts.append(f"A secret: `pulumi config set --secret {SECRETS[key]}`.")
    if key in _CREATES:
        parts.append(f"In Azure: {_CREATES[key]}.")
    if cost := costs.told(key):
        parts.append(cost)
    if key == "deployments":
        parts.append("Costs [by the token](#what-tokens-cost), or by the unit.")
    return " ".join(parts)


def _tokens() -> Iterator[str]:
    """What a million tokens cost with each model: input, cached input, output."""
    prices, region = Prices.load(), costs.REFERENCE_REGION
    skus = [sku for sku in Sku if sku not in PROVISIONED]
    yield from (
        "",
        "## What tokens cost",
        "",
        f"US dollars per million tokens: input, cached input, output; where the SKU goes by region, in {region}. "
        "`not known`: none of the sources has it. `-`: not sold, or not cheaper when cached.",
        "",
        f"| model | version | {' | '.join(f'`{sku}`' for sku in skus)} |",
        f"|---|---|{'---|' * len(skus)}",
    )
    for name, model in Catalog.load().models.items():
        for version in model.versions.values():
            cells = (_rate(prices.rate(name, version.version, sku, region), version, sku) for sku in skus)
            yield f"| `{name}` | `{version.version}` | {' | '.join(cells)} |"


def _rate(rate: Rate | None, version: Version, sku: Sku) -> str:
    if sku not in version.skus:
        return "-"
    if rate is None:
        return "not known"
    parts = (rate.input,) if rate.output is None else (rate.input, rate.cached, rate.output)
    return ", ".join("-" if part is None else costs.exact(part) for part in parts)


def _rows(schema: Schema, key: str, field: Schema, required: bool) -> Iterator[str]:
    """A setting, or those inside it."""
    inner, path = _inside(schema, key, field)
    if inner is None:
        cells = (f"`{path}`", _kind(schema, field), _default(field, required), _what(key, field))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        return
    for name, found in inner["properties"].items():
        yield from _rows(schema, f"{path}.{name}", found, name in inner.get("required", ()))


def _inside(schema: Schema, key: str, field: Schema) -> tuple[Schema | None, str]:
    """The section that a field holds, and how its keys are written; None for a plain value."""
    known = _resolved(schema, field)
    if "properties" in known:
        return known, key
    if known.get("type") == "array" and "properties" in (item := _resolved(schema, known.get("items", {}))):
        return item, f"{key}[]"
    if known.get("type") == "object":
        each = _resolved(schema, known.get("additionalProperties", {}))
        return (each if "properties" in each else None), f"{key}.<name>"
    return None, key


def _resolved(schema: Schema, field: Schema) -> Schema:
    """Behind references and `or nothing`."""
    if "$ref" in field:
        found: Schema = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
        return found
    for choice in field.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(schema, choice)
    return field


def _kind(schema: Schema, field: Schema) -> str:
    """What may be written."""
    known = _resolved(schema, field)
    if "enum" in known:
        return ", ".join(f"`{value}`" for value in known["enum"])
    match known.get("type"):
        case "integer" | "number":
            low, high = known.get("minimum"), known.get("maximum")
            word = "whole number" if known["type"] == "integer" else "number"
            if high is not None:
                return f"{word}, {low} to {high}"
            return f"{word}, {low} or more" if low is not None else word
        case "boolean":
            return "`true`, `false`"
        case "array":
            return f"list of: {_kind(schema, known.get('items', {}))}"
        case "object":
            return _kind(schema, known.get("additionalProperties", {}))
    return {"date": "date", "password": "secret"}.get(known.get("format", ""), "text")


def _default(field: Schema, required: bool) -> str:
    if required:
        return "required"
    value = field.get("default")
    return (
        "" if value in (None, "", [], {}) else f"`{json.dumps(value)}`".replace('`"', "`").replace('"`', "`")
    )


if __name__ == "__main__":
    sys.stdout.write(render())
