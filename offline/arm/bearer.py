"""Who asks: the bearer token of a request to the resource manager."""

from offline.arm.errors import ArmError, Law
from offline.tokens import Claims, TokenError, Tokens

AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")

_CHALLENGE = {
    "WWW-Authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/{tenant}", '
    'error="invalid_token", error_description="{text}"'
}

TOKEN_MISSING = Law(
    id="token-missing",
    status=401,
    code="AuthenticationFailed",
    message="Authentication failed. The 'Authorization' header is missing.",
    source="docs azure-resource-manager/troubleshooting/common-deployment-errors",
    protects="requests by hand",
    headers=_CHALLENGE,
)
TOKEN_EXPIRED = Law(
    id="token-expired",
    status=401,
    code="ExpiredAuthenticationToken",
    message="The access token expiry is in the past.",
    source="public logs (Azure adds the two times)",
    protects="a pipeline that signs in once and works for hours",
    remedy="Sign in again, or let the SDK do it: it fetches a new token before the old one ends.",
    headers=_CHALLENGE,
)
TOKEN_INVALID = Law(
    id="token-invalid",
    status=401,
    code="InvalidAuthenticationToken",
    message="The access token is invalid.",
    source="public logs",
    protects="a token that was cut off, or was issued by somebody else",
    headers=_CHALLENGE,
)
TOKEN_AUDIENCE = Law(
    id="token-audience",
    status=401,
    code="InvalidAuthenticationTokenAudience",
    message="The access token has been obtained for wrong audience or resource. "
    "It should exactly match with one of the allowed audiences '{audience}'.",
    source="public logs (Azure lists its audiences)",
    protects="a token that is for a vault or a model",
    remedy="Ask for the scope `https://management.azure.com/.default`.",
    headers=_CHALLENGE,
)

_REFUSED = {"expired": TOKEN_EXPIRED, "invalid": TOKEN_INVALID, "audience": TOKEN_AUDIENCE}


def bearer(tokens: Tokens, authorization: str, tenant_id: str) -> Claims:
    """What the token of an Authorization header says.

    :raises ArmError: 401, with the challenge that clients find the sign-in endpoint by.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _refused(TOKEN_MISSING, tenant_id)
    try:
        return tokens.verify(token.strip(), *AUDIENCES)
    except TokenError as cause:
        raise _refused(_REFUSED[cause.problem], tenant_id) from cause


def _refused(law: Law, tenant_id: str) -> ArmError:
    audience = f"{AUDIENCES[0]}/"
    text = law.message.format(audience=audience)
    return law.broken(audience=audience, tenant=tenant_id, text=text)
