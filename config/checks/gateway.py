"""The gateway: what Container Apps can run, and what LiteLLM can bear."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import SecretStr

from config.problems import HIDDEN, Problem

if TYPE_CHECKING:
    from config.settings import Group, Settings

# Container Apps' ingress ends a request that has been silent for so long (a setting of premium ingress).
INGRESS_SECONDS = 240

LARGEST_CPU = 4.0
CPU_STEP = 0.25

# LiteLLM takes about 340 MB, and containers of 512 MiB were killed.
SMALLEST_CPU = 0.5

# What a bearer token is made of (RFC 6750, b64token): headers, shells and `.env` files carry it as it is.
KEY_CHARACTERS = re.compile(r"sk-[A-Za-z0-9._~+/=-]+")
SHORTEST_KEY = 32
FEWEST_CHARACTERS = 12


def image(settings: "Settings") -> Iterator[Problem]:
    """One version of the image, the same tomorrow."""
    name = settings.gateway.image
    tag = name.rpartition("/")[2].partition(":")[2]
    if not tag or tag == "latest" or tag.endswith(("-latest", "-stable")) or "@" in name:
        yield Problem(
            key="gateway.image",
            value=name,
            allowed="a repository and the tag of one version; the digest stands in gateway.digest",
            next="write one such as ghcr.io/berriai/litellm:v1.106.2",
        )


def size(settings: "Settings") -> Iterator[Problem]:
    """A cpu and memory pair that Container Apps has, and that LiteLLM fits in."""
    gateway = settings.gateway
    if not SMALLEST_CPU <= gateway.cpu <= LARGEST_CPU or not (gateway.cpu / CPU_STEP).is_integer():
        nearest = min(max(round(gateway.cpu / CPU_STEP) * CPU_STEP, SMALLEST_CPU), LARGEST_CPU)
        yield Problem(
            key="gateway.cpu",
            value=gateway.cpu,
            allowed=f"{SMALLEST_CPU:g} to {LARGEST_CPU:g} in steps of {CPU_STEP:g}; in less than 1Gi LiteLLM is killed",
            next=f"write cpu: {nearest:g}",
        )
    elif gateway.memory_gi != 2 * gateway.cpu:
        yield Problem(
            key="gateway.memory",
            value=gateway.memory,
            allowed=f"{2 * gateway.cpu:g}Gi: Container Apps gives 2Gi a core, and {gateway.cpu:g} are asked for",
            next=f"leave memory out, or write cpu: {gateway.memory_gi / 2:g}",
            about=("gateway.cpu",),
        )


def replicas(settings: "Settings") -> Iterator[Problem]:
    gateway = settings.gateway
    if gateway.min_replicas > gateway.max_replicas:
        yield Problem(
            key="gateway.minReplicas",
            value=gateway.min_replicas,
            allowed=f"at most maxReplicas, {gateway.max_replicas}",
            next="lower it, or raise maxReplicas",
            about=("gateway.maxReplicas",),
        )


def patience(settings: "Settings") -> Iterator[Problem]:
    """All tries of a call end before the ingress gives up on it, and a leaving replica outlasts a try."""
    gateway = settings.gateway
    tries, why, about = max(_tries(settings, group) for group in settings.groups)
    if gateway.request_timeout_seconds * tries >= INGRESS_SECONDS:
        longest = math.ceil(INGRESS_SECONDS / tries) - 1
        yield Problem(
            key="gateway.requestTimeoutSeconds",
            value=gateway.request_timeout_seconds,
            allowed=f"at most {longest}: {why} have to end before the ingress does, after {INGRESS_SECONDS} s",
            next=f"write requestTimeoutSeconds: {longest}, or lower the number of tries",
            about=about,
        )
    if gateway.termination_grace_seconds < gateway.request_timeout_seconds:
        yield Problem(
            key="gateway.terminationGraceSeconds",
            value=gateway.termination_grace_seconds,
            allowed=f"at least requestTimeoutSeconds, {gateway.request_timeout_seconds}: else a roll cuts streams off",
            next=f"write terminationGraceSeconds: {gateway.request_timeout_seconds} or more",
            about=("gateway.requestTimeoutSeconds",),
        )


def _tries(settings: "Settings", group: "Group") -> tuple[int, str, tuple[str, ...]]:
    """How often a call may be tried, in what way, and the settings that say so."""

    def own(one: "Group") -> int:
        return settings.gateway.num_retries + 1 if len(one.members) == 1 else len(one.members)

    named = set(settings.fallbacks.get(group.alias, ())) - {group.alias}
    behind = [other for other in settings.groups if other.alias in named]
    if behind:
        names = ", then ".join(one.alias for one in (group, *behind))
        total = sum(own(one) for one in (group, *behind))
        return total, f"{total} tries, of {names}", ("deployments", "fallbacks", "gateway.numRetries")
    if len(group.members) == 1:
        numbers = f"{own(group)} tries of numRetries {settings.gateway.num_retries}"
        return own(group), numbers, ("gateway.numRetries",)
    return own(group), f"{own(group)} tries, one for each deployment of {group.alias}", ("deployments",)


def response_cache(settings: "Settings") -> Iterator[Problem]:
    """Answers are kept in Redis."""
    if settings.response_cache.enabled and not settings.redis.enabled:
        yield Problem(
            key="responseCache.enabled",
            value=True,
            allowed="true only together with redis.enabled: answers are kept there",
            next="set redis.enabled: true, or leave responseCache out",
            about=("redis.enabled",),
        )


def master_key(settings: "Settings") -> Iterator[Problem]:
    """A key of one's own is as strong as the one that is generated otherwise."""
    if settings.master_key is not None:
        yield from weak("masterKey", settings.master_key)


def weak(key: str, secret: SecretStr) -> Iterator[Problem]:
    """What is wrong with a key that could be guessed, or would not survive a header.

    :param key: the setting that gives it.
    """
    value = secret.get_secret_value()
    body = value.removeprefix("sk-")
    strong = len(body) >= SHORTEST_KEY and len(set(body)) >= FEWEST_CHARACTERS
    if not strong or not KEY_CHARACTERS.fullmatch(value):
        yield Problem(
            key=key,
            value=HIDDEN,
            allowed=f"sk- and at least {SHORTEST_KEY} random characters, {FEWEST_CHARACTERS} of them different: "
            "letters, digits and . _ ~ + / = -",
            next="leave it out, and one is generated; else: openssl rand -hex 32",
        )
