"""Words and shapes that servers and what they hold have in common."""

from offline.arm.errors import JSON

SERVER = "Microsoft.DBforPostgreSQL/flexibleServers"
DELEGATION = SERVER
"""The service that a server's subnet is delegated to."""

SUFFIX = "postgres.database.azure.com"


def fields(value: object) -> JSON:
    """An object of a body; empty where there is none."""
    return value if isinstance(value, dict) else {}


def delegated_subnet(properties: JSON) -> str:
    """Id of the subnet that a server stands in; empty for one without."""
    return str(fields(properties.get("network")).get("delegatedSubnetResourceId") or "")


def network_of(properties: JSON) -> JSON:
    """A server's network as it is shown: public, unless it stands in a subnet."""
    network = fields(properties.get("network"))
    public = "Disabled" if delegated_subnet(properties) else "Enabled"
    return {"publicNetworkAccess": public, **network}
