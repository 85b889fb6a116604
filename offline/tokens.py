"""Access tokens as Microsoft Entra issues them, signed with this home's own key."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from offline.arm.errors import JSON
from offline.home import write_private

PERSON_SECONDS = 3599
IDENTITY_SECONDS = 86400
"""A managed identity's token is cached for about a day (docs managed-identities)."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a token says about its bearer."""

    principal_id: str
    client_id: str
    tenant_id: str
    audience: str
    expires: int
    issuer: str

    def is_for(self, *audiences: str) -> bool:
        """Whether the token was asked for one of those resources."""
        return self.audience.rstrip("/").lower() in {audience.rstrip("/").lower() for audience in audiences}


class TokenError(Exception):
    """A token that is not accepted."""

    def __init__(self, problem: Literal["invalid", "expired", "audience"]) -> None:
        super().__init__(problem)
        self.problem: Literal["invalid", "expired", "audience"] = problem


class Tokens:
    """Issues and verifies. Times are the wall clock's, because clients judge tokens by it."""

    def __init__(self, key_file: Path, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self._issuer = f"https://sts.windows.net/{tenant_id}/"
        if not key_file.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            write_private(
                key_file,
                made.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                ).decode(),
            )
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{key_file} does not hold an RSA key")
        self._key = key
        self._public = key.public_key()
        self._key_id = uuid.uuid5(uuid.NAMESPACE_OID, str(self._public.public_numbers().n)).hex

    def issue(
        self, *, audience: str, principal_id: str, client_id: str, seconds: int = PERSON_SECONDS
    ) -> tuple[str, int]:
        """A token, and when it expires (epoch seconds)."""
        now = int(time.time())
        expires = now + seconds
        token = jwt.encode(
            {
                "aud": audience,
                "iss": self._issuer,
                "iat": now,
                # Entra backdates by five minutes too, for clocks that run late.
                "nbf": now - 300,
                "exp": expires,
                "appid": client_id,
                "appidacr": "1",
                "idp": self._issuer,
                "idtyp": "app",
                "oid": principal_id,
                "sub": principal_id,
                "tid": self._tenant_id,
                "uti": uuid.uuid4().hex[:22],
                "ver": "1.0",
            },
            self._key,
            algorithm="RS256",
            headers={"kid": self._key_id, "x5t": self._key_id},
        )
        return token, expires

    def managed_identity(self, *, principal_id: str, client_id: str, resource: str) -> tuple[str, int]:
        """A token of a managed identity, and when it expires (epoch seconds)."""
        return self.issue(
            audience=resource, principal_id=principal_id, client_id=client_id, seconds=IDENTITY_SECONDS
        )

    def verify(self, token: str, *audiences: str) -> Claims:
        """Read a token.

        :param audiences: what it may have been asked for; any when none is named.
        :raises TokenError: not ours or broken, expired, or for another audience.
        """
        try:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                issuer=self._issuer,
                options={"verify_aud": False, "require": ["exp", "aud", "oid", "appid", "tid"]},
            )
        except jwt.ExpiredSignatureError as problem:
            raise TokenError("expired") from problem
        except jwt.InvalidTokenError as problem:
            raise TokenError("invalid") from problem
        read = Claims(
            principal_id=str(claims["oid"]),
            client_id=str(claims["appid"]),
            tenant_id=str(claims["tid"]),
            audience=str(claims["aud"]),
            expires=int(claims["exp"]),
            issuer=str(claims["iss"]),
        )
        if audiences and not read.is_for(*audiences):
            raise TokenError("audience")
        return read

    def keys(self) -> JSON:
        """The public key, as a key set."""
        key = RSAAlgorithm.to_jwk(self._public, as_dict=True)
        return {"keys": [{**key, "use": "sig", "kid": self._key_id, "x5t": self._key_id}]}
