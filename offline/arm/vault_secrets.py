"""A vault's secrets as they are kept: one resource for each name, with every version in its private part.

Both ways to them, the resource manager and the vault's data plane, write here.
"""

import time
import uuid
from dataclasses import dataclass, field, replace

from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.store import Deleted, Resource, Store

VAULT = "Microsoft.KeyVault/vaults"
SECRET = f"{VAULT}/secrets"

LARGEST = 25 * 1024


@dataclass(frozen=True, kw_only=True)
class Version:
    """One value that a secret has had."""

    id: str
    value: str
    content_type: str | None = None
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    created: int = 0
    updated: int = 0
    tags: JSON = field(default_factory=dict)

    def is_like(self, other: "Version") -> bool:
        """Whether both say the same, leaving aside identity, times and tags."""

        def said(version: "Version") -> tuple[object, ...]:
            return (
                version.value,
                version.content_type,
                version.enabled,
                version.not_before,
                version.expires,
            )

        return said(self) == said(other)

    @property
    def attributes(self) -> JSON:
        """As both planes show them."""
        shown: JSON = {"enabled": self.enabled}
        if self.not_before is not None:
            shown["nbf"] = self.not_before
        if self.expires is not None:
            shown["exp"] = self.expires
        return {**shown, "created": self.created, "updated": self.updated}


def new_version(value: str, *, content_type: str | None, attributes: JSON, tags: JSON) -> Version:
    """A version that begins now."""
    now = int(time.time())
    return Version(
        id=uuid.uuid4().hex,
        value=value,
        content_type=content_type,
        enabled=attributes.get("enabled") is not False,
        not_before=_seconds(attributes.get("nbf")),
        expires=_seconds(attributes.get("exp")),
        created=now,
        updated=now,
        tags=tags,
    )


def changed(version: Version, *, content_type: str | None, attributes: JSON, tags: JSON | None) -> Version:
    """The same value with other words around it; what is not named stays."""
    return replace(
        version,
        content_type=content_type if content_type is not None else version.content_type,
        enabled=attributes["enabled"] is not False if "enabled" in attributes else version.enabled,
        not_before=_seconds(attributes.get("nbf")) if "nbf" in attributes else version.not_before,
        expires=_seconds(attributes.get("exp")) if "exp" in attributes else version.expires,
        tags=tags if tags is not None else version.tags,
        updated=int(time.time()),
    )


def versions(kept: Resource | Deleted) -> list[Version]:
    """Oldest first."""
    stored = kept.private.get("versions")
    return [Version(**item) for item in stored] if isinstance(stored, list) else []


def secret_resource(vault: Resource, secret_id: ResourceId, kept: list[Version]) -> Resource:
    """The resource that holds those versions and shows the last of them, without its value."""
    last = kept[-1]
    uri = f"{vault_uri(vault)}secrets/{secret_id.name}"
    properties: JSON = {
        "attributes": last.attributes,
        "secretUri": uri,
        "secretUriWithVersion": f"{uri}/{last.id}",
    }
    if last.content_type is not None:
        properties["contentType"] = last.content_type
    body: JSON = {
        "id": secret_id.text,
        "name": secret_id.name,
        "type": SECRET,
        "location": vault.body.get("location"),
        "properties": properties,
    }
    if last.tags:
        body["tags"] = last.tags
    return Resource(id=secret_id, body=body, private={"versions": [dict(vars(version)) for version in kept]})


def vault_uri(vault: Resource) -> str:
    return f"https://{vault.id.name.lower()}.vault.azure.net/"


def deleted_secret(store: Store, secret_id: ResourceId) -> Deleted | None:
    """A soft-deleted secret of that name."""
    return next((old for old in store.deleted(SECRET) if old.id.key == secret_id.key), None)


def _seconds(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
