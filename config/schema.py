"""The typed form of `Pulumi.<stack>.yaml`, section by section.

Only what one section can know about itself: types, defaults, single values. `settings.py` puts the sections
together, `checks/` holds what has to fit across them. `examples` on a required field is a value that is
always legal: it stands in for a bad one while the rest is checked, so that all problems show at once.
"""

from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from config.words import (
    Alias,
    ApiVersion,
    ApplicationName,
    CallerRange,
    ContentFilterName,
    Decimal,
    DeploymentName,
    Instance,
    MailAddress,
    Memory,
    MonthStart,
    Positive,
    PrincipalId,
    Range,
    RegionName,
    Text,
    VariableName,
    Whole,
)

AZURE: Final = "azure"
"""The provider whose models this stack deploys itself."""


class Section(BaseModel):
    """A part of the settings: frozen, camelCase outside, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Sku(StrEnum):
    """How a deployment is paid for and where its prompts may be processed."""

    STANDARD = "Standard"
    GLOBAL_STANDARD = "GlobalStandard"
    DATA_ZONE_STANDARD = "DataZoneStandard"
    PROVISIONED = "ProvisionedManaged"
    GLOBAL_PROVISIONED = "GlobalProvisionedManaged"
    DATA_ZONE_PROVISIONED = "DataZoneProvisionedManaged"


PROVISIONED: Final = frozenset({Sku.PROVISIONED, Sku.GLOBAL_PROVISIONED, Sku.DATA_ZONE_PROVISIONED})
"""Capacity that is paid for whether it is used or not."""


class Region(Section):
    """A region that the stack stands in. The first one is home: network, vault and gateway are there."""

    name: RegionName = Field(examples=["southcentralus"], description="the region, as Azure's API writes it")
    instance: Instance = Field(
        "001", description="the last part of its names; raise it when Azure keeps one taken"
    )
    short: str | None = Field(
        None,
        pattern="^[a-z][a-z0-9]{1,5}$",
        description="how names write the region, where the table lacks it",
    )


class Deployment(Section):
    """A model that clients can call."""

    name: DeploymentName = Field(examples=["stand-in"], description="the deployment's name in Azure")
    model: Text = Field(examples=["stand-in"], min_length=1, description="the model's name")
    version: Text | None = Field(None, description="the model's version; Azure only")
    sku: Sku | None = Field(None, description="how it is paid for; Azure only")
    capacity: Positive | None = Field(
        None, description="thousands of tokens a minute, or provisioned units; Azure only"
    )
    region: RegionName | None = Field(None, description="one of the stack's regions; the first when left out")
    alias: Alias | None = Field(
        None, description="the name that clients use; the deployment's name when left out"
    )
    provider: Text = Field(
        AZURE, pattern="^[a-z][a-z0-9_]*$", description="azure, or one of LiteLLM's other providers"
    )
    api_version: ApiVersion | None = Field(None, description="instead of the stack's apiVersion; Azure only")
    content_filter: ContentFilterName | None = Field(
        None, description="one of contentFilters; Azure's own default when left out; Azure only"
    )
    responses: Literal["auto", "native", "bridged"] = Field(
        "auto",
        description="how the Responses API is served: natively, or over chat completions; auto follows the api version",
    )
    weight: Positive | None = Field(None, description="its share within its alias; by capacity when left out")
    order: Positive | None = Field(
        None,
        description="its place within its alias: 1 first, 2 when all of 1 fail; provisioned capacity comes first",
    )
    kind: Literal["chat", "embedding"] | None = Field(
        None, description="what the model does; other providers only"
    )
    api_base: str | None = Field(
        None, pattern="^https://", description="where it is on the internet; other providers only"
    )
    api_key_variable: VariableName | None = Field(
        None,
        description="the variable that holds its key, from the secret providerKeys; other providers only",
    )


class Severity(StrEnum):
    """From which severity on a category is blocked. Azure knows safe, low, medium and high; its default is Medium."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"


class ContentFilter(Section):
    """What prompts and answers are held to. A category can be loosened, and switched off only by Microsoft's leave."""

    hate: Severity = Field(Severity.MEDIUM, description="blocked from this severity on, asked or answered")
    sexual: Severity = Field(Severity.MEDIUM, description="the same")
    violence: Severity = Field(Severity.MEDIUM, description="the same")
    self_harm: Severity = Field(Severity.MEDIUM, description="the same")
    jailbreak: bool = Field(
        True, description="whether prompts that talk the model out of its rules are blocked"
    )
    indirect_attack: bool = Field(
        False, description="whether instructions hidden in the documents of a prompt are blocked"
    )
    protected_text: bool = Field(
        True, description="whether known texts, such as lyrics, are blocked in answers"
    )
    protected_code: bool = Field(
        True, description="whether code of public repositories is blocked in answers"
    )
    asynchronous: bool = Field(
        False,
        description="whether streams run on while they are checked: sooner, and bad words may be seen first",
    )


class PrincipalType(StrEnum):
    """What Azure is told a principal is, so that it need not look it up."""

    SERVICE_PRINCIPAL = "ServicePrincipal"
    GROUP = "Group"
    USER = "User"


class Principal(Section):
    """Somebody in Entra ID."""

    id: PrincipalId = Field(
        examples=["00000000-0000-0000-0000-000000000000"], description="its object id in Entra ID"
    )
    type: PrincipalType = Field(
        PrincipalType.SERVICE_PRINCIPAL, description="a managed identity is a ServicePrincipal"
    )


class Application(Section):
    """An application that calls the gateway, with a key of its own."""

    name: ApplicationName = Field(examples=["stand-in"], description="what the gateway's log calls it")
    models: tuple[Alias, ...] = Field((), description="the aliases that it may call; all when left out")
    requests_per_minute: Positive | None = Field(
        None,
        description="calls a minute before it is answered 429, of each replica unless redis is enabled; no limit when "
        "left out",
    )
    generation: Positive = Field(1, description="of its key: raised, it gets a new one; never lowered")
    accept_previous: bool = Field(
        False,
        description="whether the key of the generation before still opens, until its holders have changed",
    )
    principals: tuple[Principal, ...] = Field(
        (), description="who may also call the accounts directly, without a key, while the gateway is down"
    )


class Network(Section):
    """The address plan. Every stack that may be peered with another needs one of its own."""

    address_space: Range = Field("10.40.0.0/24", description="the network's range")
    gateway_subnet: Range = Field(
        "10.40.0.0/26",
        description="/27 or larger, for Container Apps alone; another range is another subnet, and the environment in "
        "it is made anew",
    )
    private_endpoint_subnet: Range = Field("10.40.0.64/27", description="for the private endpoints")


class Visibility(StrEnum):
    INTERNAL = "internal"
    EXTERNAL = "external"


class Ingress(Section):
    """Who reaches the gateway."""

    visibility: Visibility = Field(
        Visibility.INTERNAL, description="internal: from the network; external: by a public address"
    )
    allow: tuple[CallerRange, ...] = Field(
        (),
        description="the only ranges that callers come from; external must have some, internal without any lets in "
        "the network and what is joined to it",
    )


class Gateway(Section):
    """The LiteLLM proxy: what runs, how large, how patient."""

    image: str = Field("ghcr.io/berriai/litellm:v1.106.2", description="with its tag; not latest")
    digest: str | None = Field(
        None, pattern="^sha256:[0-9a-f]{64}$", description="pins the image's very bytes"
    )
    cpu: Decimal = Field(1.0, description="cores a replica, in steps of 0.25 up to 4")
    memory: Memory | None = Field(
        None, description="twice the cores, in Gi: the only pairs that Container Apps has"
    )
    min_replicas: Whole = Field(
        1, ge=0, le=1000, description="0 lets it sleep: the first call then waits for a start"
    )
    max_replicas: Whole = Field(3, ge=1, le=1000, description="the most that load may start")
    zone_redundant: bool = Field(
        False,
        description="whether its environment spreads replicas over the region's zones, which it must have; it takes "
        "two replicas to gain by it, and a change makes the environment anew",
    )
    concurrent_requests: Positive = Field(20, description="calls a replica before another one is started")
    request_timeout_seconds: Positive = Field(110, description="how long one try may take")
    num_retries: Whole = Field(1, ge=0, le=5, description="further tries after a failed one")
    termination_grace_seconds: Whole = Field(
        240, ge=30, le=600, description="how long a leaving replica may finish its streams"
    )

    @property
    def memory_gi(self) -> float:
        return float(self.memory.removesuffix("Gi")) if self.memory else 2 * self.cpu

    @property
    def memory_text(self) -> str:
        """As Container Apps writes it: `2Gi`, `0.5Gi`."""
        return f"{self.memory_gi:g}Gi"

    @property
    def reference(self) -> str:
        """What to pull: tag and digest where the digest is known."""
        return f"{self.image}@{self.digest}" if self.digest else self.image


class Vault(Section):
    """Key Vault."""

    suffix: str = Field(
        "",
        pattern="^[a-z0-9]{0,6}$",
        description="moves the vault's name on when Azure keeps the old one taken",
    )


class RedisSku(StrEnum):
    """Sizes of Azure Managed Redis: 0.5, 1 and 3 GB. What replicas tell each other is little."""

    B0 = "Balanced_B0"
    B1 = "Balanced_B1"
    B3 = "Balanced_B3"


class Redis(Section):
    """Azure Managed Redis: what the gateway's replicas know of each other."""

    enabled: bool = Field(
        False,
        description="whether replicas share cooldowns and requestsPerMinute; without it each counts by itself",
    )
    sku: RedisSku = Field(RedisSku.B0, description="its size")
    high_availability: bool = Field(
        True,
        description="whether it has a second node; without it the gateway counts alone while Redis is serviced",
    )


class ResponseCache(Section):
    """Answers kept in Redis, and given again to the next who asks the same."""

    enabled: bool = Field(
        False,
        description="whether the same question gets the same answer for a while, from whichever application it comes: "
        "one is told what another was answered",
    )
    ttl_seconds: Positive = Field(600, description="how long an answer is kept")


class Secrets(Section):
    """Generated secrets: raising a number makes a new one."""

    master_key: Positive = Field(1, description="the generation of LiteLLM's master key")


class Logs(Section):
    """Log Analytics."""

    retention_days: Whole = Field(30, ge=30, le=730, description="how long logs are kept")


class Alerts(Section):
    """Who is woken, and at what. What each threshold is held against: `config/alerts.py`."""

    enabled: bool = Field(False, description="whether anybody is told; webhooks are the secret alertWebhooks")
    emails: tuple[MailAddress, ...] = Field((), description="who gets a mail of every alert, and of its end")
    throttled_calls: Positive = Field(
        20, description="calls that a deployment answers with 429 in 5 minutes; more is an alert"
    )
    availability_percent: Decimal = Field(
        99,
        ge=1,
        le=100,
        description="calls that an account answers without a fault of its own, in 15 minutes; less is an alert",
    )
    response_seconds: Positive = Field(
        60, description="mean time to a deployment's last byte in 15 minutes; more is an alert"
    )
    capacity_percent: Decimal = Field(
        80, ge=1, le=100, description="of a deployment's capacity, used over 5 minutes; more is an alert"
    )
    gateway_errors: Positive = Field(
        10, description="calls that the gateway answers with 5xx in 5 minutes; more is an alert"
    )
    restarts: Positive = Field(3, description="restarts of one replica; more is an alert")
    cpu_percent: Decimal = Field(
        85, ge=1, le=100, description="of the replicas' cores, in the mean of 15 minutes; more is an alert"
    )
    memory_percent: Decimal = Field(85, ge=1, le=100, description="of one replica's memory; more is an alert")


class Workbook(Section):
    """A page of charts in the portal."""

    enabled: bool = Field(
        False, description="whether there is one: calls, tokens, latency, throttling, health"
    )


class Budget(Section):
    """What the stack may cost before somebody is told. It stops nothing."""

    amount: Whole = Field(
        0, ge=0, description="a month, in the currency that the subscription is billed in; 0 is no budget"
    )
    start_date: MonthStart | None = Field(
        None,
        description="the first of the month in which the budget is made; left as it is from then on",
    )
    emails: tuple[MailAddress, ...] = Field(
        (), description="who is told beside the alerts' own receivers; needed where alerts are off"
    )


class Authentication(StrEnum):
    """How the gateway shows Azure OpenAI who it is."""

    KEY = "key"
    ENTRA = "entra"
