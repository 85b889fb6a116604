"""Microsoft.CognitiveServices: what a location offers, what is used of it, and what was deleted."""

import re
import time
from datetime import UTC, datetime, timedelta

from offline.arm import cognitive_laws as laws
from offline.arm import models
from offline.arm.errors import JSON
from offline.arm.general_laws import FILTER
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Route, RouteRequest
from offline.arm.models import FORMAT, Model, catalog
from offline.arm.regions import region
from offline.arm.store import Deleted, Resource

ACCOUNT = "Microsoft.CognitiveServices/accounts"
DEPLOYMENT = f"{ACCOUNT}/deployments"

REGIONAL_SUFFIX = ".api.cognitive.microsoft.com"
"""A region's own host, behind the region's name."""

KEPT_SECONDS = 48 * 3600
"""How long a deleted account can be restored, by the wall clock."""

_PROVIDER = "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices"
_DELETED = f"{_PROVIDER}/locations/{{location}}/resourceGroups/{{group}}/deletedAccounts/{{name}}"


def endpoints(subdomain: object, location: str) -> tuple[str, JSON]:
    """An account's endpoint, and its map of them."""
    if not subdomain:
        url = f"https://{region(location)}{REGIONAL_SUFFIX}/"
    else:
        url = f"https://{str(subdomain).lower()}.openai.azure.com/"
    names = (
        "OpenAI Language Model Instance API",
        "OpenAI Dall-E API",
        "OpenAI Moderations API",
        "OpenAI Model Scaleset API",
        "OpenAI Realtime API",
        "OpenAI Whisper API",
        "OpenAI Sora API",
    )
    return url, dict.fromkeys(names, url)


def buried(azure: Azure) -> list[Deleted]:
    """Accounts that are soft-deleted; those that have expired are forgotten."""
    found: list[Deleted] = []
    for old in azure.store.deleted(ACCOUNT):
        if time.time() - old.at > KEPT_SECONDS:
            azure.store.forget(old.id)
        else:
            found.append(old)
    return found


def quota_name(sku: str, model: str) -> str:
    """What Azure calls a quota in its texts."""
    unit = "Provisioned Throughput Unit" if "Provisioned" in sku else "Tokens Per Minute (thousands)"
    return f"{unit} - {model} - {sku}"


def used(azure: Azure, location: str, sku: str, model: str, *, only: ResourceId | None = None) -> int:
    """Capacity in use of a SKU and model in a region: of everything, or of one deployment."""
    return sum(
        capacity
        for deployment in azure.store.of_type(DEPLOYMENT)
        if (only is None or deployment.id.key == only.key)
        for found_sku, found_model, capacity in [_holding(deployment)]
        if (found_sku, found_model) == (sku, model) and _location(azure, deployment) == region(location)
    )


def _holding(deployment: Resource) -> tuple[str, str, int]:
    sku, model = deployment.body.get("sku"), deployment.properties.get("model")
    assert isinstance(sku, dict)
    assert isinstance(model, dict)
    return str(sku["name"]), str(model["name"]), int(sku["capacity"])


def _location(azure: Azure, deployment: Resource) -> str:
    account = azure.store.get(deployment.id.parent) if deployment.id.parent is not None else None
    return region(str(account.body.get("location", ""))) if account is not None else ""


def _lifecycle(azure: Azure, model: Model) -> str:
    """Azure's list says Deprecating for what the documentation calls Deprecated, and Deprecated for Retired."""
    if models.is_retired(azure.store, model):
        return "Deprecated"
    return "Deprecating" if model.state == "deprecated" else "GenerallyAvailable"


def _listed_model(azure: Azure, model: Model) -> JSON:
    retires = f"{model.retires.isoformat()}T00:00:00Z"
    return {
        "format": FORMAT,
        "name": model.name,
        "version": model.version,
        "isDefaultVersion": model.default,
        "skus": [
            {
                "name": sku,
                "usageName": f"OpenAI.{sku}.{model.name}",
                "deprecationDate": retires,
                "capacity": {"default": min(10, catalog().quota[sku]), "maximum": catalog().quota[sku]},
            }
            for sku in model.skus
        ],
        "maxCapacity": 3,
        "capabilities": model.capabilities,
        "deprecation": {"inference": retires},
        "lifecycleStatus": _lifecycle(azure, model),
    }


async def _models(azure: Azure, asked: RouteRequest) -> object:
    return {
        "value": [
            {"kind": kind, "skuName": "S0", "model": _listed_model(azure, model)}
            for kind in ("OpenAI", "AIServices")
            for model in catalog().models
        ]
    }


async def _account_models(azure: Azure, asked: RouteRequest) -> object:
    return {"value": [_listed_model(azure, model) for model in catalog().models]}


async def _usages(azure: Azure, asked: RouteRequest) -> object:
    location = region(asked.words["location"])
    by_quota = {(sku, model.name): model for model in catalog().models for sku in model.skus}
    wanted = asked.query.get("$filter", "")
    named = re.fullmatch(r"\s*name\.value\s+eq\s+'([^']*)'\s*", wanted)
    if wanted and named is None:
        raise FILTER.broken(filter=wanted)
    return {
        "value": [
            {
                "name": {"value": f"OpenAI.{sku}.{name}", "localizedValue": quota_name(sku, name)},
                "currentValue": float(used(azure, location, sku, name)),
                "limit": float(models.quota(azure.store, location, sku, model)),
                "unit": "Count",
            }
            for (sku, name), model in by_quota.items()
            if named is None or named.group(1) == f"OpenAI.{sku}.{name}"
        ]
    }


def _shown_deleted(old: Deleted) -> JSON:
    location = str(old.body.get("location"))
    at = datetime.fromtimestamp(old.at, UTC)
    properties = old.body.get("properties")
    subscription, group = old.id.subscription, old.id.group
    return {
        **old.body,
        "id": f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}"
        f"/resourceGroups/{group}/deletedAccounts/{old.id.name}",
        "type": "Microsoft.CognitiveServices/deletedAccounts",
        "properties": {
            **(properties if isinstance(properties, dict) else {}),
            "provisioningState": "Deleted",
            "deletionDate": _stamp(at),
            "scheduledPurgeDate": _stamp(at + timedelta(seconds=KEPT_SECONDS)),
        },
    }


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def _list_deleted(azure: Azure, asked: RouteRequest) -> object:
    return {"value": [_shown_deleted(old) for old in buried(azure)]}


def _deleted(azure: Azure, asked: RouteRequest) -> Deleted:
    """:raises ArmError: cog-deleted-missing."""
    words = asked.words
    for old in buried(azure):
        if (old.id.name.lower(), str(old.id.group).lower(), region(str(old.body.get("location")))) == (
            words["name"].lower(),
            words["group"].lower(),
            region(words["location"]),
        ):
            return old
    raise laws.DELETED_MISSING.broken(name=words["name"], location=words["location"])


async def _get_deleted(azure: Azure, asked: RouteRequest) -> object:
    return _shown_deleted(_deleted(azure, asked))


async def _purge(azure: Azure, asked: RouteRequest) -> object:
    old = _deleted(azure, asked)
    await azure.clock.sleep(5)
    azure.store.forget(old.id)
    return {}


async def _check_domain(azure: Azure, asked: RouteRequest) -> object:
    wanted = str(asked.body.get("subdomainName", ""))
    bodies = [account.body for account in azure.store.of_type(ACCOUNT)]
    bodies += [old.body for old in buried(azure)]
    free = all(
        str(properties.get("customSubDomainName", "")).lower() != wanted.lower()
        for properties in (body.get("properties") for body in bodies)
        if isinstance(properties, dict)
    )
    said: JSON = {"isSubdomainAvailable": free, "subdomainName": wanted, "type": asked.body.get("type")}
    return said if free else {**said, "reason": f"Sub domain name '{wanted}' is already used."}


ROUTES = (
    Route(method="GET", path=f"{_PROVIDER}/locations/{{location}}/models", answer=_models),
    Route(
        method="GET",
        path=f"{_PROVIDER}/locations/{{location}}/usages",
        answer=_usages,
        reads=frozenset({"$filter"}),
    ),
    Route(method="GET", path=f"{_PROVIDER}/deletedAccounts", answer=_list_deleted),
    Route(method="GET", path=_DELETED, answer=_get_deleted),
    Route(method="DELETE", path=_DELETED, answer=_purge),
    Route(method="POST", path=f"{_PROVIDER}/checkDomainAvailability", answer=_check_domain),
    Route(
        method="GET",
        path="/subscriptions/{subscription}/resourceGroups/{group}/providers/"
        "Microsoft.CognitiveServices/accounts/{account}/models",
        answer=_account_models,
    ),
)
