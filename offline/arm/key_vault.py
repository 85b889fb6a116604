"""Microsoft.KeyVault: vaults, whose names outlive them, and secrets written through the resource manager."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from offline.arm import key_vault_laws as laws
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Route, RouteRequest, Write
from offline.arm.late_firewall import spreading
from offline.arm.network_view import connections_to
from offline.arm.regions import region
from offline.arm.store import Deleted, Resource
from offline.arm.vault_secrets import (
    LARGEST,
    SECRET,
    VAULT,
    deleted_secret,
    new_version,
    secret_resource,
    versions,
)

_PROVIDER = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"
_DELETED = f"{_PROVIDER}/locations/{{location}}/deletedVaults/{{name}}"
_NAME = re.compile(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]")

_SECRET_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")

TAKEN_FACT = "vault-names-elsewhere"
"""Store fact: vault names that other subscriptions have."""


def buried(azure: Azure) -> list[Deleted]:
    """Vaults that are soft-deleted; those whose retention is over are forgotten, with their secrets."""
    found: list[Deleted] = []
    for old in azure.store.deleted(VAULT):
        if time.time() - old.at > _retention(old) * 86400:
            _purge_now(azure, old)
        else:
            found.append(old)
    return found


def _retention(old: Deleted) -> int:
    properties = old.body.get("properties")
    days = properties.get("softDeleteRetentionInDays") if isinstance(properties, dict) else None
    return days if isinstance(days, int) else 90


def _purge_now(azure: Azure, old: Deleted) -> None:
    with azure.store.together():
        for secret in azure.store.deleted(SECRET):
            if secret.id.within(old.id):
                azure.store.forget(secret.id)
        azure.store.forget(old.id)


def _shown_deleted(old: Deleted) -> JSON:
    properties = old.body.get("properties")
    kept: JSON = properties if isinstance(properties, dict) else {}
    at = datetime.fromtimestamp(old.at, UTC)
    location = region(str(old.body.get("location")))
    return {
        "id": f"/subscriptions/{old.id.subscription}/providers/Microsoft.KeyVault/locations/{location}"
        f"/deletedVaults/{old.id.name}",
        "name": old.id.name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": old.id.text,
            "location": location,
            "tags": old.body.get("tags") or {},
            "deletionDate": _stamp(at),
            "scheduledPurgeDate": _stamp(at + timedelta(days=_retention(old))),
            **({"purgeProtectionEnabled": True} if kept.get("enablePurgeProtection") else {}),
        },
    }


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _deleted(azure: Azure, asked: RouteRequest) -> Deleted:
    """:raises ArmError: kv-deleted-missing."""
    for old in buried(azure):
        if old.id.name.lower() == asked.words["name"].lower():
            return old
    raise laws.DELETED_MISSING.broken(name=asked.words["name"])


async def _list_deleted(azure: Azure, asked: RouteRequest) -> object:
    return {"value": [_shown_deleted(old) for old in buried(azure)]}


async def _get_deleted(azure: Azure, asked: RouteRequest) -> object:
    return _shown_deleted(_deleted(azure, asked))


async def _purge(azure: Azure, asked: RouteRequest) -> object:
    old = _deleted(azure, asked)
    properties = old.body.get("properties")
    if isinstance(properties, dict) and properties.get("enablePurgeProtection") is True:
        raise laws.PURGE_REFUSED.broken()
    await azure.clock.sleep(5)
    _purge_now(azure, old)
    return {}


async def _check_name(azure: Azure, asked: RouteRequest) -> object:
    name = str(asked.body.get("name", ""))
    if not _NAME.fullmatch(name):
        return {
            "nameAvailable": False,
            "reason": "AccountNameInvalid",
            "message": laws.NAME_INVALID.message.format(name=name),
        }
    if _is_taken(azure, name) or any(old.id.name.lower() == name.lower() for old in buried(azure)):
        return {
            "nameAvailable": False,
            "reason": "AlreadyExists",
            "message": laws.NAME_TAKEN.message.format(name=name),
        }
    return {"nameAvailable": True}


def _is_taken(azure: Azure, name: str) -> bool:
    elsewhere = azure.store.fact(TAKEN_FACT)
    return any(vault.id.name.lower() == name.lower() for vault in azure.store.of_type(VAULT)) or (
        isinstance(elsewhere, list) and name.lower() in elsewhere
    )


class Vault(Kind):
    """A vault. What it loses by a delete is kept for its retention, and so is its name."""

    type = VAULT
    create_seconds = 19
    update_seconds = 3
    delete_seconds = 5
    deletes_synchronously = True  # the API has 200 and 204 for it, and no operation
    patches_synchronously = True
    creating_state = "RegisteringDns"
    routes = (
        Route(method="GET", path=f"{_PROVIDER}/deletedVaults", answer=_list_deleted),
        Route(method="GET", path=_DELETED, answer=_get_deleted),
        Route(method="POST", path=f"{_DELETED}/purge", answer=_purge),
        Route(method="POST", path=f"{_PROVIDER}/checkNameAvailability", answer=_check_name),
    )
    secret_paths = ("properties.createMode",)

    def check(self, azure: Azure, write: Write) -> None:
        asked = write.properties
        if not _NAME.fullmatch(write.id.name):
            raise laws.NAME_INVALID.broken(name=write.id.name)
        recovering = asked.get("createMode") == "recover"
        if write.existing is None:
            deleted = [old for old in buried(azure) if old.id.name.lower() == write.id.name.lower()]
            own = any(old.id.key == write.id.key for old in deleted)
            if recovering and not own:
                raise laws.DELETED_MISSING.broken(name=write.id.name)
            if own and not recovering:
                raise laws.DELETED_NAME.broken()
            if _is_taken(azure, write.id.name) or (deleted and not own):
                raise laws.NAME_TAKEN.broken(name=write.id.name)
            if recovering:
                return
        if asked.get("enablePurgeProtection") is False:
            raise laws.PURGE_PROTECTION_OFF.broken()
        if asked.get("enableSoftDelete") is False:
            raise laws.SOFT_DELETE_OFF.broken()
        days = asked.get("softDeleteRetentionInDays")
        before = (
            write.existing.properties.get("softDeleteRetentionInDays") if write.existing is not None else None
        )
        if days is not None and before is not None and days != before:
            raise laws.RETENTION_CHANGE.broken()

    def accept(self, azure: Azure, write: Write) -> Resource:
        old = next((old for old in buried(azure) if old.id.key == write.id.key), None)
        private: JSON = dict(write.existing.private) if write.existing is not None else {}
        asked = {key: value for key, value in write.properties.items() if key != "createMode"}
        body = write.body
        if write.existing is None and old is not None:
            # A recovery brings back what was deleted; the rest of the request is not looked at.
            body = {**old.body}
            kept = body.get("properties")
            asked = dict(kept) if isinstance(kept, dict) else {}
            private = {"recovered": old.private.get("secrets", [])}
            azure.store.forget(old.id)
        before = write.existing.properties if write.existing is not None else {}
        # Cannot be taken back, nor changed, by leaving it out.
        lasting: JSON = {
            key: before[key]
            for key in ("enablePurgeProtection", "softDeleteRetentionInDays")
            if key in before
        }
        properties: JSON = {
            "accessPolicies": [],
            "enabledForDeployment": False,
            "enabledForDiskEncryption": False,
            "enabledForTemplateDeployment": False,
            "enableRbacAuthorization": False,
            "softDeleteRetentionInDays": 90,
            "publicNetworkAccess": "Enabled",
            **asked,
            **lasting,
            "enableSoftDelete": True,
            "vaultUri": f"https://{write.id.name.lower()}.vault.azure.net/",
        }
        acls = asked.get("networkAcls")
        if isinstance(acls, dict):
            properties["networkAcls"] = {"ipRules": [], "virtualNetworkRules": [], **acls}
        if write.existing is not None:
            private = spreading(azure, write.existing, properties)
        return Resource(id=write.id, body={**body, "properties": properties}, private=private)

    def provisioned(self, azure: Azure, resource: Resource) -> None:
        recovered = resource.private.get("recovered")
        if isinstance(recovered, list):
            for item in recovered:
                azure.store.put(
                    Resource(id=ResourceId(item["id"]), body=item["body"], private=item["private"])
                )
            azure.store.put(replace(resource, private={}))

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        found = connections_to(azure.store, resource.id)
        if not found:
            return resource.body
        return resource.with_properties(
            privateEndpointConnections=[
                {
                    "id": f"{resource.id.text}/privateEndpointConnections/{connection.endpoint.id.name}",
                    "properties": {
                        "privateEndpoint": {"id": connection.endpoint.id.text},
                        "privateLinkServiceConnectionState": {
                            "status": "Approved" if connection.approved else "Pending",
                            "actionsRequired": "None",
                        },
                        "provisioningState": "Succeeded",
                    },
                }
                for connection in found
            ]
        ).body

    def removed(self, azure: Azure, resource: Resource) -> None:
        """Its secrets go with it, and come back with it."""
        kept = [
            {"id": below.id.text, "body": below.body, "private": below.private}
            for below in azure.store.below(resource.id)
            if below.type == SECRET
        ]
        azure.store.bury(replace(resource, private={"secrets": kept}))


class Secret(Kind):
    """A secret, written from outside the vault's network.

    A write that changes the value, the content type or an attribute is a new version. One that repeats what is there
    makes none: nothing proves that of Azure, and a version more at every deployment would be noticed.
    """

    type = SECRET
    create_seconds = 2
    update_seconds = 2
    delete_seconds = 0
    synchronous = True
    located = False
    has_state = False
    system_data = False
    secret_paths = ("properties.value",)

    def check(self, azure: Azure, write: Write) -> None:
        if not _SECRET_NAME.fullmatch(write.id.name):
            raise laws.SECRET_NAME.broken(name=write.id.name)
        if write.existing is None and deleted_secret(azure.store, write.id) is not None:
            raise laws.SECRET_DELETED.broken(name=write.id.name)
        if write.existing is None and write.properties.get("value") is None:
            raise laws.SECRET_VALUE.broken(name=write.id.name)
        if len(str(write.properties.get("value") or "").encode()) > LARGEST:
            raise laws.SECRET_LARGE.broken(limit=LARGEST)

    def accept(self, azure: Azure, write: Write) -> Resource:
        assert write.id.parent is not None
        vault = azure.store.get(write.id.parent)
        assert vault is not None
        kept = versions(write.existing) if write.existing is not None else []
        before = kept[-1] if kept else None
        value = write.properties.get("value")
        attributes, tags = write.properties.get("attributes"), write.body.get("tags")
        content_type = write.properties.get("contentType")
        wanted = new_version(
            # Without a value, the one that it has goes on: an update may change its attributes alone.
            str(value) if value is not None else before.value if before is not None else "",
            content_type=str(content_type) if content_type is not None else None,
            attributes=attributes if isinstance(attributes, dict) else {},
            tags=tags if isinstance(tags, dict) else {},
        )
        if before is None or not before.is_like(wanted):
            kept.append(wanted)
        elif before.tags != wanted.tags:
            kept[-1] = replace(before, tags=wanted.tags, updated=wanted.updated)
        return secret_resource(vault, write.id, kept)

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        raise laws.SECRET_DELETE.broken(name=resource.id.name)


KINDS: tuple[Kind, ...] = (Vault(), Secret())
