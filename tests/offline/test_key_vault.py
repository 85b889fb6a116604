"""Vaults and their secrets, as the resource manager shows them, and their laws."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from offline.arm.key_vault import TAKEN_FACT
from offline.arm.vault_secrets import versions
from offline.arrival import Arrival, Caller
from offline.dataplane.firewall import judge
from tests.offline.arm_rig import SUBSCRIPTION, TENANT, Rig, error

PROVIDER = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault"
VAULT = "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-one"
FULL = f"/subscriptions/{SUBSCRIPTION}{VAULT}"
SECRET = f"{VAULT}/secrets/master-key"
DELETED = f"{PROVIDER}/locations/southcentralus/deletedVaults/kv-one"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.group()
    yield started
    started.stop()


def _body(**properties: Any) -> dict[str, Any]:
    return {
        "location": "southcentralus",
        "properties": {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
            **properties,
        },
    }


def _put(rig: Rig, path: str, body: Any) -> httpx.Response:
    return rig.ask("PUT", path, body)


def _secret(value: str = "first", **properties: Any) -> dict[str, Any]:
    return {"properties": {"value": value, **properties}}


def test_vault_is_made_with_what_azure_adds(rig: Rig) -> None:
    started = _put(rig, VAULT, _body(publicNetworkAccess="Disabled"))
    assert started.json()["properties"]["provisioningState"] == "RegisteringDns"
    rig.ended(started)
    properties = rig.see(VAULT)["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["vaultUri"] == "https://kv-one.vault.azure.net/"
    assert properties["enableSoftDelete"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert properties["accessPolicies"] == []
    assert "enablePurgeProtection" not in properties


def test_roles_decide_only_where_it_is_said(rig: Rig) -> None:
    body = _body()
    del body["properties"]["enableRbacAuthorization"]
    assert rig.make(VAULT, body)["properties"]["enableRbacAuthorization"] is False


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        pytest.param(
            {"enablePurgeProtection": False},
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is '
            "an irreversible action.",
            id="purge protection off",
        ),
        pytest.param(
            {"enableSoftDelete": False},
            'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the '
            "'soft delete' functionality is an irreversible action.",
            id="soft delete off",
        ),
    ],
)
def test_protections_cannot_be_refused_even_at_creation(rig: Rig, properties: Any, message: str) -> None:
    assert error(_put(rig, VAULT, _body(**properties))) == (400, "BadRequest", message)


@pytest.mark.parametrize("days", [6, 91])
def test_retention_has_bounds(rig: Rig, days: int) -> None:
    status, code, message = error(_put(rig, VAULT, _body(softDeleteRetentionInDays=days)))
    assert (status, code in ("BadRequest", "InvalidRequestContent")) == (400, True)
    assert str(days) in message


def test_retention_is_fixed_at_creation(rig: Rig) -> None:
    rig.make(VAULT, _body(softDeleteRetentionInDays=7))
    assert rig.make(VAULT, _body())["properties"]["softDeleteRetentionInDays"] == 7
    assert error(_put(rig, VAULT, _body(softDeleteRetentionInDays=8))) == (
        400,
        "BadRequest",
        'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.',
    )


def test_purge_protection_stays_when_left_out(rig: Rig) -> None:
    rig.make(VAULT, _body(enablePurgeProtection=True))
    assert rig.make(VAULT, _body())["properties"]["enablePurgeProtection"] is True


@pytest.mark.parametrize("name", ["kv", "1kv-one", "kv--one", "kv-one-", "k" * 25])
def test_names_that_cannot_be(rig: Rig, name: str) -> None:
    status, code, _ = error(_put(rig, VAULT.replace("kv-one", name), _body()))
    assert (status, code in ("VaultNameNotValid", "InvalidRequestContent")) == (400, True)
    asked = {"name": name, "type": "Microsoft.KeyVault/vaults"}
    available = rig.ask("POST", f"{PROVIDER}/checkNameAvailability", asked).json()
    assert (available["nameAvailable"], available["reason"]) == (False, "AccountNameInvalid")


def test_name_that_somebody_else_has(rig: Rig) -> None:
    rig.inside(lambda: rig.store.set_fact(TAKEN_FACT, ["kv-one"]))
    status, code, message = error(_put(rig, VAULT, _body()))
    assert (status, code) == (409, "VaultAlreadyExists")
    assert message.startswith("The vault name 'kv-one' is already in use. Vault names are globaly unique")
    asked = {"name": "kv-one", "type": "Microsoft.KeyVault/vaults"}
    available = rig.ask("POST", f"{PROVIDER}/checkNameAvailability", asked).json()
    assert (available["nameAvailable"], available["reason"]) == (False, "AlreadyExists")


def test_deleted_vault_keeps_its_name_and_comes_back_with_its_secrets(rig: Rig) -> None:
    rig.make(VAULT, _body())
    uri = rig.make(SECRET, _secret())["properties"]["secretUriWithVersion"]
    rig.remove(VAULT)
    assert rig.ask("GET", VAULT).status_code == 404
    status, code, message = error(_put(rig, VAULT, _body()))
    assert (status, code) == (409, "ConflictError")
    assert message.startswith(
        "A vault with the same name already exists in deleted state. You need to either recover"
    )
    elsewhere = VAULT.replace("/rg/", "/other/")
    rig.group("other")
    assert error(_put(rig, elsewhere, _body()))[1] == "VaultAlreadyExists"
    listed = rig.ask("GET", f"{PROVIDER}/deletedVaults").json()["value"]
    assert [item["properties"]["vaultId"] for item in listed] == [FULL]
    recovered = rig.make(VAULT, _body(createMode="recover"))
    assert "createMode" not in recovered["properties"]
    assert rig.see(SECRET)["properties"]["secretUriWithVersion"] == uri
    assert rig.ask("GET", f"{PROVIDER}/deletedVaults").json()["value"] == []


def test_recovery_of_what_is_not_deleted(rig: Rig) -> None:
    assert error(_put(rig, VAULT, _body(createMode="recover")))[:2] == (404, "DeletedVaultNotFound")


def test_purge_frees_the_name(rig: Rig) -> None:
    rig.make(VAULT, _body())
    rig.make(SECRET, _secret())
    rig.remove(VAULT)
    assert rig.ask("GET", DELETED).json()["name"] == "kv-one"
    assert rig.ask("POST", f"{DELETED}/purge").status_code == 200
    assert error(rig.ask("POST", f"{DELETED}/purge"))[:2] == (404, "DeletedVaultNotFound")
    rig.make(VAULT, _body())
    assert rig.ask("GET", SECRET).status_code == 404


def test_protected_vault_is_not_purged(rig: Rig) -> None:
    rig.make(VAULT, _body(enablePurgeProtection=True))
    rig.remove(VAULT)
    assert rig.ask("GET", DELETED).json()["properties"]["purgeProtectionEnabled"] is True
    assert error(rig.ask("POST", f"{DELETED}/purge")) == (
        400,
        "MethodNotAllowed",
        "Operation 'DeletedVaultPurge' is not allowed.",
    )


def test_secret_shows_where_it_is_and_never_what_it_is(rig: Rig) -> None:
    rig.make(VAULT, _body())
    written = _put(
        rig, SECRET, _secret("do-not-show", contentType="text/plain", attributes={"exp": 1900000000})
    )
    assert "Azure-AsyncOperation" not in written.headers
    shown = rig.see(SECRET)
    properties = shown["properties"]
    assert properties["secretUri"] == "https://kv-one.vault.azure.net/secrets/master-key"
    assert properties["secretUriWithVersion"].startswith(f"{properties['secretUri']}/")
    assert (properties["contentType"], properties["attributes"]["exp"]) == ("text/plain", 1900000000)
    assert properties["attributes"]["enabled"] is True
    assert shown["location"] == "southcentralus"
    assert "do-not-show" not in written.text + str(shown) + rig.ask("GET", f"{VAULT}/secrets").text


def test_every_change_is_a_new_version_and_the_old_ones_stay(rig: Rig) -> None:
    rig.make(VAULT, _body())
    first = rig.make(SECRET, _secret("one"))["properties"]["secretUriWithVersion"]
    second = rig.make(SECRET, _secret("two"))["properties"]["secretUriWithVersion"]
    assert first != second
    kept = rig.inside(lambda: rig.store.get(FULL + "/secrets/master-key"))
    assert kept is not None
    assert [version.value for version in versions(kept)] == ["one", "two"]


@pytest.mark.parametrize(
    ("again", "new"),
    [
        pytest.param({"properties": {"value": "one", "contentType": "text/plain"}}, False, id="repeated"),
        pytest.param({"properties": {"contentType": "text/plain"}}, False, id="without a value"),
        pytest.param(
            {"properties": {"value": "one", "contentType": "text/plain"}, "tags": {"a": "b"}},
            False,
            id="other tags",
        ),
        pytest.param({"properties": {"value": "two", "contentType": "text/plain"}}, True, id="other value"),
        pytest.param({"properties": {"value": "one", "contentType": "text/yaml"}}, True, id="other type"),
        pytest.param(
            {"properties": {"value": "one", "contentType": "text/plain", "attributes": {"enabled": False}}},
            True,
            id="switched off",
        ),
    ],
)
def test_a_write_that_changes_nothing_makes_no_version(rig: Rig, again: Any, new: bool) -> None:
    rig.make(VAULT, _body())
    first = rig.make(SECRET, _secret("one", contentType="text/plain"))["properties"]
    second = rig.make(SECRET, again)
    assert (second["properties"]["secretUriWithVersion"] != first["secretUriWithVersion"]) is new
    assert second.get("tags") == again.get("tags")


def test_secret_needs_a_value_at_first(rig: Rig) -> None:
    rig.make(VAULT, _body())
    status, code, message = error(_put(rig, SECRET, {"properties": {"contentType": "text/plain"}}))
    assert (status, code) == (400, "BadParameter")
    assert "value is required" in message


@pytest.mark.parametrize("name", ["with_underscore", "with.dot", "x" * 128])
def test_secret_names_that_cannot_be(rig: Rig, name: str) -> None:
    rig.make(VAULT, _body())
    status, code, message = error(_put(rig, f"{VAULT}/secrets/{name}", _secret()))
    assert (status, code) == (400, "BadParameter")
    assert name in message


def test_secret_without_its_vault(rig: Rig) -> None:
    assert error(_put(rig, SECRET, _secret()))[:2] == (404, "ParentResourceNotFound")


def test_secret_that_is_too_large(rig: Rig) -> None:
    rig.make(VAULT, _body())
    status, code, message = error(_put(rig, SECRET, _secret("x" * 25_601)))
    assert (status, code) == (400, "BadParameter")
    assert "at most 25600" in message


def test_secret_is_not_deleted_through_the_resource_manager(rig: Rig) -> None:
    rig.make(VAULT, _body())
    rig.make(SECRET, _secret())
    assert rig.ask("DELETE", SECRET).status_code in (403, 405)
    assert rig.see(SECRET)["name"] == "master-key"


def test_deleted_secret_keeps_its_name(rig: Rig) -> None:
    rig.make(VAULT, _body())
    rig.make(SECRET, _secret())

    def delete() -> None:
        secret = rig.store.get(FULL + "/secrets/master-key")
        assert secret is not None
        rig.store.bury(secret)

    rig.inside(delete)
    assert error(_put(rig, SECRET, _secret())) == (
        409,
        "Conflict",
        "Secret master-key is currently in a deleted but recoverable state, and its name cannot be reused; in this "
        "state, the secret can only be recovered or purged.",
    )


def test_group_takes_vault_and_secrets_along(rig: Rig) -> None:
    rig.make(VAULT, _body())
    rig.make(SECRET, _secret())
    rig.remove("/resourceGroups/rg")
    assert len(rig.ask("GET", f"{PROVIDER}/deletedVaults").json()["value"]) == 1


def _from_outside(rig: Rig) -> str:
    """What a person on the internet meets at the vault."""
    person = Arrival(caller=Caller(name="p", kind="person"), host="kv", resource_id=FULL, private=False)
    stored = rig.inside(lambda: rig.store.get(FULL))
    assert stored is not None
    return rig.inside(lambda: judge(rig.store, stored, person))


def test_new_network_rules_count_after_a_while(rig: Rig) -> None:
    closed = _body(networkAcls={"defaultAction": "Deny"})
    rig.make(VAULT, _body())
    rig.inside(lambda: rig.store.set_fact("firewall-delay-seconds", 10**6))
    assert rig.make(VAULT, closed)["properties"]["networkAcls"]["defaultAction"] == "Deny"
    assert _from_outside(rig) == "open"
    rig.make(VAULT, {**closed, "tags": {"a": "b"}})
    assert _from_outside(rig) == "open", "a tag hurries nothing"
    rig.inside(lambda: rig.store.set_fact("firewall-delay-seconds", 0))
    rig.make(VAULT, _body(networkAcls={"defaultAction": "Deny"}, publicNetworkAccess="Disabled"))
    assert _from_outside(rig) == "disabled"


def test_the_rules_of_a_new_vault_count_at_once(rig: Rig) -> None:
    rig.make(VAULT, _body(networkAcls={"defaultAction": "Deny"}))
    assert _from_outside(rig) == "denied"
