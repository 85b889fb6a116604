"""Sign-in as Microsoft's own libraries use it."""

import time
from collections.abc import Iterator
from pathlib import Path

import azure.identity
import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError

from offline.arm.store import Store
from offline.arrival import Handler
from offline.clock import Clock
from offline.dataplane.signin import SignIn
from offline.home import Home
from offline.network import Service
from offline.tokens import TokenError, Tokens
from tests.offline.services import PERSON, Running, running


def _tokens(home: Home) -> Tokens:
    return Tokens(home.signing_key, home.credentials().tenant_id)


@pytest.fixture(scope="module")
def azure_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    def handlers(home: Home, store: Store) -> dict[Service, Handler]:
        return {"sign_in": SignIn(_tokens(home), home.credentials(), Clock(50)).handle}

    with running(tmp_path_factory.mktemp("azure"), handlers) as started:
        yield started


@pytest.fixture
def as_person(azure_: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The environment that a person's command runs in."""
    who = azure_.home.credentials()
    for name, value in {
        "HTTPS_PROXY": azure_.proxy(PERSON),
        "REQUESTS_CA_BUNDLE": str(azure_.home.bundle),
        "AZURE_TENANT_ID": who.tenant_id,
        "AZURE_CLIENT_ID": who.client_id,
        "AZURE_CLIENT_SECRET": who.client_secret,
    }.items():
        monkeypatch.setenv(name, value)
    return azure_


def test_default_credential_gets_a_token_for_the_resource_it_asks_for(as_person: Running) -> None:
    token = azure.identity.DefaultAzureCredential().get_token("https://vault.azure.net/.default")
    claims = _tokens(as_person.home).verify(token.token, "https://vault.azure.net")
    who = as_person.home.credentials()
    assert (claims.principal_id, claims.client_id) == (who.object_id, who.client_id)
    assert abs(token.expires_on - claims.expires) <= 2


def test_a_wrong_secret_is_refused_by_its_number(as_person: Running) -> None:
    who = as_person.home.credentials()
    credential = azure.identity.ClientSecretCredential(who.tenant_id, who.client_id, "wrong")
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret provided"):
        credential.get_token("https://vault.azure.net/.default")


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        pytest.param({"client_secret": "x"}, 401, "invalid_client", 7000215, id="wrong secret"),
        pytest.param({"client_id": "x"}, 400, "unauthorized_client", 700016, id="unknown application"),
        pytest.param({"scope": "https://vault.azure.net"}, 400, "invalid_scope", 1002012, id="no default"),
        pytest.param(
            {"scope": "https://openai.example/.default"},
            400,
            "invalid_resource",
            500011,
            id="no such resource",
        ),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", 70003, id="other grant"),
    ],
)
def test_refusals(azure_: Running, change: dict[str, str], status: int, error: str, number: int) -> None:
    who = azure_.home.credentials()
    form = {
        "grant_type": "client_credentials",
        "client_id": who.client_id,
        "client_secret": who.client_secret,
        "scope": "https://vault.azure.net/.default",
    }
    with azure_.client() as client:
        answer = client.post(
            f"https://login.microsoftonline.com/{who.tenant_id}/oauth2/v2.0/token", data=form | change
        )
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (
        status,
        error,
        [number],
    )
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_a_sign_in_tells_how_fast_time_goes(azure_: Running) -> None:
    """It comes before every other request: when Azure is gone at the next one, azure-native's pauses are short."""
    who = azure_.home.credentials()
    form = {
        "grant_type": "client_credentials",
        "client_id": who.client_id,
        "client_secret": who.client_secret,
        "scope": "https://management.azure.com/.default",
    }
    with azure_.client() as client:
        answer = client.post(
            f"https://login.microsoftonline.com/{who.tenant_id}/oauth2/v2.0/token", data=form
        )
    assert answer.headers["x-offline-speed"] == "50"


def test_what_is_written_in_go_asks_for_peoples_scopes_too(azure_: Running) -> None:
    """MSAL for Go sends them with every request: the Pulumi CLI's for its backend, the real azure-native's."""
    who = azure_.home.credentials()
    form = {
        "grant_type": "client_credentials",
        "client_id": who.client_id,
        "client_secret": who.client_secret,
        "scope": "https://vault.azure.net/.default openid offline_access profile",
    }
    with azure_.client() as client:
        answer = client.post(
            f"https://login.microsoftonline.com/{who.tenant_id}/oauth2/v2.0/token", data=form
        )
    assert answer.status_code == 200
    assert "access_token" in answer.json()


def test_another_tenant_does_not_exist(azure_: Running) -> None:
    with azure_.client() as client:
        answer = client.get("https://login.microsoftonline.com/0000/v2.0/.well-known/openid-configuration")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_older_token_endpoint_takes_a_resource(azure_: Running) -> None:
    who = azure_.home.credentials()
    with azure_.client() as client:
        answer: httpx.Response = client.post(
            f"https://login.microsoftonline.com/{who.tenant_id}/oauth2/token",
            data={"grant_type": "client_credentials", "resource": "https://management.azure.com/"},
            auth=(who.client_id, who.client_secret),
        )
    assert answer.json()["resource"] == "https://management.azure.com/"
    assert _tokens(azure_.home).verify(answer.json()["access_token"], "https://management.azure.com")


def test_published_key_verifies_the_tokens(azure_: Running) -> None:
    token, _ = _tokens(azure_.home).issue(audience="a", principal_id="p", client_id="c")
    with azure_.client() as client:
        keys = client.get("https://login.microsoftonline.com/common/discovery/v2.0/keys").json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["RS256"], audience="a")["oid"] == "p"


def test_expired_foreign_and_misdirected_tokens_are_told_apart(tmp_path: Path) -> None:
    ours, theirs = Tokens(tmp_path / "a.pem", "t"), Tokens(tmp_path / "b.pem", "t")
    old, _ = ours.issue(audience="a", principal_id="p", client_id="c", seconds=-1)
    foreign, _ = theirs.issue(audience="a", principal_id="p", client_id="c")
    other, _ = ours.issue(audience="b", principal_id="p", client_id="c")
    problems = []
    for token in (old, foreign, "garbage", other):
        with pytest.raises(TokenError) as refused:
            ours.verify(token, "a")
        problems.append(refused.value.problem)
    assert problems == ["expired", "invalid", "invalid", "audience"]


def test_signing_key_outlives_a_restart_and_is_private(tmp_path: Path) -> None:
    token, expires = Tokens(tmp_path / "key.pem", "t").managed_identity(
        principal_id="p", client_id="c", resource="a"
    )
    assert Tokens(tmp_path / "key.pem", "t").verify(token).expires == expires > time.time() + 80000
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
