"""Signing in with azure-identity, and a vault's secrets with azure-keyvault-secrets.

Shows: every credential that a user of the offline Azure has gets tokens that its services take, and secrets are set,
read, listed, changed, deleted, recovered and purged from inside of the network that the vault is closed to all others
of. Does not show: who may do what in a vault, and what a vault refuses (tests/offline/test_dataplane_vault.py,
tests/laws/test_key_vault.py).
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import (
    ClientSecretCredential,
    DefaultAzureCredential,
    EnvironmentCredential,
    ManagedIdentityCredential,
)
from azure.keyvault.secrets import SecretClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.laws.azure import Azure
from tests.offline.accounts import SECRETS_OFFICER
from tests.offline.apps_rig import Stand, app_body, run

VAULT_ZONE = "privatelink.vaultcore.azure.net"


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


# Credentials ---------------------------------------------------------------------------------------------------


def by_secret(azure: Azure) -> TokenCredential:
    who = azure.cloud.home.credentials()
    return ClientSecretCredential(who.tenant_id, who.client_id, who.client_secret, **azure.options())


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(by_secret, id="ClientSecretCredential"),
        pytest.param(lambda azure: EnvironmentCredential(), id="EnvironmentCredential"),
        pytest.param(lambda azure: DefaultAzureCredential(), id="DefaultAzureCredential"),
    ],
)
def test_a_credential_finds_what_offline_run_sets(
    azure: Azure,
    group: str,
    monkeypatch: pytest.MonkeyPatch,
    credential: Callable[[Azure], TokenCredential],
) -> None:
    for name, value in azure.cloud.environment().items():
        monkeypatch.setenv(name, value)
    who = credential(azure)
    client = ResourceManagementClient(who, azure.base.rpartition("/")[2])
    assert group.rpartition("/")[2] in [found.name for found in client.resource_groups.list()]
    one, other = (
        who.get_token(f"https://{at}/.default") for at in ("vault.azure.net", "management.azure.com")
    )
    assert one.token != other.token
    assert one.expires_on > datetime.now(UTC).timestamp()


def test_a_wrong_secret_signs_nobody_in(azure: Azure) -> None:
    who = azure.cloud.home.credentials()
    stranger = ClientSecretCredential(who.tenant_id, who.client_id, "guessed", **azure.options())
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        stranger.get_token("https://management.azure.com/.default")


def test_an_app_signs_in_as_its_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what its replica finds in the environment."""

    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body())
            _, answer = await stand.get()
            for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
                monkeypatch.setenv(name, answer["environment"][name])
            own, other = (ManagedIdentityCredential(client_id=f"client-{at}", retry_total=0) for at in (1, 2))
            got = await asyncio.to_thread(own.get_token, "https://vault.azure.net/.default")
            assert got.token == "token of client-1 for https://vault.azure.net"
            with pytest.raises(ClientAuthenticationError):
                await asyncio.to_thread(other.get_token, "https://vault.azure.net/.default")

    run(story())


# Secrets, from inside ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vault(azure: Azure, group: str) -> str:
    """A vault that only its private endpoint leads to, and whose secrets the owner may write."""
    made = azure.vault(group, publicNetworkAccess="Disabled")
    azure.grant(made, SECRETS_OFFICER)
    return made


@pytest.fixture(scope="module")
def secrets(azure: Azure, group: str, vault: str) -> Iterator[SecretClient]:
    """The vault's client, inside of the network."""
    network = azure.private_path(group, vault, "vault", VAULT_ZONE)
    with azure.secrets(vault, network=network) as client:
        yield client


def test_a_secret_is_set_read_and_changed(secrets: SecretClient) -> None:
    first = secrets.set_secret("a", "one", content_type="text/plain", tags={"k": "v"})
    second = secrets.set_secret("a", "two")
    assert (secrets.get_secret("a").value, secrets.get_secret("a", first.properties.version).value) == (
        "two",
        "one",
    )
    until = datetime(2030, 1, 1, tzinfo=UTC)
    changed = secrets.update_secret_properties("a", first.properties.version, expires_on=until)
    assert (changed.expires_on, changed.content_type, changed.tags) == (until, "text/plain", {"k": "v"})
    assert secrets.get_secret("a", second.properties.version).properties.expires_on is None
    versions = [found.version for found in secrets.list_properties_of_secret_versions("a")]
    assert versions == [first.properties.version, second.properties.version]


def test_lists_of_secrets_come_in_pages(secrets: SecretClient) -> None:
    made = [f"page-{number:02}" for number in range(30)]
    for name in made:
        secrets.set_secret(name, "quiet")
    pages: Any = secrets.list_properties_of_secrets(max_page_size=20).by_page()
    first = [found.name for found in next(pages)]
    token = pages.continuation_token
    rest = secrets.list_properties_of_secrets(max_page_size=20).by_page(token)
    following = [found.name for page in rest for found in page]
    assert (len(first), [name for name in first + following if str(name).startswith("page-")]) == (20, made)


def test_a_deleted_secret_is_recovered_or_purged(secrets: SecretClient) -> None:
    secrets.set_secret("gone", "quiet")
    deleting = secrets.begin_delete_secret("gone")
    deleting.wait()
    assert (deleting.done(), deleting.result().name) == (True, "gone")
    with pytest.raises(ResourceNotFoundError):
        secrets.get_secret("gone")
    assert "gone" in [found.name for found in secrets.list_deleted_secrets()]
    recovering = secrets.begin_recover_deleted_secret("gone")
    recovering.wait()
    assert (recovering.done(), secrets.get_secret("gone").value) == (True, "quiet")
    secrets.begin_delete_secret("gone").wait()
    assert secrets.get_deleted_secret("gone").scheduled_purge_date is not None
    secrets.purge_deleted_secret("gone")
    for missing in (secrets.get_deleted_secret, secrets.get_secret):
        with pytest.raises(ResourceNotFoundError):
            missing("gone")
    assert "gone" not in [found.name for found in secrets.list_deleted_secrets()]


def test_both_planes_see_the_same_secret(azure: Azure, group: str, vault: str, secrets: SecretClient) -> None:
    planned: Any = azure.sdk(KeyVaultManagementClient).secrets
    words = group.rpartition("/")[2], vault.rpartition("/")[2], "both"
    planned.create_or_update(*words, {"properties": {"value": "by the plan"}})
    assert secrets.get_secret("both").value == "by the plan"
    version = secrets.set_secret("both", "by hand").properties.version
    shown = planned.get(*words)
    assert (shown.properties.value, shown.properties.secret_uri_with_version.endswith(f"/{version}")) == (
        None,
        True,
    )


def test_outside_of_the_network_nobody_reads_it(azure: Azure, vault: str, secrets: SecretClient) -> None:
    secrets.set_secret("inside", "quiet")
    with (
        azure.secrets(vault) as outside,
        pytest.raises(HttpResponseError, match="Public network access is disabled"),
    ):
        outside.get_secret("inside")
