"""azure-native's functions: who is signed in, resources as they are, and the keys that only a POST tells."""

from collections.abc import Mapping
from typing import Any

from offline.azure_native.client import AzureClient, Body
from offline.schema import resources, translate
from offline.schema.resources import ResourceType

_ACTIONS: dict[str, tuple[str, str]] = {
    "azure-native:cognitiveservices:listAccountKeys": ("cognitiveservices:Account", "listKeys"),
    "azure-native:storage:listStorageAccountKeys": ("storage:StorageAccount", "listKeys"),
    "azure-native:containerregistry:listRegistryCredentials": (
        "containerregistry:Registry",
        "listCredentials",
    ),
    "azure-native:redisenterprise:listDatabaseKeys": ("redisenterprise:Database", "listKeys"),
    "azure-native:app:listContainerAppSecrets": ("app:ContainerApp", "listSecrets"),
    "azure-native:app:listJobSecrets": ("app:Job", "listSecrets"),
    "azure-native:operationalinsights:getSharedKeys": ("operationalinsights:Workspace", "sharedKeys"),
    "azure-native:operationalinsights:getWorkspaceSharedKeys": (
        "operationalinsights:Workspace",
        "sharedKeys",
    ),
}
"""Function -> the type that it acts on, and the POST that it is."""

_VERIFICATION = "/subscriptions/{}/providers/Microsoft.App/getCustomDomainVerificationId"


class UnknownFunctionError(Exception):
    """A function that the offline provider does not have."""

    def __init__(self, function: str) -> None:
        super().__init__(f"the offline azure-native provider has no function {function}")


async def call(client: AzureClient, function: str, arguments: Mapping[str, Any]) -> Body:
    """What a function returns.

    :raises UnknownFunctionError: there is none of that name.
    :raises AzureError: Azure refused.
    """
    if function == "azure-native:authorization:getClientConfig":
        claims = await client.claims()
        return {
            "clientId": client.sign_in.client_id,
            "objectId": str(claims.get("oid", "")),
            "subscriptionId": client.sign_in.subscription_id,
            "tenantId": client.sign_in.tenant_id,
        }
    if function == "azure-native:authorization:getClientToken":
        endpoint = arguments.get("endpoint")
        return {"token": await client.token(str(endpoint).rstrip("/") if endpoint else client.audience)}
    if function == "azure-native:app:getCustomDomainVerificationId":
        path = _VERIFICATION.format(client.sign_in.subscription_id)
        return await client.post(path, _type("app:ContainerApp", function).api_version, {})
    if function in _ACTIONS:
        name, action = _ACTIONS[function]
        resource = _type(name, function)
        return await client.post(f"{_id(client, resource, arguments)}/{action}", resource.api_version, {})
    return await _read(client, function, arguments)


async def _read(client: AzureClient, function: str, arguments: Mapping[str, Any]) -> Body:
    """`azure-native:keyvault:getVault`: a resource's outputs, by its path."""
    provider, module, getter = function.split(":")
    name = getter.removeprefix("get")
    resource = resources.by_token(f"{provider}:{module}:{name}") if name != getter else None
    if resource is None:
        raise UnknownFunctionError(function)
    body = await client.get(_id(client, resource, arguments), resource.api_version)
    return translate.from_arm(resource, body) | {"id": body.get("id")}


def _type(name: str, function: str) -> ResourceType:
    resource = resources.by_token(f"azure-native:{name}")
    if resource is None:
        raise UnknownFunctionError(function)
    return resource


def _id(client: AzureClient, resource: ResourceType, arguments: Mapping[str, Any]) -> str:
    parameters = {name: str(arguments[name]) for name in resource.parameters}
    return resource.id(client.sign_in.subscription_id, parameters).text
