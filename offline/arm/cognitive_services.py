"""Microsoft.CognitiveServices: accounts for Azure OpenAI, what is deployed in them, and their content filters."""

import re
import secrets
import uuid
from dataclasses import replace

from offline.arm import cognitive_laws as laws
from offline.arm import models
from offline.arm.cognitive_lists import ACCOUNT, DEPLOYMENT, ROUTES, buried, endpoints, quota_name, used
from offline.arm.errors import JSON
from offline.arm.identity_block import identity_block
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.models import FORMAT, Model, catalog
from offline.arm.network_view import connections_to
from offline.arm.store import Resource

RAI_POLICY = f"{ACCOUNT}/raiPolicies"

BUILT_IN_POLICIES = frozenset({"microsoft.default", "microsoft.defaultv2"})

FEATURE_FACT = "subscription.no-openai"
"""Store fact: true where the subscription's offer has no Azure OpenAI."""

_SUBDOMAIN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,62}[a-zA-Z0-9]")

_CAPABILITIES: list[JSON] = [
    {"name": "VirtualNetworks"},
    {"name": "CustomerManagedKey"},
    {"name": "MaxFineTuneCount", "value": "500"},
    {"name": "MaxRunningFineTuneCount", "value": "3"},
    {"name": "MaxUserFileCount", "value": "100"},
    {"name": "MaxTrainingFileSize", "value": "512000000"},
    {"name": "TrustedServices", "value": "Microsoft.CognitiveServices,Microsoft.MachineLearningServices"},
]


def _new_key() -> str:
    """As long as Azure's, in the same letters."""
    return secrets.token_hex(42)


async def _list_keys(azure: Azure, account: Resource, body: JSON) -> object:
    if account.properties.get("disableLocalAuth") is True:
        raise laws.KEYS_OFF.broken()
    return {"key1": account.private["key1"], "key2": account.private["key2"]}


async def _regenerate_key(azure: Azure, account: Resource, body: JSON) -> object:
    wanted = str(body.get("keyName", "")).lower()
    if wanted not in ("key1", "key2"):
        raise laws.KEY_NAME.broken(name=body.get("keyName"))
    changed = azure.store.put(replace(account, private={**account.private, wanted: _new_key()}))
    return await _list_keys(azure, changed, body)


class Account(Kind):
    """An account: an endpoint with keys, closed or open to the internet. A deleted one keeps its names for 48 hours."""

    type = ACCOUNT
    create_seconds = 25
    update_seconds = 1
    delete_seconds = 5
    creating_state = "Accepted"
    updating_state = "Accepted"
    busy = laws.BUSY
    actions = {"listKeys": _list_keys, "regenerateKey": _regenerate_key}  # noqa: RUF012 - declared so by Kind
    routes = ROUTES
    secret_paths = ("properties.restore",)

    def check(self, azure: Azure, write: Write) -> None:
        kind, sku = write.body.get("kind"), write.body.get("sku")
        if kind not in ("OpenAI", "AIServices"):
            raise laws.ACCOUNT_KIND.broken(kind=kind)
        sku_name = sku.get("name") if isinstance(sku, dict) else None
        if sku_name != "S0":
            raise laws.ACCOUNT_SKU.broken(kind=kind, sku=sku_name)
        if azure.store.fact(FEATURE_FACT) is True:
            raise laws.FEATURE.broken()
        if write.existing is None:
            deleted = {old.id.key for old in buried(azure)}
            restore = write.properties.get("restore") is True
            if write.id.key in deleted and not restore:
                raise laws.SOFT_DELETED.broken(id=write.id.text)
            if restore and write.id.key not in deleted:
                raise laws.RESTORE_MISSING.broken(id=write.id.text)
        self._check_subdomain(azure, write)

    def _check_subdomain(self, azure: Azure, write: Write) -> None:
        subdomain = write.properties.get("customSubDomainName")
        before = write.existing.properties.get("customSubDomainName") if write.existing is not None else None
        if before is not None and str(subdomain or "").lower() != str(before).lower():
            raise laws.SUBDOMAIN_CHANGE.broken()
        if subdomain is None or before is not None:
            return
        if not _SUBDOMAIN.fullmatch(str(subdomain)):
            raise laws.SUBDOMAIN_NAME.broken(subdomain=subdomain)
        for key, properties in [
            *((account.id.key, account.properties) for account in azure.store.of_type(ACCOUNT)),
            *((old.id.key, _properties(old.body)) for old in buried(azure)),
        ]:
            taken = str(properties.get("customSubDomainName", "")).lower()
            if key != write.id.key and taken == str(subdomain).lower():
                raise laws.SUBDOMAIN_USED.broken(subdomain=subdomain)

    def accept(self, azure: Azure, write: Write) -> Resource:
        restored = next((old for old in buried(azure) if old.id.key == write.id.key), None)
        if write.existing is not None:
            private = write.existing.private
        elif restored is not None:
            private = restored.private
            azure.store.forget(restored.id)
        else:
            private = {"key1": _new_key(), "key2": _new_key()}
        before = (
            write.existing.properties
            if write.existing is not None
            else _properties(restored.body)
            if restored is not None
            else {}
        )
        asked = {key: value for key, value in write.properties.items() if key != "restore"}
        location = str(write.body.get("location", ""))
        subdomain = asked.get("customSubDomainName")
        properties: JSON = {
            "publicNetworkAccess": "Enabled",
            **asked,
            "internalId": before.get("internalId") or uuid.uuid4().hex,
            "dateCreated": before.get("dateCreated") or azure.clock.stamp(),
            "endpoint": endpoints(subdomain, location)[0],
            "endpoints": endpoints(subdomain, location)[1],
            "callRateLimit": {"rules": []},
            "capabilities": _CAPABILITIES,
            "isMigrated": False,
        }
        acls = asked.get("networkAcls")
        if isinstance(acls, dict):
            properties["networkAcls"] = {"ipRules": [], "virtualNetworkRules": [], **acls}
        body: JSON = {**write.body, "etag": f'"{uuid.uuid4()}"', "properties": properties}
        identity = identity_block(azure, write)
        if identity is not None:
            body["identity"] = identity
        return Resource(id=write.id, body=body, private=private)

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        return resource.with_properties(
            privateEndpointConnections=[
                {
                    "id": f"{resource.id.text}/privateEndpointConnections/{connection.endpoint.id.name}",
                    "name": connection.endpoint.id.name,
                    "type": f"{ACCOUNT}/privateEndpointConnections",
                    "location": resource.body.get("location"),
                    "properties": {
                        "privateEndpoint": {"id": connection.endpoint.id.text},
                        "groupIds": [connection.group],
                        "privateLinkServiceConnectionState": {
                            "status": "Approved" if connection.approved else "Pending",
                            "description": "Approved" if connection.approved else "",
                            "actionsRequired": "None",
                        },
                        "provisioningState": "Succeeded",
                    },
                }
                for connection in connections_to(azure.store, resource.id)
            ]
        ).body

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        nested = [below.id.text for below in azure.store.below(resource.id) if below.type == DEPLOYMENT]
        if nested:
            raise laws.DELETE_NESTED.broken(ids=",".join(nested))

    def removed(self, azure: Azure, resource: Resource) -> None:
        azure.store.bury(resource)


class Deployment(Kind):
    """A model under a name, with so many thousand tokens a minute."""

    type = DEPLOYMENT
    create_seconds = 2.1
    update_seconds = 2.1
    delete_seconds = 1
    located = False
    busy = laws.BUSY

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return (resource_id.parent or resource_id,)

    def check(self, azure: Azure, write: Write) -> None:
        asked = _model_of(write.properties)
        before = _model_of(write.existing.properties) if write.existing is not None else None
        if before is not None and (asked.get("name"), asked.get("format", FORMAT)) != (
            before.get("name"),
            before.get("format"),
        ):
            raise laws.MODEL_CHANGE.broken()
        model = _found(asked)
        if model is None or asked.get("format", FORMAT) != FORMAT:
            raise laws.MODEL_UNKNOWN.broken(
                format=asked.get("format"), name=asked.get("name"), version=asked.get("version")
            )
        if before is None or before.get("version") != model.version:
            self._check_lifecycle(azure, model)
        sku, capacity = _sku_of(write.body)
        if sku not in catalog().quota:
            raise laws.SKU_NAME.broken(sku=sku)
        if sku not in model.skus:
            raise laws.SKU.broken(sku=sku, name=model.name, version=model.version)
        self._check_quota(azure, write, model, sku, capacity)
        self._check_policy(azure, write)

    @staticmethod
    def _check_lifecycle(azure: Azure, model: Model) -> None:
        if models.is_retired(azure.store, model):
            raise laws.MODEL_DEPRECATED.broken(
                name=model.name,
                version=model.version,
                since=models.retired_since(azure.store, model).strftime("%m/%d/%Y"),
            )
        if model.deprecated is not None and not models.has_had(azure.store, model):
            raise laws.MODEL_DEPRECATING.broken(name=model.name, version=model.version)

    @staticmethod
    def _check_quota(azure: Azure, write: Write, model: Model, sku: str, capacity: int) -> None:
        account = azure.store.get(write.id.parent) if write.id.parent is not None else None
        location = str(account.body.get("location", "")) if account is not None else ""
        limit = models.quota(azure.store, location, sku, model)
        in_use = used(azure, location, sku, model.name)
        own = used(azure, location, sku, model.name, only=write.id) if write.existing is not None else 0
        needed = capacity - own
        if needed > limit - in_use:
            raise laws.QUOTA.broken(
                needed=needed,
                available=limit - in_use,
                used=in_use,
                limit=limit,
                quota=quota_name(sku, model.name),
            )

    @staticmethod
    def _check_policy(azure: Azure, write: Write) -> None:
        policy = write.properties.get("raiPolicyName")
        account = write.id.parent
        if policy is None or str(policy).lower() in BUILT_IN_POLICIES or account is None:
            return
        if azure.store.get(account.child("raiPolicies", str(policy))) is None:
            raise laws.RAI_POLICY.broken(policy=policy)

    def accept(self, azure: Azure, write: Write) -> Resource:
        model = _found(_model_of(write.properties))
        assert model is not None
        sku, capacity = _sku_of(write.body)
        given = write.body.get("sku")
        properties: JSON = {
            "raiPolicyName": "Microsoft.DefaultV2",
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            **write.properties,
            "model": {"format": FORMAT, "name": model.name, "version": model.version},
            "currentCapacity": capacity,
            "capabilities": model.capabilities,
            "rateLimits": [
                {"key": "request", "renewalPeriod": 10, "count": capacity},
                {"key": "token", "renewalPeriod": 60, "count": capacity * 1000},
            ],
        }
        body: JSON = {
            **write.body,
            "sku": {**(given if isinstance(given, dict) else {}), "name": sku, "capacity": capacity},
            "etag": f'"{uuid.uuid4()}"',
            "properties": properties,
        }
        return Resource(id=write.id, body=body)


class RaiPolicy(Kind):
    """A content filter of an account."""

    type = RAI_POLICY
    create_seconds = 2
    update_seconds = 2
    delete_seconds = 1
    located = False
    has_state = False
    synchronous = True
    deletes_synchronously = False
    busy = laws.BUSY

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        return (resource_id.parent or resource_id,)

    def accept(self, azure: Azure, write: Write) -> Resource:
        properties: JSON = {
            "mode": "Default",
            "basePolicyName": "Microsoft.DefaultV2",
            "contentFilters": [],
            **write.properties,
            "type": "UserManaged",
        }
        return Resource(
            id=write.id, body={**write.body, "etag": f'"{uuid.uuid4()}"', "properties": properties}
        )


def _properties(body: JSON) -> JSON:
    found = body.get("properties")
    return found if isinstance(found, dict) else {}


def _model_of(properties: JSON) -> JSON:
    found = properties.get("model")
    return found if isinstance(found, dict) else {}


def _found(asked: JSON) -> Model | None:
    version = asked.get("version")
    return catalog().find(str(asked.get("name")), str(version) if version else None)


def _sku_of(body: JSON) -> tuple[str, int]:
    """SKU and capacity; Standard and 1 where nothing is said."""
    sku = body.get("sku")
    given: JSON = sku if isinstance(sku, dict) else {}
    capacity = given.get("capacity")
    return str(given.get("name") or "Standard"), capacity if isinstance(capacity, int) else 1


KINDS: tuple[Kind, ...] = (Account(), Deployment(), RaiPolicy())
