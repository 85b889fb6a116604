"""What a data plane asks before it acts: whether a principal may."""

from typing import Protocol

from offline.arm.ids import ResourceId


class Authorizer(Protocol):
    """Who may do what (`offline.arm.access.Access`)."""

    def allows(self, principal_id: str, scope: ResourceId | str, action: str) -> bool: ...
