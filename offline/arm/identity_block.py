"""The `identity` block of a resource: what is asked for, with the ids that Azure knows."""

import json
import time
import uuid

from offline.arm.delays import Delay
from offline.arm.errors import JSON, ArmError
from offline.arm.kinds import Azure, Write
from offline.arm.managed_identity import IDENTITY_OPERATION
from offline.arm.store import Resource

LEAVING = Delay(fact="identity-delete-seconds", seconds=10)
"""Until the identities of a deleted resource have let go of its id (Azure/CanadaPubSecALZ#380,
Azure/ResourceModules#2391: seconds to minutes, no number known)."""

LEAVING_FACT = "leaving-identities"
"""Store fact: lower-case id of a deleted resource that had identities → until when (epoch seconds)."""


def check_identities(azure: Azure, write: Write) -> None:
    """Refuse a write whose identities cannot be given to it. The resource manager does this for every type.

    :raises ArmError: identity-op.
    """
    asked = _asked(write.body)
    assigned = asked.get("userAssignedIdentities")
    for key, value in assigned.items() if isinstance(assigned, dict) else ():
        if value is not None and azure.store.get(key) is None:
            raise _failed(write, "BadRequest", f"Resource '{key}' was not found.")
    if asked and write.existing is None and write.id.key in _leaving(azure):
        raise _failed(
            write,
            "Conflict",
            f"Request specified that resource '{write.id.text}' is new, but resource already exists. "
            "This may be due to a pending delete operation, try again later.",
        )


def forget_identities(azure: Azure, resource: Resource) -> None:
    """A resource is gone; its identities are not at once."""
    if _asked(resource.body):
        until = LEAVING.due(azure.store, azure.clock)
        azure.store.set_fact(LEAVING_FACT, {**_leaving(azure), resource.id.key: until})


def identity_block(azure: Azure, write: Write) -> JSON | None:
    """The block as it is stored and shown; None where no identity is asked for.

    The resource's own identity gets its id at the first write and keeps it.
    """
    asked = _asked(write.body)
    if not asked:
        return None
    kind = str(asked["type"])
    before = write.existing.body.get("identity") if write.existing is not None else None
    known: JSON = before if isinstance(before, dict) else {}
    found: JSON = {"type": kind}
    if "systemassigned" in kind.lower():
        found["principalId"] = known.get("principalId") or str(uuid.uuid4())
        found["tenantId"] = azure.tenant_id
    assigned = asked.get("userAssignedIdentities")
    if isinstance(assigned, dict) and assigned:
        found["userAssignedIdentities"] = {key: _ids(azure, key) for key in assigned}
    return found


def _asked(body: JSON) -> JSON:
    """The block of a body that asks for identities; empty for one that asks for none."""
    asked = body.get("identity")
    wanted = isinstance(asked, dict) and str(asked.get("type") or "").lower() not in ("", "none")
    return asked if isinstance(asked, dict) and wanted else {}


def _leaving(azure: Azure) -> dict[str, float]:
    found = azure.store.fact(LEAVING_FACT)
    now = time.time()
    return {key: until for key, until in found.items() if until > now} if isinstance(found, dict) else {}


def _failed(write: Write, status: str, message: str) -> ArmError:
    response = json.dumps({"error": {"code": status, "message": message}}, separators=(",", ":"))
    return IDENTITY_OPERATION.broken(id=write.id.text, status=status, response=response)


def _ids(azure: Azure, identity_id: str) -> JSON:
    identity = azure.store.get(identity_id)
    properties = identity.properties if identity is not None else {}
    return {"principalId": properties.get("principalId"), "clientId": properties.get("clientId")}
