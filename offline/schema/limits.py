"""Lengths, patterns and ranges that Azure publishes for inputs, and azure-native checks before it sends them.

The Python SDK knows nothing of them. Source: Azure/bicep-types-az, snapshot of 2026-08-20;
`tests/offline/test_schema_limits.py` holds the table to it. The vault's retention is Key Vault's documented range,
which the snapshot lacks.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a string or number may be."""

    pattern: str | None = None
    shortest: int | None = None
    longest: int | None = None
    lowest: int | None = None
    highest: int | None = None

    def broken_by(self, value: object) -> str | None:
        """What is wrong with a value, as the end of a sentence; None when nothing is."""
        if isinstance(value, str):
            if self.shortest is not None and len(value) < self.shortest:
                return f"is too short ({len(value)}): at least {self.shortest} characters required"
            if self.longest is not None and len(value) > self.longest:
                return f"is too long ({len(value)}): at most {self.longest} characters allowed"
            if self.pattern is not None and re.search(self.pattern, value) is None:
                return f"does not match expression '{self.pattern}'"
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if self.lowest is not None and value < self.lowest:
                return f"is too low ({value} < {self.lowest})"
            if self.highest is not None and value > self.highest:
                return f"is too high ({value} > {self.highest})"
        return None


_GUID = Limit(pattern="^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$", shortest=36, longest=36)
_REDIS_NAME = Limit(pattern="^(?=.{1,60}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*$")

NAMES: dict[str, Limit] = {
    "resources:ResourceGroup": Limit(pattern=r"^[-\w\._\(\)]+$", shortest=1, longest=90),
    "cognitiveservices:Account": Limit(pattern="^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", shortest=2, longest=64),
    "cognitiveservices:RaiPolicy": Limit(pattern="^[a-zA-Z0-9][a-zA-Z0-9_.-]*$"),
    "keyvault:Vault": Limit(pattern="^[a-zA-Z0-9-]{3,24}$"),
    "keyvault:Secret": Limit(pattern="^[a-zA-Z0-9-]{1,127}$"),
    "app:MaintenanceConfiguration": Limit(pattern=r"^[-\w\._\(\)]+$"),
    "app:Job": Limit(pattern=r"^[-\w\._\(\)]+$"),
    "managedidentity:FederatedIdentityCredential": Limit(pattern="^[a-zA-Z0-9]{1}[a-zA-Z0-9-_]{2,119}$"),
    "operationalinsights:Workspace": Limit(
        pattern="^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$", shortest=4, longest=63
    ),
    "monitor:ScheduledQueryRule": Limit(pattern=r"^[^#<>%&:\?/{}*]{1,260}$"),
    "portal:Dashboard": Limit(pattern="^[a-zA-Z0-9-]{3,24}$", shortest=3, longest=64),
    "dbforpostgresql:Server": Limit(pattern="^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*", shortest=3, longest=63),
    "dbforpostgresql:Database": Limit(pattern=r"^[a-zA-Z_][\w\-]{0,62}$", shortest=1, longest=63),
    "dbforpostgresql:Configuration": Limit(pattern=r"^[-\w\._]+$", shortest=1, longest=256),
    "redisenterprise:RedisEnterprise": _REDIS_NAME,
    "redisenterprise:Database": _REDIS_NAME,
    "redisenterprise:AccessPolicyAssignment": Limit(pattern="^[A-Za-z0-9]{1,60}$"),
    "containerregistry:Registry": Limit(pattern="^[a-zA-Z0-9]*$", shortest=5, longest=50),
    "containerregistry:CacheRule": Limit(pattern="^[a-zA-Z0-9-]*$", shortest=5, longest=50),
    "storage:StorageAccount": Limit(pattern="^[a-z0-9]+$", shortest=3, longest=24),
    "storage:FileShare": Limit(shortest=3, longest=63),
}
"""Of a resource's own name, by `module:Type`."""

PROPERTIES: dict[tuple[str, str], Limit] = {
    ("keyvault:VaultProperties", "tenantId"): _GUID,
    ("keyvault:VaultProperties", "softDeleteRetentionInDays"): Limit(lowest=7, highest=90),
    ("keyvault:AccessPolicyEntry", "tenantId"): _GUID,
    ("keyvault:AccessPolicyEntry", "applicationId"): _GUID,
    ("cognitiveservices:DeploymentCapacitySettings", "designatedCapacity"): Limit(lowest=0),
    ("cognitiveservices:DeploymentCapacitySettings", "priority"): Limit(lowest=0),
    ("app:DaprAppHealth", "probeIntervalSeconds"): Limit(lowest=1),
    ("app:DaprAppHealth", "probeTimeoutMilliseconds"): Limit(lowest=1),
    ("app:DaprAppHealth", "threshold"): Limit(lowest=1),
    ("app:Configuration", "revisionTransitionThreshold"): Limit(lowest=1, highest=100),
    ("monitor:ActionGroup", "groupShortName"): Limit(longest=12),
    ("dbforpostgresql:Database", "charset"): Limit(pattern=r"^[a-zA-Z]+\w*$"),
    ("dbforpostgresql:Database", "collation"): Limit(pattern=r"^[a-zA-Z\-]+([. ]|\w)*$"),
    ("redisenterprise:AccessPolicyAssignment", "accessPolicyName"): Limit(
        pattern="^([a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]|[a-zA-Z0-9])$"
    ),
    ("storage:AccountImmutabilityPolicyProperties", "immutabilityPeriodSinceCreationInDays"): Limit(
        lowest=1, highest=146000
    ),
}
"""Of other properties, by the class that has them and azure-native's name."""
