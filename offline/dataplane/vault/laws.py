"""Laws of Key Vault's data plane, beside those that both planes share (`offline/arm/key_vault_laws.py`)."""

from offline.arm.errors import Law

TOKEN = Law(
    id="kv-token",
    status=401,
    code="Unauthorized",
    message="{why}",
    source="docs key-vault/general/authentication: clients learn from the first answer whom to ask (texts unconfirmed)",
    protects="a call without a token, with an old one or one for another service",
    remedy="Ask for the scope `https://vault.azure.net/.default`.",
    unconfirmed=True,
    headers={"WWW-Authenticate": 'Bearer authorization="{authority}", resource="{resource}"'},
)
RBAC = Law(
    id="kv-rbac",
    status=403,
    code="Forbidden",
    inner="ForbiddenByRbac",
    message="Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
    "definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\n"
    "Action: '{action}'\r\nResource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
    "DecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: {place}\r\n",
    source="piyushsachdeva/Terraform_AKS#2",
    protects="reading a secret without a data role: the subscription's owner has none",
    remedy="Assign Key Vault Secrets User (to read) or Key Vault Secrets Officer (to write) on the vault, and give it "
    "some minutes.",
)
ACCESS_POLICY = Law(
    id="kv-access-policy",
    status=403,
    code="Forbidden",
    inner="AccessDenied",
    message="The user, group or application '{caller}' does not have secrets {permission} permission on key vault "
    "'{place}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
    source="docs key-vault/general/rest-error-codes",
    protects="a role where access policies decide (`enableRbacAuthorization` is off)",
    remedy="Turn `enableRbacAuthorization` on, or add an access policy for the caller.",
)
PUBLIC_OFF = Law(
    id="kv-public-off",
    status=403,
    code="Forbidden",
    inner="ForbiddenByConnection",
    message="Public network access is disabled and request is not from a trusted service nor via an approved private "
    "link.\r\nCaller: {caller}\r\nVault: {place}",
    source="microsoft/multimodal-ai#171",
    protects="a call from outside of a vault that is closed, and one from inside whose name resolves to the public "
    "address",
    remedy="Call it from the network of its private endpoint, and see that the private DNS zone "
    "`privatelink.vaultcore.azure.net` is linked to that network. A deployment can write secrets through the resource "
    "manager instead, which asks for no network.",
)
FIREWALL = Law(
    id="kv-firewall",
    status=403,
    code="Forbidden",
    inner="ForbiddenByFirewall",
    message="Client address is not authorized and caller is not a trusted service.\r\n"
    "Client address: {address}\r\nCaller: {caller}\r\nVault: {place}",
    source="docs key-vault/general/common-error-codes; public log",
    protects="a call from an address that no rule admits",
    remedy="Add the address that the text names to the vault's `networkAcls`; that takes effect after half a minute to "
    "a quarter of an hour.",
)
SECRET_MISSING = Law(
    id="kv-secret-missing",
    status=404,
    code="SecretNotFound",
    message="A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you "
    "may be able to recover it using the correct recovery command. For help resolving this issue, please see "
    "https://go.microsoft.com/fwlink/?linkid=2125182",
    source="public logs (text unconfirmed after its first sentence)",
    protects="a secret that was never written, or was deleted",
    unconfirmed=True,
)
DELETED_SECRET_MISSING = Law(
    id="kv-deleted-secret-missing",
    status=404,
    code="SecretNotFound",
    message="Deleted Secret not found: {name}",
    source="by analogy with kv-secret-missing",
    protects="recovering or purging a secret that is not deleted",
    unconfirmed=True,
)
SECRET_DISABLED = Law(
    id="kv-secret-disabled",
    status=403,
    code="Forbidden",
    inner="SecretDisabled",
    message="Operation get is not allowed on a disabled secret.",
    source="Azure SDK for JS tests",
    protects="reading a secret that somebody has disabled",
)
SECRET_EXPIRED = Law(
    id="kv-secret-expired",
    status=200,
    code="",
    message="An expired secret is answered as any other: the dates of a secret are for its readers to look at.",
    source="docs key-vault/secrets/about-secrets (unconfirmed by a log)",
    protects="taking an expiry date for something that ends a secret's use",
    unconfirmed=True,
    silent=True,
)
SECRET_PURGE = Law(
    id="kv-secret-purge",
    status=403,
    code="Forbidden",
    inner="ForbiddenByPolicy",
    message='Operation "purge" is not allowed on {name} because purge protection is enabled for this vault. Key Vault '
    "service will automatically purge it after the retention period has passed.",
    source="docs key-vault/general/soft-delete-overview (status, codes and text unconfirmed)",
    protects="purging a secret of a vault with purge protection",
    unconfirmed=True,
)
PARAMETER = Law(
    id="kv-parameter",
    status=400,
    code="BadParameter",
    message="{why}",
    source="docs rest/api/keyvault/secrets (texts unconfirmed)",
    protects="a body or a query that the vault does not understand",
    unconfirmed=True,
)
API_VERSION = Law(
    id="kv-api-version",
    status=400,
    code="BadParameter",
    message="The specified version ({version}) is not recognized. "
    "Consider using the latest supported version (7.6).",
    source="docs key-vault/general/versions (text unconfirmed)",
    protects="requests by hand",
    unconfirmed=True,
)
API_VERSION_MISSING = Law(
    id="kv-api-version-missing",
    status=400,
    code="BadParameter",
    message="api-version must be specified",
    source="docs key-vault/general/versions (text unconfirmed)",
    protects="requests by hand",
    unconfirmed=True,
)
PATH = Law(
    id="kv-path",
    status=404,
    code="NotFound",
    message="{path} is nothing that this offline Azure's vaults have: they hold secrets alone.",
    source="a limit of this offline Azure",
    protects="taking a key or certificate for stored that nothing here knows",
    unconfirmed=True,
)
