"""How Key Vault's data plane refuses: `{"error": {"code", "message", "innererror": {"code"}}}`."""

from collections.abc import Mapping

from offline.arm.errors import JSON
from offline.arm.key_vault_laws import SECRET_DELETED


class VaultRefusalError(Exception):
    """An answer that is an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        inner: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        error: JSON = {"code": code, "message": message}
        if inner is not None:
            error["innererror"] = {"code": inner}
        self.status = status
        self.body: JSON = {"error": error}
        self.headers = dict(headers or {})


def challenge(tenant: str, resource: str, message: str) -> VaultRefusalError:
    """The first call of every client: it learns here whom to ask for what. Texts are unconfirmed."""
    header = f'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{resource}"'
    return VaultRefusalError(401, "Unauthorized", message, headers={"WWW-Authenticate": header})


def no_role(*, caller: str, action: str, resource: str, place: str) -> VaultRefusalError:
    """Law kv-rbac. Source: piyushsachdeva/Terraform_AKS#2."""
    return VaultRefusalError(
        403,
        "Forbidden",
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
        f"definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\n"
        f"Action: '{action}'\r\nResource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
        f"DecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: {place}\r\n",
        inner="ForbiddenByRbac",
    )


def no_permission(*, caller: str, permission: str, place: str) -> VaultRefusalError:
    """A vault whose access policies decide. Source: docs key-vault/general/rest-error-codes."""
    return VaultRefusalError(
        403,
        "Forbidden",
        f"The user, group or application '{caller}' does not have secrets {permission} permission on key vault "
        f"'{place}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
        inner="AccessDenied",
    )


def public_off(*, caller: str, place: str) -> VaultRefusalError:
    """Law kv-public-off. Source: microsoft/multimodal-ai#171."""
    return VaultRefusalError(
        403,
        "Forbidden",
        "Public network access is disabled and request is not from a trusted service nor via an approved private "
        f"link.\r\nCaller: {caller}\r\nVault: {place}",
        inner="ForbiddenByConnection",
    )


def firewall(*, caller: str, address: str, place: str) -> VaultRefusalError:
    """Law kv-firewall. Source: docs key-vault/general/common-error-codes."""
    return VaultRefusalError(
        403,
        "Forbidden",
        "Client address is not authorized and caller is not a trusted service.\r\n"
        f"Client address: {address}\r\nCaller: {caller}\r\nVault: {place}",
        inner="ForbiddenByFirewall",
    )


def not_found(name: str) -> VaultRefusalError:
    """Text unconfirmed after its first sentence."""
    return VaultRefusalError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may "
        "be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def deleted_not_found(name: str) -> VaultRefusalError:
    """By analogy with a secret that is not there."""
    return VaultRefusalError(404, "SecretNotFound", f"Deleted Secret not found: {name}")


def name_kept(name: str) -> VaultRefusalError:
    """Law kv-secret-deleted."""
    law = SECRET_DELETED
    return VaultRefusalError(
        law.status, law.code, law.message.format(name=name), inner="ObjectIsDeletedButRecoverable"
    )


def disabled() -> VaultRefusalError:
    """Law kv-secret-disabled. Source: Azure SDK for JS tests."""
    return VaultRefusalError(
        403, "Forbidden", "Operation get is not allowed on a disabled secret.", inner="SecretDisabled"
    )


def purge_protected(name: str) -> VaultRefusalError:
    """Status, codes and text are unconfirmed."""
    return VaultRefusalError(
        403,
        "Forbidden",
        f'Operation "purge" is not allowed on {name} because purge protection is enabled for this vault. Key Vault '
        "service will automatically purge it after the retention period has passed.",
        inner="ForbiddenByPolicy",
    )


def bad_parameter(message: str) -> VaultRefusalError:
    """A body or path that is not understood."""
    return VaultRefusalError(400, "BadParameter", message)


def api_version(version: str | None) -> VaultRefusalError:
    """An api-version that is missing or unknown; text unconfirmed."""
    if version is None:
        return bad_parameter("api-version must be specified")
    return bad_parameter(
        f"The specified version ({version}) is not recognized. Consider using the latest supported version (7.6)."
    )


def no_such_path(path: str) -> VaultRefusalError:
    """Keys and certificates are not there either."""
    return VaultRefusalError(
        404, "NotFound", f"{path} is nothing that this offline Azure's vaults have: they hold secrets alone."
    )
