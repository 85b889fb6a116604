"""Who reaches what: the decision that Azure's network would take about one connection.

Azure's own hosts answer everybody. A data plane's host leads to a private endpoint where the caller's network knows
its private zone, and to the public side elsewhere. Anything outside is not for apps: a system that calls a host
nobody told it to is found out here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from offline.arm import network_view
from offline.arm.cognitive_lists import REGIONAL_SUFFIX
from offline.arm.ids import ResourceId
from offline.arm.network_view import PrivateTarget
from offline.arm.regions import region
from offline.arm.store import Resource, Store
from offline.arrival import Caller

Service = Literal["manager", "sign_in", "openai", "vault", "apps", "redis"]
Verdict = Literal["azure", "private", "public", "unresolved", "refused", "passed"]

ACCOUNT = "Microsoft.CognitiveServices/accounts"
VAULT = "Microsoft.KeyVault/vaults"
APP = "Microsoft.App/containerApps"
CLUSTER = "Microsoft.Cache/redisEnterprise"

MANAGER_HOSTS = frozenset({"management.azure.com"})
SIGN_IN_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.windows.net",
        "login.microsoft.com",
        "sts.windows.net",
    }
)
SIGN_IN_SUFFIXES = (".login.microsoft.com", ".login.microsoftonline.com")
ACCOUNT_SUFFIXES = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")
VAULT_SUFFIX = "vault.azure.net"
APPS_SUFFIX = "azurecontainerapps.io"
CACHE_SUFFIX = "redis.azure.net"
HTTPS = 443
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")

_SERVING = ("Succeeded", "Updating")
"""States in which a cluster and its database answer."""
_NAMED: dict[Service, str] = {"vault": "vault", "redis": "cluster"}
"""What has a name, for people; an account where nothing is said."""

FindTarget = Callable[[Store, str, str], PrivateTarget]
"""(store, network id, host) → where the name leads from inside that network."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """What becomes of a connection."""

    verdict: Verdict
    service: Service | None = None
    """Who answers; None for whatever is not answered here."""
    resource_id: str | None = None
    port: int = HTTPS
    """Where the service listens under that name."""
    encrypted: bool = True
    """False where it speaks without TLS."""
    reason: str = ""
    """For a connection that fails: why, and what would help."""

    @property
    def private(self) -> bool:
        return self.verdict == "private"


class Network:
    """Decides from what is in the store; changes nothing."""

    def __init__(self, store: Store, find_target: FindTarget = network_view.private_target) -> None:
        self._store = store
        self._find_target = find_target

    def route(self, caller: Caller, host: str) -> Route:
        """Where a caller gets to under that name."""
        name = host.lower().rstrip(".")
        if not _HOST.fullmatch(name):
            return Route(verdict="unresolved", reason=f"{host!r} is no host name")
        if name in MANAGER_HOSTS:
            return Route(verdict="azure", service="manager")
        if name in SIGN_IN_HOSTS or name.endswith(SIGN_IN_SUFFIXES):
            return Route(verdict="azure", service="sign_in")
        label, _, suffix = name.partition(".")
        if suffix in ACCOUNT_SUFFIXES:
            return self._service(caller, name, "openai", self._account(label))
        if f".{suffix}" == REGIONAL_SUFFIX:
            return self._regional(name, label)
        if suffix == VAULT_SUFFIX:
            return self._service(caller, name, "vault", self._vault(label))
        if name.endswith(f".{APPS_SUFFIX}"):
            return self._app(caller, name)
        if name.endswith(f".{CACHE_SUFFIX}"):
            return self._cache(caller, name)
        if caller.kind == "app":
            return Route(
                verdict="refused",
                reason=f"{name} is outside this offline Azure; {caller.name} may not leave it",
            )
        return Route(verdict="passed")

    def _service(self, caller: Caller, host: str, service: Service, resource: Resource | None) -> Route:
        if resource is None:
            return Route(
                verdict="unresolved",
                reason=f"{host} does not resolve: no {_NAMED.get(service, 'account')} has that name",
            )
        public = Route(verdict="public", service=service, resource_id=resource.id.text)
        if caller.network_id is None:
            return public
        target = self._find_target(self._store, caller.network_id, host)
        if target.outcome == "reached":
            if target.resource_id is not None and target.resource_id.lower() == resource.id.key:
                return Route(verdict="private", service=service, resource_id=resource.id.text)
            # The service goes by the host name, and sees that the endpoint is another resource's.
            return public
        if target.outcome == "no_zone":
            return public
        return self._unreachable(host, caller.network_id, target)

    def _cache(self, caller: Caller, host: str) -> Route:
        """A cluster's host, which its database listens on. The public side is closed unless it was opened.

        Source: docs redis/private-link. That a closed one refuses, and does not let callers wait, is assumed.
        """
        cluster = next((found for found in self._store.of_type(CLUSTER) if _host_of(found) == host), None)
        route = self._service(caller, host, "redis", cluster)
        if cluster is None or route.service is None:
            return route
        database = self._store.get(cluster.id.child("databases", "default"))
        if database is None or database.state not in _SERVING or cluster.state not in _SERVING:
            return Route(verdict="unresolved", reason=f"{host} has no database that runs")
        if not route.private and cluster.properties.get("publicNetworkAccess") != "Enabled":
            return Route(
                verdict="refused",
                reason=f"{host} is closed to the public side, where {caller.name} comes from: its network takes a "
                "private endpoint to the cluster, and the private zone privatelink.redis.azure.net linked to it",
            )
        port = database.properties.get("port")
        return replace(
            route,
            resource_id=database.id.text,
            port=port if isinstance(port, int) else 0,
            encrypted=database.properties.get("clientProtocol") != "Plaintext",
        )

    def _regional(self, host: str, location: str) -> Route:
        """A region's own host: one of its accounts says there that it has a name of its own."""
        for account in self._store.of_type(ACCOUNT):
            if region(str(account.body.get("location", ""))) == location:
                return Route(verdict="public", service="openai", resource_id=account.id.text)
        return Route(
            verdict="unresolved",
            reason=f"{host} does not resolve: this offline Azure has it only where a region has an account",
        )

    def _app(self, caller: Caller, host: str) -> Route:
        app = self._app_of(host)
        if app is None:
            return Route(
                verdict="unresolved", reason=f"{host} does not resolve: no container app has that name"
            )
        environment = self._environment_of(app)
        inside = Route(verdict="private", service="apps", resource_id=app.id.text)
        neighbour = self._store.get(caller.app_id) if caller.app_id is not None else None
        if neighbour is not None and environment is not None:
            theirs = self._environment_of(neighbour)
            if theirs is not None and theirs.id.key == environment.id.key:
                return inside
        if caller.network_id is not None:
            target = self._find_target(self._store, caller.network_id, host)
            if target.outcome == "reached":
                return inside
            if target.outcome != "no_zone":
                return self._unreachable(host, caller.network_id, target)
        if environment is not None and _is_internal(environment):
            return Route(
                verdict="unresolved",
                reason=f"{host} does not resolve: its environment is internal. From its network it takes a private "
                f"zone {environment.properties.get('defaultDomain')} with a * record to the environment's static IP",
            )
        return Route(verdict="public", service="apps", resource_id=app.id.text)

    @staticmethod
    def _unreachable(host: str, network_id: str, target: PrivateTarget) -> Route:
        network = ResourceId(network_id).name
        if target.outcome == "no_record":
            reason = (
                f"{host} does not resolve in {network}: its private zone is linked, and has no record for it"
            )
        else:
            reason = (
                f"{host} resolves to {target.address} in {network}, and no approved private endpoint is there"
            )
        return Route(verdict="unresolved", reason=reason)

    def _account(self, label: str) -> Resource | None:
        for account in self._store.of_type(ACCOUNT):
            if str(account.properties.get("customSubDomainName", "")).lower() == label:
                return account
        return None

    def _vault(self, label: str) -> Resource | None:
        for vault in self._store.of_type(VAULT):
            if vault.id.name.lower() == label:
                return vault
        return None

    def _app_of(self, host: str) -> Resource | None:
        for app in self._store.of_type(APP):
            configuration = app.properties.get("configuration")
            ingress = configuration.get("ingress") if isinstance(configuration, dict) else None
            own = str(ingress.get("fqdn", "")).lower() if isinstance(ingress, dict) else ""
            if own and (host == own or _is_revision_of(host, own)):
                return app
        return None

    def _environment_of(self, app: Resource) -> Resource | None:
        named = app.properties.get("environmentId") or app.properties.get("managedEnvironmentId")
        return self._store.get(named) if isinstance(named, str) else None


def _is_revision_of(host: str, app: str) -> bool:
    """Whether a host is `app--revision.domain`, where the app's own is `app.domain`."""
    label, _, domain = host.partition(".")
    name, _, rest = app.partition(".")
    return domain == rest and label.startswith(f"{name}--") and label != f"{name}--"


def _host_of(cluster: Resource) -> str:
    return str(cluster.properties.get("hostName", "")).lower()


def _is_internal(environment: Resource) -> bool:
    configuration = environment.properties.get("vnetConfiguration")
    return isinstance(configuration, dict) and configuration.get("internal") is True
