"""The note's config file and what becomes of it when single lines are changed.

Variants that differ inside `litellm_params` only stand in one file, under a name each, so that they share one
proxy; those that differ in what holds for a whole file have a file of their own.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config import litellm
from config.parsing import parse
from config.settings import Settings
from tests.cloud import CATALOG_DATE, ROOT

NOTE = ROOT / "examples" / "the-note" / "litellm.config.yaml"
DEPLOYMENT = "gpt-4o-2024-08-06"
KEY_VARIABLE = "AZURE_OPENAI_API_KEY"
FROM_ENVIRONMENT = f"os.environ/{KEY_VARIABLE}"

RECORDED = "recorded"

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Variant:
    """A row of the table."""

    what: str
    """How it differs, in the reader's words."""
    file: str
    model: str = DEPLOYMENT


VARIANTS = (
    Variant("**the note's file as it stands**", "note"),
    Variant("without the `environment_variables` block", "no block"),
    Variant(f"`api_key: {FROM_ENVIRONMENT}`, the block kept", "block"),
    Variant(f"**fixed key:** `api_key: {FROM_ENVIRONMENT}`, no block", "entries"),
    Variant("fixed key, without `mode: azure`", "no mode"),
    Variant("fixed key, without `deployment_id`", "entries", "no deployment_id"),
    Variant("fixed key, `deployment_id` that Azure does not know", "entries", "unknown deployment_id"),
    Variant("fixed key, `model` that is no OpenAI model's name", "entries", "name of our own"),
    Variant("fixed key, `model: azure/…`", "entries", "prefix"),
    Variant("fixed key, `model: azure/…`, without `deployment_id`", "entries", "prefix alone"),
    Variant("fixed key, `model: azure/…`, `mode: azure` in `litellm_params`", "entries", "mode inside"),
    Variant("fixed key, `model: azure/…`, `use_chat_completions_api: true`", "entries", "bridged"),
    Variant("`model: azure/…`, no `api_key`, no block", "entries", "no api_key"),
    Variant("`model: azure/…`, no `api_key`, the block kept", "block", "no api_key"),
    Variant("**our generated file** (`Pulumi.dev.yaml`)", "generated"),
)


def note() -> dict[str, Any]:
    """The note's file, as data."""
    found: dict[str, Any] = yaml.safe_load(NOTE.read_text())
    return found


def files(recorders: Mapping[str, str]) -> dict[str, Config | Path]:
    """The files of the variants; the note's own is given as it lies there.

    :param recorders: for some of the files, the URL of a server that their entry `recorded` calls in Azure's place.
    """
    fixed = _fixed()
    no_mode = copy.deepcopy(fixed)
    del no_mode["litellm_settings"]["mode"]
    block = note()
    block["model_list"][0]["litellm_params"]["api_key"] = FROM_ENVIRONMENT
    block["model_list"].append(_entry("no api_key"))
    no_block = note()
    del no_block["environment_variables"]
    entries = copy.deepcopy(fixed)
    entries["model_list"] += [_entry(name) for name in _params()]
    edited = {"no block": no_block, "block": block, "entries": entries, "no mode": no_mode}
    for name, url in recorders.items():
        params = {**_fixed()["model_list"][0]["litellm_params"], "api_base": url}
        edited[name]["model_list"].append({"model_name": RECORDED, "litellm_params": params})
    return {"note": NOTE, **edited, "generated": generated()}


def _fixed() -> dict[str, Any]:
    """The note's file with the key given in the way that LiteLLM reads."""
    fixed = note()
    del fixed["environment_variables"]
    fixed["model_list"][0]["litellm_params"]["api_key"] = FROM_ENVIRONMENT
    return fixed


def _entry(name: str) -> dict[str, Any]:
    return {"model_name": name, "litellm_params": _params()[name]}


def _params() -> dict[str, dict[str, Any]]:
    """What varies within one file, by the name that its entry gets."""
    as_noted = _fixed()["model_list"][0]["litellm_params"]
    prefixed = {**as_noted, "model": f"azure/{DEPLOYMENT}"}
    without_id = {key: value for key, value in as_noted.items() if key != "deployment_id"}
    return {
        "no deployment_id": without_id,
        "unknown deployment_id": {**as_noted, "deployment_id": "gpt-4o"},
        "name of our own": {**as_noted, "model": "assistant"},
        "prefix": prefixed,
        "prefix alone": {**without_id, "model": f"azure/{DEPLOYMENT}"},
        "mode inside": {**prefixed, "mode": "azure"},
        "bridged": {**prefixed, "use_chat_completions_api": True},
        "no api_key": {key: value for key, value in prefixed.items() if key != "api_key"},
    }


def dev() -> Settings:
    """The note's system."""
    raw: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    values = {key.removeprefix("litellm-azure:"): value for key, value in raw.items()}
    return parse(values, CATALOG_DATE)


def generated() -> dict[str, Any]:
    """What the program writes for it."""
    found: dict[str, Any] = yaml.safe_load(litellm.render(litellm.config(dev())))
    return found
