"""A container app's body, read into the words that the host works with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.store import Resource

DEFAULT_GRACE_SECONDS = 30
SYSTEM_IDENTITY = "system"
"""How a secret or a registry names the app's own identity."""


def fields(value: object) -> JSON:
    """A JSON object, also of what is missing."""
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[JSON]:
    """The objects of a JSON list, also of what is missing."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object, default: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


ProbeKind = Literal["Startup", "Readiness", "Liveness"]
_KINDS: Mapping[str, ProbeKind] = {"startup": "Startup", "readiness": "Readiness", "liveness": "Liveness"}


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One question to a container. `path` None asks only for a TCP connection."""

    kind: ProbeKind
    port: int
    path: str | None = None
    scheme: str = "http"
    headers: Mapping[str, str] = field(default_factory=dict)
    initial_delay: int = 0
    period: int = 10
    timeout: int = 1
    failures: int = 3
    successes: int = 1


@dataclass(frozen=True, kw_only=True)
class Variable:
    """An environment variable: a value, or the name of one of the app's secrets."""

    name: str
    value: str
    secret: str | None


@dataclass(frozen=True, kw_only=True)
class Mount:
    volume: str
    path: str
    sub_path: str


@dataclass(frozen=True, kw_only=True)
class Volume:
    name: str
    storage: str
    """EmptyDir, AzureFile, NfsAzureFile or Secret."""
    secrets: tuple[tuple[str, str], ...]
    """(secret, path) of a Secret volume; none listed means all of the app's, each under its own name."""

    @property
    def starts(self) -> bool:
        """Law app-volume: any other name is accepted, and its revision never starts."""
        return bool(self.name) and all(c.isdigit() or "a" <= c <= "z" or c == "-" for c in self.name)


@dataclass(frozen=True, kw_only=True)
class Container:
    name: str
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    environment: tuple[Variable, ...]
    mounts: tuple[Mount, ...]
    probes: tuple[Probe, ...]


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a revision is made of."""

    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...]
    min_replicas: int
    max_replicas: int
    concurrent_requests: int | None
    """Of the HTTP scale rule; None without one."""
    cooldown: int
    grace: int
    """Seconds between SIGTERM and SIGKILL."""
    suffix: str

    @property
    def start_replicas(self) -> int:
        """One at least: nothing here wakes an app that has scaled to zero."""
        return max(1, self.min_replicas)

    def secrets_in_environment(self) -> set[str]:
        return {
            variable.secret
            for container in self.containers
            for variable in container.environment
            if variable.secret is not None
        }


@dataclass(frozen=True, kw_only=True)
class Restriction:
    """An entry of the ingress's address list."""

    address_range: str
    allow: bool


@dataclass(frozen=True, kw_only=True)
class TrafficShare:
    revision: str | None
    """None is the latest."""
    weight: int


@dataclass(frozen=True, kw_only=True)
class IngressSettings:
    external: bool
    target_port: int
    restrictions: tuple[Restriction, ...]
    traffic: tuple[TrafficShare, ...]


@dataclass(frozen=True, kw_only=True)
class DeclaredSecret:
    """One of the app's secrets: typed in, or a reference to a vault's."""

    name: str
    value: str | None
    url: str | None
    identity: str | None
    """`system`, or the ARM id of a user-assigned identity."""

    @property
    def versionless(self) -> bool:
        """`https://v.vault.azure.net/secrets/name` follows the newest version."""
        return self.url is not None and len(self.url.split("://")[-1].strip("/").split("/")) == 3


class App:
    """A stored container app, as the host reads it."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.id = resource.id
        self.name = resource.id.name
        properties = resource.properties
        self.configuration = fields(properties.get("configuration"))
        self.template_body = fields(properties.get("template"))

    @property
    def environment_id(self) -> ResourceId:
        properties = self.resource.properties
        return ResourceId(
            text(properties.get("environmentId")) or text(properties.get("managedEnvironmentId"))
        )

    @property
    def template(self) -> Template:
        return read_template(self.template_body, self.ingress.target_port if self.ingress else 0)

    @property
    def template_hash(self) -> str:
        """Same template, same revision: secrets, tags and the rest of the configuration are not part of it."""
        return hashlib.sha256(json.dumps(self.template_body, sort_keys=True).encode()).hexdigest()

    @property
    def single(self) -> bool:
        return text(self.configuration.get("activeRevisionsMode")).lower() != "multiple"

    @property
    def ingress(self) -> IngressSettings | None:
        body = fields(self.configuration.get("ingress"))
        if not body:
            return None
        return IngressSettings(
            external=body.get("external") is True,
            target_port=number(body.get("targetPort"), 0),
            restrictions=tuple(
                Restriction(
                    address_range=text(entry.get("ipAddressRange")),
                    allow=text(entry.get("action")).lower() == "allow",
                )
                for entry in entries(body.get("ipSecurityRestrictions"))
            ),
            traffic=tuple(
                TrafficShare(
                    revision=None if entry.get("latestRevision") is True else text(entry.get("revisionName")),
                    weight=number(entry.get("weight"), 0),
                )
                for entry in entries(body.get("traffic"))
            ),
        )

    @property
    def secrets(self) -> tuple[DeclaredSecret, ...]:
        """The typed-in values are the resource's private part: nobody reads them back."""
        values = fields(self.resource.private.get("secrets"))
        return tuple(
            DeclaredSecret(
                name=text(entry.get("name")),
                value=text(values[name]) if (name := text(entry.get("name"))) in values else None,
                url=text(entry.get("keyVaultUrl")) or None,
                identity=text(entry.get("identity")) or None,
            )
            for entry in entries(self.configuration.get("secrets"))
        )

    @property
    def has_system_identity(self) -> bool:
        return "systemassigned" in text(fields(self.resource.body.get("identity")).get("type")).lower()

    @property
    def user_identities(self) -> tuple[str, ...]:
        """ARM ids of the user-assigned identities."""
        assigned = fields(fields(self.resource.body.get("identity")).get("userAssignedIdentities"))
        return tuple(assigned)

    @property
    def hidden_identities(self) -> frozenset[str]:
        """Lower-case ids (or `system`) whose lifecycle None keeps them from the containers."""
        return frozenset(
            text(entry.get("identity")).lower()
            for entry in entries(self.configuration.get("identitySettings"))
            if text(entry.get("lifecycle")).lower() in ("none", "init")
        )


def read_template(body: JSON, target_port: int) -> Template:
    """:param target_port: of the ingress; 0 without one. The probes that Azure adds ask there."""
    scale = fields(body.get("scale"))
    rules = [fields(rule.get("http")) for rule in entries(scale.get("rules"))]
    concurrent = [text(fields(rule.get("metadata")).get("concurrentRequests")) for rule in rules if rule]
    minimum = number(scale.get("minReplicas"), 0)
    containers = entries(body.get("containers"))
    return Template(
        containers=tuple(
            _container(container, target_port if index == 0 else 0)
            for index, container in enumerate(containers)
        ),
        volumes=tuple(
            Volume(
                name=text(volume.get("name")),
                storage=text(volume.get("storageType")) or "EmptyDir",
                secrets=tuple(
                    (text(item.get("secretRef")), text(item.get("path")) or text(item.get("secretRef")))
                    for item in entries(volume.get("secrets"))
                ),
            )
            for volume in entries(body.get("volumes"))
        ),
        min_replicas=minimum,
        max_replicas=max(1, minimum, number(scale.get("maxReplicas"), 10)),
        concurrent_requests=int(concurrent[0]) if concurrent and concurrent[0].isdigit() else None,
        cooldown=number(scale.get("cooldownPeriod"), 300),
        grace=number(body.get("terminationGracePeriodSeconds"), DEFAULT_GRACE_SECONDS),
        suffix=text(body.get("revisionSuffix")),
    )


def _container(body: JSON, target_port: int) -> Container:
    return Container(
        name=text(body.get("name")),
        image=text(body.get("image")),
        command=tuple(_words(body.get("command"))),
        args=tuple(_words(body.get("args"))),
        environment=tuple(
            Variable(
                name=text(entry.get("name")),
                value=text(entry.get("value")),
                secret=text(entry.get("secretRef")) or None,
            )
            for entry in entries(body.get("env"))
        ),
        mounts=tuple(
            Mount(
                volume=text(entry.get("volumeName")),
                path="/" + text(entry.get("mountPath")).strip("/"),
                sub_path=text(entry.get("subPath")).strip("/"),
            )
            for entry in entries(body.get("volumeMounts"))
        ),
        probes=_probes(entries(body.get("probes")), target_port),
    )


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _probes(bodies: list[JSON], target_port: int) -> tuple[Probe, ...]:
    probes = [probe for body in bodies if (probe := _probe(body)) is not None]
    kinds = {probe.kind for probe in probes}
    if (
        target_port
    ):  # With an ingress, Azure adds what the template leaves out (docs container-apps/health-probes).
        if "Startup" not in kinds:
            probes.append(
                Probe(kind="Startup", port=target_port, initial_delay=1, period=1, timeout=3, failures=240)
            )
        if "Readiness" not in kinds:
            probes.append(
                Probe(kind="Readiness", port=target_port, initial_delay=3, period=5, timeout=5, failures=48)
            )
    return tuple(probes)


def _probe(body: JSON) -> Probe | None:
    kind = text(body.get("type")).lower()
    http, tcp = fields(body.get("httpGet")), fields(body.get("tcpSocket"))
    if kind not in _KINDS:
        return None
    return Probe(
        kind=_KINDS[kind],
        port=number((http or tcp).get("port"), 0),
        path=(text(http.get("path")) or "/") if http else None,
        scheme=text(http.get("scheme")).lower() or "http",
        headers={text(h.get("name")): text(h.get("value")) for h in entries(http.get("httpHeaders"))},
        initial_delay=number(body.get("initialDelaySeconds"), 0),
        period=number(body.get("periodSeconds"), 10),
        timeout=number(body.get("timeoutSeconds"), 1),
        failures=number(body.get("failureThreshold"), 3),
        successes=number(body.get("successThreshold"), 1),
    )
