"""Revisions and replicas as the resource manager shows them, and as a later service finds them again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from offline.apps.replica import Replica
from offline.arm.container_app_template import App, fields, text
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.store import Resource, Store
from offline.clock import Clock

REVISION = "Microsoft.App/containerApps/revisions"
REPLICA = "Microsoft.App/containerApps/revisions/replicas"


@dataclass(frozen=True, kw_only=True)
class RevisionRow:
    """A stored revision."""

    resource: Resource

    @property
    def name(self) -> str:
        return self.resource.id.name

    @property
    def template_hash(self) -> str:
        return text(self.resource.private.get("templateHash"))

    @property
    def template_body(self) -> JSON:
        return fields(self.resource.properties.get("template"))

    @property
    def serving(self) -> bool:
        """It has been ready, and nobody has put it out of service."""
        return self.resource.private.get("serving") is True


class RevisionRows:
    """The revisions of one app."""

    def __init__(self, store: Store, app_id: ResourceId) -> None:
        self._store = store
        self._app_id = app_id

    def all(self) -> list[RevisionRow]:
        """Oldest first."""
        rows = [
            RevisionRow(resource=resource)
            for resource in self._store.below(self._app_id)
            if resource.type.lower() == REVISION.lower()
        ]
        return sorted(rows, key=lambda row: text(row.resource.properties.get("createdTime")))

    def named(self, name: str) -> RevisionRow | None:
        resource = self._store.get(self._app_id.child("revisions", name))
        return RevisionRow(resource=resource) if resource is not None else None

    def begin(self, name: str, app: App, fqdn: str) -> None:
        """A new revision, or one more attempt at a failed one."""
        existing = self.named(name)
        created = existing.resource.properties.get("createdTime") if existing is not None else None
        revision_id = self._app_id.child("revisions", name)
        self._store.put(
            Resource(
                id=revision_id,
                body={
                    "id": revision_id.text,
                    "name": name,
                    "type": REVISION,
                    "properties": {
                        "createdTime": created or Clock.stamp(),
                        "fqdn": fqdn,
                        "template": app.template_body,
                        "active": True,
                        "replicas": 0,
                        "trafficWeight": 0,
                        "provisioningState": "Provisioning",
                        "runningState": "Activating",
                        "healthState": "None",
                    },
                },
                private={"templateHash": app.template_hash, "serving": False},
            )
        )

    def mark(self, name: str, *, serving: bool | None = None, **properties: object) -> None:
        """Change a row; nothing when the app is gone by now."""
        row = self.named(name)
        if row is None:
            return
        changed = row.resource.with_properties(**properties)
        if serving is not None:
            changed = Resource(
                id=changed.id,
                body=changed.body,
                private={**changed.private, "serving": serving},
                version=changed.version,
            )
        self._store.put(changed)

    def show_replicas(self, name: str, replicas: Sequence[Replica]) -> None:
        """Write down the replicas of a revision as they are now."""
        revision_id = self._app_id.child("revisions", name)
        if self._store.get(revision_id) is None:
            return
        with self._store.together():
            for old in self._store.below(revision_id):
                self._store.remove(old.id)
            for replica in replicas:
                replica_id = revision_id.child("replicas", replica.name)
                self._store.put(Resource(id=replica_id, body=_replica_body(replica_id, replica)))
            self.mark(name, replicas=len(replicas))

    def forget_all(self) -> None:
        with self._store.together():
            for resource in self._store.below(self._app_id):
                if resource.type.lower() in (REVISION.lower(), REPLICA.lower()):
                    self._store.remove(resource.id)

    def next_name(self, app: App) -> str:
        """`<app>--<suffix>`: the template's own suffix, or seven characters that no revision has yet."""
        if app.template.suffix:
            return f"{app.name}--{app.template.suffix}"
        taken = {row.name for row in self.all()}
        for attempt in range(len(taken), 2 * len(taken) + 2):
            digest = hashlib.sha256(f"{self._app_id.key} {app.template_hash} {attempt}".encode()).hexdigest()
            name = f"{app.name}--{digest[:7]}"
            if name not in taken:
                return name
        raise AssertionError("more names than revisions were tried")

    def prune(self, keep: int) -> None:
        """Drop the oldest inactive revisions (`maxInactiveRevisions`)."""
        inactive = [row for row in self.all() if row.resource.properties.get("active") is not True]
        for row in inactive[: max(0, len(inactive) - keep)]:
            self._store.remove(row.resource.id)


def _replica_body(replica_id: ResourceId, replica: Replica) -> JSON:
    return {
        "id": replica_id.text,
        "name": replica.name,
        "type": REPLICA,
        "properties": {
            "createdTime": replica.created,
            "runningState": replica.state,
            "containers": [
                {
                    "name": container.name,
                    "containerId": f"process://{container.pid}",
                    "ready": container.ready,
                    "started": container.pid is not None,
                    "restartCount": container.restarts,
                    "runningState": "Running" if container.pid is not None else "Waiting",
                }
                for container in replica.containers
            ],
        },
    }
