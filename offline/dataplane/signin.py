"""Sign-in: the token endpoint of Microsoft Entra, as azure-identity and msal use it.

Whoever runs this offline Azure signs in with the client id and secret that were made with it; nobody else exists.
Error codes and texts: docs entra/identity-platform/reference-error-codes.
"""

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from offline.arm.errors import JSON
from offline.arrival import Arrival
from offline.clock import Clock
from offline.home import Credentials
from offline.tokens import PERSON_SECONDS, Tokens

AUTHORITY = "https://login.microsoftonline.com"

RESOURCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://cognitiveservices.azure.com",
        "https://ai.azure.com",
        "https://vault.azure.net",
        "https://graph.microsoft.com",
        "https://storage.azure.com",
        "https://ossrdbms-aad.database.windows.net",
        "https://redis.azure.com",
        "acca5fbb-b7e4-4009-81f1-37e38fd66d78",  # the same, by its id
        "https://monitor.azure.com",
        "https://api.loganalytics.io",
        "https://containerregistry.azure.net",
    }
)
"""What a token can be asked for."""


FOR_PEOPLE = frozenset({"openid", "offline_access", "profile"})
"""Scopes that an application means nothing by, and MSAL for Go sends with every request all the same
(`defaultScopes` in its accesstokens.go): so does whatever is written in Go, the Pulumi CLI's backends among it."""


@dataclass(kw_only=True, eq=False)
class SignInError(Exception):
    """A refusal in OAuth's form, with Entra's number."""

    status: int
    error: str
    number: int
    text: str


class SignIn:
    """The handler behind login.microsoftonline.com."""

    def __init__(self, tokens: Tokens, credentials: Credentials, clock: Clock) -> None:
        self._tokens = tokens
        self._credentials = credentials
        self._clock = clock

    async def handle(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        path = request.path.rstrip("/")
        if request.method == "GET" and path == "/common/discovery/instance":
            return web.json_response(self._instances())
        found = re.fullmatch(r"/([^/]+)/(.+)", path)
        if found is None:
            return web.Response(status=404)
        tenant, rest = found[1], found[2]
        try:
            match (request.method, rest):
                case ("GET", "v2.0/.well-known/openid-configuration" | ".well-known/openid-configuration"):
                    self._check_tenant(tenant)
                    return web.json_response(self._configuration(tenant))
                case ("GET", "discovery/v2.0/keys" | "discovery/keys"):
                    return web.json_response(self._tokens.keys())
                case ("POST", "oauth2/v2.0/token" | "oauth2/token"):
                    self._check_tenant(tenant)
                    form = {key: str(value) for key, value in (await request.post()).items()}
                    basic = _basic(request.headers.get("Authorization", ""))
                    return web.json_response(
                        self._token({**basic, **form}, with_scope=rest == "oauth2/v2.0/token"),
                        # For our provider, whose first request this is: how long a pause before a retry is here.
                        headers={"x-offline-speed": f"{self._clock.speed:g}"},
                    )
                case _:
                    return web.Response(status=404)
        except SignInError as refusal:
            return web.json_response(_body(refusal), status=refusal.status)

    def _check_tenant(self, tenant: str) -> None:
        if tenant.lower() not in (self._credentials.tenant_id.lower(), "common", "organizations"):
            raise SignInError(
                status=400,
                error="invalid_request",
                number=90002,
                text=f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
                "signing into the correct cloud.",
            )

    def _token(self, form: Mapping[str, str], *, with_scope: bool) -> JSON:
        grant = form.get("grant_type", "")
        if grant != "client_credentials":
            raise SignInError(
                status=400,
                error="unsupported_grant_type",
                number=70003,
                text=f"The app requested an unsupported grant type '{grant}'.",
            )
        client_id = form.get("client_id", "")
        if client_id.lower() != self._credentials.client_id.lower():
            raise SignInError(
                status=400,
                error="unauthorized_client",
                number=700016,
                text=f"Application with identifier '{client_id}' was not found in the directory "
                f"'{self._credentials.tenant_id}'.",
            )
        if form.get("client_secret", "") != self._credentials.client_secret:
            raise SignInError(
                status=401,
                error="invalid_client",
                number=7000215,
                text="Invalid client secret provided. Ensure the secret being sent in the request is the client "
                "secret value, not the client secret ID, for a secret added to app "
                f"'{client_id}'.",
            )
        audience = _audience(form, with_scope=with_scope)
        token, expires = self._tokens.issue(
            audience=audience, principal_id=self._credentials.object_id, client_id=client_id
        )
        answer: JSON = {
            "token_type": "Bearer",
            "expires_in": PERSON_SECONDS,
            "ext_expires_in": PERSON_SECONDS,
            "access_token": token,
        }
        if not with_scope:
            # The older endpoint writes its numbers as text.
            answer |= {
                "expires_in": str(PERSON_SECONDS),
                "ext_expires_in": str(PERSON_SECONDS),
                "expires_on": str(expires),
                "resource": audience,
            }
        return answer

    @staticmethod
    def _instances() -> JSON:
        return {
            "tenant_discovery_endpoint": f"{AUTHORITY}/common/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": "login.microsoftonline.com",
                    "preferred_cache": "login.windows.net",
                    "aliases": [
                        "login.microsoftonline.com",
                        "login.windows.net",
                        "login.microsoft.com",
                        "sts.windows.net",
                    ],
                }
            ],
        }

    @staticmethod
    def _configuration(tenant: str) -> JSON:
        base = f"{AUTHORITY}/{tenant}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "token"],
            "scopes_supported": ["openid"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "tenant_region_scope": "NA",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
        }


def _audience(form: Mapping[str, str], *, with_scope: bool) -> str:
    if with_scope:
        scopes = [scope for scope in form.get("scope", "").split() if scope not in FOR_PEOPLE]
        if len(scopes) != 1 or not scopes[0].endswith("/.default"):
            raise SignInError(
                status=400,
                error="invalid_scope",
                number=1002012,
                text=f"The provided value for scope {form.get('scope', '')} is not valid. Client credential flows "
                "must have a scope value with /.default suffixed to the resource identifier "
                "(application ID URI).",
            )
        resource = scopes[0].removesuffix("/.default")
    else:
        resource = form.get("resource", "")
    if resource.rstrip("/").lower() not in RESOURCES:
        raise SignInError(
            status=400,
            error="invalid_resource",
            number=500011,
            text=f"The resource principal named {resource} was not found in the tenant. This can happen if the "
            "application has not been installed by the administrator of the tenant or consented to by any user "
            "in the tenant. You might have sent your authentication request to the wrong tenant.",
        )
    return resource


def _basic(header: str) -> dict[str, str]:
    """Client id and secret from a Basic header."""
    if not header.startswith("Basic "):
        return {}
    try:
        client_id, _, secret = base64.b64decode(header[6:]).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote(client_id), "client_secret": unquote(secret)}


def _body(refusal: SignInError) -> JSON:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = Clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
    return {
        "error": refusal.error,
        "error_description": f"AADSTS{refusal.number}: {refusal.text} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: {stamp}",
        "error_codes": [refusal.number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{AUTHORITY}/error?code={refusal.number}",
    }
