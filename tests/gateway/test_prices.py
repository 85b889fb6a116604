"""Our prices beside LiteLLM's own list, which is what the gateway reckons with: each difference is named here."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from config.catalog import Kind, Version
from config.prices import Prices, Rate
from config.schema import Sku
from offline.images import LITELLM, litellm_folder, prepare
from tests.settings.legal import VERSIONS

PRICES = Prices.load()
ZONES = {"us": "eastus2", "eu": "swedencentral"}
MILLION = 1_000_000

# Ours are Azure's: the global meters of embeddings are cheaper than the regional ones, which LiteLLM's only entry has.
GLOBAL_EMBEDDINGS = {
    "text-embedding-3-small 1": (Decimal("0.02"), Decimal("0.022")),
    "text-embedding-3-large 1": (Decimal("0.13"), Decimal("0.143")),
}

# LiteLLM's list takes a meter of cached input for one of writes: 1.375, rounded.
DATA_ZONE_WRITES = {"gpt-4o 2024-11-20": (None, Decimal("1.38"))}


@cache
def litellms() -> Mapping[str, Mapping[str, Any]]:
    """The list inside the LiteLLM that the gateway runs."""
    prepare(LITELLM)
    (file,) = litellm_folder().glob(
        "lib/python*/site-packages/litellm/model_prices_and_context_window_backup.json"
    )
    found: Mapping[str, Mapping[str, Any]] = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


def parts(entry: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """What LiteLLM says, per million tokens."""

    def a_million(key: str) -> Decimal | None:
        return entry[key] * MILLION if entry.get(key) else None

    return {
        "input": a_million("input_cost_per_token"),
        "cached": a_million("cache_read_input_token_cost"),
        "output": a_million("output_cost_per_token"),
        "long input": a_million("input_cost_per_token_above_272k_tokens"),
        "long output": a_million("output_cost_per_token_above_272k_tokens"),
        "cache write": a_million("cache_creation_input_token_cost"),
    }


def ours(rate: Rate) -> dict[str, Decimal | None]:
    return {
        "input": rate.input,
        "cached": rate.cached,
        "output": rate.output,
        "long input": rate.long.input if rate.long else None,
        "long output": rate.long.output if rate.long else None,
        "cache write": rate.cache_write,
    }


def differences(rate: Rate, entry: Mapping[str, Any]) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Ours and theirs, where they are not the same."""
    theirs = parts(entry)
    return {
        part: (amount, theirs.get(part)) for part, amount in ours(rate).items() if amount != theirs.get(part)
    }


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_what_the_gateway_reckons_with_is_the_global_price(version: Version) -> None:
    """Of embeddings it is a region's, for want of another."""
    rate = PRICES.rate(version.model, version.version, Sku.GLOBAL_STANDARD, "eastus2")
    assert rate is not None
    named = {"input": known} if (known := GLOBAL_EMBEDDINGS.get(str(version))) else {}
    assert differences(rate, litellms()[version.base_model]) == named


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_data_zones_price_is_litellms_own(version: Version, zone: str) -> None:
    rate = PRICES.rate(version.model, version.version, Sku.DATA_ZONE_STANDARD, ZONES[zone])
    dated, plain = (f"azure/{zone}/{name}" for name in (f"{version.model}-{version.version}", version.model))
    entry = litellms().get(dated) or litellms().get(plain)
    assert rate is not None
    assert entry is not None
    named = {"cache write": known} if (known := DATA_ZONE_WRITES.get(str(version))) else {}
    assert differences(rate, entry) == named


@pytest.mark.parametrize("sku", [Sku.DATA_ZONE_STANDARD, Sku.STANDARD])
def test_the_gateway_reckons_a_tenth_too_little_for_other_skus_of_chat(sku: Sku) -> None:
    """docs/cost.md says so."""
    for version in VERSIONS:
        rate = PRICES.rate(version.model, version.version, sku, "eastus2")
        if rate is not None and version.kind is Kind.CHAT:
            reckoned = parts(litellms()[version.base_model])["input"]
            assert reckoned is not None
            assert rate.input == reckoned * Decimal("1.1"), version
