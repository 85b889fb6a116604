"""Laws of container registries."""

from offline.arm.errors import Law

NAME_TAKEN = Law(
    id="acr-name-taken",
    status=409,
    code="AlreadyInUse",
    message="The registry DNS name {name}.azurecr.io is already in use. You can check if the name is already claimed "
    "using following API: https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability",
    source="MicrosoftDocs/azure-dev-docs#1303, Azure/azure-cli#13951 (status unconfirmed)",
    protects="a registry name that somebody has, anywhere in Azure",
)
NAME_INVALID = Law(
    id="acr-name",
    status=400,
    code="InvalidResourceName",
    message="The registry name '{name}' is invalid. A registry name may contain alphanumeric characters only and must "
    "be between 5 and 50 characters.",
    source="docs azure-resource-manager/management/resource-name-rules (code and text unconfirmed)",
    protects="a registry name with a hyphen in it",
    unconfirmed=True,
)
ADMIN_OFF = Law(
    id="acr-admin-off",
    status=400,
    code="UnAuthorizedForCredentialOperations",
    message="Cannot perform credential operations for {id} as admin user is disabled. Kindly enable admin user as per "
    "docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account",
    source="MicrosoftDocs/azure-docs#57954 (text), Azure/azure-cli#1898 (status); code as clients look for it",
    protects="reading the admin's password of a registry that has no admin",
)
PUBLIC_SKU = Law(
    id="acr-public-sku",
    status=400,
    code="DisablingPublicNetworkAccessNotSupported",
    message="Disabling public network access is not supported for the SKU {sku}. For more information, please visit "
    "https://aka.ms/acr/private-link.",
    source="hashicorp/terraform-provider-azurerm#26054, "
    "Azure-Samples/dotNET-Frontend-AB-Testing-on-Azure-Container-Apps#5",
    protects="a private registry that is not Premium",
)
RULES_SKU = Law(
    id="acr-rules-sku",
    status=400,
    code="NetworkRuleNotSupported",
    message="The requested feature virtual network rule is not supported for the SKU {sku}.",
    source="public log (status unconfirmed)",
    protects="an allow-list on a registry that is not Premium",
)
ENDPOINT_SKU = Law(
    id="acr-endpoint-sku",
    status=400,
    code="PrivateEndpointNotSupported",
    message="Call to Microsoft.ContainerRegistry/registries failed. Error message: Private endpoint is not supported "
    "for the SKU {sku}. For more information, please visit https://aka.ms/acr/private-link.",
    source="docs container-registry/container-registry-private-link: Premium only (code and text unconfirmed)",
    protects="a private endpoint to a registry that is not Premium",
    unconfirmed=True,
)
CACHE_TARGET = Law(
    id="acr-cache-target",
    status=409,
    code="TargetRepositoryAlreadyPresentInRegistry",
    message="Conflict: Target repository '{target}' is already present in registry. Cache rules cannot be created for "
    "existing repositories in registry. For more information, please visit https://aka.ms/acr/cache",
    source="Azure/ARO-HCP#2639, seen for a repository; for the target of another rule by analogy "
    "(status unconfirmed)",
    protects="two cache rules that fill one repository",
    unconfirmed=True,
)
