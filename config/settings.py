"""The stack's settings as one typed, frozen object, which `config.parsing` makes.

The rest of the program reads only this object: `accounts` is what Azure gets, `groups` is what clients see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Final

from pydantic import Field, PrivateAttr, SecretStr

from config import names
from config.catalog import Catalog, Kind, Lifecycle, Version
from config.names import Naming, Place
from config.problems import NAMESPACE, SettingsError
from config.schema import (
    AZURE,
    Alerts,
    Application,
    Authentication,
    Budget,
    ContentFilter,
    Deployment,
    Gateway,
    Ingress,
    Logs,
    Network,
    Principal,
    Redis,
    Region,
    ResponseCache,
    Secrets,
    Section,
    Sku,
    Vault,
    Visibility,
    Workbook,
)
from config.words import (
    Alias,
    ApiVersion,
    ApplicationName,
    ContentFilterName,
    NamePart,
    Text,
    VariableName,
    WebhookName,
    Whole,
)

__all__ = [
    "AZURE",
    "Account",
    "Alerts",
    "Application",
    "Authentication",
    "Budget",
    "ContentFilter",
    "Deployment",
    "Gateway",
    "Group",
    "Ingress",
    "Logs",
    "Network",
    "Principal",
    "Redis",
    "Region",
    "ResponseCache",
    "Secrets",
    "Settings",
    "SettingsError",
    "Sku",
    "Vault",
    "Visibility",
    "Workbook",
]

# What Pulumi must store encrypted. Plain, it would stand in the stack file, and that is in git.
SECRETS: Final = MappingProxyType(
    {
        "masterKey": "masterKey",
        "applicationKeys": "--path 'applicationKeys.<NAME>'",
        "providerKeys": "--path 'providerKeys.<VARIABLE>'",
        "alertWebhooks": "--path 'alertWebhooks.<NAME>'",
    }
)


CACHE_WARNING: Final = (
    f"{NAMESPACE}:responseCache.enabled: an answer is kept and given to whoever asks the same: one application is told "
    "what another was answered. Leave it off where answers depend on who asks."
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """One Azure OpenAI account: a region that has deployments."""

    region: str
    place: Place
    name: str
    """Also its custom subdomain."""
    endpoint: str
    key_variable: str
    """The environment variable that holds its key, where keys are used."""
    deployments: tuple[Deployment, ...]
    """In the order of the stack file, which is the order in which they are made."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """What clients call: an alias and the deployments that answer for it."""

    alias: str
    kind: Kind
    members: tuple[Deployment, ...]


class Settings(Section):
    """One stack. Fields are the keys of the stack file; properties are what follows from them."""

    workload: NamePart = Field(examples=["workload"], description="what the system is for, in a short word")
    environment: NamePart = Field(examples=["env"], description="which copy of it: dev, sbx, stg, prod")
    regions: tuple[Region, ...] = Field(
        examples=[[{"name": "southcentralus"}]],
        min_length=1,
        description="where it stands; the first is home",
    )
    authentication: Authentication = Field(
        Authentication.ENTRA,
        description="entra: managed identity, no key anywhere; key: the accounts' keys, in Key Vault",
    )
    api_version: ApiVersion = Field("2025-04-01-preview", description="Azure OpenAI's API version")
    deployments: tuple[Deployment, ...] = Field(
        examples=[[{"name": "stand-in", "model": "stand-in"}]], min_length=1, description="the models"
    )
    applications: tuple[Application, ...] = Field(
        (Application.model_validate({"name": "default"}),),
        min_length=1,
        description="who calls the gateway, each with a key of its own; the first one's is in the printed environment",
    )
    fallbacks: dict[Alias, tuple[Alias, ...]] = Field(
        {}, description="who answers for an alias when all of its deployments fail, by alias"
    )
    long_context_fallbacks: dict[Alias, tuple[Alias, ...]] = Field(
        {}, description="who answers when a prompt is too long for an alias, by alias"
    )
    content_filters: dict[ContentFilterName, ContentFilter] = Field(
        {}, description="what prompts and answers are held to, by the name that deployments give"
    )
    network: Network = Field(Network.model_validate({}), description="the address plan")
    ingress: Ingress = Field(Ingress.model_validate({}), description="who reaches the gateway")
    gateway: Gateway = Field(Gateway.model_validate({}), description="the LiteLLM proxy")
    redis: Redis = Field(Redis.model_validate({}), description="Azure Managed Redis")
    response_cache: ResponseCache = Field(
        ResponseCache.model_validate({}), description="answers that are given again"
    )
    vault: Vault = Field(Vault.model_validate({}), description="Key Vault")
    generation: Whole = Field(
        1,
        ge=1,
        le=99,
        description="of the Container Apps environment; raised together with a free network.gatewaySubnet, it moves to "
        "a new one beside the old",
    )
    secrets: Secrets = Field(Secrets.model_validate({}), description="generations of generated secrets")
    logs: Logs = Field(Logs.model_validate({}), description="Log Analytics")
    alerts: Alerts = Field(Alerts.model_validate({}), description="who is woken, and at what")
    workbook: Workbook = Field(Workbook.model_validate({}), description="a page of charts in the portal")
    budget: Budget = Field(
        Budget.model_validate({}), description="what the stack may cost before somebody is told"
    )
    tags: dict[Text, Text] = Field({}, description="further tags of every resource")
    catalog_date: date | None = Field(
        None, description="the day that the models' lifecycle is judged by; today when empty"
    )
    master_key: SecretStr | None = Field(
        None, description="LiteLLM's master key, as a secret; generated when left out"
    )
    application_keys: dict[ApplicationName, SecretStr] = Field(
        {}, description="applications' keys by name, as secrets; generated when left out"
    )
    provider_keys: dict[VariableName, SecretStr] = Field(
        {}, description="other providers' keys by variable, as secrets"
    )
    alert_webhooks: dict[WebhookName, SecretStr] = Field(
        {}, description="where alerts are posted to, by name, as secrets: the address is the right to post"
    )

    _today: date = PrivateAttr(default=date.min)
    _catalog: Catalog = PrivateAttr(default_factory=Catalog.load)

    @property
    def today(self) -> date:
        """The day that lifecycles are judged by."""
        return self.catalog_date or self._today

    @property
    def home(self) -> Region:
        return self.regions[0]

    @property
    def keyless(self) -> bool:
        return self.authentication is Authentication.ENTRA

    @property
    def asks_for_tokens(self) -> bool:
        """Whether LiteLLM itself speaks for the gateway's identity, to the accounts or to Redis."""
        return self.keyless or self.redis.enabled

    @cached_property
    def names(self) -> Naming:
        return Naming(self.workload, self.environment, place(self.home), self.vault.suffix, self.generation)

    @property
    def all_names(self) -> tuple[tuple[str, str], ...]:
        """Every name of the stack as (kind, name)."""
        ranges = {"gateway": self.network.gateway_subnet, "endpoints": self.network.private_endpoint_subnet}
        return tuple(
            self.names.all(tuple(place(region) for region in self.regions), ranges, redis=self.redis.enabled)
        )

    @cached_property
    def all_tags(self) -> dict[str, str]:
        """The tags of every resource."""
        return names.tags(self.names, self.tags)

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """One per region that has deployments, in the order of the regions."""
        found: list[Account] = []
        for region in self.regions:
            members = tuple(
                d for d in self.deployments if d.provider == AZURE and self.region_of(d) == region.name
            )
            if members:
                name = self.names.account(place(region))
                suffix = f"_{region.name.upper()}" if found else ""
                found.append(
                    Account(
                        region=region.name,
                        place=place(region),
                        name=name,
                        endpoint=names.endpoint(name),
                        key_variable=f"AZURE_OPENAI_API_KEY{suffix}",
                        deployments=members,
                    )
                )
        return tuple(found)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """One per alias, in the order in which aliases appear."""
        members: dict[str, list[Deployment]] = {}
        for deployment in self.deployments:
            members.setdefault(alias(deployment), []).append(deployment)
        return tuple(
            Group(alias=name, kind=self.kind_of(found[0]), members=tuple(found))
            for name, found in members.items()
        )

    def account_of(self, deployment: Deployment) -> Account | None:
        """The account that a deployment is in; None for another provider's model."""
        if deployment.provider != AZURE:
            return None
        region = self.region_of(deployment)
        return next((account for account in self.accounts if account.region == region), None)

    def region_of(self, deployment: Deployment) -> str:
        return deployment.region or self.home.name

    def api_version_of(self, deployment: Deployment) -> str:
        return deployment.api_version or self.api_version

    def version_of(self, deployment: Deployment) -> Version | None:
        """What the catalog knows about a deployment's model; None for another provider's."""
        if deployment.provider != AZURE or deployment.version is None:
            return None
        return self._catalog.find(deployment.model, deployment.version)

    def application_key(self, application: Application) -> str | None:
        """The key that the settings give an application; None where it is generated."""
        given = self.application_keys.get(application.name)
        return given.get_secret_value() if given is not None else None

    def kind_of(self, deployment: Deployment) -> Kind:
        known = self._catalog.models.get(deployment.model) if deployment.provider == AZURE else None
        return known.kind if known else Kind(deployment.kind or Kind.CHAT)

    def lifecycle_of(self, deployment: Deployment) -> Lifecycle | None:
        """Where a deployment's model stands today; None for another provider's model."""
        version = self.version_of(deployment)
        return self._catalog.lifecycle(version, self.today, deployment.sku) if version else None

    @cached_property
    def retired(self) -> Mapping[str, str]:
        """Deployments whose model has retired, by path of Pulumi's logical name parts (region/name), with what to say.

        A retired model stops its creation, not the stack that still holds it: so this is no error here.
        """
        return {
            f"{self.region_of(d)}/{d.name}": lifecycle.message
            for d in self.deployments
            if (lifecycle := self.lifecycle_of(d)) and lifecycle.retired
        }

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What should be changed before long, each with the line to change."""
        models = (
            f"{NAMESPACE}:deployments[{index}].version: {lifecycle.message}"
            for index, d in enumerate(self.deployments)
            if (lifecycle := self.lifecycle_of(d)) and lifecycle.message
        )
        return (*models, *((CACHE_WARNING,) if self.response_cache.enabled else ()))

    @cached_property
    def late_budget(self) -> str | None:
        """What to say where the budget starts at a time at which Azure makes none; None where it can be made.

        It stops the budget's creation, not the stack that has it since an earlier month: so this is no error here.
        """
        start, month = self.budget.start_date, self.today.replace(day=1)
        if start is None or month <= start <= month.replace(year=month.year + 1):
            return None
        return (
            f"{NAMESPACE}:budget.startDate is {start}: Azure makes a monthly budget from this month on, or from one "
            f'within a year. Write startDate: "{month}", and leave it so from then on.'
        )

    @cached_property
    def secret_variables(self) -> tuple[str, ...]:
        """The gateway's secret environment variables; `names.secret_name` says what holds each."""
        keys = () if self.keyless else tuple(account.key_variable for account in self.accounts)
        others = dict.fromkeys(d.api_key_variable for d in self.deployments if d.api_key_variable)
        applications = (variable for found in self.applications for variable in key_variables(found).values())
        return ("LITELLM_MASTER_KEY", *keys, *others, *applications)


def place(region: Region) -> Place:
    """How names write a region. One that the table lacks is caught by the checks."""
    return Place(region.short or names.REGION_SHORT_NAMES.get(region.name, region.name), region.instance)


def key_variables(application: Application) -> dict[int, str]:
    """The environment variables that hold its keys, by the generation of each, the newest first.

    The generation is in the name, so that each is a secret of its own in the vault, which never lets go of one.
    """
    word = application.name.upper().replace("-", "_")
    generations = [application.generation]
    if application.accept_previous:
        generations.append(application.generation - 1)
    return {generation: f"APPLICATION_KEY_{word}_{generation}" for generation in generations}


def alias(deployment: Deployment) -> str:
    """The name that clients use."""
    return deployment.alias or deployment.name
