"""Microsoft.OperationalInsights: Log Analytics workspaces."""

import base64
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from offline.arm.errors import JSON, Law
from offline.arm.ids import ResourceId
from offline.arm.kinds import FORCED, Action, Azure, Kind, Route, RouteRequest, Write
from offline.arm.store import Deleted, Resource

WORKSPACE = "Microsoft.OperationalInsights/workspaces"

_DELETED = "/providers/Microsoft.OperationalInsights/deletedWorkspaces"

KEPT_DAYS = 14
"""A deleted workspace comes back, data and id, when it is made again under its name within that time.
Source: docs azure-monitor/logs/delete-workspace."""

RETENTION = Law(
    id="workspace-retention",
    status=400,
    code="InvalidParameter",
    message="'RetentionInDays' property doesn't match the SKU limits. The value {days} must be between 30 and 730.",
    source="docs azure-monitor/logs/data-retention-configure (text unconfirmed)",
    protects="a retention that the price plan does not have",
    remedy="Take 30 to 730 days.",
    unconfirmed=True,
)


async def _shared_keys(azure: Azure, workspace: Resource, body: JSON) -> object:
    return workspace.private["keys"]


async def _regenerate(azure: Azure, workspace: Resource, body: JSON) -> object:
    keys = _keys()
    azure.store.put(
        Resource(id=workspace.id, body=workspace.body, private={**workspace.private, "keys": keys})
    )
    return keys


def _buried(azure: Azure) -> list[Deleted]:
    """Workspaces that were deleted not long ago."""
    oldest = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    return [deleted for deleted in azure.store.deleted(WORKSPACE) if deleted.at >= oldest.timestamp()]


async def _list_deleted(azure: Azure, asked: RouteRequest) -> object:
    """Those of the subscription, or of a group; they are shown as they were."""
    scope = f"/subscriptions/{azure.subscription_id}"
    if "group" in asked.words:
        scope += f"/resourceGroups/{asked.words['group']}"
    found = [deleted for deleted in _buried(azure) if deleted.id.within(ResourceId(scope))]
    return {
        "value": [
            Resource(id=deleted.id, body=deleted.body, private={})
            .with_properties(provisioningState="Succeeded")
            .body
            for deleted in found
        ]
    }


class Workspace(Kind):
    """A Log Analytics workspace. What is sent to it is not kept here."""

    type = WORKSPACE
    create_seconds = 22
    update_seconds = 5
    delete_seconds = 3
    patches_synchronously = True
    can_be_forced = True
    routes = (
        Route(method="GET", path=f"/subscriptions/{{subscription}}{_DELETED}", answer=_list_deleted),
        Route(
            method="GET",
            path=f"/subscriptions/{{subscription}}/resourceGroups/{{group}}{_DELETED}",
            answer=_list_deleted,
        ),
    )
    system_data = False
    actions: Mapping[str, Action] = {"sharedKeys": _shared_keys, "regenerateSharedKey": _regenerate}

    def check(self, azure: Azure, write: Write) -> None:
        days = write.properties.get("retentionInDays", 30)
        if isinstance(days, int) and not (30 <= days <= 730):
            raise RETENTION.broken(days=days)

    def accept(self, azure: Azure, write: Write) -> Resource:
        kept = _kept(azure, write)
        private = dict(kept.private) if kept is not None else {}
        before = kept.properties if kept is not None else {}
        private.setdefault("keys", _keys())
        now = azure.clock.stamp()
        given = write.properties
        properties: JSON = {
            "customerId": before.get("customerId", str(uuid.uuid4())),
            "retentionInDays": 30,
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "createdDate": before.get("createdDate", now),
            **{key: value for key, value in given.items() if key != "provisioningState"},
            "modifiedDate": now,
            "sku": _sku(_dict(given.get("sku"), {"name": "PerGB2018"}), _dict(before.get("sku"), {}), now),
            "features": {
                "legacy": 0,
                "searchVersion": 1,
                "enableLogAccessUsingOnlyResourcePermissions": True,
                **_dict(given.get("features"), {}),
            },
            "workspaceCapping": {
                "dailyQuotaGb": -1.0,
                "quotaNextResetTime": _midnight(),
                "dataIngestionStatus": "RespectQuota",
                **_dict(given.get("workspaceCapping"), {}),
            },
        }
        body: JSON = {**write.body, "etag": f'"{uuid.uuid4()}"', "properties": properties}
        if write.existing is None:
            azure.store.forget(write.id)
        return Resource(id=write.id, body=body, private=private)

    def removed(self, azure: Azure, resource: Resource) -> None:
        if resource.private.get(FORCED) is True:
            azure.store.remove(resource.id)
        else:
            azure.store.bury(resource)


def _sku(wanted: JSON, before: JSON, now: str) -> JSON:
    """The pricing plan, and since when."""
    same = before.get("name") == wanted.get("name")
    return {**wanted, "lastSkuUpdate": before.get("lastSkuUpdate", now) if same else now}


def _kept(azure: Azure, write: Write) -> Resource | None:
    """The workspace as it was, also when it was deleted not long ago."""
    if write.existing is not None:
        return write.existing
    for deleted in _buried(azure):
        if deleted.id.key == write.id.key:
            return Resource(id=deleted.id, body=deleted.body, private=deleted.private)
    return None


def _dict(value: object, default: JSON) -> JSON:
    return dict(value) if isinstance(value, dict) else default


def _keys() -> JSON:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(64)).decode()

    return {"primarySharedKey": key(), "secondarySharedKey": key()}


def _midnight() -> str:
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return tomorrow.isoformat().replace("+00:00", "Z")


KINDS: tuple[Kind, ...] = (Workspace(),)
