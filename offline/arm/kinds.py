"""What a service of the resource manager is made of: one `Kind` for each resource type.

The manager (`manager.py`) does what is the same for every type: ids, api-versions, types of the body, parents,
locations, long-running operations, list pages, cascades. A kind adds what is its own: durations, laws, defaults and
generated outputs, what happens when the operation ends, actions.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from offline.arm.errors import JSON, ArmError, Law
from offline.arm.ids import ResourceId
from offline.arm.store import Resource, Store
from offline.clock import Clock


class ContainerAppsHost(Protocol):
    """Runs what container apps describe (`offline/apps`)."""

    async def roll(self, app: Resource) -> JSON:
        """Bring the app's template to life and move the traffic; returns properties to merge (latestRevisionName…).

        :raises ArmError: app-kv-ref, app-image, app-expired and the like, as the operation's failure.
        """
        ...

    async def stop_app(self, app: Resource) -> None:
        """End every replica of a deleted app."""
        ...

    async def check_secrets(self, app: Resource) -> None:
        """Resolve Key Vault references at the PUT, as Azure does.

        :raises ArmError: app-kv-ref.
        """
        ...


class CacheHost(Protocol):
    """Serves what is in the databases of Redis (`offline/dataplane/redis`)."""

    def end(self, database: ResourceId) -> None:
        """End the server of a deleted database, and with it what was in it."""
        ...


@dataclass(kw_only=True)
class Azure:
    """The parts that kinds work with."""

    store: Store
    clock: Clock
    tenant_id: str
    subscription_id: str
    apps: ContainerAppsHost
    caches: CacheHost
    kinds: Mapping[str, "Kind"]
    """By lower-case ARM type."""


@dataclass(frozen=True, kw_only=True)
class Write:
    """A PUT or PATCH that has passed what is the same for every type."""

    id: ResourceId
    api_version: str
    body: JSON
    """The whole wanted body: a PATCH is merged already."""
    existing: Resource | None
    principal_id: str
    """Object id of the one who asks."""

    @property
    def properties(self) -> JSON:
        value = self.body.get("properties")
        return value if isinstance(value, dict) else {}


Action = Callable[[Azure, Resource, JSON], Awaitable[object]]

Verb = Literal["create", "update", "delete"]


@dataclass(frozen=True, kw_only=True)
class RouteRequest:
    """A request to a path that is no resource."""

    words: Mapping[str, str]
    """What the placeholders of the route's path stand for."""
    query: Mapping[str, str]
    body: JSON
    principal_id: str


@dataclass(frozen=True, kw_only=True)
class Route:
    """A path of a service that is no resource: models of a location, deleted vaults, checkNameAvailability.

    `{word}` in the path is one segment, `{word...}` any number of them; the rest is matched without regard to
    case. The answer is the body of a 200; None is a 204. To refuse, raise ArmError. A delete that takes its time
    (a purge) waits inside its answer.
    """

    method: str
    path: str
    """`/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}/models`"""
    answer: Callable[[Azure, RouteRequest], Awaitable[object]]
    reads: frozenset[str] = frozenset()
    """Words of the query that the answer depends on: `$filter`."""


FORCED = "forced"
"""In the private part of a resource that is deleted for good."""

BUSY = Law(
    id="busy",
    status=409,
    code="Conflict",
    message="Another operation is in progress on '{id}'. Please retry after it has ended.",
    source="by analogy with the services whose own text is known",
    protects="two writes at once to one resource",
    unconfirmed=True,
)
"""What a type answers to a write during a write, unless it has a text of its own."""

RES_MISSING = Law(
    id="res-missing",
    status=404,
    code="ResourceNotFound",
    message="The Resource '{type}/{name}' under resource group '{rg}' was not found. "
    "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    source="microsoft/azure-container-apps#1112",
    protects="reading, or depending on, what was never made or is gone",
)


class Kind:
    """A resource type as its service treats it. Override what differs."""

    type: str
    """`Microsoft.CognitiveServices/accounts`"""
    create_seconds: float = 3
    update_seconds: float = 3
    delete_seconds: float = 3
    """Azure's durations; 0 answers at once, without an operation."""
    creating_state: str = "Creating"
    """provisioningState while a create runs; Cognitive Services say `Accepted`."""
    updating_state: str = "Updating"
    created_status: int = 201
    """Status of a PUT that creates; 200 for Microsoft.Insights."""
    state_after_refused_delete: str = "Failed"
    """provisioningState after a delete that was accepted and then failed; groups are rolled back to Succeeded."""
    has_state: bool = True
    """False for types whose body has no provisioningState (role assignments, diagnostic settings)."""
    located: bool = True
    """False for types without a `location`."""
    locations: tuple[str, ...] = ()
    """Where it can be; empty is every region. Private DNS is `("global",)`."""
    can_be_forced: bool = False
    """True where a delete with `force` leaves nothing to recover; it stands in the private part (`FORCED`)."""
    synchronous: bool = False
    """True where Azure answers once all is done, and shows no operation (roles, identities, vault secrets)."""

    @property
    def deletes_synchronously(self) -> bool:
        """The same for a delete, where it differs."""
        return self.synchronous

    @property
    def patches_synchronously(self) -> bool:
        """The same for a PATCH, where it differs."""
        return self.synchronous

    reads: frozenset[str] = frozenset()
    """Words of the query that its lists depend on: `$filter`."""
    paged: bool = True
    """False where Azure's lists come whole, however long they are."""
    system_data: bool = True
    """False for services that show no `systemData` (network)."""
    groups: bool = True
    """False for types that live outside resource groups or hang on any id (roles, locks, diagnostic settings)."""
    outlives: bool = False
    """True for what stays when the resource goes that it hangs on (law diag-left)."""
    busy: Law = BUSY
    """Answer to a write or delete during another one. Words: id, name, parent, owner (the name of the outermost), type,
    uri (of the operation)."""
    routes: tuple[Route, ...] = ()
    actions: Mapping[str, Action] = {}
    """POST actions by name: `listKeys`."""
    secret_paths: tuple[str, ...] = ()
    """Dotted paths of the body that are written and never read: `properties.value`; `secrets[].value` is the value
    of every entry. They are shown to nobody, and no record of requests holds them."""

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        """A write or delete is refused with `busy` while an operation runs on one of these or below it.

        :param properties: what is asked for; for a delete, what is there.
        """
        return (resource_id,)

    def check(self, azure: Azure, write: Write) -> None:
        """Refuse a write at the request.

        :raises ArmError: what the law answers.
        """

    async def check_late(self, azure: Azure, write: Write) -> None:
        """Refuse at the request what takes a call elsewhere to find out (a vault, a registry)."""

    def patched(self, azure: Azure, existing: Resource) -> JSON:
        """What a PATCH is merged with: the body, and what stands elsewhere that a PUT without it would take away."""
        return existing.body

    def accept(self, azure: Azure, write: Write) -> Resource:
        """What is stored and answered: the body with Azure's defaults and generated outputs, and private parts."""
        return Resource(
            id=write.id,
            body=write.body,
            private=write.existing.private if write.existing is not None else {},
        )

    async def provision(self, azure: Azure, resource: Resource) -> JSON:
        """The operation's own work, done while its duration passes; returns properties to merge at the end.

        Runs again from the start when the service was killed in between.

        :raises ArmError: the operation, and the resource, then are Failed.
        """
        return {}

    def provisioned(self, azure: Azure, resource: Resource) -> None:
        """Called in the transaction that marks it Succeeded: what follows elsewhere (DNS records of a zone group)."""

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        """What a GET shows. `secret_paths` are dropped by the manager."""
        return resource.body

    def select(
        self, azure: Azure, scope: ResourceId, found: list[Resource], query: Mapping[str, str]
    ) -> list[Resource]:
        """What a list at that scope shows of all that lies below it (role assignments show those above too)."""
        return found

    def check_endpoint(self, resource: Resource) -> None:
        """Refuse a private endpoint that leads here."""

    def missing(self, resource_id: ResourceId) -> ArmError:
        """The answer to a GET of what is not there."""
        return RES_MISSING.broken(
            type=self.type, name="/".join(resource_id.names), rg=resource_id.group or ""
        )

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        """Refuse a delete."""

    async def unprovision(self, azure: Azure, resource: Resource) -> None:
        """The delete's own work, while its duration passes."""

    def removed(self, azure: Azure, resource: Resource) -> None:
        """Called in the transaction that removes it; the default forgets it. Soft delete buries it instead."""
        azure.store.remove(resource.id)
