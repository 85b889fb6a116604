"""What each setting costs: what it makes in Azure, how much of that, and the meter that it is billed by.

One row an item. `ops cost` adds the rows up for a stack, the page of all settings tells them, and
`tests/mocks/test_costs.py` holds their counts against what the program makes: a new kind of resource has its row here,
or in `WITHOUT_PRICE` with the reason.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from config import alerts
from config.prices import Prices, Quote
from config.schema import AZURE, PROVISIONED, RedisSku, Sku
from config.settings import Gateway, Settings, Visibility

Counts = Mapping[str, Decimal | int]
"""How many, by the region whose price they have."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something that is there, and billed, all month."""

    setting: str
    """The key of the stack file that it follows from, as the page of settings writes it."""
    what: str
    """One of it."""
    meter: str
    count: Callable[[Settings], Counts]
    kind: str = ""
    """Its type of azure-native, such as `network:PrivateEndpoint`; empty for what Azure makes by itself."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """Something that is billed by how much it is used."""

    setting: str
    what: str
    meter: str
    applies: Callable[[Settings], bool] = lambda settings: True


def at_home(number: Callable[[Settings], int]) -> Callable[[Settings], Counts]:
    """So many, in the home region: network, vault and gateway are there, and with them the accounts' endpoints."""
    return lambda settings: {settings.home.name: number(settings)}


def _units(sku: Sku) -> Callable[[Settings], Counts]:
    """Provisioned units, in their accounts' regions."""

    def count(settings: Settings) -> Counts:
        found: Counter[str] = Counter()
        for deployment in settings.deployments:
            if deployment.provider == AZURE and deployment.sku is sku:
                found[settings.region_of(deployment)] += deployment.capacity or 0
        return found

    return count


def _nodes(sku: RedisSku) -> Callable[[Settings], Counts]:
    """Nodes of a cluster of that size: the second one is high availability, and costs what the first does."""

    def count(settings: Settings) -> Counts:
        redis = settings.redis
        there = redis.enabled and redis.sku is sku
        return {settings.home.name: (1 + redis.high_availability) if there else 0}

    return count


def _internal(settings: Settings) -> bool:
    return settings.ingress.visibility is Visibility.INTERNAL


FIXED: Final[tuple[Item, ...]] = (
    Item(
        setting="regions",
        what="the private endpoint of each account",
        meter="private-endpoint",
        count=at_home(lambda settings: len(settings.accounts)),
        kind="network:PrivateEndpoint",
    ),
    Item(
        setting="vault",
        what="the private endpoint of the vault",
        meter="private-endpoint",
        count=at_home(lambda settings: 1),
        kind="network:PrivateEndpoint",
    ),
    *(
        Item(setting="redis.sku", what=f"each node of {sku}", meter=sku.value, count=_nodes(sku))
        for sku in RedisSku
    ),
    Item(
        setting="redis.enabled",
        what="the private endpoint of Redis",
        meter="private-endpoint",
        count=at_home(lambda settings: int(settings.redis.enabled)),
        kind="network:PrivateEndpoint",
    ),
    Item(
        setting="redis.enabled",
        what="the private zone of Redis",
        meter="private-zone",
        count=at_home(lambda settings: int(settings.redis.enabled)),
        kind="privatedns:PrivateZone",
    ),
    Item(
        setting="alerts.enabled",
        what="each condition that an alert watches",
        meter="metric-alert",
        count=at_home(lambda settings: sum(len(found.conditions) for found in alerts.alerts(settings))),
    ),
    # Three names of an account and one of a vault.
    Item(
        setting="network",
        what="each private zone of the endpoints' names",
        meter="private-zone",
        count=at_home(lambda settings: 4),
        kind="privatedns:PrivateZone",
    ),
    Item(
        setting="ingress",
        what="the private zone of an internal environment's domain",
        meter="private-zone",
        count=at_home(lambda settings: int(_internal(settings))),
        kind="privatedns:PrivateZone",
    ),
    # Azure makes these three in a group of its own (ME_…), and bills them to the subscription: "Managed resources",
    # MicrosoftDocs/azure-docs, articles/container-apps/custom-virtual-networks.md, 2025-05-01.
    Item(
        setting="network",
        what="the load balancer of the environment",
        meter="load-balancer",
        count=at_home(lambda settings: 1),
    ),
    Item(
        setting="network",
        what="the public address of the environment's calls",
        meter="public-ip",
        count=at_home(lambda settings: 1),
    ),
    Item(
        setting="ingress",
        what="the public address of an external environment",
        meter="public-ip",
        count=at_home(lambda settings: int(not _internal(settings))),
    ),
    *(
        Item(setting="deployments[].sku", what=f"each unit of {sku}", meter=sku.value, count=_units(sku))
        for sku in Sku
        if sku in PROVISIONED
    ),
)

USES: Final[tuple[Use, ...]] = (
    Use(setting="gateway", what="calls", meter="requests"),
    Use(setting="regions", what="prompts, through the private endpoints", meter="private-endpoint-data"),
    Use(setting="vault", what="secrets read and written", meter="vault-operations"),
    Use(setting="logs", what="logs taken in", meter="log-ingestion"),
    Use(
        setting="logs.retentionDays",
        what="logs kept for more than 31 days",
        meter="log-retention",
        applies=lambda settings: settings.logs.retention_days > 31,
    ),
)

FREE_GRANT: Final[Mapping[str, Decimal]] = MappingProxyType(
    {"vcpu-active": Decimal(180_000), "memory-active": Decimal(360_000), "requests": Decimal(2)}
)
"""What a subscription has free each month, all of its apps together, in the units of the meters (Billing in Azure
Container Apps, learn.microsoft.com, 2025-12-09)."""

WITHOUT_PRICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "app:ContainerApp": "billed by its replicas and its calls",
        "app:ManagedEnvironment": "free with Consumption alone; what Azure makes for it has rows of its own",
        "applicationinsights:Workbook": "free; its queries read logs that are billed as they are taken in",
        "authorization:RoleAssignment": "free",
        "cognitiveservices:Account": "billed by the tokens of its deployments",
        "cognitiveservices:Deployment": "billed by the token, or by its units",
        "cognitiveservices:RaiPolicy": "free",
        "redisenterprise:AccessPolicyAssignment": "free",
        "redisenterprise:Database": "part of its cluster",
        "redisenterprise:RedisEnterprise": "billed by its nodes",
        "consumption:Budget": "free",
        "keyvault:Secret": "billed by operations of the vault",
        "keyvault:Vault": "billed by operations",
        "managedidentity:UserAssignedIdentity": "free",
        "monitor:ActionGroup": "1,000 mails and 100,000 webhooks a month are free",
        "monitor:MetricAlert": "billed by what it watches: a row above counts conditions, and one that is split by a "
        "dimension is billed for each value of it",
        "monitor:DiagnosticSetting": "free; what it sends is billed as logs",
        "network:NetworkSecurityGroup": "free",
        "network:PrivateDnsZoneGroup": "free",
        "network:Subnet": "free",
        "network:VirtualNetwork": "free",
        "operationalinsights:Workspace": "billed by the logs that it takes in and keeps",
        "privatedns:PrivateRecordSet": "free",
        "privatedns:VirtualNetworkLink": "free",
        "resources:ResourceGroup": "free",
    }
)
"""Types of azure-native that have no row above, and why."""


def replica(gateway: Gateway, *, busy: bool) -> Mapping[str, Decimal]:
    """What one replica takes: meters and how much of each.

    At rest it is billed as idle: at the minimum of replicas, without a call, below 0.01 cores and 1,000 bytes a second.
    More replicas than the minimum are never idle (Billing in Azure Container Apps, learn.microsoft.com, 2025-12-09).
    """
    kind = "active" if busy else "idle"
    return {
        f"vcpu-{kind}": Decimal(str(gateway.cpu)),
        f"memory-{kind}": Decimal(str(gateway.memory_gi)),
    }


REFERENCE_REGION: Final = "eastus2"
"""Whose prices the page of settings tells."""

_DEFAULT = Gateway.model_validate({})


def told(key: str) -> str:
    """What a setting costs, in a sentence or two; empty where it costs nothing of its own."""
    prices = Prices.load()
    a_month = [
        f"{usd(quote.a_month)} for {item.what}{_whose(quote)}"
        for item in FIXED
        if item.setting == key and (quote := prices.quote(item.meter, REFERENCE_REGION))
    ]
    for setting, busy, which in (
        ("gateway.minReplicas", False, "each replica of the default size at rest"),
        ("gateway.maxReplicas", True, "each replica of the default size that is busy"),
    ):
        if setting == key:
            parts = replica(_DEFAULT, busy=busy).items()
            quotes = [(prices.quote(meter, REFERENCE_REGION), number) for meter, number in parts]
            total = sum((quote.a_month * number for quote, number in quotes if quote), Decimal())
            a_month.append(f"{usd(total)} for {which}")
    by_use = [
        f"Costs {exact(quote.amount)} per {quote.unit}{_whose(quote)}: {use.what}."
        for use in USES
        if use.setting == key and (quote := prices.quote(use.meter, REFERENCE_REGION))
    ]
    return " ".join((*([f"Costs a month: {'; '.join(a_month)}."] if a_month else []), *by_use))


def _whose(quote: Quote) -> str:
    return f" (price of {quote.region})" if quote.stands_in else ""


def read_between() -> tuple[date, date]:
    """The days on which the oldest and the newest of these prices were read."""
    prices = Prices.load()
    meters = {item.meter for item in FIXED} | {use.meter for use in USES}
    meters |= {meter for busy in (False, True) for meter in replica(_DEFAULT, busy=busy)}
    quotes = [prices.quote(meter, REFERENCE_REGION) for meter in meters]
    days = [prices.sources[quote.source].as_of for quote in quotes if quote]
    return min(days), max(days)


def usd(amount: Decimal) -> str:
    """A sum, to the cent: `$1,460.00`."""
    return f"${amount:,.2f}"


def exact(amount: Decimal) -> str:
    """A price, with all of its digits: `$0.000024`, `$1.375`, `$2.00`."""
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    return f"${amount:,.{places}f}"
