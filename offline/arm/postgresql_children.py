"""Microsoft.DBforPostgreSQL: what a flexible server holds. Each write keeps the whole server busy."""

from offline.arm import postgresql_laws as laws
from offline.arm.errors import JSON, ArmError
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.postgresql_names import SERVER, network_of
from offline.arm.postgresql_parameters import DEFAULT_SOURCE, OWN_SOURCE
from offline.arm.store import Resource

DATABASE = f"{SERVER}/databases"
CONFIGURATION = f"{SERVER}/configurations"

DATABASES = ("postgres", "azure_maintenance", "azure_sys")
"""What every server has from the start."""


class _Child(Kind):
    """What everything in a server shares."""

    created_status = 202
    has_state = False
    located = False
    system_data = False
    busy = laws.BUSY

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return (resource_id.parent or resource_id,)


class Database(_Child):
    """A database; only its name and letters are kept."""

    type = DATABASE
    create_seconds = 10  # these and those below assumed
    update_seconds = 10
    delete_seconds = 10

    def accept(self, azure: Azure, write: Write) -> Resource:
        assert write.id.parent is not None
        return database(write.id.parent, write.id.name, write.properties)


class FirewallRule(_Child):
    """A range of public addresses that may come in. A server without a public side has none."""

    type = f"{SERVER}/firewallRules"
    create_seconds = 20
    update_seconds = 20
    delete_seconds = 20

    def check(self, azure: Azure, write: Write) -> None:
        self._check_public(azure, write.id)

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        self._check_public(azure, resource.id)

    @staticmethod
    def _check_public(azure: Azure, rule: ResourceId) -> None:
        """:raises ArmError: pg-fw-private."""
        server = azure.store.get(rule.parent) if rule.parent is not None else None
        if server is not None and network_of(server.properties)["publicNetworkAccess"] == "Disabled":
            raise laws.FIREWALL_PRIVATE.broken()


class Configuration(_Child):
    """A server parameter. It is there as long as its server, and is set and set back."""

    type = CONFIGURATION
    created_status = 200
    create_seconds = 20
    update_seconds = 20
    delete_seconds = 0

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: pg-parameter."""
        server = azure.store.get(write.id.parent) if write.id.parent is not None else None
        if write.existing is None and server is not None:
            version = server.properties.get("version")
            raise laws.PARAMETER.broken(parameter=write.id.name, name=server.id.name, version=version)

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        raise ArmError(405, "MethodNotAllowed", "A server parameter is set back, and never deleted.")

    def accept(self, azure: Azure, write: Write) -> Resource:
        assert write.existing is not None
        assert write.id.parent is not None
        before, asked = write.existing.properties, write.properties
        back = asked.get("source") == DEFAULT_SOURCE and asked.get("value") is None
        value = before["defaultValue"] if back else asked.get("value", before["value"])
        waits = before["isConfigPendingRestart"] is True or (
            before["isDynamicConfig"] is False and value != before["value"]
        )
        changes: JSON = {
            "value": value,
            "source": DEFAULT_SOURCE if back else OWN_SOURCE,
            "isConfigPendingRestart": waits,
        }
        return parameter(write.id.parent, write.id.name, {**before, **changes})


class Administrator(_Child):
    """Somebody of the directory who owns the server, named by object id."""

    type = f"{SERVER}/administrators"
    busy = laws.ADMIN_BUSY
    create_seconds = 40
    update_seconds = 40
    delete_seconds = 20

    def accept(self, azure: Azure, write: Write) -> Resource:
        properties: JSON = {"tenantId": azure.tenant_id, **write.properties, "objectId": write.id.name}
        return Resource(id=write.id, body={**write.body, "properties": properties})


def database(server: ResourceId, name: str, properties: JSON) -> Resource:
    """A database as it is kept."""
    database_id = server.child("databases", name)
    shown: JSON = {"charset": "UTF8", "collation": "en_US.utf8", **properties}
    return Resource(
        id=database_id, body={"id": database_id.text, "name": name, "type": DATABASE, "properties": shown}
    )


def parameter(server: ResourceId, name: str, properties: JSON) -> Resource:
    """A server parameter as it is kept."""
    parameter_id = server.child("configurations", name)
    return Resource(
        id=parameter_id,
        body={"id": parameter_id.text, "name": name, "type": CONFIGURATION, "properties": properties},
    )


KINDS: tuple[Kind, ...] = (Database(), FirewallRule(), Configuration(), Administrator())
