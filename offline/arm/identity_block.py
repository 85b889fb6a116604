"""The `identity` block of a resource: what is asked for, with the ids that Azure knows."""

import uuid

from offline.arm.errors import JSON
from offline.arm.kinds import Azure, Write


def identity_block(azure: Azure, write: Write) -> JSON | None:
    """The block as it is stored and shown; None where no identity is asked for.

    The resource's own identity gets its id at the first write and keeps it.
    """
    asked = write.body.get("identity")
    kind = str(asked.get("type") or "") if isinstance(asked, dict) else ""
    if not isinstance(asked, dict) or kind.lower() in ("", "none"):
        return None
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


def _ids(azure: Azure, identity_id: str) -> JSON:
    identity = azure.store.get(identity_id)
    properties = identity.properties if identity is not None else {}
    return {"principalId": properties.get("principalId"), "clientId": properties.get("clientId")}
