"""How a client watches an operation: `Azure-AsyncOperation` and the older `Location`."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from offline.arm import general_laws as laws
from offline.arm import listing
from offline.arm.errors import JSON, ArmError
from offline.arm.kinds import Azure
from offline.arm.operations import RUNNING, Operations
from offline.arm.store import OperationRow

LONGEST_POLL = 1.0
"""Real seconds that a look at a running operation may wait for its end, so that nobody waits a poll interval."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What goes back."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False
    """True where a fault cuts the connection instead."""


class Polling:
    """Tells clients where to look, and answers when they do.

    :param origin: scheme and host that clients reach the resource manager by.
    """

    def __init__(self, azure: Azure, operations: Operations, *, origin: str) -> None:
        self._azure = azure
        self._operations = operations
        self._origin = origin

    def headers(self, operation: OperationRow, location: str) -> dict[str, str]:
        """Headers that lead to an operation."""
        namespace = operation.resource.type.partition("/")[0]
        base = (
            f"{self._origin}/subscriptions/{self._azure.subscription_id}/providers/{namespace}"
            f"/locations/{location.replace(' ', '').lower()}"
        )
        version = "api-version=2024-01-01"
        return {
            "Azure-AsyncOperation": f"{base}/operations/{operation.id}?{version}",
            "Location": f"{base}/operationResults/{operation.id}?{version}",
            **_retry(operation),
        }

    async def look(self, shape: str, operation_id: str) -> Reply:
        operation = await self._operations.ended(operation_id, at_most=LONGEST_POLL)
        if operation is None:
            raise laws.OPERATION.broken(operation=operation_id)
        if shape == "operationresults":
            return self._result(operation)
        base = f"/subscriptions/{self._azure.subscription_id}/providers/Microsoft.Resources"
        body: JSON = {
            "id": f"{base}/operations/{operation.id}",
            "name": operation.id,
            "status": operation.status,
            "startTime": _stamp(operation.started),
        }
        if operation.ended is not None:
            body["endTime"] = _stamp(operation.ended)
        if operation.error is not None:
            body["error"] = _shown_error(operation.error)
        headers = _retry(operation) if operation.status == RUNNING else {}
        return Reply(status=200, body=body, headers=headers)

    def _result(self, operation: OperationRow) -> Reply:
        """The older way to watch: 202 while it runs, then what the request would have answered."""
        if operation.status == RUNNING:
            return Reply(status=202, headers=self.headers(operation, "global"))
        if operation.error is not None:
            raise refusal(operation.error)
        resource = self._azure.store.get(operation.resource)
        if operation.verb == "delete" or resource is None:
            return Reply(status=200)
        kind = self._azure.kinds[resource.type.lower()]
        return Reply(status=200, body=listing.seen(self._azure, kind, resource))


def _retry(operation: OperationRow) -> dict[str, str]:
    """When to look again. Below a second, in milliseconds: clients take a Retry-After of 0 for none at all.

    A look waits for the end itself (LONGEST_POLL), so it may come at once.
    """
    left = operation.due - time.time()
    if left < LONGEST_POLL:
        return {"x-ms-retry-after-ms": "1"}
    return {"Retry-After": str(min(10, math.floor(left)))}


def refusal(error: JSON) -> ArmError:
    """The error that an operation ended with, as the answer to a request."""
    status, details = error.get("status"), error.get("details")
    return ArmError(
        status if isinstance(status, int) else 500,
        str(error.get("code")),
        str(error.get("message")),
        flat=error.get("flat") is True,
        details=details if isinstance(details, list) else None,
    )


def _shown_error(error: JSON) -> JSON:
    return {key: value for key, value in error.items() if key not in ("status", "flat")}


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1e6):06d}Z"
