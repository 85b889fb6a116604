"""The values of an app's secrets: typed in, or fetched from a vault as one of the app's identities.

A vault's secret is fetched over HTTPS through the fabric, from the network of the app's environment, with a token of
the identity: so network, role and existence are judged where they always are.
"""

import logging
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import aiohttp

from offline.apps.identities import Identity, IdentityTokens, identity_of
from offline.arm.container_app_template import App, DeclaredSecret, text
from offline.arm.container_apps_laws import APP_KEY_VAULT_REFERENCE
from offline.arm.store import Store

logger = logging.getLogger(__name__)

VAULT_AUDIENCE = "https://vault.azure.net"
VAULT_API_VERSION = "7.6"


class SecretUnreadableError(Exception):
    """The vault refused, or could not be reached."""


class VaultReader(Protocol):
    """Fetches one secret."""

    async def read(self, url: str, identity: Identity, proxy: str) -> str:
        """:param proxy: the app's own way into the fabric.
        :raises SecretUnreadableError: whatever the reason; Azure does not tell them apart either.
        """
        ...


class VaultOverFabric:
    """Fetches secrets as a program in the app would."""

    def __init__(self, tokens: IdentityTokens, bundle: Path) -> None:
        self._tokens = tokens
        self._bundle = bundle
        self._trust: ssl.SSLContext | None = None

    async def read(self, url: str, identity: Identity, proxy: str) -> str:
        token, _ = self._tokens.managed_identity(
            principal_id=identity.principal_id, client_id=identity.client_id, resource=VAULT_AUDIENCE
        )
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=str(self._bundle))
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=30), connector=aiohttp.TCPConnector(ssl=self._trust)
                ) as session,
                session.get(
                    url,
                    params={"api-version": VAULT_API_VERSION},
                    headers={"Authorization": f"Bearer {token}"},
                    proxy=proxy,
                ) as response,
            ):
                body = await response.json(content_type=None)
                if response.status != 200 or not isinstance(body, dict):
                    raise SecretUnreadableError(f"{url}: {response.status} {body}")
                return text(body.get("value"))
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise SecretUnreadableError(f"{url}: {error}") from error


class SecretValues:
    """Resolves an app's secrets."""

    def __init__(self, store: Store, vault: VaultReader) -> None:
        self._store = store
        self._vault = vault

    async def resolve(self, app: App, proxy: str) -> dict[str, str]:
        """Every secret of the app by name.

        :raises ArmError: app-kv-ref.
        """
        return {secret.name: await self._value(app, secret, proxy) for secret in app.secrets}

    async def newer(self, app: App, known: Mapping[str, str], proxy: str) -> dict[str, str]:
        """Versionless references whose newest version differs from the known value.

        What cannot be read keeps its value, as in Azure.
        """
        found: dict[str, str] = {}
        for secret in app.secrets:
            if not secret.versionless or secret.url is None:
                continue
            identity = identity_of(self._store, app, secret.identity or "")
            if identity is None:
                continue
            try:
                value = await self._vault.read(secret.url, identity, proxy)
            except SecretUnreadableError:
                continue
            if value != known.get(secret.name):
                found[secret.name] = value
        return found

    async def _value(self, app: App, secret: DeclaredSecret, proxy: str) -> str:
        if secret.url is None:
            return secret.value or ""
        name = secret.identity or ""
        identity = identity_of(self._store, app, name)
        refusal = APP_KEY_VAULT_REFERENCE.broken(secret=secret.name, identity=name)
        if identity is None:
            raise refusal
        try:
            return await self._vault.read(secret.url, identity, proxy)
        except SecretUnreadableError as reason:
            # Azure keeps the reason to itself; whoever looks for it here finds it in the service's log.
            logger.warning("%s: secret %s: %s", app.name, secret.name, reason)
            raise refusal from reason
