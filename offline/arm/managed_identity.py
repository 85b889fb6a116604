"""Microsoft.ManagedIdentity: user-assigned identities, and who is known to the directory."""

import time
import uuid
from collections.abc import Iterator

from offline.arm.delays import Delay
from offline.arm.errors import JSON, Law
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.store import Resource, Store

IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"

REPLICATION = Delay(fact="directory-delay-seconds", seconds=30.0)
"""Until every part of the directory knows a new principal. Azure promises nothing; roles assigned at once without a
principal type fail often (role-principal)."""


IDENTITY_OPERATION = Law(
    id="identity-op",
    status=400,
    code="FailedIdentityOperation",
    message="Identity operation for resource '{id}' failed with error 'Failed to perform resource identity operation. "
    "Status: '{status}'. Response: '{response}'.'.",
    source="Azure/CanadaPubSecALZ#380, Azure/ResourceModules#2391 (Conflict); Azure/azure-cli#31837, "
    "Azure/aad-pod-identity#521 (BadRequest, status 400; text of a missing identity unconfirmed)",
    protects="a resource that carries an identity which is gone, or that is made again before the old one's identities "
    "have left",
    remedy="BadRequest: the body names an identity that does not exist any more; name the new one. Conflict: wait a "
    "minute and run `up` again.",
)


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
