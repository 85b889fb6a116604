"""Where each property stands in ARM's body: azure-native lifts most of what ARM keeps under `properties`.

The rule is short, the exceptions are tables. `tests/offline/test_schema_layout.py` walks every input and output of
every type against the ARM types that Microsoft publishes and fails on any property that has no place there.
"""

from dataclasses import dataclass
from functools import cache

from offline.schema import shapes
from offline.schema.resources import ResourceType
from offline.schema.shapes import Field, Fields, Shapes, Type

ENVELOPE = frozenset(
    {
        "id", "name", "type", "etag", "eTag", "location", "tags", "sku", "kind", "identity", "zones", "plan",
        "extendedLocation", "systemData", "managedBy",
    }
)  # fmt: skip
"""What ARM keeps beside `properties`, in a resource and in each of the network's sub-resources."""

_BELOW = frozenset({("operationalinsights:Workspace", "sku"), ("network:BackendAddressPool", "location")})
"""Of those, the ones that a type nevertheless keeps under `properties`."""

_FLATTENED = frozenset(
    {
        f"network:{name}"
        for name in (
            "ApplicationGatewayBackendAddressPool", "ApplicationGatewayIPConfiguration",
            "ApplicationSecurityGroup", "BackendAddressPool", "Delegation", "FlowLog",
            "FrontendIPConfiguration", "InboundNatRule", "IPConfiguration", "IPConfigurationProfile",
            "LoadBalancerBackendAddress", "NatGateway", "NetworkInterface", "NetworkInterfaceIPConfiguration",
            "NetworkInterfaceTapConfiguration", "NetworkSecurityGroup", "PrivateDnsZoneConfig",
            "PrivateEndpoint", "PrivateEndpointConnection", "PrivateEndpointIPConfiguration",
            "PrivateLinkService", "PrivateLinkServiceConnection", "PrivateLinkServiceIpConfiguration",
            "PublicIPAddress", "ResourceNavigationLink", "Route", "RouteTable", "SecurityRule",
            "ServiceAssociationLink", "ServiceEndpointPolicy", "ServiceEndpointPolicyDefinition", "Subnet",
            "VirtualNetworkPeering", "VirtualNetworkPeeringVirtualNetwork", "VirtualNetworkTap",
        )
    }
    | {
        f"{module}:PrivateEndpointConnection"
        for module in ("app", "containerregistry", "dbforpostgresql", "redisenterprise", "storage")
    }
    | {"keyvault:PrivateEndpointConnectionItem"}
)  # fmt: skip
"""Objects inside a body that have `properties` of their own there, and none in azure-native."""

_COMPONENT_NAMES = (
    "AppId", "ApplicationId", "ConnectionString", "CreationDate", "DisableIpMasking", "DisableLocalAuth",
    "ForceCustomerStorageForProfiler", "HockeyAppId", "HockeyAppToken", "ImmediatePurgeDataOn30Days",
    "IngestionMode", "InstrumentationKey", "LaMigrationDate", "PrivateLinkScopedResources", "RetentionInDays",
    "SamplingPercentage", "TenantId", "WorkspaceResourceId",
)  # fmt: skip
"""Application Insights writes these in ARM with a capital."""

_RENAMED: dict[tuple[str, str], str] = {
    ("keyvault:SecretAttributes", "expires"): "exp",
    ("keyvault:SecretAttributes", "notBefore"): "nbf",
    ("applicationinsights:Component", "applicationType"): "Application_Type",
    ("applicationinsights:Component", "flowType"): "Flow_Type",
    ("applicationinsights:Component", "requestSource"): "Request_Source",
    ("containerregistry:IPRule", "iPAddressOrRange"): "value",
    ("storage:StorageAccount", "enableHttpsTrafficOnly"): "supportsHttpsTrafficOnly",
    ("storage:StorageAccount", "enableNfsV3"): "isNfsV3Enabled",
    ("storage:StorageAccount", "networkRuleSet"): "networkAcls",
    ("storage:Encryption", "encryptionIdentity"): "identity",
    ("storage:Encryption", "keyVaultProperties"): "keyvaultproperties",
    ("storage:EncryptionIdentity", "encryptionFederatedIdentityClientId"): "federatedIdentityClientId",
    ("storage:EncryptionIdentity", "encryptionUserAssignedIdentity"): "userAssignedIdentity",
    ("storage:KeyVaultProperties", "keyName"): "keyname",
    ("storage:KeyVaultProperties", "keyVaultUri"): "keyvaulturi",
    ("storage:KeyVaultProperties", "keyVersion"): "keyversion",
    ("storage:IPRule", "iPAddressOrRange"): "value",
    ("storage:VirtualNetworkRule", "virtualNetworkResourceId"): "id",
    ("applicationinsights:PrivateLinkScopedResource", "resourceId"): "ResourceId",
    ("applicationinsights:PrivateLinkScopedResource", "scopeId"): "ScopeId",
} | {
    ("applicationinsights:Component", name[0].lower() + name[1:]): name for name in _COMPONENT_NAMES
}  # fmt: skip

NO_BODY = frozenset({("storage:FileShare", "expand")})
"""Inputs that are neither path nor body: what to ask for in a GET."""

_INSIDE: dict[tuple[str, str], str] = {("network:IpamPoolPrefixAllocation", "id"): "pool"}
"""Lifted from an object other than `properties`."""


@dataclass(frozen=True)
class Place:
    """Where a property stands in ARM's object: under `below` (`properties`) or beside it, and its name there."""

    below: str | None
    name: str


@dataclass(frozen=True)
class Layout:
    """The properties of one class, by azure-native's name."""

    places: dict[str, Place]
    fields: Fields

    def at(self, below: str | None) -> dict[str, tuple[str, Field]]:
        """What stands at one level of ARM's object: its name there -> azure-native's name and the field."""
        return {
            place.name: (name, self.fields[name])
            for name, place in self.places.items()
            if place.below == below
        }

    @property
    def levels(self) -> frozenset[str]:
        """The objects that properties were lifted from."""
        return frozenset(place.below for place in self.places.values() if place.below is not None)


def _place(owner: str, name: str, flattened: bool) -> Place:
    renamed = _RENAMED.get((owner, name)) or ("odata.type" if name == "odataType" else name)
    if (owner, name) in _INSIDE:
        return Place(_INSIDE[owner, name], renamed)
    below = flattened and (name not in ENVELOPE or (owner, name) in _BELOW)
    return Place("properties" if below else None, renamed)


def _layout(owner: str, fields: Fields, flattened: bool, skip: frozenset[str] = frozenset()) -> Layout:
    kept = {name: one for name, one in fields.items() if name not in skip and (owner, name) not in NO_BODY}
    return Layout({name: _place(owner, name, flattened) for name in kept}, kept)


@dataclass(frozen=True)
class Body:
    """The layout of one resource type, inputs and outputs."""

    resource: ResourceType
    shapes: Shapes
    inputs: Layout
    outputs: Layout

    def object(self, type_: Type) -> Layout:
        """The layout of a nested object."""
        assert type_.object is not None
        owner = f"{self.resource.module}:{type_.object.removesuffix('Response')}"
        return _layout(owner, self.shapes.objects[type_.object], owner in _FLATTENED)


@cache
def of(resource: ResourceType) -> Body:
    """:raises LookupError: the SDK has no such resource."""
    known = shapes.of(resource)
    owner = f"{resource.module}:{resource.name}"
    flattened = "properties" not in known.outputs
    path = frozenset(resource.parameters)
    return Body(
        resource=resource,
        shapes=known,
        inputs=_layout(owner, known.inputs, flattened, path),
        outputs=_layout(owner, known.outputs, flattened, frozenset({"azureApiVersion"})),
    )


def is_identities(name: str) -> bool:
    """The one property whose kind changes on the way: a list of ids going in, a map by id in ARM and coming out."""
    return name == "userAssignedIdentities"
