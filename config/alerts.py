"""What somebody is woken for: a table of rules over Azure's metrics, and the alerts that they come to in one stack.

Metrics, their dimensions and aggregations: Microsoft's monitoring references ("Supported metrics",
learn.microsoft.com, 2026-07), which `tests/monitoring/metrics.yaml` holds and every rule is held against. For Azure
OpenAI not `TotalCalls`, `ServerErrors`, `Latency` and their kind: marked "do not use" there.

A metric alert compares one number. It cannot divide, so throttling is a count of 429s and no share of all calls; that
wakes nobody for one call of two at night, and says as much where somebody is throttled in earnest. The share is in the
workbook. An alert over logs could divide, but is minutes later and paid for by the query.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from config.schema import PROVISIONED, Deployment
from config.settings import Account, Settings


class On(StrEnum):
    """What a rule is about, and so how many alerts it comes to."""

    ACCOUNT = "each account"
    DEPLOYMENT = "each deployment"
    GATEWAY = "the gateway"


class Severity(IntEnum):
    """Azure's numbers. What they mean to a person here is in docs/monitoring.md."""

    ERROR = 1
    WARNING = 2
    INFORMATIONAL = 3


class Operator(StrEnum):
    MORE = "GreaterThan"
    AT_LEAST = "GreaterThanOrEqual"
    LESS = "LessThan"


EACH: Final = ("*",)
"""Every value of a dimension, each watched by itself."""

ACCOUNTS: Final = "Microsoft.CognitiveServices/accounts"
APPS: Final = "Microsoft.App/containerApps"

NAMESPACES: Final[Mapping[On, str]] = MappingProxyType(
    {On.ACCOUNT: ACCOUNTS, On.DEPLOYMENT: ACCOUNTS, On.GATEWAY: APPS}
)
DEPLOYMENT_DIMENSION: Final = "ModelDeploymentName"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What has to be so of one metric."""

    metric: str
    aggregation: str
    operator: Operator = Operator.MORE
    threshold: float | None
    """None: more than Azure has learnt to be usual (a dynamic threshold)."""
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert of a stack: when all conditions hold over the window."""

    name: str
    target: str
    """The name of the resource that it watches."""
    namespace: str
    conditions: tuple[Condition, ...]
    minutes: int
    """The window."""
    every: int
    """Minutes from one look to the next."""
    severity: Severity
    says: str
    """What the mail says: what is so, and where to look first."""


Level = Callable[[Settings, Deployment | None], float]
Needed = Callable[[Settings, Deployment | None], bool]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A row of the table."""

    name: str
    on: On
    metric: str
    aggregation: str
    operator: Operator = Operator.MORE
    level: Level | None
    """The threshold, from the settings; None: what Azure has learnt to be usual."""
    shown: str
    """The same in words, for people."""
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A rule for each deployment has its name beside these."""
    calls: int = 0
    """That the account must have had in the window: a half of two calls is no outage."""
    minutes: int = 5
    every: int = 1
    severity: Severity
    says: str
    why: str
    """Why this metric and this threshold."""
    needed: Needed = lambda settings, deployment: True
    """Whether a stack, or a deployment, has anything to watch."""


def _tokens(settings: Settings, deployment: Deployment | None) -> float:
    """Of the tokens that a deployment may have in five minutes: its capacity is in thousands a minute."""
    assert deployment is not None
    return round((deployment.capacity or 0) * 1000 * 5 * settings.alerts.capacity_percent / 100)


def _by_tokens(settings: Settings, deployment: Deployment | None) -> bool:
    return deployment is not None and deployment.sku not in PROVISIONED


def _provisioned(settings: Settings, deployment: Deployment | None) -> bool:
    return deployment is not None and deployment.sku in PROVISIONED


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="throttled",
        on=On.ACCOUNT,
        metric="AzureOpenAIRequests",
        aggregation="Total",
        level=lambda settings, _: settings.alerts.throttled_calls,
        shown="more than `alerts.throttledCalls` (20)",
        dimensions={"StatusCode": ("429",), DEPLOYMENT_DIMENSION: EACH},
        severity=Severity.WARNING,
        says="A deployment answers with 429. Callers wait or are turned away where no other deployment has its alias. "
        "Raise its capacity, or give the alias a second deployment.",
        why="one or two 429s are a client that retries; twenty in five minutes are a capacity that is too small. The "
        "gateway's own retries and its failover count too: it sees them before callers do",
    ),
    Rule(
        name="availability",
        on=On.ACCOUNT,
        metric="AzureOpenAIAvailabilityRate",
        aggregation="Average",
        operator=Operator.LESS,
        level=lambda settings, _: settings.alerts.availability_percent,
        shown="less than `alerts.availabilityPercent` (99) %, and at least 20 calls",
        calls=20,
        minutes=15,
        every=5,
        severity=Severity.ERROR,
        says="Azure OpenAI itself fails calls (5xx) in this account. See Azure's service health for the region; an "
        "alias with a deployment in another region goes on answering.",
        why="Azure promises 99.9 % a month; below 99 % in a quarter of an hour something is broken. Without the "
        "20 calls one failed call in a quiet night would be an outage",
    ),
    Rule(
        name="slow",
        on=On.ACCOUNT,
        metric="AzureOpenAITTLTInMS",
        aggregation="Average",
        level=lambda settings, _: settings.alerts.response_seconds * 1000,
        shown="more than `alerts.responseSeconds` (60), in milliseconds",
        dimensions={DEPLOYMENT_DIMENSION: EACH},
        minutes=15,
        every=5,
        severity=Severity.WARNING,
        says="A deployment takes long to its last byte. Look at the tokens of its calls first: longer answers take "
        "longer; if they are as ever, the region is slow.",
        why="the gateway gives one try 110 s (`gateway.requestTimeoutSeconds`): with a mean of half of that the "
        "longest answers are being cut off",
    ),
    Rule(
        name="first-byte",
        on=On.ACCOUNT,
        metric="AzureOpenAINormalizedTTFTInMS",
        aggregation="Average",
        level=None,
        shown="more than is usual (dynamic, low sensitivity, 4 of 4 periods)",
        dimensions={DEPLOYMENT_DIMENSION: EACH},
        minutes=15,
        every=5,
        severity=Severity.INFORMATIONAL,
        says="A deployment takes longer than is usual to its first byte, for prompts of this length. Nothing is "
        "broken yet: see whether the region is busy, and whether throttling follows.",
        why="the metric is divided by the prompt's tokens, so that a number that is right for long prompts is wrong "
        "for short ones: Azure learns what is usual, which takes it three days",
    ),
    Rule(
        name="capacity",
        on=On.DEPLOYMENT,
        metric="TokenTransaction",
        aggregation="Total",
        level=_tokens,
        shown="more than `alerts.capacityPercent` (80) % of what its capacity gives in the window",
        severity=Severity.INFORMATIONAL,
        says="A deployment uses nearly all of its tokens a minute. Raise its capacity before callers get 429, within "
        "the subscription's quota, or add a deployment to its alias.",
        why="an alert has one threshold, and each deployment a capacity of its own: so one alert each. Prompt and "
        "answer together; Azure admits by an estimate at the call's start, so 429s can come before",
        needed=_by_tokens,
    ),
    Rule(
        name="utilization",
        on=On.DEPLOYMENT,
        metric="AzureOpenAIProvisionedManagedUtilizationV2",
        aggregation="Average",
        level=lambda settings, _: settings.alerts.capacity_percent,
        shown="more than `alerts.capacityPercent` (80) %",
        severity=Severity.INFORMATIONAL,
        says="A provisioned deployment is nearly full. From 100 % on it answers with 429, and its alias spills over "
        "to what is paid by the token, if there is any.",
        why="provisioned capacity counts in units of its own, and Azure says how much of it is in use",
        needed=_provisioned,
    ),
    Rule(
        name="errors",
        on=On.GATEWAY,
        metric="Requests",
        aggregation="Total",
        level=lambda settings, _: settings.alerts.gateway_errors,
        shown="more than `alerts.gatewayErrors` (10)",
        dimensions={"statusCodeCategory": ("5xx",)},
        severity=Severity.ERROR,
        says="The gateway answers callers with 5xx. The workbook's failures, or the table ContainerAppConsoleLogs, "
        "name the error and the model.",
        why="failover has been tried by then: this is what callers see",
    ),
    Rule(
        name="replicas",
        on=On.GATEWAY,
        metric="Replicas",
        aggregation="Maximum",
        operator=Operator.LESS,
        level=lambda settings, _: settings.gateway.min_replicas,
        shown="fewer than `gateway.minReplicas` (1)",
        severity=Severity.ERROR,
        says="Fewer replicas of the gateway run than there should be. The table ContainerAppSystemLogs says why they "
        "do not start: an image that cannot be pulled, a probe, a secret.",
        why="the platform keeps that many; no alert where `minReplicas` is 0, as the gateway then may sleep",
        needed=lambda settings, _: settings.gateway.min_replicas > 0,
    ),
    Rule(
        name="restarts",
        on=On.GATEWAY,
        metric="RestartCount",
        aggregation="Maximum",
        level=lambda settings, _: settings.alerts.restarts,
        shown="more than `alerts.restarts` (3)",
        dimensions={"podName": EACH},
        minutes=15,
        every=5,
        severity=Severity.WARNING,
        says="A replica of the gateway is started again and again. The last lines before a restart are in the table "
        "ContainerAppConsoleLogs, the platform's reason in ContainerAppSystemLogs.",
        why="a replica is restarted when it dies or its liveness probe fails five times; once or twice is a bad hour "
        "of its host",
    ),
    Rule(
        name="cpu",
        on=On.GATEWAY,
        metric="UsageNanoCores",
        aggregation="Average",
        level=lambda settings, _: round(settings.gateway.cpu * 10**9 * settings.alerts.cpu_percent / 100),
        shown="more than `alerts.cpuPercent` (85) % of `gateway.cpu`, in nanocores",
        minutes=15,
        every=5,
        severity=Severity.WARNING,
        says="The gateway's replicas are busy, all in the mean. Raise gateway.maxReplicas where that many run, else "
        "lower gateway.concurrentRequests so that more of them start, or raise gateway.cpu.",
        why="calls wait for a core before they fail; replicas are added by calls under way and not by load, so a few "
        "heavy calls can fill them",
    ),
    Rule(
        name="memory",
        on=On.GATEWAY,
        metric="WorkingSetBytes",
        aggregation="Maximum",
        level=lambda settings, _: round(
            settings.gateway.memory_gi * 2**30 * settings.alerts.memory_percent / 100
        ),
        shown="more than `alerts.memoryPercent` (85) % of `gateway.memory`, in bytes",
        dimensions={"podName": EACH},
        minutes=15,
        every=5,
        severity=Severity.WARNING,
        says="A replica of the gateway is nearly out of memory, and is killed when it is, streams and all. Raise "
        "gateway.cpu, which brings memory with it.",
        why="each replica is killed by itself, so each is watched by itself; LiteLLM rests at about 340 MB",
    ),
)


def alerts(settings: Settings) -> tuple[Alert, ...]:
    """The alerts of a stack; none where they are off."""
    if not settings.alerts.enabled:
        return ()
    return tuple(found for rule in RULES for found in _of(rule, settings))


def _of(rule: Rule, settings: Settings) -> Iterator[Alert]:
    """A rule's alerts: one for each thing that it is about and that needs it."""
    if rule.on is On.GATEWAY:
        if rule.needed(settings, None):
            yield _alert(rule, settings, settings.names.gateway, None)
        return
    for account in settings.accounts:
        yield from _in_account(rule, settings, account)


def _in_account(rule: Rule, settings: Settings, account: Account) -> Iterator[Alert]:
    if rule.on is On.ACCOUNT:
        yield _alert(rule, settings, account.name, None)
        return
    for deployment in account.deployments:
        if rule.needed(settings, deployment):
            yield _alert(rule, settings, account.name, deployment)


def _alert(rule: Rule, settings: Settings, target: str, deployment: Deployment | None) -> Alert:
    what = rule.name if deployment is None else f"{rule.name}-{deployment.name}"
    own = {} if deployment is None else {DEPLOYMENT_DIMENSION: (deployment.name,)}
    conditions = [
        Condition(
            metric=rule.metric,
            aggregation=rule.aggregation,
            operator=rule.operator,
            threshold=rule.level(settings, deployment) if rule.level is not None else None,
            dimensions={**own, **rule.dimensions},
        )
    ]
    if rule.calls:
        conditions.append(
            Condition(
                metric="AzureOpenAIRequests",
                aggregation="Total",
                operator=Operator.AT_LEAST,
                threshold=rule.calls,
            )
        )
    return Alert(
        name=settings.names.alert(target, what),
        target=target,
        namespace=NAMESPACES[rule.on],
        conditions=tuple(conditions),
        minutes=rule.minutes,
        every=rule.every,
        severity=rule.severity,
        says=rule.says,
    )
