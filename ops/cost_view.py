"""What `cost` prints."""

from collections.abc import Iterator
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from config.costs import exact, usd
from config.prices import HOURS, Prices, Quote
from config.schema import AZURE
from ops.cost import Level, Line, Model, Report, Spent

WIDTH = 120
"""That no table of a usual stack has to fold in."""

_NOT_KNOWN = "not known"
_STANDS_IN = "*"


def draw(report: Report, stack: str, prices: Prices) -> RenderableType:
    """The report as tables, with what was assumed and where the prices are from."""
    parts: list[RenderableType] = [
        Text(
            f"What {stack} costs a month: {report.group} in {report.region}, list prices in {prices.currency}."
        ),
        Text(),
        _fixed(report),
        Text(),
        _levels(report),
        Text(),
        _uses(report),
        Text(),
        _models(report),
    ]
    if report.spent:
        parts += [Text(), _spent(report)]
    parts += [Text(), *(Text(line, style="dim") for line in _notes(report, prices))]
    return Group(*parts)


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _fixed(report: Report) -> Table:
    table = _table("always there", "setting", "how many", "price", "a month", right=("how many", "a month"))
    for line in report.fixed:
        table.add_row(
            line.what,
            Text(line.setting, style="cyan"),
            f"{line.count:,f}",
            _price(line.quote),
            _sum(line.a_month),
        )
    table.add_row("", "", "", "", Text(usd(report.subtotal), style="bold"))
    return table


def _levels(report: Report) -> Table:
    table = _table(
        "replicas", "how many", "price of one", "a month", "total", right=("how many", "a month", "total")
    )
    for level in report.levels:
        table.add_row(
            level.load,
            str(level.replicas),
            ", ".join(_price(quote) for quote in level.quotes.values()),
            _sum(level.a_month),
            Text(_sum(level.total), style="bold"),
        )
    return table


def _uses(report: Report) -> Table:
    table = _table("by use", "setting", "price")
    for used in report.uses:
        table.add_row(used.what, Text(used.setting, style="cyan"), _price(used.quote))
    return table


def _models(report: Report) -> Table:
    table = _table(
        *("a million tokens", "deployment", "region", "sku", "input", "cached", "output"),
        right=("input", "cached", "output"),
    )
    before = ""
    for model in report.models:
        table.add_row(
            Text(model.alias if model.alias != before else "", style="cyan"),
            model.deployment.name,
            model.region,
            *_rates(model),
        )
        before = model.alias
    return table


def _rates(model: Model) -> tuple[str, ...]:
    """The SKU, and what tokens cost: input, cached, output."""
    if model.deployment.provider != AZURE:
        return (f"billed by {model.deployment.provider}", "", "", "")
    sku = str(model.deployment.sku)
    if model.reserved:
        return (sku, "in its units", "", "")
    if model.rate is None:
        return (sku, _NOT_KNOWN, "", "")
    return (sku, exact(model.rate.input), _digits(model.rate.cached), _digits(model.rate.output))


def _digits(amount: Decimal | None) -> str:
    return "-" if amount is None else exact(amount)


def _spent(report: Report) -> Table:
    table = _table(
        "tokens a month", "input", "cached", "output", "costs", right=("input", "cached", "output", "costs")
    )
    for spent in report.spent:
        volume = spent.volume
        numbers = (_short(number) for number in (volume.input, volume.cached, volume.output))
        table.add_row(Text(volume.alias, style="cyan"), *numbers, _range(spent.low, spent.high))
    low, high = totals(report)
    table.add_row("with everything above", "", "", "", Text(_range(low, high), style="bold"))
    return table


def totals(report: Report) -> tuple[Decimal | None, Decimal | None]:
    """With the tokens that were asked for: from a gateway at rest to one with all of its replicas busy."""
    at_rest, most = report.levels[0].total, report.levels[-1].total
    lows, highs = [spent.low for spent in report.spent], [spent.high for spent in report.spent]
    return _all((at_rest, *lows)), _all((most, *highs))


def _all(amounts: tuple[Decimal | None, ...]) -> Decimal | None:
    """Their sum; None when one is not known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal()) if len(known) == len(amounts) else None


def _short(number: Decimal) -> str:
    """As it is written on the command line: `100M`."""
    for size, zeros in (("B", 9), ("M", 6), ("k", 3)):
        if number >= 10**zeros:
            return f"{(number / 10**zeros).normalize():f}{size}"
    return f"{number:f}"


def _range(low: Decimal | None, high: Decimal | None) -> str:
    if low is None or high is None:
        return _NOT_KNOWN
    return usd(low) if low == high else f"{usd(low)} to {usd(high)}"


def _sum(amount: Decimal | None) -> str:
    return _NOT_KNOWN if amount is None else usd(amount)


def _price(quote: Quote | None) -> str:
    if quote is None:
        return _NOT_KNOWN
    return f"{exact(quote.amount)}{_STANDS_IN if quote.stands_in else ''} / {quote.unit}"


def _notes(report: Report, prices: Prices) -> Iterator[str]:
    """What was assumed, what is not in it, and where the prices are from."""
    if others := sorted({quote.region for quote in report.quotes if quote.stands_in}):
        yield f"{_STANDS_IN} The price of {', '.join(others)}: none is known for {report.region}."
    if report.unknown:
        yield f"No price is known, and none is in the sums, for: {', '.join(report.unknown)}."
    for model in _first_of_each(report):
        rate = model.rate
        if rate is not None and rate.cache_write is not None:
            yield f"{model.deployment.model}: input that Azure keeps for the cache costs {exact(rate.cache_write)}."
        if rate is not None and rate.long is not None:
            long = rate.long
            yield (
                f"{model.deployment.model}: a call with a prompt of more than {long.tokens:,} tokens costs "
                f"{exact(long.input)} input, {exact(long.cached)} cached, {exact(long.output)} output."
            )
    yield f"A month has {HOURS} hours. Taxes, discounts, reservations, egress and support are not in it."
    if report.grant is not None:
        yield (
            f"Container Apps' free grants take off up to {usd(report.grant)}, once for all apps of a subscription: "
            "not in it."
        )
    yield "Replicas are at rest without a call, below 0.01 cores and 1,000 bytes a second."
    yield "Prices are from:"
    for source in sorted({str(prices.sources[name]) for name in report.sources}):
        yield f"  {source}"


def _first_of_each(report: Report) -> Iterator[Model]:
    """One deployment of each model and SKU."""
    seen = set()
    for model in report.models:
        key = (model.deployment.model, model.deployment.version, model.deployment.sku)
        if key not in seen:
            seen.add(key)
            yield model


def as_json(report: Report, stack: str, prices: Prices) -> dict[str, object]:
    """The report for programs: money as text, with every digit."""
    low, high = totals(report)
    return {
        "stack": stack,
        "resourceGroup": report.group,
        "region": report.region,
        "currency": prices.currency,
        "hours": HOURS,
        "fixed": [_line(line, report, prices) for line in report.fixed],
        "subtotal": str(report.subtotal),
        "replicas": [_level(level, report, prices) for level in report.levels],
        "freeGrants": _text(report.grant),
        "byUse": [
            {
                "setting": used.setting,
                "what": used.what,
                "price": _quote(used.meter, used.quote, report, prices),
            }
            for used in report.uses
        ],
        "tokens": [_model(model) for model in report.models],
        "volumes": [_volume(spent) for spent in report.spent],
        "total": {"from": _text(low), "to": _text(high)},
        "notKnown": list(report.unknown),
        "sources": {
            name: {
                "title": prices.sources[name].title,
                "url": prices.sources[name].url,
                "asOf": prices.sources[name].as_of.isoformat(),
            }
            for name in report.sources
        },
    }


def _line(line: Line, report: Report, prices: Prices) -> dict[str, object]:
    return {
        "setting": line.setting,
        "what": line.what,
        "count": str(line.count),
        "price": _quote(line.meter, line.quote, report, prices),
        "month": _text(line.a_month),
    }


def _level(level: Level, report: Report, prices: Prices) -> dict[str, object]:
    return {
        "load": level.load,
        "replicas": level.replicas,
        "prices": [_quote(meter, quote, report, prices) for meter, quote in level.quotes.items()],
        "month": _text(level.a_month),
        "total": _text(level.total),
    }


def _quote(meter: str, quote: Quote | None, report: Report, prices: Prices) -> dict[str, object]:
    found = prices.meters[meter]
    return {
        "amount": _text(quote.amount if quote else None),
        "unit": found.unit.value,
        "region": quote.region if quote else None,
        "source": quote.source if quote else None,
        "check": found.query(quote.region if quote else report.region),
    }


def _model(model: Model) -> dict[str, object]:
    rate = model.rate
    return {
        "alias": model.alias,
        "deployment": model.deployment.name,
        "provider": model.deployment.provider,
        "model": model.deployment.model,
        "version": model.deployment.version,
        "sku": model.deployment.sku.value if model.deployment.sku else None,
        "region": model.region or None,
        "input": _text(rate.input if rate else None),
        "cached": _text(rate.cached if rate else None),
        "output": _text(rate.output if rate else None),
        "source": rate.source if rate else None,
    }


def _volume(spent: Spent) -> dict[str, object]:
    volume = spent.volume
    return {
        "alias": volume.alias,
        "input": str(volume.input),
        "cached": str(volume.cached),
        "output": str(volume.output),
        "from": _text(spent.low),
        "to": _text(spent.high),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
