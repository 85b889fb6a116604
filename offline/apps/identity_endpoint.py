"""The managed identity endpoint of container apps: `GET {IDENTITY_ENDPOINT}?resource=…&api-version=2019-08-01`.

One server on loopback; the header that each replica is given says whose it is. Source: docs
container-apps/managed-identity; microsoft/azure-container-apps#442, #502.
"""

import secrets
import uuid
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from offline.apps.identities import Identity, IdentityTokens

API_VERSION = "2019-08-01"
_NAMES = ("client_id", "principal_id", "object_id", "mi_res_id")

Identities = Callable[[], list[Identity]]
"""What the containers of one app may use, as it is now."""


class IdentityEndpoint:
    """Answers every replica's requests for tokens."""

    def __init__(self, tokens: IdentityTokens) -> None:
        self._tokens = tokens
        self._replicas: dict[str, Identities] = {}
        self._runner: web.ServerRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}/msi/token"

    async def start(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._handle))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def admit(self, identities: Identities) -> str:
        """A header value for a new replica."""
        header = secrets.token_hex(16)
        self._replicas[header] = identities
        return header

    def dismiss(self, header: str) -> None:
        self._replicas.pop(header, None)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "GET":
            return web.Response(status=405, headers={"Allow": "GET"})
        url = urlsplit(request.raw_path)
        if url.path != "/msi/token":
            return web.Response(status=404)
        identities = self._replicas.get(request.headers.get("X-IDENTITY-HEADER", ""))
        if identities is None:
            return _refuse(401, "Unauthorized")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if query.get("api-version") != API_VERSION:
            return _refuse(400, f"The api-version is invalid. Use {API_VERSION}.")
        resource = query.get("resource", "")
        if not resource:
            return _refuse(400, "The parameter resource is missing.")
        identity = _chosen(identities(), query)
        if identity is None:
            return _refuse(400, "Unable to load the proper Managed Identity.")
        token, expires = self._tokens.managed_identity(
            principal_id=identity.principal_id, client_id=identity.client_id, resource=resource
        )
        return web.json_response(
            {
                "access_token": token,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": identity.client_id,
            }
        )


def _chosen(identities: list[Identity], query: dict[str, str]) -> Identity | None:
    """The identity that the query names; none named is the app's own one."""
    named = [(name, query[name].lower()) for name in _NAMES if query.get(name)]
    if len(named) > 1:
        return None
    if not named:
        return next((identity for identity in identities if identity.id == "system"), None)
    name, value = named[0]
    for identity in identities:
        known = {
            "client_id": identity.client_id,
            "principal_id": identity.principal_id,
            "object_id": identity.principal_id,
            "mi_res_id": identity.id,
        }[name]
        if known.lower() == value:
            return identity
    return None


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response(
        {"statusCode": status, "message": message, "correlationId": str(uuid.uuid4())}, status=status
    )
