"""A Key Vault's keys, as far as `azurekeyvault://` needs them: encrypt and decrypt, in versions.

The offline Azure has no keys, because nothing that is deployed has any. This stands behind its fabric, with its
sign-in, so that the engine's own client (Go CDK, Azure's SDK for Go) is what is tried.
"""

import base64
import re
from dataclasses import dataclass, field

from aiohttp import web
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from offline.arrival import Arrival
from offline.tokens import TokenError, Tokens

AUDIENCE = "https://vault.azure.net"
HOST = "pulumi-keys.vault.azure.net"
_PATH = re.compile(r"/keys/(?P<key>[\w-]+)/(?P<version>\w*)/?(?P<operation>encrypt|decrypt)")
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass
class Keys:
    """One key and its versions, each an RSA key of its own: what one encrypted no other decrypts."""

    tokens: Tokens
    tenant: str
    versions: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The operations, in their order."""
    allowed: set[str] = field(default_factory=lambda: {"encrypt", "decrypt"})
    """The data actions of the caller's role."""

    def rotate(self) -> str:
        """A new version, which is from now on the one that is meant where none is named."""
        version = f"{len(self.versions) + 1:032x}"
        self.versions[version] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return version

    async def handle(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            self.tokens.verify(token, AUDIENCE)
        except TokenError:
            authority = f"https://login.microsoftonline.com/{self.tenant}"
            challenge = f'Bearer authorization="{authority}", resource="{AUDIENCE}"'
            return web.json_response(
                {"error": {"code": "Unauthorized", "message": "AKV10000"}},
                status=401,
                headers={"WWW-Authenticate": challenge},
            )
        found = _PATH.fullmatch(request.path)
        if found is None:
            return web.json_response({"error": {"code": "BadParameter", "message": request.path}}, status=400)
        operation = found["operation"]
        self.asked.append(operation)
        if operation not in self.allowed:
            why = f"Caller is not authorized. Action: 'Microsoft.KeyVault/vaults/keys/{operation}/action'"
            return web.json_response({"error": {"code": "Forbidden", "message": why}}, status=403)
        body = await request.json()
        assert body["alg"] == "RSA-OAEP-256"
        version = found["version"] or list(self.versions)[-1]
        key = self.versions[version]
        try:
            value = _decoded(body["value"])
            result = (
                key.public_key().encrypt(value, _OAEP)
                if operation == "encrypt"
                else key.decrypt(value, _OAEP)
            )
        except (ValueError, InvalidKey):
            why = "The parameter is incorrect. Decryption failed"
            return web.json_response({"error": {"code": "BadParameter", "message": why}}, status=400)
        kid = f"https://{HOST}/keys/{found['key']}/{version}"
        return web.json_response(
            {"kid": kid, "value": base64.urlsafe_b64encode(result).rstrip(b"=").decode()}
        )


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
