"""Who asks: the bearer token of a request to the resource manager."""

from typing import Protocol

from offline.arm.errors import ArmError
from offline.dataplane.tokens import Claims, TokenError

AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")

_PROBLEMS = {
    "expired": ("ExpiredAuthenticationToken", "The access token expiry is in the past."),
    "invalid": ("InvalidAuthenticationToken", "The access token is invalid."),
    "audience": ("InvalidAuthenticationTokenAudience", "The access token is for another resource."),
}


class Tokens(Protocol):
    """Knows the tokens that the sign-in endpoint gives out."""

    def verify(self, token: str, *audiences: str) -> Claims:
        """:raises TokenError: it is not one of ours, has expired, or is for another audience."""
        ...


def bearer(tokens: Tokens, authorization: str, tenant_id: str) -> Claims:
    """What the token of an Authorization header says.

    :raises ArmError: 401, with the challenge that clients find the sign-in endpoint by.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthorized(
            tenant_id, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
        )
    try:
        claims = tokens.verify(token.strip())
    except TokenError as cause:
        code, message = _PROBLEMS[cause.problem]
        raise _unauthorized(tenant_id, code, message) from cause
    if not claims.is_for(*AUDIENCES):
        raise _unauthorized(
            tenant_id,
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{claims.audience}'. It should exactly "
            f"match with one of the allowed audiences '{AUDIENCES[0]}/'.",
        )
    return claims


def _unauthorized(tenant_id: str, code: str, message: str) -> ArmError:
    authority = f"https://login.microsoftonline.com/{tenant_id}"
    challenge = (
        f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}"'
    )
    return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})
