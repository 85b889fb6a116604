"""The laws of Key Vault: the control plane's, then the data plane's."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from azure.mgmt.keyvault import KeyVaultManagementClient

from offline.arm.vault_secrets import LARGEST
from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused, Silent
from tests.offline.accounts import SECRETS_OFFICER, SECRETS_USER

Expect = Callable[[str], Refused]


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


@pytest.fixture(scope="module")
def vaults(azure: Azure) -> KeyVaultManagementClient:
    return azure.sdk(KeyVaultManagementClient)


@pytest.fixture(scope="module")
def open_vault(azure: Azure, group: str) -> str:
    """A vault on the internet, whose secrets the owner may write."""
    vault = azure.vault(group)
    azure.grant(vault, SECRETS_OFFICER)
    return vault


@pytest.fixture(scope="module")
def by_hand(azure: Azure, open_vault: str) -> Iterator[httpx.Client]:
    """A signed-in client of that vault's data plane."""
    with azure.caller(base_url=f"https://{name_of(open_vault)}.vault.azure.net") as client:
        token = azure.credential.get_token("https://vault.azure.net/.default").token
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def new_vault(group: str, name: str | None = None) -> str:
    """A path that nobody has."""
    return f"{group}/providers/Microsoft.KeyVault/vaults/{name or f'kv-{uuid.uuid4().hex[:8]}'}"


def secret(value: object) -> dict[str, object]:
    return {"properties": {"value": value}}


# Vaults --------------------------------------------------------------------------------------------------------


@pytest.mark.law("kv-deleted-name", "kv-deleted-missing")
def test_a_deleted_vault_keeps_its_name(
    azure: Azure, refused: Expect, group: str, vaults: KeyVaultManagementClient
) -> None:
    vault = new_vault(group)
    with refused("kv-deleted-missing"):
        azure.put(vault, azure.vault_body(createMode="recover"))
    azure.put(vault, azure.vault_body())
    azure.delete(vault)
    with refused("kv-deleted-name"):
        azure.put(vault, azure.vault_body())
    azure.put(vault, azure.vault_body(createMode="recover"))
    azure.delete(vault)
    vaults.vaults.begin_purge_deleted(name_of(vault), REGION).result()
    with refused("kv-deleted-missing"):
        vaults.vaults.get_deleted(name_of(vault), REGION)
    azure.put(vault, azure.vault_body())


@pytest.mark.law("kv-name-taken")
def test_a_vaults_name_is_one_for_everybody(azure: Azure, refused: Expect, group: str) -> None:
    name = name_of(azure.vault(group))
    elsewhere = azure.group()
    with refused("kv-name-taken"):
        azure.put(new_vault(elsewhere, name), azure.vault_body())
    azure.delete(new_vault(group, name))
    with refused("kv-name-taken"):
        azure.put(new_vault(elsewhere, name), azure.vault_body())
    with azure.fact("vault-names-elsewhere", ["kv-contoso"]), refused("kv-name-taken"):
        azure.put(new_vault(elsewhere, "kv-contoso"), azure.vault_body())
    azure.put(new_vault(elsewhere), azure.vault_body())


@pytest.mark.law("kv-name")
@pytest.mark.parametrize("name", ["kv--two", "1kv", "kv-", "k" * 25, "kv"])
def test_a_vaults_name_is_short_and_plain(azure: Azure, refused: Expect, group: str, name: str) -> None:
    with refused("kv-name"):
        azure.put(new_vault(group, name), azure.vault_body())
    azure.put(new_vault(group, f"kv-{uuid.uuid4().hex[:21]}"), azure.vault_body())


@pytest.mark.law("kv-purge-prot-false", "kv-soft-delete-false", "kv-retention-change")
def test_what_protects_a_vault_is_not_turned_off(azure: Azure, refused: Expect, group: str) -> None:
    vault = new_vault(group)
    with refused("kv-purge-prot-false"):
        azure.put(vault, azure.vault_body(enablePurgeProtection=False))
    with refused("kv-soft-delete-false"):
        azure.put(vault, azure.vault_body(enableSoftDelete=False))
    azure.put(vault, azure.vault_body(softDeleteRetentionInDays=7))
    with refused("kv-retention-change"):
        azure.put(vault, azure.vault_body(softDeleteRetentionInDays=90))
    azure.put(vault, azure.vault_body(softDeleteRetentionInDays=7, enablePurgeProtection=True))
    with refused("kv-purge-prot-false"):
        azure.put(vault, azure.vault_body(enablePurgeProtection=False))


@pytest.mark.law("kv-purge-refused")
def test_a_protected_vault_waits_out_its_retention(
    azure: Azure, refused: Expect, group: str, vaults: KeyVaultManagementClient
) -> None:
    vault = azure.vault(group, enablePurgeProtection=True)
    azure.delete(vault)
    with refused("kv-purge-refused"):
        vaults.vaults.begin_purge_deleted(name_of(vault), REGION).result()
    azure.put(vault, azure.vault_body(createMode="recover"))


@pytest.mark.law("kv-secret-name", "kv-secret-value", "kv-secret-size", "kv-secret-delete")
def test_a_secret_is_written_through_the_resource_manager_and_not_deleted(
    azure: Azure, refused: Expect, open_vault: str
) -> None:
    with refused("kv-secret-name"):
        azure.put(f"{open_vault}/secrets/master_key", secret("a"))
    path = f"{open_vault}/secrets/master-key"
    with refused("kv-secret-value"):
        azure.put(path, {"properties": {}})
    with refused("kv-secret-size"):
        azure.put(path, secret("x" * (LARGEST + 1)))
    azure.put(path, secret("x" * LARGEST))
    with refused("kv-secret-delete"):
        azure.delete(path)
    azure.secrets(open_vault).begin_delete_secret("master-key").result()


@pytest.mark.law("kv-secret-deleted")
def test_a_deleted_secret_keeps_its_name_in_both_planes(
    azure: Azure, refused: Expect, open_vault: str
) -> None:
    client = azure.secrets(open_vault)
    client.set_secret("token", "one")
    client.begin_delete_secret("token").result()
    with refused("kv-secret-deleted"):
        client.set_secret("token", "two")
    with refused("kv-secret-deleted"):
        azure.put(f"{open_vault}/secrets/token", secret("two"))
    client.begin_recover_deleted_secret("token").result()
    client.set_secret("token", "two")


# The data plane: who, and from where ---------------------------------------------------------------------------


@pytest.mark.law("kv-rbac")
def test_reading_takes_a_data_role_of_the_owner_too(azure: Azure, refused: Expect, group: str) -> None:
    vault = azure.vault(group)
    azure.put(f"{vault}/secrets/token", secret("one"))
    client = azure.secrets(vault)
    with refused("kv-rbac"):
        client.get_secret("token")
    azure.grant(vault, SECRETS_USER)
    assert client.get_secret("token").value == "one"
    with refused("kv-rbac"):
        client.set_secret("token", "two")


@pytest.mark.law("kv-access-policy")
def test_where_policies_decide_no_role_counts(azure: Azure, refused: Expect, group: str) -> None:
    vault = azure.vault(group, enableRbacAuthorization=False)
    azure.put(f"{vault}/secrets/token", secret("one"))
    azure.grant(vault, SECRETS_OFFICER)
    client = azure.secrets(vault)
    with refused("kv-access-policy"):
        client.get_secret("token")
    who = azure.cloud.home.credentials()
    policy = {"tenantId": who.tenant_id, "objectId": who.object_id, "permissions": {"secrets": ["get"]}}
    azure.put(vault, azure.vault_body(enableRbacAuthorization=False, accessPolicies=[policy]))
    assert client.get_secret("token").value == "one"


@pytest.mark.law("kv-public-off")
def test_a_closed_vault_is_reached_through_its_endpoint(azure: Azure, refused: Expect, group: str) -> None:
    vault = azure.vault(group, publicNetworkAccess="Disabled")
    azure.grant(vault, SECRETS_USER)
    azure.put(f"{vault}/secrets/token", secret("one"))
    with refused("kv-public-off"):
        azure.secrets(vault).get_secret("token")
    network = azure.private_path(group, vault, "vault", "privatelink.vaultcore.azure.net")
    assert azure.secrets(vault, network=network).get_secret("token").value == "one"
    unlinked = azure.network(group, "vnet-unlinked")
    with refused("kv-public-off"):
        azure.secrets(vault, network=unlinked).get_secret("token")


@pytest.mark.law("kv-firewall")
def test_a_vaults_rules_name_who_may_come(azure: Azure, refused: Expect, group: str) -> None:
    rules = {"defaultAction": "Deny", "bypass": "AzureServices"}
    vault = azure.vault(group, networkAcls=rules)
    azure.grant(vault, SECRETS_USER)
    azure.put(f"{vault}/secrets/token", secret("one"))
    with refused("kv-firewall"):
        azure.secrets(vault).get_secret("token")
    with azure.fact("firewall-delay-seconds", 0):
        azure.put(vault, azure.vault_body(networkAcls=rules | {"ipRules": [{"value": "203.0.113.10"}]}))
    assert azure.secrets(vault).get_secret("token").value == "one"


@pytest.mark.law("kv-token")
def test_a_first_call_learns_whom_to_ask_for_a_token(azure: Azure, refused: Expect, open_vault: str) -> None:
    with azure.caller(base_url=f"https://{name_of(open_vault)}.vault.azure.net") as client:
        answer = client.get("/secrets?api-version=7.4")
        refused("kv-token").by(answer)
        assert azure.cloud.home.credentials().tenant_id in answer.headers["WWW-Authenticate"]
        token = azure.credential.get_token("https://management.azure.com/.default").token
        wrong = client.get("/secrets?api-version=7.4", headers={"Authorization": f"Bearer {token}"})
        refused("kv-token").by(wrong)
    assert isinstance(list(azure.secrets(open_vault).list_properties_of_secrets()), list)


# The data plane: secrets ---------------------------------------------------------------------------------------


@pytest.mark.law("kv-secret-missing", "kv-deleted-secret-missing")
def test_what_was_never_written_is_not_there(azure: Azure, refused: Expect, open_vault: str) -> None:
    client = azure.secrets(open_vault)
    with refused("kv-secret-missing"):
        client.get_secret("nothing")
    client.set_secret("something", "one")
    with refused("kv-secret-missing"):
        client.get_secret("something", "0" * 32)
    with refused("kv-deleted-secret-missing"):
        client.get_deleted_secret("something")
    client.begin_delete_secret("something").result()
    client.purge_deleted_secret("something")
    with refused("kv-secret-missing"):
        client.get_secret("something")


@pytest.mark.law("kv-secret-disabled", "kv-secret-expired")
def test_a_secret_can_be_disabled_and_does_not_expire_by_itself(
    azure: Azure, refused: Expect, silently: Callable[[str], Silent], open_vault: str
) -> None:
    client = azure.secrets(open_vault)
    client.set_secret("old", "one", expires_on=datetime(2020, 1, 1, tzinfo=UTC))
    with silently("kv-secret-expired"):
        assert client.get_secret("old").value == "one"
    client.update_secret_properties("old", enabled=False)
    with refused("kv-secret-disabled"):
        client.get_secret("old")
    client.update_secret_properties("old", enabled=True)
    assert client.get_secret("old").value == "one"


@pytest.mark.law("kv-secret-purge")
def test_a_protected_vault_keeps_its_secrets(azure: Azure, refused: Expect, group: str) -> None:
    vault = azure.vault(group, enablePurgeProtection=True)
    azure.grant(vault, SECRETS_OFFICER)
    client = azure.secrets(vault)
    client.set_secret("kept", "one")
    client.begin_delete_secret("kept").result()
    with refused("kv-secret-purge"):
        client.purge_deleted_secret("kept")
    client.begin_recover_deleted_secret("kept").result()


@pytest.mark.law("kv-api-version", "kv-api-version-missing", "kv-parameter", "kv-path")
def test_requests_by_hand_are_read_to_the_letter(refused: Expect, by_hand: httpx.Client) -> None:
    refused("kv-api-version-missing").by(by_hand.get("/secrets"))
    refused("kv-api-version").by(by_hand.get("/secrets?api-version=2016-10-01"))
    refused("kv-parameter").by(by_hand.get("/secrets?api-version=7.4&maxresults=26"))
    refused("kv-parameter").by(by_hand.put("/secrets/a?api-version=7.4", content="value"))
    refused("kv-path").by(by_hand.get("/keys?api-version=7.4"))
    assert by_hand.get("/secrets?api-version=7.4&maxresults=25").status_code == 200
