"""Operations on a vault's secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.key_vault_laws import SECRET_DELETED, SECRET_LARGE, SECRET_VALUE
from offline.arm.store import Deleted, Resource, Store
from offline.arm.vault_secrets import (
    LARGEST,
    SECRET,
    Version,
    changed,
    deleted_secret,
    new_version,
    secret_resource,
    vault_uri,
    versions,
)
from offline.dataplane.vault import laws

PAGE = 25


class Secrets:
    """One vault's. Values leave it only through `get`, `set` and nothing else.

    :raises ArmError: from every method, as its words say.
    """

    def __init__(self, store: Store, vault: Resource) -> None:
        self._store = store
        self._vault = vault

    def get(self, name: str, version: str | None) -> JSON:
        kept = self._versions(name)
        found = next((item for item in reversed(kept) if version in (None, item.id)), None)
        if found is None:
            raise laws.SECRET_MISSING.broken(name=f"{name}/{version}")
        if not found.enabled:
            raise laws.SECRET_DISABLED.broken()
        return {"value": found.value, **self._shown(name, found, with_version=True)}

    def set(self, name: str, body: JSON) -> JSON:
        secret_id = self._id(name)
        if deleted_secret(self._store, secret_id) is not None:
            raise SECRET_DELETED.broken(name=name)
        value = body.get("value")
        if not isinstance(value, str):
            raise SECRET_VALUE.broken(name=name)
        if len(value.encode()) > LARGEST:
            raise SECRET_LARGE.broken(limit=LARGEST)
        existing = self._store.get(secret_id)
        added = new_version(
            value,
            content_type=_text(body.get("contentType")),
            attributes=_object(body.get("attributes")),
            tags=_object(body.get("tags")),
        )
        self._write(name, [*(versions(existing) if existing is not None else []), added])
        return {"value": value, **self._shown(name, added, with_version=True)}

    def update(self, name: str, version: str | None, body: JSON) -> JSON:
        kept = self._versions(name)
        wanted = kept[-1].id if version is None else version
        after = [
            changed(
                item,
                content_type=_text(body.get("contentType")),
                attributes=_object(body.get("attributes")),
                tags=_object(body["tags"]) if "tags" in body else None,
            )
            if item.id == wanted
            else item
            for item in kept
        ]
        found = next((item for item in after if item.id == wanted), None)
        if found is None:
            raise laws.SECRET_MISSING.broken(name=f"{name}/{version}")
        self._write(name, after)
        return self._shown(name, found, with_version=True)

    def delete(self, name: str) -> JSON:
        secret = self._store.get(self._id(name))
        if secret is None:
            raise laws.SECRET_MISSING.broken(name=name)
        self._store.bury(secret)
        return self.deleted(name)

    def deleted(self, name: str) -> JSON:
        return self._shown_deleted(self._deleted(name), with_version=True)

    def recover(self, name: str) -> JSON:
        old = self._deleted(name)
        with self._store.together():
            self._store.forget(old.id)
            self._store.put(Resource(id=old.id, body=old.body, private=old.private))
        return self._shown(name, versions(old)[-1], with_version=True)

    def purge(self, name: str) -> None:
        old = self._deleted(name)
        if self._vault.properties.get("enablePurgeProtection") is True:
            raise laws.SECRET_PURGE.broken(name=name)
        self._store.forget(old.id)

    # Lists ---------------------------------------------------------------------------------------------------

    def list_all(self, query: Mapping[str, str]) -> JSON:
        found = [resource for resource in self._store.below(self._vault.id) if resource.type == SECRET]
        shown = [self._shown(item.id.name, versions(item)[-1], with_version=False) for item in found]
        return self._page(shown, "secrets", query)

    def list_versions(self, name: str, query: Mapping[str, str]) -> JSON:
        shown = [self._shown(name, item, with_version=True) for item in self._versions(name)]
        return self._page(shown, f"secrets/{name}/versions", query)

    def list_deleted(self, query: Mapping[str, str]) -> JSON:
        found = [old for old in self._store.deleted(SECRET) if old.id.within(self._vault.id)]
        shown = [self._shown_deleted(old, with_version=False) for old in found]
        return self._page(shown, "deletedsecrets", query)

    def _page(self, items: Sequence[JSON], path: str, query: Mapping[str, str]) -> JSON:
        start, length = query.get("$skiptoken", "0"), query.get("maxresults", str(PAGE))
        if not (start.isdigit() and length.isdigit() and 1 <= int(length) <= PAGE):
            raise laws.PARAMETER.broken(why=f"maxresults must be between 1 and {PAGE}.")
        end = int(start) + int(length)
        following = (
            f"{vault_uri(self._vault)}{path}?api-version={query.get('api-version')}&$skiptoken={end}"
            f"&maxresults={length}"
        )
        return {
            "value": list(items[int(start) : end]),
            "nextLink": following if end < len(items) else None,
        }

    # What is kept --------------------------------------------------------------------------------------------

    def _id(self, name: str) -> ResourceId:
        return self._vault.id.child("secrets", name)

    def _versions(self, name: str) -> list[Version]:
        secret = self._store.get(self._id(name))
        if secret is None:
            raise laws.SECRET_MISSING.broken(name=name)
        return versions(secret)

    def _deleted(self, name: str) -> Deleted:
        old = deleted_secret(self._store, self._id(name))
        if old is None:
            raise laws.DELETED_SECRET_MISSING.broken(name=name)
        return old

    def _write(self, name: str, kept: list[Version]) -> None:
        existing = self._store.get(self._id(name))
        secret_id = existing.id if existing is not None else self._id(name)
        made = secret_resource(self._vault, secret_id, kept)
        self._store.put(replace(made, version=existing.version if existing is not None else 1))

    def _shown(self, name: str, version: Version, *, with_version: bool) -> JSON:
        days = self._vault.properties.get("softDeleteRetentionInDays", 90)
        customized = "" if days == 90 else "Customized"
        purgeable = "" if self._vault.properties.get("enablePurgeProtection") is True else "+Purgeable"
        shown: JSON = {
            "id": f"{vault_uri(self._vault)}secrets/{name}" + (f"/{version.id}" if with_version else ""),
            "attributes": {
                **version.attributes,
                "recoveryLevel": f"{customized}Recoverable{purgeable}",
                "recoverableDays": days,
            },
        }
        if version.content_type is not None:
            shown["contentType"] = version.content_type
        if version.tags:
            shown["tags"] = version.tags
        return shown

    def _shown_deleted(self, old: Deleted, *, with_version: bool) -> JSON:
        days = self._vault.properties.get("softDeleteRetentionInDays", 90)
        assert isinstance(days, int)
        return {
            "recoveryId": f"{vault_uri(self._vault)}deletedsecrets/{old.id.name}",
            "deletedDate": int(old.at),
            "scheduledPurgeDate": int(old.at) + days * 86400,
            **self._shown(old.id.name, versions(old)[-1], with_version=with_version),
        }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: object) -> JSON:
    return value if isinstance(value, dict) else {}
