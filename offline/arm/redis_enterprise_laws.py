"""Laws of Azure Managed Redis."""

from offline.arm.errors import Law

_SPECIFICATION = "Azure/azure-rest-api-specs, redisenterprise.json (code and text unconfirmed)"

NAME_TAKEN = Law(
    id="redis-name",
    status=409,
    code="NameNotAvailable",
    message="The name '{name}' is not available in {location}: {host} is already in use.",
    source="docs redis/quickstart-create-managed-redis (code and text unconfirmed)",
    protects="a cluster name that somebody has in the region",
    unconfirmed=True,
)
BUSY = Law(
    id="redis-busy",
    status=409,
    code="Conflict",
    message="The resource '{id}' is busy processing a previous update request or is undergoing system maintenance. As "
    "such, it is currently unable to accept the update request. Please try again later.",
    source="Altinn/dialogporten#523, Azure/bicep-types-az#1760: of the older Azure Cache for Redis, by analogy",
    protects="a database that is written while its cluster is, and the other way round",
    unconfirmed=True,
)
PARALLEL = Law(
    id="redis-parallel",
    status=409,
    code="OperationFailed",
    message="The operation failed.",
    source="microsoft/aspire#13043, Azure/azure-dev#6640: accepted, then Failed; code and text from "
    "Azure-Samples/ai-hub-gateway-solution-accelerator#108, by analogy",
    protects="access policy assignments of one cluster that are written at once: the first passes, the others fail",
    remedy="Let the access policy assignments of a cluster follow each other, and write the failed ones again.",
    unconfirmed=True,
)
DATABASE_NAME = Law(
    id="redis-database",
    status=400,
    code="BadRequest",
    message="The database name '{name}' is invalid. A cluster has one database, and its name is 'default'.",
    source="docs redis/architecture; AVM cache/redis-enterprise (code and text unconfirmed)",
    protects="a database with a name of its own, and a second one",
    unconfirmed=True,
)
FIXED = Law(
    id="redis-fixed",
    status=400,
    code="BadRequest",
    message="The property '{property}' cannot be changed without deleting the database.",
    source=_SPECIFICATION,
    protects="another clustering policy, port or module for a database that exists",
    remedy="Replace the database: what is cached in it is lost.",
    unconfirmed=True,
)
KEYS_OFF = Law(
    id="redis-keys-off",
    status=400,
    code="BadRequest",
    message="Access keys authentication is disabled for database '{id}'.",
    source="hashicorp/terraform#37842: disabled unless enabled since 2025-07-01 (code and text unconfirmed)",
    protects="reading the keys of a database that takes none",
    unconfirmed=True,
)
