"""What a stack costs, from its settings and the list prices of `config/prices.yaml`. Azure is not asked.

Every line is rounded to the cent, and sums are of rounded lines, so that a table adds up for whoever checks it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from config import costs
from config.prices import Prices, Quote, Rate
from config.schema import AZURE, PROVISIONED
from config.settings import Deployment, Settings

_CENT: Final = Decimal("0.01")
_MILLION: Final = Decimal(1_000_000)


class VolumeError(ValueError):
    """`--tokens` cannot be understood; the text says how to write it."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something that is there all month."""

    setting: str
    what: str
    meter: str
    count: Decimal
    quote: Quote | None
    a_month: Decimal | None
    """None where no price is known."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """The gateway's replicas under some load."""

    load: str
    replicas: int
    quotes: Mapping[str, Quote | None]
    a_month: Decimal | None
    total: Decimal | None
    """With everything that is there anyway."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """Something that is billed by how much it is used."""

    setting: str
    what: str
    meter: str
    quote: Quote | None


@dataclass(frozen=True, kw_only=True)
class Model:
    """A deployment that answers for an alias."""

    alias: str
    deployment: Deployment
    region: str
    rate: Rate | None
    """None where it is not known, and where tokens are not what is paid for."""

    @property
    def reserved(self) -> bool:
        """Whether its units are paid for, and its tokens are not."""
        return self.deployment.sku in PROVISIONED


@dataclass(frozen=True, kw_only=True)
class Volume:
    """How many tokens an alias takes and gives in a month."""

    alias: str
    input: Decimal
    output: Decimal
    cached: Decimal
    """Those of the input that Azure still had."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a volume costs: from, if the cheapest of an alias's deployments answers all, to, if the dearest does."""

    volume: Volume
    low: Decimal | None
    high: Decimal | None
    """None where one of them has no price that is known."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a stack costs."""

    group: str
    """Its resource group."""
    region: str
    """Its home, whose prices it has."""
    fixed: tuple[Line, ...]
    levels: tuple[Level, ...]
    grant: Decimal | None
    """What the subscription's free grants take off at most."""
    uses: tuple[Used, ...]
    models: tuple[Model, ...]
    spent: tuple[Spent, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """What has no price that is known, and is in no sum."""
        return tuple(line.what for line in self.fixed if line.a_month is None)

    @property
    def subtotal(self) -> Decimal:
        """Without replicas."""
        return _sum(line.a_month for line in self.fixed)

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """Every price that it is made of, but the models'."""
        found = [
            *(line.quote for line in self.fixed),
            *(quote for level in self.levels for quote in level.quotes.values()),
            *(used.quote for used in self.uses),
        ]
        return tuple(quote for quote in found if quote is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of where its prices were read."""
        rates = [model.rate.source for model in self.models if model.rate]
        return tuple(dict.fromkeys((*(quote.source for quote in self.quotes), *rates)))


def report(settings: Settings, prices: Prices, volumes: Sequence[Volume] = ()) -> Report:
    """All of it.

    :raises VolumeError: an alias that the stack has not, or tokens that its models do not have.
    """
    home = settings.home.name
    fixed = tuple(_fixed(settings, prices))
    levels = tuple(_levels(settings, prices, _sum(line.a_month for line in fixed)))
    models = tuple(
        Model(
            alias=group.alias,
            deployment=member,
            region=settings.region_of(member) if member.provider == AZURE else "",
            rate=_rate(settings, prices, member),
        )
        for group in settings.groups
        for member in group.members
    )
    return Report(
        group=settings.names.resource_group,
        region=home,
        fixed=fixed,
        levels=levels,
        grant=_grant(prices, home),
        uses=tuple(
            Used(setting=use.setting, what=use.what, meter=use.meter, quote=prices.quote(use.meter, home))
            for use in costs.USES
            if use.applies(settings)
        ),
        models=models,
        spent=tuple(_spent(volume, models) for volume in volumes),
    )


def _fixed(settings: Settings, prices: Prices) -> list[Line]:
    lines = []
    for item in costs.FIXED:
        for region, number in item.count(settings).items():
            if number:
                quote = prices.quote(item.meter, region)
                lines.append(
                    Line(
                        setting=item.setting,
                        what=item.what,
                        meter=item.meter,
                        count=Decimal(number),
                        quote=quote,
                        a_month=_cents(quote.a_month * number) if quote else None,
                    )
                )
    return lines


def _levels(settings: Settings, prices: Prices, anyway: Decimal) -> list[Level]:
    """From a night without calls to the most that load may start."""
    gateway = settings.gateway
    found = []
    for load, replicas, busy in (
        ("at rest", gateway.min_replicas, False),
        ("busy all month", max(gateway.min_replicas, 1), True),
        ("maxReplicas, busy all month", gateway.max_replicas, True),
    ):
        parts = costs.replica(gateway, busy=busy)
        quotes = {meter: prices.quote(meter, settings.home.name) for meter in parts}
        known = [(quote, parts[meter]) for meter, quote in quotes.items() if quote]
        a_month = _sum(_cents(quote.a_month * amount * replicas) for quote, amount in known)
        whole = len(known) == len(parts) or replicas == 0
        found.append(
            Level(
                load=load,
                replicas=replicas,
                quotes=quotes,
                a_month=a_month if whole else None,
                total=anyway + a_month if whole else None,
            )
        )
    return found


def _grant(prices: Prices, region: str) -> Decimal | None:
    quotes = {meter: prices.quote(meter, region) for meter in costs.FREE_GRANT}
    if any(quote is None for quote in quotes.values()):
        return None
    return _sum(
        _cents(quote.amount * costs.FREE_GRANT[meter]) for meter, quote in quotes.items() if quote is not None
    )


def _rate(settings: Settings, prices: Prices, deployment: Deployment) -> Rate | None:
    if deployment.provider != AZURE or not deployment.version or not deployment.sku:
        return None
    return prices.rate(deployment.model, deployment.version, deployment.sku, settings.region_of(deployment))


def _spent(volume: Volume, models: Sequence[Model]) -> Spent:
    members = [model for model in models if model.alias == volume.alias]
    if not members:
        known = ", ".join(dict.fromkeys(model.alias for model in models))
        raise VolumeError(f"--tokens {volume.alias}=…: this stack has no such model. It has {known}.")
    rates = [model.rate for model in members if model.rate]
    if volume.output and rates and all(rate.output is None for rate in rates):
        raise VolumeError(
            f"--tokens {volume.alias}=…: it gives no tokens back. Write --tokens {volume.alias}=INPUT."
        )
    # What units have room for is paid with them; should it all spill over, the others answer it.
    sums = [Decimal()] if any(model.reserved for model in members) else []
    sums += [_cents(_of(volume, rate)) for rate in rates]
    whole = all(model.reserved or model.rate for model in members)
    return Spent(volume=volume, low=min(sums) if whole else None, high=max(sums) if whole else None)


def _of(volume: Volume, rate: Rate) -> Decimal:
    """What a volume costs at a rate."""
    cached = rate.input if rate.cached is None else rate.cached
    fresh = volume.input - volume.cached
    return (
        fresh * rate.input + volume.cached * cached + volume.output * (rate.output or Decimal())
    ) / _MILLION


_VOLUME: Final = re.compile(
    r"(?P<alias>[^=]+)=(?P<input>[^/]+)(?:/(?P<output>[^/]+)(?:/(?P<cached>[^/]+))?)?"
)
_NUMBER: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<size>[kMB]?)")
_SIZES: Final = {"": 1, "k": 1_000, "M": 1_000_000, "B": 1_000_000_000}


def volume(text: str) -> Volume:
    """From `ALIAS=INPUT[/OUTPUT[/CACHED]]`.

    :raises VolumeError: it is written otherwise.
    """
    found = _VOLUME.fullmatch(text)
    numbers = {part: _number(found[part] or "0") for part in ("input", "output", "cached")} if found else {}
    if found is None or None in numbers.values():
        raise VolumeError(
            f"--tokens {text}: write a model's name and its tokens of a month, INPUT/OUTPUT, such as "
            "--tokens gpt-5.1=100M/20M; 80M of the input cached: gpt-5.1=100M/20M/80M."
        )
    known = {part: number for part, number in numbers.items() if number is not None}
    if known["cached"] > known["input"]:
        raise VolumeError(f"--tokens {text}: CACHED is a part of INPUT, and cannot be more.")
    return Volume(alias=found["alias"], **known)


def _number(text: str) -> Decimal | None:
    found = _NUMBER.fullmatch(text)
    return Decimal(found["number"]) * _SIZES[found["size"]] if found else None


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    """Of those that are known."""
    return sum((amount for amount in amounts if amount is not None), Decimal("0.00"))
