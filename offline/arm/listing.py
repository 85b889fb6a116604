"""GETs of many: collections, everything in a group, and what the subscription itself can tell."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from offline.arm import general_laws as laws
from offline.arm.errors import JSON
from offline.arm.hidden import without_hidden
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind
from offline.arm.regions import REGIONS
from offline.arm.store import Resource

PAGE = 1000
"""ARM's own page length, where `$top` asks for no less."""

PAGE_FACT = "page-length"
"""Store fact: a shorter one. A service may end a page where it likes, and clients follow `nextLink`."""

_EQUALS = re.compile(
    r"\s*(resourceType|name|resourceGroup|tagName|tagValue|location)\s+eq\s+'([^']*)'\s*", re.I
)


def seen(azure: Azure, kind: Kind, resource: Resource) -> JSON:
    """A resource as a GET shows it: without what is written and never read."""
    return without_hidden(kind, kind.shown(azure, resource))


def collection(azure: Azure, kind: Kind, scope: ResourceId, query: Mapping[str, str]) -> list[JSON]:
    """Resources of one type in a group, below a parent, or in the whole subscription."""
    found = [resource for resource in azure.store.of_type(kind.type) if _listed(resource.id, scope, kind)]
    return [seen(azure, kind, resource) for resource in kind.select(azure, scope, found, query)]


def _listed(resource_id: ResourceId, scope: ResourceId, kind: Kind) -> bool:
    if not resource_id.within(scope):
        return False
    # A list of a parent's children shows its own only; one at a group or subscription shows all below.
    return resource_id.parent is None or resource_id.parent.key == scope.key or not kind.groups


def everything(azure: Azure, scope: ResourceId, query: Mapping[str, str]) -> list[JSON]:
    """The tracked resources of a group or subscription, as `/resources` shows them.

    :raises ArmError: filter.
    """
    wanted = asked_for(query)
    found: list[JSON] = []
    for resource in azure.store.below(scope):
        kind = azure.kinds[resource.type.lower()]
        if not kind.located or resource.id.group is None or "/providers/" not in resource.id.key:
            continue
        keys = ("id", "name", "type", "kind", "location", "sku", "identity", "tags")
        short: JSON = {key: resource.body[key] for key in keys if key in resource.body}
        if resource.id.parent is not None:
            short["name"] = "/".join(resource.id.names)
        if passes(short, resource.id, wanted):
            found.append(short)
    return found


def asked_for(query: Mapping[str, str]) -> dict[str, str]:
    """What `$filter` says, by lower-case word.

    :raises ArmError: filter.
    """
    text = query.get("$filter", "")
    wanted: dict[str, str] = {}
    for clause in re.split(r"\s+and\s+", text) if text else []:
        match = _EQUALS.fullmatch(clause)
        if match is None:
            raise laws.FILTER.broken(filter=text)
        wanted[match.group(1).lower()] = match.group(2)
    return wanted


def passes(short: JSON, resource_id: ResourceId, wanted: Mapping[str, str]) -> bool:
    """Whether a resource is as `asked_for`."""
    tags = short.get("tags")
    has = {
        "resourcetype": str(short.get("type")),
        "name": str(short.get("name")),
        "resourcegroup": resource_id.group or "",
        "location": str(short.get("location")),
    }
    for key, value in wanted.items():
        if key == "tagname":
            named = tags.get(value) if isinstance(tags, dict) else None
            if named is None or wanted.get("tagvalue", named) != named:
                return False
        elif key != "tagvalue" and has[key].lower() != value.lower():
            return False
    return True


def page(azure: Azure, items: Sequence[object], query: Mapping[str, str], url: str) -> JSON:
    """One page of a list; `nextLink` leads to the next.

    :param url: absolute address of the list, without its query.
    """
    told = azure.store.fact(PAGE_FACT)
    longest = told if isinstance(told, int) else PAGE
    start = _number(query.get("$skiptoken"), 0)
    length = max(1, min(longest, _number(query.get("$top"), longest)))
    reply: JSON = {"value": list(items[start : start + length])}
    if start + length < len(items):
        reply["nextLink"] = f"{url}?{urlencode({**query, '$skiptoken': str(start + length)})}"
    return reply


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdigit():
        raise laws.QUERY.broken(value=text)
    return int(text)


def about(azure: Azure, path: str) -> object | None:
    """What ARM knows without any service: tenants, subscriptions, regions, providers. None is for somebody else."""
    base = f"/subscriptions/{azure.subscription_id}"
    segments = path.lower().strip("/").split("/")
    match segments:
        case ["tenants"]:
            return {"value": [_tenant(azure)]}
        case ["subscriptions"]:
            return {"value": [_subscription(azure)]}
        case ["subscriptions", _]:
            return _subscription(azure)
        case ["subscriptions", _, "locations"]:
            return {
                "value": [
                    {"id": f"{base}/locations/{name}", "name": name, "displayName": shown, "type": "Region"}
                    for name, shown in REGIONS.items()
                ]
            }
        case ["providers"] | ["subscriptions", _, "providers"]:
            return {"value": [_provider(azure, namespace) for namespace in _namespaces(azure)]}
        case ["providers", wanted] | ["subscriptions", _, "providers", wanted]:
            return _provider_named(azure, wanted)
        case ["subscriptions", _, "providers", wanted, "register"]:
            return _provider_named(azure, wanted)
    return None


def _tenant(azure: Azure) -> JSON:
    return {
        "id": f"/tenants/{azure.tenant_id}",
        "tenantId": azure.tenant_id,
        "displayName": "Offline",
        "tenantCategory": "Home",
    }


def _subscription(azure: Azure) -> JSON:
    return {
        "id": f"/subscriptions/{azure.subscription_id}",
        "subscriptionId": azure.subscription_id,
        "tenantId": azure.tenant_id,
        "displayName": "Offline",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _namespaces(azure: Azure) -> list[str]:
    return sorted({kind.type.partition("/")[0] for kind in azure.kinds.values()})


def _provider_named(azure: Azure, wanted: str) -> JSON:
    for namespace in _namespaces(azure):
        if namespace.lower() == wanted.lower():
            return _provider(azure, namespace)
    raise laws.NAMESPACE.broken(namespace=wanted)


def _provider(azure: Azure, namespace: str) -> JSON:
    types = [
        kind.type.partition("/")[2] for kind in azure.kinds.values() if kind.type.startswith(f"{namespace}/")
    ]
    return {
        "id": f"/subscriptions/{azure.subscription_id}/providers/{namespace}",
        "namespace": namespace,
        "registrationState": "Registered",
        "resourceTypes": [
            {"resourceType": name, "locations": list(REGIONS.values()), "apiVersions": []} for name in types
        ],
    }
