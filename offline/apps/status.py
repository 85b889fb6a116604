"""What `python -m offline status` tells about apps."""

from dataclasses import dataclass

from offline.apps.running import RunningApp


@dataclass(frozen=True, kw_only=True)
class ReplicaStatus:
    """A replica, and what runs in it."""

    name: str
    pid: int | None
    port: int | None
    state: str
    ready: bool
    restarts: int
    programs: tuple[str, ...]
    """In the place of each image: `LiteLLM 1.106.2`, or `placeholder`."""


@dataclass(frozen=True, kw_only=True)
class AppStatus:
    """An app: where it is reached, and by what."""

    name: str
    id: str
    fqdn: str | None
    """None without an ingress."""
    revision: str | None
    """The latest that has been ready."""
    ready: bool
    replicas: tuple[ReplicaStatus, ...]
    local_port: int | None
    """`http://localhost:<port>`"""


def app_status(running: RunningApp, local_port: int | None) -> AppStatus:
    replicas = [replica for revision in running.revisions.values() for replica in revision.replicas]
    return AppStatus(
        name=running.app.name,
        id=running.app.id.text,
        local_port=local_port,
        fqdn=running.fqdn if running.ingress is not None else None,
        revision=running.latest,
        ready=bool(replicas) and all(replica.ready for replica in replicas),
        replicas=tuple(
            ReplicaStatus(
                name=replica.name,
                pid=replica.containers[0].pid if replica.containers else None,
                port=replica.port,
                state=replica.state,
                ready=replica.ready,
                restarts=replica.restarts,
                programs=tuple(container.stands_for for container in replica.containers),
            )
            for replica in replicas
        ),
    )
