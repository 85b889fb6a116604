"""What Azure charges for what: list prices, each with its source. The facts are in `prices.yaml`.

Money is `Decimal` from the file to the table: no sum depends on how a computer writes 0.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from config.schema import Sku

HOURS: Final = 730
"""A month of the Azure pricing calculator."""


class Unit(StrEnum):
    """What a price is for one of."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    VCPU_SECOND = "vCPU-second"
    GIB_SECOND = "GiB-second"
    GB_MONTH = "GB-month"
    GB = "GB"
    OPERATIONS = "10,000 operations"
    REQUESTS = "million requests"

    @property
    def a_month(self) -> Decimal:
        """How many of it what is there all month takes.

        :raises KeyError: it counts what is done, not what is there.
        """
        return _A_MONTH[self]


_A_MONTH: Final = {
    Unit.HOUR: Decimal(HOURS),
    Unit.DAY: Decimal(HOURS) / 24,
    Unit.MONTH: Decimal(1),
    Unit.GB_MONTH: Decimal(1),
    Unit.VCPU_SECOND: Decimal(HOURS * 3600),
    Unit.GIB_SECOND: Decimal(HOURS * 3600),
}


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Source(_Entry):
    """Where prices were read, and when."""

    title: str
    url: str
    as_of: date

    def __str__(self) -> str:
        return f"{self.title} ({self.as_of})"


class Price(_Entry):
    """One price of a meter."""

    amount: Decimal
    regions: tuple[str, ...] = ()
    """The ones that it is for; every one where none is named."""
    source: str


class Meter(_Entry):
    """What Azure counts and bills, by the names of the Azure Retail Prices API."""

    service: str
    meter: str
    unit: Unit
    prices: tuple[Price, ...] = ()

    def query(self, region: str) -> str:
        """The address that answers with today's price. Meters of networks stand under `Global`, or no region."""
        wanted = f"serviceName eq '{self.service}' and meterName eq '{self.meter}'"
        if region:
            wanted += f" and armRegionName eq '{region}'"
        return f"https://prices.azure.com/api/retail/prices?$filter={quote(wanted)}"


class LongPrompts(_Entry):
    """What a call costs per million tokens when its prompt is longer than so many."""

    tokens: int
    input: Decimal
    cached: Decimal
    output: Decimal


class Rate(_Entry):
    """What a model costs per million tokens."""

    input: Decimal
    output: Decimal | None = None
    """None where there is no output: embeddings."""
    cached: Decimal | None = None
    """Of a prompt, what Azure still had; None where that costs as much as the rest."""
    cache_write: Decimal | None = None
    long: LongPrompts | None = None
    regions: tuple[str, ...] = ()
    source: str


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A price, asked for a region."""

    amount: Decimal
    unit: Unit
    region: str
    """The region that it is for; empty where it is every one."""
    stands_in: bool
    """Whether that is another one than the one that was asked for."""
    source: str

    @property
    def a_month(self) -> Decimal:
        """Of one that is there all month."""
        return self.amount * self.unit.a_month


class Prices(_Entry):
    """All prices that are known."""

    currency: str
    sources: Mapping[str, Source]
    meters: Mapping[str, Meter]
    tokens: Mapping[str, Mapping[str, Mapping[Sku, tuple[Rate, ...]]]] = Field(
        description="by model, version and SKU"
    )

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> "Prices":
        """The file, read once."""
        return Prices.parse((Path(__file__).parent / "prices.yaml").read_text(encoding="utf-8"))

    @staticmethod
    def parse(text: str) -> "Prices":
        return Prices.model_validate(yaml.safe_load(text))

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        """A price without a source would be an opinion."""
        rates = [
            rate
            for versions in self.tokens.values()
            for skus in versions.values()
            for found in skus.values()
            for rate in found
        ]
        prices = [price for meter in self.meters.values() for price in meter.prices]
        named = {price.source for price in prices} | {rate.source for rate in rates}
        unknown = named - set(self.sources)
        if unknown:
            raise ValueError(f"no such source: {', '.join(sorted(unknown))}")
        return self

    def quote(self, meter: str, region: str) -> Quote | None:
        """A meter's price in a region; the first one that is known anywhere when none is known there."""
        found = self.meters[meter]
        here = next((price for price in found.prices if not price.regions or region in price.regions), None)
        price = here or next(iter(found.prices), None)
        if price is None:
            return None
        return Quote(
            amount=price.amount,
            unit=found.unit,
            region=(region if here else price.regions[0]) if price.regions else "",
            stands_in=here is None,
            source=price.source,
        )

    def rate(self, model: str, version: str, sku: Sku, region: str) -> Rate | None:
        """What a model costs per million tokens in a region; None where that is not known."""
        rates = self.tokens.get(model, {}).get(version, {}).get(sku, ())
        return next((rate for rate in rates if not rate.regions or region in rate.regions), None)
