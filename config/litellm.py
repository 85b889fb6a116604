"""Settings in, LiteLLM's `config.yaml` out.

The proxy ignores what it does not know, and sends some unknown keys on to Azure (seen with 1.106.2), so what
may be written is a closed schema here, and each choice below says what was seen. Sources: LiteLLM 1.106.2's
source, and runs of the proxy against loopback servers that answer as Azure does, 2026-11.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from config.catalog import Kind
from config.schema import PROVISIONED, Authentication, Deployment
from config.settings import AZURE, Account, Group, Settings, alias
from config.versions import joined_to_v1, responses_bridged

MASTER_KEY: Final = "LITELLM_MASTER_KEY"

# How long a failing member of a group stays out before one call tries it again. Written for each deployment,
# because that also caps Retry-After: one of 86400 kept a healthy region out for a day.
COOLDOWN_SECONDS: Final = 10

# What Azure OpenAI's tokens are made for; LiteLLM's own default, said aloud. Newer pages say https://ai.azure.com.
SCOPE: Final = "https://cognitiveservices.azure.com/.default"


class Closed(BaseModel):
    """Only keys that LiteLLM is known to read in this place."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Params(Closed):
    """`litellm_params` of one deployment. None of these keys reaches the body of a call."""

    model: str
    api_base: str | None = None
    api_version: str | None = None
    api_key: str | None = Field(None, pattern=r"^os\.environ/[A-Z][A-Z0-9_]*$")
    deployment_id: str | None = None
    base_model: str | None = None
    use_chat_completions_api: Literal[True] | None = None
    num_retries: int | None = Field(None, ge=0)
    weight: int | None = Field(None, ge=1)
    order: int | None = Field(None, ge=1)


class ModelInfo(Closed):
    """`model_info`: what `/model/info`, costs and `/health` go by. The id comes back as `x-litellm-model-id`.

    `cooldown_time` stands here and not in `litellm_params`: there, Responses calls don't see it, and one 404
    closed a group of one for everybody; here, every kind of call does.
    """

    id: str
    mode: Kind
    base_model: str | None = None
    cooldown_time: int = Field(ge=0)


class Entry(Closed):
    model_name: str
    litellm_params: Params
    model_info: ModelInfo


class RetryPolicy(Closed):
    RateLimitErrorRetries: int = Field(ge=0)


class RouterSettings(Closed):
    """There is no `allowed_fails`: any value but the default lets every failure close a group of one."""

    routing_strategy: Literal["simple-shuffle"]
    timeout: int = Field(ge=1)
    num_retries: int = Field(ge=0)
    enable_weighted_failover: bool
    fallbacks: tuple[dict[str, tuple[str, ...]], ...] | None = None
    context_window_fallbacks: tuple[dict[str, tuple[str, ...]], ...] | None = None
    model_group_retry_policy: dict[str, RetryPolicy] | None = None


class RedisConnection(Closed):
    """Azure Managed Redis by the gateway's identity. LiteLLM gets a token for https://redis.azure.com whenever it
    connects, and signs in as REDIS_USERNAME (its `_redis.py`)."""

    url: Literal["os.environ/REDIS_URL"] = "os.environ/REDIS_URL"
    azure_redis_ad_token: Literal[True] = True


class CacheParams(RedisConnection):
    type: Literal["redis"] = "redis"
    namespace: Literal["response"] = "response"
    ttl: int = Field(ge=1)


class LiteLLMSettings(Closed):
    drop_params: bool
    set_verbose: Literal[False]
    mode: Literal["azure"]
    json_logs: bool
    enable_azure_ad_token_refresh: Literal[True] | None = None
    callbacks: tuple[Literal["call_log.calls"]]
    enable_post_custom_auth_checks: Literal[True]
    cache: Literal[True] | None = None
    cache_params: CacheParams | None = None


class GeneralSettings(Closed):
    """LiteLLM itself holds an application to its models, to its calls a minute, and to calls alone. It takes both words
    about checks: without `enable_post_custom_auth_checks` a key opens every model (seen with 1.106.2), without
    `custom_auth_run_common_checks` administration too (its source)."""

    master_key: Literal["os.environ/LITELLM_MASTER_KEY"]
    custom_auth: Literal["applications.authenticate"]
    custom_auth_run_common_checks: Literal[True]
    coordination_redis: RedisConnection | None = None


class LiteLLMConfig(Closed):
    """The whole file."""

    model_list: tuple[Entry, ...] = Field(min_length=1)
    router_settings: RouterSettings
    litellm_settings: LiteLLMSettings
    general_settings: GeneralSettings


def config(settings: Settings) -> LiteLLMConfig:
    """What the gateway of these settings is told."""
    alone = [group.alias for group in settings.groups if len(group.members) == 1]
    return LiteLLMConfig(
        model_list=tuple(_entries(settings)),
        router_settings=RouterSettings(
            routing_strategy="simple-shuffle",
            timeout=settings.gateway.request_timeout_seconds,
            # Retries are given per deployment: with 0 here a chat group fails over to another member at once.
            num_retries=0,
            enable_weighted_failover=True,
            fallbacks=_one_by_one(settings.fallbacks),
            context_window_fallbacks=_one_by_one(settings.long_context_fallbacks),
            # Waiting out a Retry-After held callers of a group of one for 26 s; a 429 now tells them at once.
            model_group_retry_policy={name: RetryPolicy(RateLimitErrorRetries=0) for name in alone} or None,
        ),
        litellm_settings=LiteLLMSettings(
            drop_params=True,
            set_verbose=False,
            mode="azure",
            json_logs=True,
            enable_azure_ad_token_refresh=True if settings.keyless else None,
            callbacks=("call_log.calls",),
            enable_post_custom_auth_checks=True,
            cache=True if settings.response_cache.enabled else None,
            cache_params=CacheParams(ttl=settings.response_cache.ttl_seconds)
            if settings.response_cache.enabled
            else None,
        ),
        general_settings=GeneralSettings(
            master_key="os.environ/LITELLM_MASTER_KEY",
            custom_auth="applications.authenticate",
            custom_auth_run_common_checks=True,
            # Cooldowns and calls a minute, shared by the replicas. Gone, each replica counts by itself (seen).
            coordination_redis=RedisConnection() if settings.redis.enabled else None,
        ),
    )


def _one_by_one(fallbacks: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], ...] | None:
    """As LiteLLM reads it: a list of objects of one key each."""
    return tuple({alias: others} for alias, others in fallbacks.items()) or None


def _entries(settings: Settings) -> Iterator[Entry]:
    groups = {group.alias: group for group in settings.groups}
    for deployment in settings.deployments:
        group = groups[alias(deployment)]
        yield Entry(
            model_name=group.alias,
            litellm_params=_params(settings, group, deployment),
            model_info=ModelInfo(
                id=model_id(settings, deployment),
                mode=group.kind,
                base_model=_base_model(settings, deployment),
                # 0: never shut out. A group of one would answer everybody with 429 after a single 401 or 404.
                cooldown_time=COOLDOWN_SECONDS if len(group.members) > 1 else 0,
            ),
        )


def model_id(settings: Settings, deployment: Deployment) -> str:
    """Which deployment answered, as the caller sees it in `x-litellm-model-id`: `gpt-4o/southcentralus/gpt-4o`."""
    where = settings.region_of(deployment) if deployment.provider == AZURE else deployment.provider
    return f"{alias(deployment)}/{where}/{deployment.name}"


def _params(settings: Settings, group: Group, deployment: Deployment) -> Params:
    routing = _routing(settings, group, deployment)
    account = settings.account_of(deployment)
    if account is None:
        return Params(
            model=f"{deployment.provider}/{deployment.model}",
            api_base=deployment.api_base,
            api_key=_from_environment(deployment.api_key_variable) if deployment.api_key_variable else None,
            **routing,
        )
    version = settings.api_version_of(deployment)
    bridged = group.kind is Kind.CHAT and responses_bridged(deployment.responses, version)
    return Params(
        # With the prefix every kind of call goes to Azure as Azure wants it; without it Responses do not.
        model=f"azure/{deployment.name}",
        # LiteLLM joins v1's path with a slash of its own; dated versions take the note's slash.
        api_base=account.endpoint.rstrip("/") if joined_to_v1(version) else account.endpoint,
        api_version=version,
        api_key=_key(settings, account),
        deployment_id=deployment.name,
        base_model=_base_model(settings, deployment),
        use_chat_completions_api=True if bridged else None,
        **routing,
    )


def _routing(settings: Settings, group: Group, deployment: Deployment) -> dict[str, Any]:
    """How calls move within a group: by what was seen to lose none on 401, 403, 404, 410, 429, 500 and a hang,
    with one member failing of two and two of three, for chat, streams, Responses, messages and embeddings.

    Alone: tried again in place.
    Chat, several: weighted failover takes the next member at once, for Responses and messages too.
    Embeddings, several: failover does not cover them (8 of 16 failed on 410); tiers of `order` do.
    """
    if len(group.members) == 1:
        return {"num_retries": settings.gateway.num_retries}
    tiers = _tiers(group)
    tier = tiers[group.members.index(deployment)]
    peers = [member for member, of in zip(group.members, tiers, strict=True) if of == tier]
    return {
        "weight": _share(deployment, peers) if len(peers) > 1 else deployment.weight,
        "order": tier if len(peers) < len(group.members) else deployment.order,
    }


def _tiers(group: Group) -> list[int]:
    """Each member's place: the settings' own, else what is paid for anyway before what is paid by the token."""
    if any(member.order for member in group.members):
        return [member.order or 1 for member in group.members]
    later = [member.sku not in PROVISIONED for member in group.members]
    if group.kind is Kind.EMBEDDING:
        ranked = sorted(range(len(later)), key=lambda index: (later[index], index))
        return [ranked.index(index) + 1 for index in range(len(later))]
    return [1 + late for late in later] if len(set(later)) > 1 else [1] * len(later)


def _share(deployment: Deployment, peers: Sequence[Deployment]) -> int | None:
    """A weight for each of a tier or for none: LiteLLM never asks one that lacks what another has (its source)."""
    if any(peer.weight for peer in peers):
        return deployment.weight or 1
    return deployment.capacity if all(peer.capacity for peer in peers) else None


def _base_model(settings: Settings, deployment: Deployment) -> str | None:
    """The price list's name of the model: costs, and which parameters `/health` may send, go by it."""
    version = settings.version_of(deployment)
    return version.base_model if version else None


def _key(settings: Settings, account: Account) -> str | None:
    """Nothing when keyless: a key in any place wins over the token."""
    if settings.authentication is Authentication.ENTRA:
        return None
    return _from_environment(account.key_variable)


def _from_environment(variable: str) -> str:
    return f"os.environ/{variable}"


def environment(settings: Settings) -> dict[str, str]:
    """The gateway's environment, what is secret left out: that is `settings.secret_variables`.

    What only Azure knows the program adds: `AZURE_CLIENT_ID` of a managed identity that asks for tokens, Redis'
    address and the name that the identity has there.
    """
    plain = {
        # Without it LiteLLM reads a .env that lies about.
        "LITELLM_MODE": "PRODUCTION",
        # Without it LiteLLM fetches a price list from the internet, three tries long, before it serves.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        # Nothing to administer without a database.
        "DISABLE_ADMIN_UI": "True",
    }
    if settings.keyless:
        plain |= {"AZURE_CREDENTIAL": "ManagedIdentityCredential", "AZURE_SCOPE": SCOPE}
    return plain


class _Readable(yaml.SafeDumper):
    """Lists indented under their key, no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def render(config: LiteLLMConfig, source: str = "Pulumi.<stack>.yaml") -> str:
    """The file as the gateway reads it: the same settings give the same bytes."""
    sections = config.model_dump(mode="json", exclude_none=True)
    lines = [f"# Generated by litellm-azure from {source}: change that, not this."]
    for name, comment in _COMMENTS.items():
        body = yaml.dump(
            {name: sections[name]}, Dumper=_Readable, sort_keys=False, width=1000, allow_unicode=True
        )
        lines += ["", *(f"# {line}" for line in comment), body.rstrip()]
    return "\n".join(lines) + "\n"


_COMMENTS: Final = {
    "model_list": (
        "What clients can ask for (model_name), and the Azure OpenAI deployments that answer.",
        "An entry whose name stands alone is tried again in place and never shut out.",
    ),
    "router_settings": (
        "Several entries of one name take over from each other when one fails. Chat shares its load among them;",
        "embeddings go to the lowest order that answers.",
    ),
    "litellm_settings": ("drop_params: parameters that a model lacks are left out, not refused.",),
    "general_settings": (
        "Secrets come from the environment, and that from Key Vault.",
        "Each application has a key of its own (applications.py); the master key is for administration.",
    ),
}
