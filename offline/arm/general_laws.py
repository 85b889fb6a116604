"""Laws of the resource manager itself: the same for every type."""

from offline.arm.errors import Law

_COMMON = "docs azure-resource-manager/troubleshooting/common-deployment-errors"

RG_MISSING = Law(
    id="rg-missing",
    status=404,
    code="ResourceGroupNotFound",
    message="Resource group '{rg}' could not be found.",
    source=_COMMON,
    protects="writing into a group that was never made or is gone",
)
RG_DELETING = Law(
    id="rg-deleting",
    status=409,
    code="ResourceGroupBeingDeleted",
    message="The resource group '{rg}' is in deprovisioning state and cannot perform this operation.",
    source=_COMMON,
    protects="deploying again while the last destroy still runs",
    remedy="Wait for the destroy to end, then run `up` again.",
)
RG_BLOCKED = Law(
    id="cog-rg-blocked",
    status=409,
    code="ResourceGroupDeletionBlocked",
    message="Deletion of resource group '{rg}' failed as resources with identifiers '{ids}' could not be deleted. "
    "The provisioning state of the resource group will be rolled back. The tracking Id is '{tracking}'. "
    "Please check audit logs for more details.",
    source="Azure/azure-dev#4210",
    protects="a group delete that stops in the middle because one member refuses",
    remedy="Delete the members that the text names by themselves: what refuses there says why. Then delete the "
    "group again.",
)
RG_LOCATION = Law(
    id="rg-location",
    status=409,
    code="InvalidResourceGroupLocation",
    message="Invalid resource group location '{wanted}'. The Resource group already exists in location '{location}'.",
    source="docs azure-resource-manager/troubleshooting/error-invalid-resource-group-location (text unconfirmed)",
    protects="moving a group by changing its location",
    unconfirmed=True,
)
PARENT_MISSING = Law(
    id="parent-missing",
    status=404,
    code="ParentResourceNotFound",
    message="Failed to perform '{action}' on resource(s) of type '{type}', "
    "because the parent resource '{parent}' could not be found.",
    source="docs azure-resource-manager/troubleshooting/error-parent-resource (text unconfirmed)",
    protects="a child that is written before its parent",
    unconfirmed=True,
)
LOCATION = Law(
    id="location",
    status=409,
    code="InvalidResourceLocation",
    message="The resource '{name}' already exists in location '{location}' in resource group '{rg}'. A resource with "
    "the same name cannot be created in location '{wanted}'. Please select a new resource name.",
    source="docs postgresql/flexible-server/concepts-networking-private; public logs",
    protects="moving a resource by changing its location, also after a failed create",
    remedy="Keep the name in its region, or give the resource another name: a name stays bound to its region, "
    "also after a create that failed.",
)
LOCATION_REQUIRED = Law(
    id="location-required",
    status=400,
    code="LocationRequired",
    message="The location property is required for this definition.",
    source="docs azure-resource-manager/management/request-limits; public logs (text unconfirmed)",
    protects="a type that lives in a region and is given none",
    unconfirmed=True,
)
LOCATION_UNKNOWN = Law(
    id="location-unknown",
    status=400,
    code="LocationNotAvailableForResourceType",
    message="The provided location '{wanted}' is not available for resource type '{type}'. "
    "List of available regions for the resource type is '{regions}'.",
    source="docs azure-resource-manager/troubleshooting/error-sku-not-available; public logs (text unconfirmed)",
    protects="a misspelt region, and a region for what is global",
    remedy="Correct the region, or take one that has the service.",
    unconfirmed=True,
)
LOCKED = Law(
    id="locked",
    status=409,
    code="ScopeLocked",
    message="The scope '{id}' cannot perform {operation} operation because following scope(s) are locked: '{ids}'. "
    "Please remove the lock and try again.",
    source="public logs (6 files)",
    protects="deleting what a lock guards, at its scope or anywhere below",
    remedy="Find the locks in the text and delete them, or leave the resource alone.",
)
AUTHZ = Law(
    id="authz",
    status=403,
    code="AuthorizationFailed",
    message="The client '{client}' with object id '{oid}' does not have authorization to perform action '{action}' "
    "over scope '{scope}' or the scope is invalid. "
    "If access was recently granted, please refresh your credentials.",
    source="docs role-based-access-control/troubleshooting (end of the text unconfirmed)",
    protects="a caller without the role",
    remedy="Give the one who deploys the role at that scope (Contributor, and Role Based Access Control "
    "Administrator for role assignments), wait some minutes and sign in again.",
)
PROVIDER_OFF = Law(
    id="provider-off",
    status=409,
    code="MissingSubscriptionRegistration",
    message="The subscription is not registered to use namespace '{namespace}'. "
    "See https://aka.ms/rps-not-found for how to register subscriptions.",
    source=_COMMON,
    protects="the first use of a service in a subscription",
    remedy="Run `az provider register --namespace NAMESPACE` once, and wait until it says Registered.",
    unconfirmed=True,
)
SUBSCRIPTION_MISSING = Law(
    id="subscription-missing",
    status=404,
    code="SubscriptionNotFound",
    message="The subscription '{subscription}' could not be found.",
    source="docs azure-resource-manager/troubleshooting/error-subscription-not-found (text unconfirmed)",
    protects="a wrong subscription id in the stack",
    remedy="Correct the subscription id, or sign in to the tenant that has it.",
    unconfirmed=True,
)
API_VERSION_MISSING = Law(
    id="api-version-missing",
    status=400,
    code="MissingApiVersionParameter",
    message="The api-version query parameter (?api-version=) is required for all requests.",
    source=_COMMON,
    protects="requests by hand",
)
API_VERSION_INVALID = Law(
    id="api-version-invalid",
    status=400,
    code="InvalidApiVersionParameter",
    message="The api-version '{version}' is invalid. It has the form YYYY-MM-DD, with -preview for a preview.",
    source="public logs (the list of versions that follows is left out)",
    protects="requests by hand",
    unconfirmed=True,
)
TYPE_UNKNOWN = Law(
    id="type-unknown",
    status=404,
    code="InvalidResourceType",
    message="The resource type '{type}' could not be found in the namespace '{namespace}' for api version '{version}': "
    "this offline Azure does not have {namespace}/{type}.",
    source=_COMMON,
    protects="taking a resource for deployed that nothing here knows",
)
ACTION_UNKNOWN = Law(
    id="action-unknown",
    status=404,
    code="InvalidResourceType",
    message="The action '{action}' could not be found for '{type}': this offline Azure does not have it.",
    source="by analogy with type-unknown",
    protects="taking an action for done that nothing here knows",
    unconfirmed=True,
)
CONTENT = Law(
    id="content",
    status=400,
    code="InvalidRequestContent",
    message="The request content was invalid and could not be deserialized: '{why}'.",
    source=_COMMON,
    protects="a body that is no JSON object",
)
PRECONDITION = Law(
    id="dns-record",
    status=412,
    code="PreconditionFailed",
    message="The condition '{condition}' in the If-{header} header was not satisfied. "
    "The current resource {fact}.",
    source="docs dns/dns-zones-records, etags (text unconfirmed)",
    protects="overwriting what somebody else wrote",
    unconfirmed=True,
)
METHOD = Law(
    id="method",
    status=405,
    code="MethodNotAllowed",
    message="The HTTP method '{method}' is not allowed on '{path}'.",
    source="docs rest/api (text unconfirmed)",
    protects="requests by hand",
    unconfirmed=True,
)
NAMESPACE = Law(
    id="namespace",
    status=404,
    code="InvalidResourceNamespace",
    message="The resource namespace '{namespace}' is invalid: this offline Azure does not have it.",
    source=_COMMON,
    protects="a misspelt provider",
)
FILTER = Law(
    id="filter",
    status=400,
    code="InvalidFilterInQueryString",
    message="Invalid $filter '{filter}': this offline Azure does not know it.",
    source=f"{_COMMON}: the code",
    protects="a filter that would be passed over, and everything listed",
    unconfirmed=True,
)
QUERY_WORD = Law(
    id="query-word",
    status=400,
    code="InvalidQueryParameter",
    message="'{word}' is not known for '{path}': this offline Azure does not have it.",
    source="by analogy with filter",
    protects="a condition that would be passed over, and more answered or done than was asked for",
    unconfirmed=True,
)
QUERY = Law(
    id="query",
    status=400,
    code="InvalidQueryParameter",
    message="'{value}' is not a whole number.",
    source="by analogy with filter",
    protects="requests by hand",
    unconfirmed=True,
)
OPERATION = Law(
    id="operation",
    status=404,
    code="OperationNotFound",
    message="The operation '{operation}' could not be found.",
    source="public logs (text unconfirmed)",
    protects="following an operation that has been forgotten",
    unconfirmed=True,
)
