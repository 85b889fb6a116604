"""An app's Key Vault references go the way of the app's own calls: network, then role, then secret."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from offline.apps.identities import Identity
from offline.apps.secrets import VAULT_AUDIENCE, SecretUnreadableError, VaultOverFabric
from offline.arm.ids import ResourceId
from offline.arm.store import Store
from offline.arrival import Handler
from offline.dataplane.vault.handler import KeyVault
from offline.home import Home
from offline.network import Service
from offline.tokens import Tokens
from tests.offline.services import APP, PERSON, Running, running

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/vault"
SECRET = "https://vault.vault.azure.net/secrets/key"
READER = Identity(id="reader", principal_id="reader", client_id="reader-client")
STRANGER = Identity(id="stranger", principal_id="stranger", client_id="stranger-client")


class Roles:
    """The reader has the role, the stranger has none."""

    def allows(self, principal_id: str, scope: ResourceId | str, action: str) -> bool:
        return principal_id == READER.principal_id


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Running]:
    def handlers(home: Home, store: Store) -> dict[Service, Handler]:
        tokens = Tokens(home.signing_key, "tenant")
        return {"vault": KeyVault(store, tokens=tokens, access=Roles()).handle}

    with running(tmp_path / "home", handlers) as started:
        started.put(VAULT, {"enableRbacAuthorization": True, "publicNetworkAccess": "Enabled"})
        token, _ = _tokens(started).managed_identity(
            principal_id=READER.principal_id, client_id=READER.client_id, resource=VAULT_AUDIENCE
        )
        with started.client(PERSON) as client:
            answer = client.put(
                SECRET,
                params={"api-version": "7.6"},
                json={"value": "sk-from-the-vault"},
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.status_code == httpx.codes.OK, answer.text
        yield started


def _tokens(net: Running) -> Tokens:
    return Tokens(net.home.signing_key, "tenant")


def _read(net: Running, identity: Identity = READER, url: str = SECRET) -> str:
    reader = VaultOverFabric(_tokens(net), net.home.bundle)
    return net.run(reader.read(url, identity, net.proxy(APP)))


def test_secret_is_read_as_the_identity_from_the_apps_network(net: Running) -> None:
    assert _read(net) == "sk-from-the-vault"
    assert net.verdicts()[-1] == ("vault.vault.azure.net", "public")


def test_no_role_no_secret(net: Running) -> None:
    with pytest.raises(SecretUnreadableError, match="ForbiddenByRbac"):
        _read(net, STRANGER)


def test_no_private_way_no_secret(net: Running) -> None:
    net.put(VAULT, {"enableRbacAuthorization": True, "publicNetworkAccess": "Disabled"})
    with pytest.raises(SecretUnreadableError, match="Public network access is disabled"):
        _read(net)


def test_missing_secret_and_missing_vault(net: Running) -> None:
    with pytest.raises(SecretUnreadableError, match="SecretNotFound"):
        _read(net, url=f"{SECRET}-not")
    with pytest.raises(SecretUnreadableError):
        _read(net, url="https://nobody.vault.azure.net/secrets/key")
