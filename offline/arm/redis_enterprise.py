"""Microsoft.Cache/redisEnterprise: Azure Managed Redis, its database and who may use it.

What is in a database is the business of `offline/dataplane/redis`.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import replace

from offline.arm import redis_enterprise_laws as laws
from offline.arm.endpoint_connections import endpoint_connections
from offline.arm.errors import JSON, ArmError
from offline.arm.identity_block import identity_block
from offline.arm.ids import ResourceId
from offline.arm.kinds import Action, Azure, Kind, Write
from offline.arm.store import Resource
from offline.arm.taken_names import elsewhere

CLUSTER = "Microsoft.Cache/redisEnterprise"
DATABASE = f"{CLUSTER}/databases"
ASSIGNMENT = f"{DATABASE}/accessPolicyAssignments"
KEYS = ("primaryKey", "secondaryKey")

_STATES = {"create": "Creating", "update": "Updating", "delete": "Deleting"}


def host_name(cluster: str, location: str) -> str:
    """The cluster's public name."""
    return f"{cluster.lower()}.{location}.redis.azure.net"


def _new_key() -> str:
    """As long as Azure's, in the same letters."""
    return base64.b64encode(secrets.token_bytes(33)).decode()


async def _list_keys(azure: Azure, database: Resource, body: JSON) -> object:
    if database.properties.get("accessKeysAuthentication") != "Enabled":
        raise laws.KEYS_OFF.broken(id=database.id.text)
    return {name: database.private[name] for name in KEYS}


async def _regenerate_key(azure: Azure, database: Resource, body: JSON) -> object:
    wanted = f"{str(body.get('keyType', '')).lower()}Key"
    if wanted not in KEYS:
        raise ArmError(
            400, "BadRequest", f"The key type '{body.get('keyType')}' is not Primary or Secondary."
        )
    changed = azure.store.put(replace(database, private={**database.private, wanted: _new_key()}))
    return await _list_keys(azure, changed, body)


class Cluster(Kind):
    """A cluster: a host, and nodes behind it."""

    type = CLUSTER
    create_seconds = 452
    update_seconds = 60  # this and the next assumed
    delete_seconds = 120
    system_data = False
    busy = laws.BUSY

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: redis-name."""
        if write.existing is not None:
            return
        location = str(write.body.get("location", ""))
        host = host_name(write.id.name, location)
        hosts = {
            host_name(other.id.name, str(other.body.get("location", "")))
            for other in azure.store.of_type(self.type)
        }
        if host in hosts or elsewhere(azure, host):
            raise laws.NAME_TAKEN.broken(name=write.id.name, location=location, host=host)

    def accept(self, azure: Azure, write: Write) -> Resource:
        asked = write.properties
        available = asked.get("highAvailability", "Enabled")
        properties: JSON = {
            "minimumTlsVersion": "1.2",
            **asked,
            "highAvailability": available,
            "hostName": host_name(write.id.name, str(write.body.get("location", ""))),
            "redisVersion": "7.4",
            "redundancyMode": "ZR" if available == "Enabled" else "None",
        }
        body: JSON = {"tags": {}, **write.body, "kind": "v2", "properties": properties}
        identity = identity_block(azure, write)
        if identity is not None:
            body["identity"] = identity
        return Resource(id=write.id, body=body)

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        return (
            _with_state(azure, resource)
            .with_properties(privateEndpointConnections=endpoint_connections(azure, resource))
            .body
        )


class Database(Kind):
    """The one database of a cluster. Its keys are there from the start, and told while they count."""

    type = DATABASE
    create_seconds = 30  # these assumed
    update_seconds = 30
    delete_seconds = 30
    located = False
    busy = laws.BUSY
    actions: Mapping[str, Action] = {"listKeys": _list_keys, "regenerateKey": _regenerate_key}

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return (resource_id.parent or resource_id,)

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: redis-database, redis-fixed."""
        if write.id.name.lower() != "default":
            raise laws.DATABASE_NAME.broken(name=write.id.name)
        before = write.existing.properties if write.existing is not None else {}
        for word in ("clusteringPolicy", "port", "modules"):
            was, asked = before.get(word), write.properties.get(word)
            if was is not None and asked is not None and _plain(asked) != _plain(was) and was != "NoCluster":
                raise laws.FIXED.broken(property=word)

    def accept(self, azure: Azure, write: Write) -> Resource:
        before: JSON = write.existing.properties if write.existing is not None else {}
        private: JSON = {name: _new_key() for name in KEYS}
        if write.existing is not None:
            private = write.existing.private
        modules = write.properties.get("modules")
        properties: JSON = {
            "accessKeysAuthentication": "Disabled",
            "clientProtocol": "Encrypted",
            "clusteringPolicy": before.get("clusteringPolicy", "OSSCluster"),
            "deferUpgrade": "NotDeferred",
            "evictionPolicy": "VolatileLRU",
            "persistence": {"aofEnabled": False, "rdbEnabled": False},
            "port": before.get("port", 10000),
            **write.properties,
            "redisVersion": "7.4",
        }
        if isinstance(modules, list):
            properties["modules"] = [{"args": "", "version": "1.0.0", **module} for module in modules]
        return Resource(id=write.id, body={**write.body, "properties": properties}, private=private)

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        return _with_state(azure, resource).body

    def removed(self, azure: Azure, resource: Resource) -> None:
        """What was in it is gone with it."""
        super().removed(azure, resource)
        azure.caches.end(resource.id)


class AccessPolicyAssignment(Kind):
    """Somebody of the directory who may use a database. Two at once are both accepted, and one of them fails."""

    type = ASSIGNMENT
    create_seconds = 20  # these assumed
    update_seconds = 20
    delete_seconds = 20
    located = False
    system_data = False
    busy = laws.BUSY

    async def provision(self, azure: Azure, resource: Resource) -> JSON:
        """:raises ArmError: redis-parallel."""
        cluster = resource.id.parent.parent if resource.id.parent is not None else None
        running = azure.store.unfinished()
        own = next(operation for operation in running if operation.resource.key == resource.id.key)
        for other in running:
            if (
                cluster is not None
                and other.resource.within(cluster)
                and other.id != own.id
                and other.started <= own.started
            ):
                raise laws.PARALLEL.broken()
        return {}


def _with_state(azure: Azure, resource: Resource) -> Resource:
    """With what it is doing."""
    own = next(
        (one for one in azure.store.unfinished() if one.resource.key == resource.id.key),
        None,
    )
    settled = "Running" if resource.state == "Succeeded" else "CreateFailed"
    return resource.with_properties(resourceState=_STATES[own.verb] if own is not None else settled)


def _plain(value: object) -> object:
    """A value for comparison: modules by name."""
    if isinstance(value, list):
        return sorted(str(entry.get("name")) for entry in value if isinstance(entry, dict))
    return value


KINDS: tuple[Kind, ...] = (Cluster(), Database(), AccessPolicyAssignment())
