"""Who asks: the bearer token of a request to the resource manager."""

from offline.arm.errors import ArmError
from offline.tokens import Claims, TokenError, Tokens

AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")

_REFUSED = {
    "expired": ("ExpiredAuthenticationToken", "The access token expiry is in the past."),
    "invalid": ("InvalidAuthenticationToken", "The access token is invalid."),
    "audience": (
        "InvalidAuthenticationTokenAudience",
        "The access token has been obtained for wrong audience or resource. "
        f"It should exactly match with one of the allowed audiences '{AUDIENCES[0]}/'.",
    ),
}


def bearer(tokens: Tokens, authorization: str, tenant_id: str) -> Claims:
    """What the token of an Authorization header says.

    :raises ArmError: 401, with the challenge that clients find the sign-in endpoint by.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        missing = "Authentication failed. The 'Authorization' header is missing."
        raise _unauthorized(tenant_id, "AuthenticationFailed", missing)
    try:
        return tokens.verify(token.strip(), *AUDIENCES)
    except TokenError as cause:
        raise _unauthorized(tenant_id, *_REFUSED[cause.problem]) from cause


def _unauthorized(tenant_id: str, code: str, message: str) -> ArmError:
    authority = f"https://login.microsoftonline.com/{tenant_id}"
    challenge = (
        f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}"'
    )
    return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})
