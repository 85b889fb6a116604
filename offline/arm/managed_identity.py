"""Microsoft.ManagedIdentity: user-assigned identities, and who is known to the directory."""

import time
import uuid
from collections.abc import Iterator

from offline.arm.delays import Delay
from offline.arm.errors import JSON
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.store import Resource, Store

IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"

REPLICATION = Delay(fact="directory-delay-seconds", seconds=30.0)
"""Until every part of the directory knows a new principal. Azure promises nothing; roles assigned at once without a
principal type fail often (role-principal)."""


class UserAssignedIdentity(Kind):
    """An identity of its own life. Its ids are new each time that it is made."""

    type = IDENTITY
    create_seconds = 3
    update_seconds = 2
    delete_seconds = 3
    synchronous = True
    has_state = False

    def accept(self, azure: Azure, write: Write) -> Resource:
        if write.existing is not None:
            private, properties = write.existing.private, write.existing.properties
        else:
            private = {"replicated": REPLICATION.due(azure.store, azure.clock)}
            properties = {
                "tenantId": azure.tenant_id,
                "principalId": str(uuid.uuid4()),
                "clientId": str(uuid.uuid4()),
            }
        isolation = write.properties.get("isolationScope")
        if isolation is not None:
            properties = {**properties, "isolationScope": isolation}
        return Resource(id=write.id, body={**write.body, "properties": properties}, private=private)

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        """This service writes `resourcegroups` in lower case."""
        shown = resource.id.text.replace("/resourceGroups/", "/resourcegroups/")
        return {**resource.body, "id": shown}


def principals(store: Store) -> Iterator[tuple[str, float]]:
    """Object ids of identities, and when the directory knows each (epoch seconds)."""
    for identity in store.of_type(IDENTITY):
        known = identity.private.get("replicated", 0.0)
        yield str(identity.properties.get("principalId")), known if isinstance(known, float) else 0.0
    for resource in store.below("/subscriptions"):
        identity_of = resource.body.get("identity")
        if isinstance(identity_of, dict) and isinstance(identity_of.get("principalId"), str):
            yield identity_of["principalId"], 0.0


def in_directory(store: Store, principal_id: str) -> bool:
    """Whether the directory knows a principal by now."""
    now = time.time()
    return any(found.lower() == principal_id.lower() and known <= now for found, known in principals(store))


KINDS: tuple[Kind, ...] = (UserAssignedIdentity(),)
