"""Laws of Key Vault's control plane."""

from offline.arm.errors import Law

DELETED_NAME = Law(
    id="kv-deleted-name",
    status=409,
    code="ConflictError",
    message="A vault with the same name already exists in deleted state. You need to either recover or purge existing "
    "key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
    source="alan-turing-institute/data-safe-haven#2523",
    protects="creating a vault again under the name of a deleted one",
    remedy="Recover the vault (`createMode: recover`), purge it, or take another name. With purge protection "
    "only the first and the last are left.",
)
NAME_TAKEN = Law(
    id="kv-name-taken",
    status=409,
    code="VaultAlreadyExists",
    message="The vault name '{name}' is already in use. Vault names are globaly unique so it is possible that the name "
    "is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the "
    "same name was recently deleted but not purged after being placed in a recoverable state.",
    source="Azure/ARO-Landing-Zone-Accelerator#28 (status and end of the text unconfirmed)",
    protects="a vault name that somebody else has",
    remedy="Take another name: vault names are one space for everybody, and a deleted vault in another group or "
    "subscription keeps its own.",
)
NAME_INVALID = Law(
    id="kv-name",
    status=400,
    code="VaultNameNotValid",
    message="The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name "
    "must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.",
    source="docs azure-resource-manager/troubleshooting; public logs (status unconfirmed)",
    protects="a vault name that breaks the rules",
    remedy="3 to 24 letters, digits and single hyphens, beginning with a letter.",
)
PURGE_PROTECTION_OFF = Law(
    id="kv-purge-prot-false",
    status=400,
    code="BadRequest",
    message='The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is '
    "an irreversible action.",
    source="Azure/azure-rest-api-specs#18106, Azure/azure-cli#28732",
    protects="writing false instead of leaving purge protection out",
    remedy="Leave `enablePurgeProtection` out, or set it to true.",
)
SOFT_DELETE_OFF = Law(
    id="kv-soft-delete-false",
    status=400,
    code="BadRequest",
    message='The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the '
    "'soft delete' functionality is an irreversible action.",
    source="docs key-vault/general/soft-delete-change (text unconfirmed)",
    protects="a vault without soft delete",
    remedy="Leave `enableSoftDelete` out: every vault has it.",
    unconfirmed=True,
)
RETENTION_CHANGE = Law(
    id="kv-retention-change",
    status=400,
    code="BadRequest",
    message='The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.',
    source="hashicorp/terraform-provider-azurerm#6759 (text as remembered there)",
    protects="changing the retention of a vault that exists",
    remedy="Set the retention back to what it was: it is chosen once.",
    unconfirmed=True,
)
PURGE_REFUSED = Law(
    id="kv-purge-refused",
    status=400,
    code="MethodNotAllowed",
    message="Operation 'DeletedVaultPurge' is not allowed.",
    source="MicrosoftDocs/azure-docs#55427 (status and code unconfirmed)",
    protects="purging a vault with purge protection",
    remedy="Wait until the retention is over, or recover the vault; a new one needs another name until then.",
)
DELETED_MISSING = Law(
    id="kv-deleted-missing",
    status=404,
    code="DeletedVaultNotFound",
    message="The specified deleted vault '{name}' does not exist.",
    source="docs key-vault/general/key-vault-recovery (text unconfirmed)",
    protects="recovering or purging what is not deleted",
    unconfirmed=True,
)
SECRET_DELETED = Law(
    id="kv-secret-deleted",
    status=409,
    code="Conflict",
    message="Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this "
    "state, the secret can only be recovered or purged.",
    inner="ObjectIsDeletedButRecoverable",
    source="Azure SDK for .NET sample (data plane); by analogy for the control plane",
    protects="creating a secret again under the name of a deleted one",
    remedy="Recover or purge the deleted secret, or write under another name.",
)
SECRET_NAME = Law(
    id="kv-secret-name",
    status=400,
    code="BadParameter",
    message="The request URI contains an invalid name: {name}",
    source="docs rest/api/keyvault/secrets: ^[0-9a-zA-Z-]+$, 127 characters (text of the data plane, by analogy)",
    protects="a secret name with an underscore or a dot",
    remedy="Letters, digits and hyphens only.",
    unconfirmed=True,
)
SECRET_VALUE = Law(
    id="kv-secret-value",
    status=400,
    code="BadParameter",
    message="Property value is required to create the secret '{name}'.",
    source="by analogy with the data plane, where value is required (text unconfirmed)",
    protects="a secret that is made without a value",
    unconfirmed=True,
)
SECRET_LARGE = Law(
    id="kv-secret-size",
    status=400,
    code="BadParameter",
    message="Property value has an invalid length: a secret holds at most {limit} characters.",
    source="docs key-vault/secrets/about-secrets: 25 KB (code and text unconfirmed)",
    protects="a certificate or config file too large for a secret",
    unconfirmed=True,
)
SECRET_DELETE = Law(
    id="kv-secret-delete",
    status=405,
    code="MethodNotAllowed",
    message="The resource type 'vaults/secrets' cannot be deleted through the resource manager. Delete secret '{name}' "
    "through the vault itself.",
    source="docs rest/api/keyvault/secrets: the control plane has no delete (code and text unconfirmed)",
    protects="expecting a secret to go without the vault's data plane",
    remedy="Delete the secret in the vault's data plane, or delete the vault.",
    unconfirmed=True,
)
