"""A vault's secrets as Microsoft's own library uses them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.keyvault.secrets import SecretClient

from tests.offline.accounts import (
    SECRETS_OFFICER,
    SECRETS_USER,
    VAULT,
    VAULT_HOST,
    Bearer,
    assign,
    started,
    token,
    vault,
)
from tests.offline.services import PERSON, Running

AUDIENCE = "https://vault.azure.net"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("azure")) as running:
        assign(running, "officer", SECRETS_OFFICER, VAULT)
        assign(running, "user", SECRETS_USER, VAULT)
        yield running


@pytest.fixture
def azure(shared: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("HTTPS_PROXY", shared.proxy(PERSON))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(shared.home.bundle))
    yield shared
    vault(shared)


def _client(azure: Running, principal: str = "officer", audience: str = AUDIENCE) -> SecretClient:
    return SecretClient(VAULT_HOST, Bearer(token(azure, principal, audience)), retry_total=0)


def _refusal(error: HttpResponseError) -> tuple[int | None, str, str | None]:
    """Status, code and inner code."""
    assert error.error is not None
    return error.status_code, str(error.error.code), (error.error.innererror or {}).get("code")


def test_secret_is_set_and_read_by_name_and_by_version(azure: Running) -> None:
    client = _client(azure)
    first = client.set_secret("a", "one", content_type="text/plain", tags={"k": "v"})
    second = client.set_secret("a", "two", expires_on=datetime(2030, 1, 1, tzinfo=UTC))
    assert client.get_secret("a").value == "two"
    old = client.get_secret("a", first.properties.version)
    assert (old.value, old.properties.content_type, old.properties.tags) == ("one", "text/plain", {"k": "v"})
    assert second.properties.expires_on == datetime(2030, 1, 1, tzinfo=UTC)
    assert second.id == f"{VAULT_HOST}/secrets/a/{second.properties.version}"
    assert second.properties.recovery_level == "Recoverable+Purgeable"
    versions = [item.version for item in client.list_properties_of_secret_versions("a")]
    assert versions == [first.properties.version, second.properties.version]


def test_lists_come_in_pages_and_without_values(azure: Running) -> None:
    client = _client(azure)
    for number in range(30):
        client.set_secret(f"page-{number:02}", "v")
    names = [item.name for item in client.list_properties_of_secrets() if str(item.name).startswith("page-")]
    assert names == [f"page-{number:02}" for number in range(30)]


def test_deleted_secret_keeps_its_name_until_recovered_or_purged(azure: Running) -> None:
    client = _client(azure)
    client.set_secret("gone", "v")
    client.begin_delete_secret("gone").wait()
    with pytest.raises(ResourceNotFoundError) as missing:
        client.get_secret("gone")
    assert _refusal(missing.value) == (404, "SecretNotFound", None)
    with pytest.raises(ResourceExistsError, match="currently in a deleted but recoverable state") as taken:
        client.set_secret("gone", "w")
    assert _refusal(taken.value) == (409, "Conflict", "ObjectIsDeletedButRecoverable")
    assert "gone" in [item.name for item in client.list_deleted_secrets()]
    client.begin_recover_deleted_secret("gone").wait()
    assert client.get_secret("gone").value == "v"
    client.begin_delete_secret("gone").wait()
    client.purge_deleted_secret("gone")
    with pytest.raises(ResourceNotFoundError):
        client.get_deleted_secret("gone")
    assert client.set_secret("gone", "w").value == "w"


def test_purge_of_a_protected_vault_is_refused(azure: Running) -> None:
    vault(azure, enablePurgeProtection=True)
    client = _client(azure)
    client.set_secret("kept", "v")
    client.begin_delete_secret("kept").wait()
    with pytest.raises(HttpResponseError, match="purge protection is enabled") as refused:
        client.purge_deleted_secret("kept")
    assert _refusal(refused.value) == (403, "Forbidden", "ForbiddenByPolicy")
    assert client.get_deleted_secret("kept").properties.recovery_level == "Recoverable"


def test_disabled_secret_gives_no_value(azure: Running) -> None:
    client = _client(azure)
    client.set_secret("off", "v")
    client.update_secret_properties("off", enabled=False)
    with pytest.raises(
        HttpResponseError, match="Operation get is not allowed on a disabled secret"
    ) as refused:
        client.get_secret("off")
    assert _refusal(refused.value) == (403, "Forbidden", "SecretDisabled")


def test_expired_secret_is_still_given(azure: Running) -> None:
    client = _client(azure)
    client.set_secret("old", "v", expires_on=datetime(2020, 1, 1, tzinfo=UTC))
    assert client.get_secret("old").value == "v"


def test_role_decides_what_a_caller_may_do(azure: Running) -> None:
    _client(azure).set_secret("b", "v")
    user = _client(azure, "user")
    assert user.get_secret("b").value == "v"
    assert list(user.list_properties_of_secrets())
    for refused_call in (lambda: user.set_secret("b", "w"), lambda: user.begin_delete_secret("b")):
        with pytest.raises(HttpResponseError) as refused:
            refused_call()
        assert _refusal(refused.value) == (403, "Forbidden", "ForbiddenByRbac")


def test_refusal_names_caller_action_and_resource(azure: Running) -> None:
    with pytest.raises(HttpResponseError) as refused:
        _client(azure, "nobody").get_secret("b")
    assert refused.value.error is not None
    message = str(refused.value.error.message)
    assert message.startswith("Caller is not authorized to perform action on resource.\r\n")
    assert "\r\nCaller: appid=app;oid=nobody;iss=https://sts.windows.net/" in message
    assert "\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n" in message
    assert f"\r\nResource: '{VAULT.lower()}/secrets/b'\r\n" in message
    assert message.endswith("\r\nVault: kv-idha;location=southcentralus\r\n")


def test_public_access_off(azure: Running) -> None:
    vault(azure, publicNetworkAccess="Disabled")
    with pytest.raises(HttpResponseError, match="Public network access is disabled") as refused:
        _client(azure).get_secret("b")
    assert _refusal(refused.value) == (403, "Forbidden", "ForbiddenByConnection")


def test_firewall_tells_the_address(azure: Running) -> None:
    vault(azure, networkAcls={"defaultAction": "Deny", "bypass": "AzureServices"})
    with pytest.raises(HttpResponseError, match=r"Client address: 203\.0\.113\.10") as refused:
        _client(azure).get_secret("b")
    assert _refusal(refused.value) == (403, "Forbidden", "ForbiddenByFirewall")


def test_access_policies_decide_where_roles_do_not(azure: Running) -> None:
    _client(azure).set_secret("c", "v")
    policy = {"objectId": "reader", "permissions": {"secrets": ["Get"]}}
    vault(azure, enableRbacAuthorization=False, accessPolicies=[policy])
    assert _client(azure, "reader").get_secret("c").value == "v"
    with pytest.raises(HttpResponseError, match="does not have secrets set permission") as refused:
        _client(azure, "reader").set_secret("c", "w")
    assert _refusal(refused.value) == (403, "Forbidden", "AccessDenied")
    with pytest.raises(HttpResponseError):
        _client(azure, "officer").get_secret("c")


def test_first_call_learns_whom_to_ask(azure: Running) -> None:
    with azure.client() as client:
        answer = client.get(f"{VAULT_HOST}/secrets/a?api-version=7.6")
    tenant = azure.home.credentials().tenant_id
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
        401,
        f'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="https://vault.azure.net"',
    )


def test_token_for_another_service_is_refused(azure: Running) -> None:
    with pytest.raises(ClientAuthenticationError, match="Invalid audience"):
        _client(azure, audience="https://management.azure.com").get_secret("a")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        pytest.param("/secrets/a", 400, "BadParameter", id="no api-version"),
        pytest.param("/secrets/a?api-version=1.0", 400, "BadParameter", id="unknown api-version"),
        pytest.param("/keys/a?api-version=7.6", 404, "NotFound", id="keys"),
        pytest.param("/secrets/a_b?api-version=7.6", 404, "NotFound", id="a name that cannot be"),
        pytest.param("/secrets?api-version=7.6&maxresults=99", 400, "BadParameter", id="page too long"),
    ],
)
def test_requests_that_make_no_sense(azure: Running, path: str, status: int, code: str) -> None:
    with azure.client() as client:
        answer = client.get(
            VAULT_HOST + path, headers={"Authorization": f"Bearer {token(azure, 'officer', AUDIENCE)}"}
        )
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_value_that_is_too_large(azure: Running) -> None:
    with pytest.raises(HttpResponseError, match="invalid length"):
        _client(azure).set_secret("large", "x" * 25_601)


def test_values_lie_in_no_body(azure: Running, tmp_path: Path) -> None:
    _client(azure).set_secret("quiet", "do-not-show")
    kept = azure.store.get(f"{VAULT}/secrets/quiet")
    assert kept is not None
    assert "do-not-show" not in str(kept.body)
