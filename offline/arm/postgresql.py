"""Microsoft.DBforPostgreSQL: flexible servers, and the names that they are reached by. No database runs here."""

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import replace

from offline.arm import postgresql_laws as laws
from offline.arm.endpoint_connections import endpoint_connections
from offline.arm.errors import JSON
from offline.arm.identity_block import identity_block
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Route, RouteRequest, Write
from offline.arm.network import prefixes
from offline.arm.postgresql_children import DATABASES, database, parameter
from offline.arm.postgresql_names import DELEGATION, SERVER, SUFFIX, delegated_subnet, fields, network_of
from offline.arm.postgresql_parameters import PARAMETERS
from offline.arm.private_dns import record_set
from offline.arm.private_endpoints import RESERVED
from offline.arm.store import Resource
from offline.arm.taken_names import taken

RESTRICTED_FACT = "postgresql-restricted-regions"
"""Store fact: regions where the subscription's offer has no PostgreSQL."""

TIERS: Mapping[str, str] = {
    "Standard_B": "Burstable",
    "Standard_D": "GeneralPurpose",
    "Standard_E": "MemoryOptimized",
}
"""Tier by the beginning of a size. Source: docs postgresql/compute-storage/concepts-compute."""

_PROVIDER = "/subscriptions/{subscription}/providers/Microsoft.DBforPostgreSQL"
_STATES = {"create": "Provisioning", "update": "Updating", "delete": "Dropping"}


def host_name(server: str) -> str:
    """The server's public name."""
    return f"{server.lower()}.{SUFFIX}"


async def _check_name(azure: Azure, asked: RouteRequest) -> object:
    """Source: Azure/azure-cli, recordings of the command module postgresql."""
    name = str(asked.body.get("name", ""))
    anywhere = ResourceId(f"/subscriptions/{azure.subscription_id}/providers/{SERVER}/{name}")
    told: JSON = {"name": name, "type": SERVER, "nameAvailable": True, "message": ""}
    if taken(azure, anywhere, host_name(name)):
        told |= {"nameAvailable": False, "reason": "AlreadyExists", "message": laws.NAME_TAKEN.message}
    return told


class Server(Kind):
    """A flexible server. One write at a time: to it, or to anything in it."""

    type = SERVER
    create_seconds = 275  # 243 and 306
    update_seconds = 60  # this and the next assumed
    delete_seconds = 30
    created_status = 202
    has_state = False
    busy = laws.BUSY
    routes = (
        Route(method="POST", path=f"{_PROVIDER}/checkNameAvailability", answer=_check_name),
        Route(
            method="POST",
            path=f"{_PROVIDER}/locations/{{location}}/checkNameAvailability",
            answer=_check_name,
        ),
    )
    secret_paths = ("properties.administratorLoginPassword",)

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: pg-name, pg-location, pg-sku, pg-admin-login; what `_check_network` raises."""
        location = str(write.body.get("location", ""))
        if write.existing is None:
            if taken(azure, write.id, host_name(write.id.name)):
                raise laws.NAME_TAKEN.broken()
            restricted = azure.store.fact(RESTRICTED_FACT)
            if isinstance(restricted, list) and location in restricted:
                raise laws.LOCATION.broken(location=location)
            self._check_sign_in(write.properties)
        sku = fields(write.body.get("sku"))
        size = str(sku.get("name", ""))
        tier = next((tier for start, tier in TIERS.items() if size.startswith(start)), None)
        if sku and tier != sku.get("tier"):
            raise laws.SKU.broken()
        _check_network(azure, write)

    @staticmethod
    def _check_sign_in(properties: JSON) -> None:
        by_password = fields(properties.get("authConfig")).get("passwordAuth", "Enabled") == "Enabled"
        named = properties.get("administratorLogin") and properties.get("administratorLoginPassword")
        if by_password and not named and properties.get("createMode") in (None, "Default", "Create"):
            raise laws.ADMIN_LOGIN.broken()

    def accept(self, azure: Azure, write: Write) -> Resource:
        before: JSON = write.existing.properties if write.existing is not None else {}
        private: JSON = dict(write.existing.private) if write.existing is not None else {}
        asked = {
            key: value
            for key, value in write.properties.items()
            if key not in ("administratorLoginPassword", "createMode")
        }
        size = fields(asked.get("storage")).get("storageSizeGB", 32)
        properties: JSON = {
            "version": "17",
            **asked,
            "administratorLogin": asked.get("administratorLogin", before.get("administratorLogin")),
            "fullyQualifiedDomainName": host_name(write.id.name),
            "minorVersion": "4",
            "availabilityZone": asked.get("availabilityZone", before.get("availabilityZone", "1")),
            "authConfig": {
                "activeDirectoryAuth": "Disabled",
                "passwordAuth": "Enabled",
                **fields(asked.get("authConfig")),
            },
            "storage": {
                "type": "",
                "iops": 120,
                "tier": "P4",
                "storageSizeGB": size,
                "autoGrow": "Disabled",
                **fields(asked.get("storage")),
            },
            "backup": {
                "backupRetentionDays": 7,
                "geoRedundantBackup": "Disabled",
                **fields(asked.get("backup")),
                "earliestRestoreDate": fields(before.get("backup")).get(
                    "earliestRestoreDate", azure.clock.stamp()
                ),
            },
            "highAvailability": _availability(fields(asked.get("highAvailability"))),
            "maintenanceWindow": {
                "customWindow": "Disabled",
                "dayOfWeek": 0,
                "startHour": 0,
                "startMinute": 0,
                **fields(asked.get("maintenanceWindow")),
            },
            "network": network_of(asked),
            "dataEncryption": {"type": "SystemManaged", **fields(asked.get("dataEncryption"))},
            "replica": {"role": "Primary", "capacity": 5},
            "replicationRole": "Primary",
            "replicaCapacity": 5,
        }
        body: JSON = {**write.body, "properties": properties}
        identity = identity_block(azure, write)
        if identity is not None:
            body["identity"] = {"tenantId": azure.tenant_id, **identity}
        return Resource(id=write.id, body=body, private=private)

    def provisioned(self, azure: Azure, resource: Resource) -> None:
        """A new server has its parameters, its own databases and, in a subnet, an address and a name for it."""
        if resource.private.get("made") is True:
            return
        for one in PARAMETERS:
            azure.store.put(parameter(resource.id, one.name, one.properties()))
        for name in DATABASES:
            azure.store.put(database(resource.id, name, {}))
        record = _record(azure, resource)
        private = {**resource.private, "made": True}
        if record is not None:
            azure.store.put(record)
            private["record"] = record.id.text
        azure.store.put(replace(resource, private=private))

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        running = [
            operation
            for operation in azure.store.unfinished()
            if operation.resource.within(resource.id)
            and operation.resource.type.lower().startswith(SERVER.lower())
        ]
        own = next((one for one in running if one.resource.key == resource.id.key), None)
        settled = "Ready" if resource.private.get("made") is True else "Disabled"
        return resource.with_properties(
            state=_STATES[own.verb] if own is not None else "Updating" if running else settled,
            privateEndpointConnections=endpoint_connections(azure, resource),
        ).body

    def check_endpoint(self, resource: Resource) -> None:
        """:raises ArmError: pg-endpoint."""
        if delegated_subnet(resource.properties):
            raise laws.ENDPOINT.broken(name=resource.id.name)

    def removed(self, azure: Azure, resource: Resource) -> None:
        super().removed(azure, resource)
        record = resource.private.get("record")
        if isinstance(record, str):
            azure.store.remove(ResourceId(record))


def _check_network(azure: Azure, write: Write) -> None:
    """:raises ArmError: pg-network-change, pg-public-network, pg-delegation, pg-zone-missing, pg-zone, res-missing."""
    subnet_id = delegated_subnet(write.properties)
    if write.existing is not None:
        if subnet_id.lower() != delegated_subnet(write.existing.properties).lower():
            raise laws.NETWORK_CHANGE.broken(owner=write.id.name)
        return
    if not subnet_id:
        return
    network = fields(write.properties.get("network"))
    if network.get("publicNetworkAccess") == "Enabled":
        raise laws.PUBLIC_NETWORK.broken()
    subnet = _there(azure, subnet_id)
    delegations = subnet.properties.get("delegations")
    services = {
        str(fields(entry.get("properties")).get("serviceName", "")).lower()
        for entry in (delegations if isinstance(delegations, list) else [])
    }
    if DELEGATION.lower() not in services:
        raise laws.DELEGATION.broken(subnet=subnet.id.text, name=subnet.id.name)
    zone_id = network.get("privateDnsZoneArmResourceId")
    if not zone_id:
        raise laws.ZONE_MISSING.broken()
    zone = _there(azure, str(zone_id))
    if zone.id.name.lower() == host_name(write.id.name):
        raise laws.ZONE_NAME.broken(zone=zone.id.name)


def _there(azure: Azure, resource_id: str) -> Resource:
    """:raises ArmError: res-missing."""
    found = azure.store.get(resource_id)
    if found is None:
        wanted = ResourceId(resource_id)
        raise azure.kinds.get(wanted.type.lower(), azure.kinds[SERVER.lower()]).missing(wanted)
    return found


def _record(azure: Azure, server: Resource) -> Resource | None:
    """The A record of a server's address in its private zone, under a name that Azure makes up."""
    subnet_id = delegated_subnet(server.properties)
    zone_id = fields(server.properties.get("network")).get("privateDnsZoneArmResourceId")
    subnet = azure.store.get(subnet_id) if subnet_id else None
    zone = azure.store.get(str(zone_id)) if zone_id else None
    if subnet is None or zone is None:
        return None
    block = ipaddress.IPv4Network(prefixes(subnet.properties)[0])
    earlier = [
        other
        for other in azure.store.of_type(SERVER)
        if other.private.get("record") and delegated_subnet(other.properties).lower() == subnet.id.key
    ]
    address = str(block[RESERVED + len(earlier)])
    return record_set(
        zone.id.child("A", secrets.token_hex(6)), {"ttl": 30, "aRecords": [{"ipv4Address": address}]}
    )


def _availability(asked: JSON) -> JSON:
    mode = asked.get("mode", "Disabled")
    return {"mode": mode, **asked, "state": "NotEnabled" if mode == "Disabled" else "Healthy"}


KINDS: tuple[Kind, ...] = (Server(),)
