"""Laws of Azure OpenAI accounts and deployments."""

from offline.arm.errors import Law

_DOCS = "docs ai-services/recover-purge-resources"

BUSY = Law(
    id="cog-parallel",
    status=409,
    code="RequestConflict",
    message="Another operation is being performed on the parent resource '{parent}'. Please try again later.",
    source="Azure-Samples/tutor#117, hashicorp/terraform-provider-azurerm#22939, "
    "Azure/Vector-Search-AI-Assistant#11, Azure-Samples/azure-search-openai-demo#59",
    protects="deployments of one account that are written at once, or beside a write of the account itself",
    remedy="Let the deployments of an account wait for each other (`depends_on` in a chain), and run it again: "
    "what was refused was not begun.",
)
SOFT_DELETED = Law(
    id="cog-soft-deleted",
    status=409,
    code="FlagMustBeSetForRestore",
    message="An existing resource with ID '{id}' has been soft-deleted. To restore the resource, you must specify "
    "'restore' to be 'true' in the property. If you don't want to restore existing resource, please purge it first.",
    source="Azure/azure-cli#18146",
    protects="creating an account again within 48 hours of its delete",
    remedy="Purge the deleted account (`az cognitiveservices account purge`), restore it with `restore: true`, "
    "or take another name.",
)
SUBDOMAIN_USED = Law(
    id="cog-subdomain-used",
    status=409,
    code="CustomDomainInUse",
    message="Please pick a different name. The subdomain name '{subdomain}' is not available as it's already used by a "
    "resource. If the resource using the name was deleted in the last 48 hours, you may need to purge the deleted "
    "resource.",
    source="Azure-Samples/azuresandbox#164 (end of the text left out)",
    protects="a subdomain that somebody has, or had two days ago",
    remedy="Take another subdomain; where it was your own, purge the deleted account that still has it.",
)
SUBDOMAIN_CHANGE = Law(
    id="cog-subdomain-change",
    status=400,
    code="UpdatingCustomDomainNotAllowed",
    message="Updating or disabling sub domain is not supported.",
    source="pulumi/pulumi-azure-native#2754 (status unconfirmed)",
    protects="renaming an account's endpoint in place",
    remedy="Replace the account: a subdomain is for the account's life.",
)
SUBDOMAIN_NAME = Law(
    id="cog-subdomain-name",
    status=400,
    code="InvalidCustomSubDomainName",
    message="The subdomain name '{subdomain}' is not valid: 2 to 64 letters, digits and hyphens, beginning and ending "
    "with a letter or digit.",
    source="docs ai-services/cognitive-services-custom-subdomains (code and text unconfirmed)",
    protects="a subdomain that can be no host name",
    unconfirmed=True,
)
RESTORE_MISSING = Law(
    id="cog-restore-missing",
    status=404,
    code="CanNotRestoreANonExistingResource",
    message="No soft-deleted resource with ID '{id}' exists that could be restored.",
    source=f"{_DOCS} (text unconfirmed)",
    protects="leaving 'restore' in the program after the recovery",
    remedy="Take `restore` out of the program again: it is for the one `up` that restores.",
    unconfirmed=True,
)
ACCOUNT_KIND = Law(
    id="cog-kind",
    status=400,
    code="InvalidApiSetId",
    message="The account type '{kind}' is either invalid or unavailable in given region.",
    source="Azure-Samples/openai#53; this offline Azure has OpenAI and AIServices alone",
    protects="a kind of account that is not there",
)
ACCOUNT_SKU = Law(
    id="cog-account-sku",
    status=400,
    code="InvalidSkuId",
    message="The account type '{kind}' has no SKU '{sku}'.",
    source="public logs (text unconfirmed)",
    protects="an account's SKU other than S0",
    unconfirmed=True,
)
FEATURE = Law(
    id="cog-feature",
    status=400,
    code="SpecialFeatureOrQuotaIdRequired",
    message="The subscription does not have QuotaId/Feature required by SKU 'S0' from kind 'OpenAI' or contains "
    "blocked QuotaId/Feature.",
    source="OfficeDev/microsoft-365-agents-toolkit-samples#1412 (status unconfirmed)",
    protects="a subscription whose offer has no Azure OpenAI",
    remedy="Use a subscription whose offer has Azure OpenAI.",
)
DELETE_NESTED = Law(
    id="cog-delete-nested",
    status=409,
    code="CannotDeleteResource",
    message="Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '{ids}'. "
    "Please delete all nested resources before deleting this resource.",
    source="Azure/terraform-provider-azapi#894, DefangLabs/pulumi-defang#245",
    protects="deleting an account before what is deployed in it",
    remedy="Delete the deployments first. Just after their delete the refusal may linger: try again.",
)
KEYS_OFF = Law(
    id="cog-keys-off",
    status=400,
    code="BadRequest",
    message="Failed to list key. disableLocalAuth is set to be true",
    source="public logs (status unconfirmed)",
    protects="reading keys of a keyless account",
    remedy="Don't ask a keyless account for keys: sign in with Microsoft Entra.",
    unconfirmed=True,
)
KEY_NAME = Law(
    id="cog-key-name",
    status=400,
    code="InvalidKeyName",
    message="The key name '{name}' is not Key1 or Key2.",
    source="docs rest/api/cognitiveservices/accounts/regenerate-key: the names (code and text unconfirmed)",
    protects="making a key anew that there is not",
    unconfirmed=True,
)
QUOTA = Law(
    id="cog-quota",
    status=400,
    code="InsufficientQuota",
    message="This operation require {needed} new capacity in quota {quota}, which is bigger than the current available "
    "capacity {available}. The current quota usage is {used} and the quota limit is {limit} for quota {quota}.",
    source="microsoft/PubSec-Info-Assistant#880, microsoft/Deploy-Your-AI-Application-In-Production#27",
    protects="asking for more tokens a minute than the subscription has left",
    remedy="Lower the deployment's capacity, take another region or SKU, or ask for more quota. What other "
    "deployments of that model in that region use counts as well.",
)
MODEL_DEPRECATED = Law(
    id="cog-model-deprecated",
    status=400,
    code="ServiceModelDeprecated",
    message="The model 'Format:OpenAI,Name:{name},Version:{version}' has been deprecated since {since} 00:00:00.",
    source="Azure-Samples/aks-store-demo#203, microsoft/microsoft-foundry-for-vscode#491",
    protects="a new deployment of a version that has retired",
    remedy="Deploy a newer version. Deployments of it that exist can still be changed, and stop answering.",
)
MODEL_DEPRECATING = Law(
    id="cog-model-deprecating",
    status=400,
    code="ServiceModelDeprecating",
    message="The model 'Format:OpenAI,Name:{name},Version:{version}' is in deprecating state and cannot be used for "
    "new deployments.",
    source="Azure/azure-dev#7900, microsoft/microsoft-foundry-for-vscode#557 (status unconfirmed)",
    protects="a new deployment of a version that is on its way out",
    remedy="Deploy a newer version: only a subscription that has had this one may still create it.",
)
MODEL_UNKNOWN = Law(
    id="cog-model-unknown",
    status=400,
    code="DeploymentModelNotSupported",
    message="The model 'Format:{format},Name:{name},Version:{version}' of account deployment is not supported.",
    source="microsoft/microsoft-foundry-for-vscode#497, dotnet/eShop#342 (status unconfirmed)",
    protects="a model, version or format that Azure does not have",
    remedy="Correct the model's name, version or format; `az cognitiveservices model list --location REGION` "
    "shows what there is.",
)
SKU = Law(
    id="cog-sku",
    status=400,
    code="InvalidResourceProperties",
    message="The specified SKU '{sku}' of account deployment is not supported by the model '{name}' version: "
    "'{version}'.",
    source="thunderbug1/LibreChatAzureDeployment#5, Azure/bicep#16642",
    protects="a SKU that the model is not sold in; a sku written under properties counts as Standard",
    remedy="Take a SKU that the model has. `sku` stands beside `properties`, not in them.",
)
SKU_NAME = Law(
    id="cog-sku-name",
    status=400,
    code="InvalidResourceProperties",
    message="The deployment sku name '{sku}' is invalid.",
    source="Azure/bicep-registry-modules#6561 (code unconfirmed)",
    protects="the account's SKU on a deployment",
    remedy="S0 is the account's SKU; a deployment has GlobalStandard, Standard and their like.",
    unconfirmed=True,
)
MODEL_CHANGE = Law(
    id="cog-model-change",
    status=400,
    code="CannotChangeDeploymentModel",
    message="The model of deployment cannot be changed.",
    source="Azure-Samples/azure-search-openai-demo#1330, #1429 (status unconfirmed)",
    protects="changing a deployment's model in place",
    remedy="Replace the deployment: give it another name, or delete it first.",
)
RAI_POLICY = Law(
    id="cog-rai-policy",
    status=400,
    code="InvalidResourceProperties",
    message="The RAI policy '{policy}' of account deployment does not exist.",
    source="by analogy with cog-sku",
    protects="a content filter that was never made",
    unconfirmed=True,
)
DELETED_MISSING = Law(
    id="cog-deleted-missing",
    status=404,
    code="ResourceNotFound",
    message="The deleted account '{name}' was not found in '{location}'.",
    source=f"{_DOCS} (text unconfirmed)",
    protects="purging what is not deleted",
    unconfirmed=True,
)
