"""Who asks: the bearer token of a request to the resource manager."""

from typing import Protocol

import jwt

from offline.arm.errors import ArmError

AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")


class Claims(Protocol):
    """What a token says of its bearer."""

    @property
    def oid(self) -> str: ...
    @property
    def appid(self) -> str: ...
    @property
    def aud(self) -> str: ...


class Tokens(Protocol):
    """Knows the tokens that the sign-in endpoint gives out."""

    def verify(self, token: str) -> Claims:
        """:raises ValueError: (or PyJWT's own error) when it is not one of ours, or has expired."""
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
    except jwt.ExpiredSignatureError as cause:
        raise _unauthorized(
            tenant_id, "ExpiredAuthenticationToken", "The access token expiry is in the past."
        ) from cause
    except (ValueError, jwt.PyJWTError) as cause:
        raise _unauthorized(
            tenant_id, "InvalidAuthenticationToken", "The access token is invalid."
        ) from cause
    if claims.aud.rstrip("/") not in AUDIENCES:
        raise _unauthorized(
            tenant_id,
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{claims.aud}'. It should exactly "
            f"match with one of the allowed audiences '{AUDIENCES[0]}/'.",
        )
    return claims


def _unauthorized(tenant_id: str, code: str, message: str) -> ArmError:
    authority = f"https://login.microsoftonline.com/{tenant_id}"
    challenge = (
        f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}"'
    )
    return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})
