"""The handler behind a vault's host: its secrets, as the Key Vault data plane serves them."""

import json
import re
import uuid
from dataclasses import dataclass

from aiohttp import web

from offline.arm.addresses import address_of
from offline.arm.errors import JSON, ArmError
from offline.arm.regions import region
from offline.arm.store import Resource, Store
from offline.arrival import Arrival
from offline.dataplane.authorizer import Authorizer
from offline.dataplane.firewall import judge
from offline.dataplane.vault import laws
from offline.dataplane.vault.secrets import Secrets
from offline.tokens import Claims, TokenError, Tokens

AUDIENCE = "https://vault.azure.net"

VERSIONS = frozenset({"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"})
"""api-versions. Source: docs rest/api/keyvault."""

_ACTION = "Microsoft.KeyVault/vaults/secrets"

PERMISSIONS = {
    "getSecret/action": "get",
    "setSecret/action": "set",
    "update/action": "set",
    "readMetadata/action": "list",
    "delete": "delete",
    "recover/action": "recover",
    "purge/action": "purge",
}
"""Data action, and the access-policy permission of a vault without roles."""


@dataclass(frozen=True, kw_only=True)
class _Call:
    """A request whose caller is known."""

    vault: Resource
    claims: Claims
    request: web.BaseRequest
    body: JSON

    @property
    def caller(self) -> str:
        return f"appid={self.claims.client_id};oid={self.claims.principal_id};iss={self.claims.issuer}"

    @property
    def place(self) -> str:
        return f"{self.vault.id.name};location={region(str(self.vault.body.get('location', '')))}"


class KeyVault:
    """Answers for every vault."""

    def __init__(self, store: Store, *, tokens: Tokens, access: Authorizer) -> None:
        self._store = store
        self._tokens = tokens
        self._access = access

    async def handle(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        headers = {
            "x-ms-request-id": str(uuid.uuid4()),
            "x-ms-keyvault-service-version": "1.9.2500.1",
            "Cache-Control": "no-cache",
            "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
            "X-Content-Type-Options": "nosniff",
        }
        vault = self._store.get(arrival.resource_id) if arrival.resource_id is not None else None
        if vault is None:
            return web.Response(status=404, headers=headers)
        headers["x-ms-keyvault-region"] = region(str(vault.body.get("location", "")))
        try:
            body = await self._answer(request, arrival, vault)
        except ArmError as refusal:
            return web.json_response(
                refusal.body(), status=refusal.status, headers={**headers, **refusal.headers}
            )
        if body is None:
            return web.Response(status=204, headers=headers)
        return web.json_response(body, headers=headers)

    async def _answer(self, request: web.BaseRequest, arrival: Arrival, vault: Resource) -> JSON | None:
        call = _Call(
            vault=vault,
            claims=self._claims(request, vault),
            request=request,
            body=await _json(request),
        )
        self._check_network(call, arrival)
        version = request.query.get("api-version")
        if version not in VERSIONS:
            missing = laws.API_VERSION_MISSING.broken()
            raise missing if version is None else laws.API_VERSION.broken(version=version)
        return self._operate(call)

    def _check_network(self, call: _Call, arrival: Arrival) -> None:
        """:raises ArmError: the vault is closed to where the caller comes from."""
        match judge(self._store, call.vault, arrival):
            case "disabled":
                raise laws.PUBLIC_OFF.broken(caller=call.caller, place=call.place)
            case "denied":
                address = address_of(self._store, arrival.caller)
                raise laws.FIREWALL.broken(caller=call.caller, address=address, place=call.place)

    def _claims(self, request: web.BaseRequest, vault: Resource) -> Claims:
        """:raises ArmError: the 401 by which clients find out where to get a token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        tenant = str(vault.properties.get("tenantId", ""))
        if scheme.lower() != "bearer" or not token:
            raise _challenge(tenant, "AKV10000: Request is missing a Bearer or PoP token.")
        try:
            return self._tokens.verify(token.strip(), AUDIENCE)
        except TokenError as problem:
            texts = {
                "audience": f"AKV10022: Invalid audience. Expected {AUDIENCE}.",
                "expired": "AKV10015: The token has expired.",
                "invalid": "AKV10001: The token is not valid.",
            }
            raise _challenge(tenant, texts[problem.problem]) from problem

    def _operate(self, call: _Call) -> JSON | None:
        secrets = Secrets(self._store, call.vault)
        path = call.request.path.rstrip("/")
        asked = (call.request.method, path)
        query = call.request.query
        if asked == ("GET", "/secrets"):
            self._allow(call, "readMetadata/action", None)
            return secrets.list_all(query)
        if asked == ("GET", "/deletedsecrets"):
            self._allow(call, "readMetadata/action", None)
            return secrets.list_deleted(query)
        found = re.fullmatch(r"/(secrets|deletedsecrets)/([0-9a-zA-Z-]{1,127})(?:/([0-9a-zA-Z]+))?", path)
        if found is None:
            raise laws.PATH.broken(path=path)
        kind, name, rest = found.groups()
        match (call.request.method, kind, rest):
            case ("PUT", "secrets", None):
                self._allow(call, "setSecret/action", name)
                return secrets.set(name, call.body)
            case ("GET", "secrets", "versions"):
                self._allow(call, "readMetadata/action", name)
                return secrets.list_versions(name, query)
            case ("GET", "secrets", version):
                self._allow(call, "getSecret/action", name)
                return secrets.get(name, version)
            case ("PATCH", "secrets", version):
                self._allow(call, "update/action", name)
                return secrets.update(name, version, call.body)
            case ("DELETE", "secrets", None):
                self._allow(call, "delete", name)
                return secrets.delete(name)
            case ("GET", "deletedsecrets", None):
                self._allow(call, "readMetadata/action", name)
                return secrets.deleted(name)
            case ("POST", "deletedsecrets", "recover"):
                self._allow(call, "recover/action", name)
                return secrets.recover(name)
            case ("DELETE", "deletedsecrets", None):
                self._allow(call, "purge/action", name)
                secrets.purge(name)
                return None
        raise laws.PATH.broken(path=path)

    def _allow(self, call: _Call, action: str, name: str | None) -> None:
        """:raises ArmError: the caller lacks the role, or the permission where policies decide."""
        scope = call.vault.id.child("secrets", name) if name is not None else call.vault.id
        if call.vault.properties.get("enableRbacAuthorization") is True:
            if not self._access.allows(call.claims.principal_id, scope, f"{_ACTION}/{action}"):
                raise laws.RBAC.broken(
                    caller=call.caller, action=f"{_ACTION}/{action}", resource=scope.key, place=call.place
                )
            return
        policies = call.vault.properties.get("accessPolicies")
        for policy in policies if isinstance(policies, list) else []:
            granted = [str(item).lower() for item in policy.get("permissions", {}).get("secrets") or []]
            if str(policy.get("objectId", "")).lower() == call.claims.principal_id.lower() and (
                PERMISSIONS[action] in granted or "all" in granted
            ):
                return
        raise laws.ACCESS_POLICY.broken(caller=call.caller, permission=PERMISSIONS[action], place=call.place)


def _challenge(tenant: str, why: str) -> ArmError:
    """The first answer to every client: it learns here whom to ask for what."""
    return laws.TOKEN.broken(
        why=why, authority=f"https://login.microsoftonline.com/{tenant}", resource=AUDIENCE
    )


async def _json(request: web.BaseRequest) -> JSON:
    """:raises ArmError: the body is no JSON object."""
    read = await request.read()
    try:
        body = json.loads(read) if read.strip() else {}
    except ValueError as problem:
        raise laws.PARAMETER.broken(why=f"The request body is not valid JSON: {problem}") from problem
    if not isinstance(body, dict):
        raise laws.PARAMETER.broken(why="The request body is not a JSON object.")
    return body
