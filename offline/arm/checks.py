"""What the resource manager asks of every request before a service sees it."""

import re

from offline.arm import general_laws as laws
from offline.arm.access import Access
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind
from offline.arm.paths import Target
from offline.arm.regions import REGIONS, region
from offline.arm.store import Resource

LOCK = "Microsoft.Authorization/locks"
GROUP = "Microsoft.Resources/resourceGroups"

UNREGISTERED_FACT = "unregistered-namespaces"
"""Store fact: lower-case namespaces that the subscription is not registered for."""


def api_version(value: str | None) -> str:
    """The api-version of a request.

    :raises ArmError: api-version-missing, api-version-invalid.
    """
    if not value:
        raise laws.API_VERSION_MISSING.broken()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-preview|-alpha|-beta|-privatepreview)?", value):
        raise laws.API_VERSION_INVALID.broken(version=value)
    return value


def subscription(azure: Azure, resource_id: ResourceId) -> None:
    """:raises ArmError: subscription-missing."""
    named = resource_id.subscription
    if named is not None and named.lower() != azure.subscription_id.lower():
        raise laws.SUBSCRIPTION_MISSING.broken(subscription=named)


def kind_of(azure: Azure, where: Target, version: str) -> Kind:
    """:raises ArmError: type-unknown, for whatever this offline Azure does not have."""
    kind = azure.kinds.get(where.type.lower())
    if kind is None:
        namespace, _, rest = where.type.partition("/")
        raise laws.TYPE_UNKNOWN.broken(type=rest, namespace=namespace, version=version)
    return kind


def allowed(access: Access, principal_id: str, client_id: str, scope: ResourceId, action: str) -> None:
    """:raises ArmError: authz."""
    if not access.allows(principal_id, scope, action):
        raise laws.AUTHZ.broken(client=client_id, oid=principal_id, action=action, scope=scope.text)


def group(azure: Azure, resource_id: ResourceId, *, writing: bool) -> None:
    """:raises ArmError: rg-missing, rg-deleting."""
    group_id = resource_id.group_id
    if group_id is None:
        return
    found = azure.store.get(group_id)
    if found is None:
        raise laws.RG_MISSING.broken(rg=resource_id.group)
    if writing and found.state == "Deleting":
        raise laws.RG_DELETING.broken(rg=found.id.name)


def registered(azure: Azure, kind: Kind) -> None:
    """:raises ArmError: provider-off."""
    namespace = kind.type.partition("/")[0]
    off = azure.store.fact(UNREGISTERED_FACT)
    if isinstance(off, list) and namespace.lower() in off:
        raise laws.PROVIDER_OFF.broken(namespace=namespace)


def parents(azure: Azure, resource_id: ResourceId, kind: Kind, action: str) -> None:
    """:raises ArmError: parent-missing; res-missing for the scope of an extension."""
    parent, scope = resource_id.parent, resource_id.scope
    if parent is not None and azure.store.get(parent) is None:
        raise laws.PARENT_MISSING.broken(action=action, type=kind.type, parent="/".join(parent.names))
    if scope is not None and "/providers/" in scope.key and azure.store.get(scope) is None:
        above = azure.kinds.get(scope.type.lower(), kind)
        raise above.missing(scope)


def locks_on(azure: Azure, resource_id: ResourceId, *, level: tuple[str, ...]) -> list[Resource]:
    """Locks at the resource or above it, and below a resource group that is to go."""
    found: list[Resource] = []
    for lock in azure.store.of_type(LOCK):
        scope = lock.id.scope
        if scope is None or lock.properties.get("level") not in level:
            continue
        inside = resource_id.type == GROUP and scope.within(resource_id)
        if resource_id.within(scope) or inside:
            found.append(lock)
    return found


def unlocked(azure: Azure, resource_id: ResourceId, operation: str) -> None:
    """:raises ArmError: locked."""
    if resource_id.type.lower() == LOCK.lower():
        return
    level = ("CanNotDelete", "ReadOnly") if operation == "delete" else ("ReadOnly",)
    locks = locks_on(azure, resource_id, level=level)
    if operation != "delete":
        locks = [lock for lock in locks if lock.id.scope is not None and resource_id.within(lock.id.scope)]
    if locks:
        raise laws.LOCKED.broken(
            id=resource_id.text,
            operation=operation,
            ids=",".join(lock.id.scope.text for lock in locks if lock.id.scope is not None),
        )


def location(kind: Kind, resource_id: ResourceId, body: JSON, existing: Resource | None) -> JSON:
    """The body with its location as Azure writes it.

    :raises ArmError: location, location-required, location-unknown, rg-location.
    """
    if not kind.located:
        return body
    asked = body.get("location")
    there = existing.body.get("location") if existing is not None else None
    if not isinstance(asked, str) or not asked:
        if isinstance(there, str):
            return {**body, "location": there}
        raise laws.LOCATION_REQUIRED.broken()
    wanted = region(asked)
    if isinstance(there, str) and region(there) != wanted:
        if kind.type == GROUP:
            raise laws.RG_LOCATION.broken(wanted=wanted, location=there)
        raise laws.LOCATION.broken(
            name=resource_id.name, location=region(there), rg=resource_id.group or "", wanted=wanted
        )
    regions = kind.locations or tuple(REGIONS)
    if wanted not in regions:
        raise laws.LOCATION_UNKNOWN.broken(wanted=wanted, type=kind.type, regions=",".join(regions))
    return {**body, "location": wanted}


def preconditions(if_match: str | None, if_none_match: str | None, existing: Resource | None) -> None:
    """:raises ArmError: dns-record, the conflict of two writers that both look first."""
    if if_none_match == "*" and existing is not None:
        raise laws.PRECONDITION.broken(condition="*", header="None-Match", fact="exists")
    if if_match:
        etag = existing.body.get("etag") if existing is not None else None
        if existing is None or (if_match != "*" and etag is not None and _bare(if_match) != _bare(str(etag))):
            raise laws.PRECONDITION.broken(condition=if_match, header="Match", fact="differs")


def _bare(etag: str) -> str:
    """Clients put quotes around an etag that a service shows without."""
    return etag.strip('"')


def not_busy(
    azure: Azure, kind: Kind, resource_id: ResourceId, properties: JSON, *, operation_uri: str
) -> None:
    """:raises ArmError: what the type answers to a write during another one; `{uri}` is the running operation's.

    :param operation_uri: with `{id}` for the operation's id.
    """
    scopes = kind.busy_scopes(azure, resource_id, properties)
    for running in azure.store.unfinished():
        other = azure.kinds.get(running.resource.type.lower())
        # A role or a diagnostic setting hangs on a resource without keeping its service busy.
        if other is not None and not other.groups and running.resource.key != resource_id.key:
            continue
        if any(running.resource.within(scope) for scope in scopes):
            parent = resource_id.parent
            raise kind.busy.broken(
                id=resource_id.text,
                name=resource_id.name,
                owner=resource_id.names[0],
                type=kind.type,
                parent=parent.text if parent is not None else resource_id.text,
                uri=operation_uri.replace("{id}", running.id),
            )
