"""Microsoft.ContainerRegistry: registries, their admin user, and cache rules. No image is kept in them here."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace

from offline.arm import container_registry_laws as laws
from offline.arm.endpoint_connections import endpoint_connections
from offline.arm.errors import JSON, ArmError
from offline.arm.identity_block import identity_block
from offline.arm.ids import ResourceId
from offline.arm.kinds import Action, Azure, Kind, Route, RouteRequest, Write
from offline.arm.store import Resource
from offline.arm.taken_names import taken

REGISTRY = "Microsoft.ContainerRegistry/registries"
PREMIUM = "Premium"
PASSWORDS = ("password", "password2")

_NAME = re.compile(r"[a-zA-Z0-9]{5,50}")
_PROVIDER = "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry"


def login_server(name: str) -> str:
    """The registry's host."""
    return f"{name.lower()}.azurecr.io"


def _new_password() -> str:
    """As long as Azure's, with the mark that scanners for secrets look for."""
    return f"{secrets.token_hex(21)}+ACR{secrets.token_hex(3)}"


async def _list_credentials(azure: Azure, registry: Resource, body: JSON) -> object:
    if registry.properties.get("adminUserEnabled") is not True:
        raise laws.ADMIN_OFF.broken(id=registry.id.text)
    return {
        "username": registry.id.name,
        "passwords": [{"name": name, "value": registry.private[name]} for name in PASSWORDS],
    }


async def _regenerate_credential(azure: Azure, registry: Resource, body: JSON) -> object:
    wanted = str(body.get("name", ""))
    if wanted not in PASSWORDS:
        raise ArmError(400, "InvalidPasswordName", f"'{wanted}' is neither password nor password2.")
    changed = azure.store.put(replace(registry, private={**registry.private, wanted: _new_password()}))
    return await _list_credentials(azure, changed, body)


async def _check_name(azure: Azure, asked: RouteRequest) -> object:
    """Source: Azure/azure-rest-api-specs, RegistryCheckNameNotAvailable.json; azure-cli's recordings."""
    name = str(asked.body.get("name", ""))
    if not _NAME.fullmatch(name):
        message = laws.NAME_INVALID.message.format(name=name)
        return {"nameAvailable": False, "reason": "Invalid", "message": message}
    anywhere = ResourceId(f"/subscriptions/{azure.subscription_id}/providers/{REGISTRY}/{name}")
    if taken(azure, anywhere, login_server(name)):
        return {
            "nameAvailable": False,
            "reason": "AlreadyExists",
            "message": f"The registry {name} is already in use.",
        }
    return {"nameAvailable": True, "availableLoginServerName": login_server(name)}


class Registry(Kind):
    """A registry. Its admin has passwords from the start, and shows them while it is enabled."""

    type = REGISTRY
    create_seconds = (
        15  # 8 (Premium) and 18 (Standard) in the recordings of Azure/azure-cli, command module acr
    )
    update_seconds = 3
    delete_seconds = 8
    actions: Mapping[str, Action] = {
        "listCredentials": _list_credentials,
        "regenerateCredential": _regenerate_credential,
    }
    routes = (Route(method="POST", path=f"{_PROVIDER}/checkNameAvailability", answer=_check_name),)

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: acr-name, acr-name-taken, acr-public-sku, acr-rules-sku."""
        if not _NAME.fullmatch(write.id.name):
            raise laws.NAME_INVALID.broken(name=write.id.name)
        if write.existing is None and taken(azure, write.id, login_server(write.id.name)):
            raise laws.NAME_TAKEN.broken(name=write.id.name.lower())
        sku = sku_of(write.body)
        if sku == PREMIUM:
            return
        if write.properties.get("publicNetworkAccess") == "Disabled":
            raise laws.PUBLIC_SKU.broken(sku=sku)
        rules = write.properties.get("networkRuleSet")
        if isinstance(rules, dict) and (rules.get("defaultAction") == "Deny" or rules.get("ipRules")):
            raise laws.RULES_SKU.broken(sku=sku)

    def accept(self, azure: Azure, write: Write) -> Resource:
        private: JSON = {name: _new_password() for name in PASSWORDS}
        if write.existing is not None:
            private = write.existing.private
        before: JSON = write.existing.properties if write.existing is not None else {}
        asked, sku, now = write.properties, sku_of(write.body), azure.clock.stamp()
        rules = asked.get("networkRuleSet")
        location = str(write.body.get("location", ""))
        data_endpoint = f"{write.id.name.lower()}.{location}.data.azurecr.io"
        properties: JSON = {
            "adminUserEnabled": False,
            "anonymousPullEnabled": False,
            "dataEndpointEnabled": False,
            "encryption": {"status": "disabled"},
            "networkRuleBypassOptions": "AzureServices",
            "publicNetworkAccess": "Enabled",
            "zoneRedundancy": "Disabled",
            **asked,
            "policies": _policies(asked.get("policies"), now),
            "loginServer": login_server(write.id.name),
            "creationDate": before.get("creationDate", now),
            "dataEndpointHostNames": [data_endpoint] if asked.get("dataEndpointEnabled") is True else [],
        }
        if sku == PREMIUM:
            given = rules if isinstance(rules, dict) else {}
            properties["networkRuleSet"] = {"defaultAction": "Allow", "ipRules": [], **given}
        body: JSON = {**write.body, "sku": {"name": sku, "tier": sku}, "properties": properties}
        identity = identity_block(azure, write)
        if identity is not None:
            body["identity"] = identity
        return Resource(id=write.id, body={"tags": {}, **body}, private=private)

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        return resource.with_properties(privateEndpointConnections=endpoint_connections(azure, resource)).body

    def check_endpoint(self, resource: Resource) -> None:
        """:raises ArmError: acr-endpoint-sku."""
        sku = sku_of(resource.body)
        if sku != PREMIUM:
            raise laws.ENDPOINT_SKU.broken(sku=sku)


class CacheRule(Kind):
    """Fills a repository of the registry from one elsewhere, at the first pull."""

    type = f"{REGISTRY}/cacheRules"
    create_seconds = 3
    update_seconds = 3
    delete_seconds = 3
    located = False

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: acr-cache-target."""
        registry, target = write.id.parent, str(write.properties.get("targetRepository", ""))
        for other in azure.store.below(registry) if registry is not None else ():
            if (
                other.type == self.type
                and other.id.key != write.id.key
                and str(other.properties.get("targetRepository")).lower() == target.lower()
            ):
                raise laws.CACHE_TARGET.broken(target=target)

    def accept(self, azure: Azure, write: Write) -> Resource:
        before = write.existing.properties if write.existing is not None else {}
        properties: JSON = {
            **write.properties,
            "creationDate": before.get("creationDate", azure.clock.stamp()),
        }
        return Resource(id=write.id, body={**write.body, "properties": properties})


def sku_of(body: JSON) -> str:
    """Basic, Standard or Premium."""
    sku = body.get("sku")
    return str(sku.get("name")) if isinstance(sku, dict) else "Basic"


def _policies(asked: object, now: str) -> JSON:
    """Every policy, as it is unless asked for otherwise."""
    given = asked if isinstance(asked, dict) else {}
    defaults: dict[str, JSON] = {
        "quarantinePolicy": {"status": "disabled"},
        "trustPolicy": {"type": "Notary", "status": "disabled"},
        "retentionPolicy": {"days": 7, "lastUpdatedTime": now, "status": "disabled"},
        "exportPolicy": {"status": "enabled"},
        "azureADAuthenticationAsArmPolicy": {"status": "enabled"},
        "softDeletePolicy": {"retentionDays": 7, "lastUpdatedTime": now, "status": "disabled"},
    }
    return {
        name: {**default, **(given[name] if isinstance(given.get(name), dict) else {})}
        for name, default in defaults.items()
    }


KINDS: tuple[Kind, ...] = (Registry(), CacheRule())
