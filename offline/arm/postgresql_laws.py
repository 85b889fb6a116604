"""Laws of Azure Database for PostgreSQL, Flexible Server."""

from offline.arm.errors import Law

NAME_TAKEN = Law(
    id="pg-name",
    status=409,
    code="ServerNameAlreadyExists",
    message="Specified server name is already used by another server.",
    source="public logs (status unconfirmed)",
    protects="a server name that somebody has, anywhere in Azure",
    remedy="Choose another name: it is the host name under postgres.database.azure.com.",
)
BUSY = Law(
    id="pg-busy",
    status=409,
    code="ServerIsBusy",
    message="Server '{owner}' is busy with another operation.",
    source="Azure-Samples/acme-fitness-store#185 (status unconfirmed)",
    protects="databases, firewall rules and configurations of one server that are written at once",
    remedy="Let databases, firewall rules, configurations and administrators of a server follow each other.",
)
ADMIN_BUSY = Law(
    id="pg-admin-busy",
    status=400,
    code="AadAuthOperationCannotBePerformedWhenServerIsNotAccessible",
    message="The server '{owner}' is not in an accessible state to perform Azure AD Principal operation. Please make "
    "sure the server is accessible before executing Azure AD Principal operations.",
    source="public logs (five sightings; status unconfirmed)",
    protects="an administrator that is written while a database, rule or configuration of its server is",
    remedy="Write administrators last, one after the other.",
)
LOCATION = Law(
    id="pg-location",
    status=400,
    code="LocationIsOfferRestricted",
    message="Subscriptions are restricted from provisioning in location '{location}'. Try again in a different "
    "location.",
    source="public logs (status unconfirmed; the end of the text left out)",
    protects="a region that the subscription's offer may not use for PostgreSQL, though for all else",
    remedy="Put the server into another region, or ask support to lift the restriction.",
)
SKU = Law(
    id="pg-sku",
    status=400,
    code="ServerEditionIncompatibleWithSkuSize",
    message="The requested server edition is incompatible with requested Sku Size.",
    source="public logs (status unconfirmed)",
    protects="a size with the tier of another: B is Burstable, D GeneralPurpose, E MemoryOptimized",
)
ADMIN_LOGIN = Law(
    id="pg-admin-login",
    status=400,
    code="InvalidParameterValue",
    message="Administrator login and password are required for a server with password authentication.",
    source="docs postgresql/security/security-entra-concepts (code and text unconfirmed)",
    protects="a server that nobody could sign in to",
    unconfirmed=True,
)
PUBLIC_NETWORK = Law(
    id="pg-public-network",
    status=400,
    code="ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration",
    message="Conflicting configuration is detected between Public Network Access and Virtual Network arguments. "
    "Public Network Access is not supported along with Virtual Network feature.",
    source="hashicorp/terraform-provider-azurerm#26098",
    protects="a server in a subnet of one's own with public access left on",
)
ZONE_MISSING = Law(
    id="pg-zone-missing",
    status=400,
    code="EmptyPrivateDnsZoneArmResourceId",
    message="The provided Private DNS zone ARM resource ID should not be empty for servers with Virtual Network "
    "access.",
    source="public logs (status unconfirmed)",
    protects="a server in a subnet of one's own that would have no name there",
)
ZONE_NAME = Law(
    id="pg-zone",
    status=400,
    code="PrivateDnsZoneNameNotValid",
    message="The Private DNS Zone name provided [{zone}] is not valid. It can not be server name plus zone suffix.",
    source="hashicorp/terraform-provider-azurerm#24549; public log (status unconfirmed)",
    protects="a zone that is named like the server's own public name",
)
DELEGATION = Law(
    id="pg-delegation",
    status=400,
    code="SubnetMissingRequiredDelegation",
    message="Subnet {subnet} requires any of the following delegation(s) [Microsoft.DBforPostgreSQL/flexibleServers] "
    "to reference service association link {subnet}/serviceAssociationLinks/{name}-service-association-link.",
    source="Azure/azure-cli#16939 (status unconfirmed)",
    protects="a server in a subnet that is not delegated to it",
)
NETWORK_CHANGE = Law(
    id="pg-network-change",
    status=400,
    code="ServerNetworkConfigurationCannotBeChanged",
    message="The virtual network of server '{owner}' cannot be changed after it was created.",
    source="docs postgresql/network/concepts-networking-private (code and text unconfirmed)",
    protects="moving a server into a network, out of it, or to another",
    unconfirmed=True,
)
FIREWALL_PRIVATE = Law(
    id="pg-fw-private",
    status=400,
    code="OperationNotAllowed",
    message="Firewall rule operations cannot be requested for a private access enabled server.",
    source="docs postgresql/network (code unconfirmed; azure-cli says it before it asks)",
    protects="firewall rules on a server without public access",
    unconfirmed=True,
)
ENDPOINT = Law(
    id="pg-endpoint",
    status=400,
    code="PrivateEndpointFeatureNotSupportedOnServer",
    message="Call to Microsoft.DBforPostgreSQL/flexibleServers failed. Error message: The given server {name} does "
    "not support private endpoint feature. Please create a new server that is private endpoint capable. Refer to "
    "https://aka.ms/pgflex-pepreview for more details.",
    source="hashicorp/terraform-provider-azurerm#27732",
    protects="a private endpoint to a server that stands in a subnet already",
)
PARAMETER = Law(
    id="pg-parameter",
    status=404,
    code="ConfigurationNotExists",
    message="The configuration '{parameter}' does not exist for {name} server version {version}.",
    source="by analogy with res-missing (code and text unconfirmed); this offline Azure has the common parameters only",
    protects="a misspelt server parameter",
    unconfirmed=True,
)
