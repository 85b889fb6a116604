"""What an app's own body must be: secrets, references, mounts, processor and memory."""

import re
from decimal import Decimal, InvalidOperation

from offline.arm import container_apps_laws as laws
from offline.arm.container_app_template import SYSTEM_IDENTITY, App, entries, fields, text
from offline.arm.errors import JSON

_SECRET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$")


def check_app(app: App) -> None:
    """:raises ArmError: app-secret-name, app-secret, app-identity, app-secretref, app-mount, app-cpu, app-port."""
    _check_secrets(app)
    _check_references(app)
    _check_containers(app)
    ingress = app.ingress
    if ingress is not None and not 0 <= ingress.target_port <= 65535:
        raise laws.APP_PORT.broken(port=ingress.target_port)


def _check_secrets(app: App) -> None:
    for secret in app.secrets:
        if len(secret.name) > 253 or not _SECRET_NAME.match(secret.name):
            raise laws.APP_SECRET_NAME.broken(name=secret.name)
    nothing = [
        secret.name
        for secret in app.secrets
        if not secret.value and not (secret.url is not None and secret.identity is not None)
    ]
    if nothing:
        raise laws.APP_SECRET.broken(names=",".join(nothing))
    mine = {identity.lower() for identity in app.user_identities}
    for secret in app.secrets:
        identity = secret.identity
        if secret.url is None or identity is None:
            continue
        carried = app.has_system_identity if identity.lower() == SYSTEM_IDENTITY else identity.lower() in mine
        if not carried:
            raise laws.APP_IDENTITY.broken(identity=identity, name=app.name)


def _check_references(app: App) -> None:
    names = {secret.name for secret in app.secrets}
    template = app.template
    for container in template.containers:
        mounted = {mount.volume for mount in container.mounts}
        wanted = [variable.secret for variable in container.environment if variable.secret is not None]
        wanted += [
            secret for volume in template.volumes if volume.name in mounted for secret, _ in volume.secrets
        ]
        for secret in wanted:
            if secret not in names:
                raise laws.APP_SECRET_REF.broken(secret=secret, container=container.name)


def _check_containers(app: App) -> None:
    bodies = entries(app.template_body.get("containers"))
    for body in bodies:
        for mount in entries(body.get("volumeMounts")):
            path = text(mount.get("mountPath"))
            if path.strip("/") == "" or ":" in path:
                raise laws.APP_MOUNT.broken(volume=text(mount.get("volumeName")))
    cores = sum((_cores(fields(body.get("resources"))) for body in bodies), Decimal(0))
    memory = sum((_gibibytes(fields(body.get("resources"))) for body in bodies), Decimal(0))
    profile = text(app.resource.properties.get("workloadProfileName")).lower()
    if profile == "consumption" and (cores, memory) not in LEGAL_PAIRS:
        legal = "; ".join(f"[cpu: {cpu}, memory: {gib}Gi]" for cpu, gib in LEGAL_PAIRS)
        raise laws.APP_CPU.broken(cpu=cores.normalize(), memory=f"{memory.normalize():f}Gi", legal=legal)


LEGAL_PAIRS = tuple((Decimal(step) / 4, Decimal(step) / 2) for step in range(1, 17))
"""A quarter core to four cores, memory in GiB twice that (Consumption workload profile)."""


def _cores(resources: JSON) -> Decimal:
    cpu = resources.get("cpu")
    return Decimal(str(cpu)) if isinstance(cpu, int | float) else Decimal(0)


def _gibibytes(resources: JSON) -> Decimal:
    memory = text(resources.get("memory"))
    try:
        return (
            Decimal(memory.removesuffix("Gi"))
            if memory.endswith("Gi")
            else Decimal(memory.removesuffix("Mi")) / 1024
        )
    except InvalidOperation:
        return Decimal(0)
