"""Who may do what: role assignments, which take effect late.

A caller may do what a role allows that is assigned to it at the scope or above it. The one who runs the
subscription is Owner there, which covers the control plane only: reading a secret or calling a model takes a data
role, for the owner too.
Source: docs role-based-access-control/role-definitions; role changes take minutes (docs troubleshooting).
"""

import time
from collections.abc import Iterator

from offline.arm.delays import Delay
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.roles import OWNER, ROLES, Role, role_of
from offline.arm.store import Resource, Store
from offline.clock import Clock

ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"

DELAY_FACT = "role-delay-seconds"
"""Store fact: virtual seconds until a role change takes effect."""

DELAY_SECONDS = 20.0
"""Azure promises up to ten minutes; most changes spread within one (docs role-based-access-control/troubleshooting)."""

ROLE_DELAY = Delay(fact=DELAY_FACT, seconds=DELAY_SECONDS)

REVOKED_FACT = "revoked-roles"
"""Store fact: assignments that are gone and still count for a moment."""


class Access:
    """Decides from the role assignments in the store.

    :param owner_id: object id of the one who is Owner of the subscription from the start.
    """

    def __init__(self, store: Store, clock: Clock, *, owner_id: str, subscription_id: str) -> None:
        self._store = store
        self._clock = clock
        self._owner_id = owner_id
        self._subscription = ResourceId(f"/subscriptions/{subscription_id}")

    def allows(self, principal_id: str, scope: ResourceId | str, action: str) -> bool:
        """Whether the principal may do that at that scope: an action or a data action, told apart by name."""
        where = ResourceId(scope) if isinstance(scope, str) else scope
        return any(role.allows(action) for role in self._roles(principal_id.lower(), where))

    def _roles(self, principal_id: str, scope: ResourceId) -> Iterator[Role]:
        if principal_id == self._owner_id.lower() and (
            scope.within(self._subscription) or scope.subscription is None
        ):
            yield ROLES[OWNER]
        now = time.time()
        for assignment in self._store.of_type(ROLE_ASSIGNMENT):
            effective = assignment.private.get("effective", 0.0)
            if (
                str(assignment.properties.get("principalId", "")).lower() == principal_id
                and scope.within(str(assignment.properties.get("scope", "")) or "/")
                and isinstance(effective, int | float)
                and effective <= now
            ):
                role = role_of(assignment.properties)
                if role is not None:
                    yield role
        for revoked in revocations(self._store):
            if (
                revoked["principal"] == principal_id
                and float(str(revoked["until"])) > now
                and scope.within(str(revoked["scope"]))
            ):
                role = ROLES.get(str(revoked["role"]))
                if role is not None:
                    yield role


def revocations(store: Store) -> list[JSON]:
    """Assignments that were deleted a moment ago: principal, scope, role, until."""
    found = store.fact(REVOKED_FACT)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def revoke(store: Store, clock: Clock, assignment: Resource) -> None:
    """Note that an assignment is gone; it counts until the change has spread."""
    role = role_of(assignment.properties)
    if role is None:
        return
    now = time.time()
    kept = [item for item in revocations(store) if float(str(item["until"])) > now]
    store.set_fact(
        REVOKED_FACT,
        [
            *kept,
            {
                "principal": str(assignment.properties.get("principalId", "")).lower(),
                "scope": str(assignment.properties.get("scope", "")),
                "role": role.guid,
                "until": ROLE_DELAY.due(store, clock),
            },
        ],
    )
