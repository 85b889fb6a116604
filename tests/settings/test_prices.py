"""Prices are facts with a source and a day; what no source has is not known."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from config.catalog import Version
from config.prices import Prices, Rate, Unit
from config.schema import PROVISIONED, Sku
from tests.settings.legal import VERSIONS
from tests.settings.stacks import DAY

PRICES = Prices.load()

# Sold, and in none of the sources. Everything else that the catalog sells has a price.
NOT_KNOWN = {("gpt-5.1", "2025-11-13", Sku.STANDARD)}

SMALL = """
currency: USD
sources:
  list: {title: A list, url: "https://example.com", asOf: 2026-10-01}
meters:
  everywhere: {service: S, meter: M, unit: hour, prices: [{amount: 0.1, source: list}]}
  two:
    service: S
    meter: M
    unit: hour
    prices:
      - {amount: 0.2, regions: [eastus2], source: list}
      - {amount: 0.3, regions: [westus2, westeurope], source: list}
  none: {service: S, meter: M, unit: hour}
tokens: {}
"""


def test_money_is_what_is_written_and_not_what_a_computer_makes_of_it() -> None:
    quote = Prices.parse(SMALL).quote("everywhere", "eastus2")
    assert quote is not None
    assert quote.amount * 3 == Decimal("0.3")


@pytest.mark.parametrize(
    ("meter", "region", "says"),
    [
        pytest.param("everywhere", "westeurope", ("0.1", "", False), id="one price everywhere"),
        pytest.param("two", "westeurope", ("0.3", "westeurope", False), id="the region's own"),
        pytest.param("two", "japaneast", ("0.2", "eastus2", True), id="the first one stands in, and says so"),
    ],
)
def test_a_quote_says_which_region_it_is_for(meter: str, region: str, says: tuple[str, str, bool]) -> None:
    quote = Prices.parse(SMALL).quote(meter, region)
    assert quote is not None
    assert (str(quote.amount), quote.region, quote.stands_in) == says


def test_what_no_source_has_is_not_known() -> None:
    assert Prices.parse(SMALL).quote("none", "eastus2") is None


def test_a_price_without_a_source_is_refused() -> None:
    with pytest.raises(ValidationError, match="no such source: hearsay"):
        Prices.parse(SMALL.replace("amount: 0.1, source: list", "amount: 0.1, source: hearsay"))


def test_every_source_was_read_before_today() -> None:
    assert [name for name, source in PRICES.sources.items() if source.as_of > DAY] == []


def test_every_source_is_used() -> None:
    used = {price.source for meter in PRICES.meters.values() for price in meter.prices}
    used |= {rate.source for rates in _rates().values() for rate in rates}
    assert used == set(PRICES.sources)


def _rates() -> dict[tuple[str, str, Sku], tuple[Rate, ...]]:
    return {
        (model, version, sku): rates
        for model, versions in PRICES.tokens.items()
        for version, skus in versions.items()
        for sku, rates in skus.items()
    }


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_model_that_can_be_deployed_has_a_price(version: Version) -> None:
    """In the home region of prod, in each SKU that is paid by the token."""
    by_token = [sku for sku in version.skus if sku not in PROVISIONED]
    unknown = {
        (version.model, version.version, sku)
        for sku in by_token
        if PRICES.rate(version.model, version.version, sku, "eastus2") is None
    }
    assert unknown <= NOT_KNOWN


def test_prices_are_of_models_and_skus_that_the_catalog_sells() -> None:
    """A price of a version that is misspelled would never be found."""
    sold = {(version.model, version.version, sku) for version in VERSIONS for sku in version.skus}
    assert set(_rates()) | NOT_KNOWN == {found for found in sold if found[2] not in PROVISIONED}


def test_every_provisioned_sku_has_a_unit_price() -> None:
    assert {PRICES.meters[sku.value].unit for sku in PROVISIONED} == {Unit.HOUR}


def test_no_region_has_two_prices_of_one_thing() -> None:
    """The first would hide the second."""
    lists = [[price.regions for price in meter.prices] for meter in PRICES.meters.values()]
    lists += [[rate.regions for rate in rates] for rates in _rates().values()]
    for found in lists:
        regions = [region for one in found for region in one]
        assert len(set(regions)) == len(regions)
        assert all(found) or len(found) == 1, "a price for every region beside others"


def test_a_models_price_never_stands_in_for_another_region() -> None:
    assert PRICES.rate("gpt-5.1", "2025-11-13", Sku.DATA_ZONE_STANDARD, "swedencentral") is not None
    assert PRICES.rate("gpt-5.1", "2025-11-13", Sku.DATA_ZONE_STANDARD, "japaneast") is None


def test_a_query_asks_for_the_meter_and_the_region() -> None:
    assert PRICES.meters["load-balancer"].query("Global") == (
        "https://prices.azure.com/api/retail/prices?$filter=serviceName%20eq%20%27Load%20Balancer%27%20and%20"
        "meterName%20eq%20%27Standard%20Included%20LB%20Rules%20and%20Outbound%20Rules%27%20and%20"
        "armRegionName%20eq%20%27Global%27"
    )
