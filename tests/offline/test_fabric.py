"""Who reaches what, and over which way."""

import os
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from offline.arm.network_view import PrivateTarget
from offline.arm.store import Store
from offline.arrival import Arrival, Caller, Handler
from offline.home import Home
from offline.network import Network, Service, Verdict
from offline.tls import Authority
from tests.offline.services import APP, NETWORK, PERSON, Running, running

GROUP = "/subscriptions/s/resourceGroups/g/providers"
ACCOUNT = f"{GROUP}/Microsoft.CognitiveServices/accounts/account"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/vault"
ENVIRONMENT = f"{GROUP}/Microsoft.App/managedEnvironments/environment"


async def _tell(request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
    """Say how the request came."""
    return web.json_response(
        {
            "host": arrival.host,
            "private": arrival.private,
            "resource": arrival.resource_id,
            "caller": arrival.caller.name,
            "bytes": len(await request.read()),
        }
    )


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Running]:
    def handlers(home: Home, store: Store) -> dict[Service, Handler]:
        return {"manager": _tell, "sign_in": _tell, "openai": _tell, "vault": _tell, "apps": _tell}

    with running(tmp_path / "home", handlers) as started:
        started.put(ACCOUNT, {"customSubDomainName": "account"})
        started.put(VAULT, {})
        yield started


def _link(net: Running, zone: str = "privatelink.openai.azure.com") -> None:
    """Give the app's network the zone."""
    zone_id = f"{GROUP}/Microsoft.Network/privateDnsZones/{zone}"
    net.put(zone_id, {})
    linked = {"virtualNetwork": {"id": NETWORK}, "virtualNetworkLinkState": "Completed"}
    net.put(f"{zone_id}/virtualNetworkLinks/link", linked)


def _record(net: Running, zone: str = "privatelink.openai.azure.com", name: str = "account") -> None:
    net.put(
        f"{GROUP}/Microsoft.Network/privateDnsZones/{zone}/A/{name}",
        {"aRecords": [{"ipv4Address": "10.0.0.4"}]},
    )


def _endpoint(net: Running, target: str = ACCOUNT, group: str = "account") -> None:
    net.put(
        f"{GROUP}/Microsoft.Network/privateEndpoints/endpoint",
        {
            "subnet": {"id": f"{NETWORK}/subnets/endpoints"},
            "privateLinkServiceConnections": [
                {
                    "name": "c",
                    "properties": {
                        "privateLinkServiceId": target,
                        "groupIds": [group],
                        "privateLinkServiceConnectionState": {"status": "Approved"},
                    },
                }
            ],
        },
        address="10.0.0.4",
    )


def test_private_endpoint_with_zone_link_and_record_is_reached_by_name(net: Running) -> None:
    _link(net)
    _record(net)
    _endpoint(net)
    with net.client(APP) as client:
        answer = client.get("https://account.openai.azure.com/openai/models").json()
    assert (answer["private"], answer["resource"], answer["caller"]) == (True, ACCOUNT, "app")
    assert net.verdicts() == [("account.openai.azure.com", "private")]


def test_network_without_the_zone_goes_to_the_public_side(net: Running) -> None:
    _endpoint(net)
    with net.client(APP) as client:
        assert client.get("https://account.openai.azure.com/").json()["private"] is False
    assert net.verdicts() == [("account.openai.azure.com", "public")]


def test_linked_zone_without_record_resolves_to_nothing(net: Running) -> None:
    _endpoint(net)
    _link(net)
    with net.client(APP) as client, pytest.raises(httpx.ProxyError, match="502"):
        client.get("https://account.openai.azure.com/")
    assert net.verdicts() == [("account.openai.azure.com", "unresolved")]


def test_person_always_comes_from_outside(net: Running) -> None:
    _link(net)
    _record(net)
    _endpoint(net)
    with net.client(PERSON) as client:
        assert client.get("https://account.openai.azure.com/").json()["private"] is False


def test_endpoint_that_goes_away_is_felt_on_a_connection_that_is_kept(net: Running) -> None:
    _link(net)
    _record(net)
    _endpoint(net)
    with net.client(APP) as client:
        first = client.get("https://account.openai.azure.com/").json()["private"]
        net.store.remove(
            net.put(
                f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.openai.azure.com/virtualNetworkLinks/link",
                {},
            ).id
        )
        second = client.get("https://account.openai.azure.com/").json()["private"]
    assert (first, second) == (True, False)


def test_account_that_goes_away_cuts_a_connection_that_is_kept(net: Running) -> None:
    with net.client() as client:
        client.get("https://account.openai.azure.com/")
        net.store.remove(net.put(ACCOUNT, {}).id)
        with pytest.raises(httpx.TransportError):
            client.get("https://account.openai.azure.com/")


@pytest.mark.parametrize(
    "suffix", ["openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"]
)
def test_account_answers_under_its_three_domains(net: Running, suffix: str) -> None:
    with net.client() as client:
        assert client.get(f"https://account.{suffix}/").json()["resource"] == ACCOUNT


@pytest.mark.parametrize(
    ("caller", "host", "verdict"),
    [
        pytest.param(APP, "management.azure.com", "azure", id="resource manager"),
        pytest.param(APP, "login.microsoftonline.com", "azure", id="sign-in"),
        pytest.param(PERSON, "southcentralus.login.microsoft.com", "azure", id="regional sign-in"),
        pytest.param(PERSON, "vault.vault.azure.net", "public", id="vault"),
        pytest.param(PERSON, "VAULT.vault.azure.net", "public", id="names have no case"),
        pytest.param(PERSON, "nobody.openai.azure.com", "unresolved", id="no such account"),
        pytest.param(PERSON, "nobody.vault.azure.net", "unresolved", id="no such vault"),
        pytest.param(
            PERSON, "gone.blue.southcentralus.azurecontainerapps.io", "unresolved", id="no such app"
        ),
        pytest.param(APP, "example.com", "refused", id="an app may not leave"),
        pytest.param(PERSON, "example.com", "passed", id="a person may"),
        pytest.param(APP, "account.openai.azure.com.example.com", "refused", id="only looks like it"),
        pytest.param(PERSON, "../etc", "unresolved", id="no host name"),
        pytest.param(
            PERSON, "southcentralus.api.cognitive.microsoft.com", "public", id="region with an account"
        ),
        pytest.param(APP, "southcentralus.api.cognitive.microsoft.com", "public", id="the same from an app"),
        pytest.param(PERSON, "westus.api.cognitive.microsoft.com", "unresolved", id="region without one"),
    ],
)
def test_decisions(net: Running, caller: Caller, host: str, verdict: Verdict) -> None:
    assert Network(net.store).route(caller, host).verdict == verdict


def test_record_that_points_to_another_resources_endpoint_is_not_private(net: Running) -> None:
    def elsewhere(store: Store, network: str, host: str) -> PrivateTarget:
        return PrivateTarget(outcome="reached", resource_id=VAULT, address="10.0.0.4")

    assert Network(net.store, elsewhere).route(APP, "account.openai.azure.com").verdict == "public"


def test_address_without_endpoint_is_unreachable_and_says_so(net: Running) -> None:
    _endpoint(net)
    _link(net)
    net.put(
        f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.openai.azure.com/A/account",
        {"aRecords": [{"ipv4Address": "10.0.0.9"}]},
    )
    route = Network(net.store).route(APP, "account.openai.azure.com")
    assert (route.verdict, "10.0.0.9" in route.reason) == ("unresolved", True)


@pytest.fixture
def app_host(net: Running) -> str:
    """A container app of an internal environment in the app's network."""
    net.put(
        ENVIRONMENT,
        {
            "defaultDomain": "blue.southcentralus.azurecontainerapps.io",
            "staticIp": "10.0.1.5",
            "vnetConfiguration": {"internal": True, "infrastructureSubnetId": f"{NETWORK}/subnets/apps"},
        },
    )
    host = "gateway.blue.southcentralus.azurecontainerapps.io"
    net.put(
        f"{GROUP}/Microsoft.App/containerApps/gateway",
        {"environmentId": ENVIRONMENT, "configuration": {"ingress": {"fqdn": host}}},
    )
    return host


def test_internal_app_has_no_name_outside_its_network(net: Running, app_host: str) -> None:
    assert Network(net.store).route(PERSON, app_host).verdict == "unresolved"
    assert Network(net.store).route(APP, app_host).verdict == "unresolved"


def test_internal_app_is_reached_through_a_zone_with_a_wildcard(net: Running, app_host: str) -> None:
    zone = "blue.southcentralus.azurecontainerapps.io"
    _link(net, zone)
    net.put(
        f"{GROUP}/Microsoft.Network/privateDnsZones/{zone}/A/*",
        {"aRecords": [{"ipv4Address": "10.0.1.5"}]},
    )
    assert Network(net.store).route(APP, app_host).verdict == "private"


def test_external_app_is_reached_from_everywhere(net: Running, app_host: str) -> None:
    net.put(ENVIRONMENT, {"vnetConfiguration": {"internal": False}})
    route = Network(net.store).route(PERSON, app_host)
    assert (route.verdict, route.service) == ("public", "apps")


@pytest.mark.parametrize(
    ("label", "verdict"),
    [
        pytest.param("gateway--0a1b2c3", "public", id="a revision"),
        pytest.param("gateway--", "unresolved", id="no revision"),
        pytest.param("gateway2--0a1b2c3", "unresolved", id="of no app"),
        pytest.param(
            "gateway--0a1b2c3.internal", "unresolved", id="of an internal ingress, which it has not"
        ),
    ],
)
def test_a_revision_has_a_host_of_its_own(net: Running, app_host: str, label: str, verdict: Verdict) -> None:
    net.put(ENVIRONMENT, {"vnetConfiguration": {"internal": False}})
    host = app_host.replace("gateway", label, 1)
    route = Network(net.store).route(PERSON, host)
    assert (route.verdict, (route.resource_id or "").endswith("/gateway")) == (verdict, verdict == "public")


def test_app_that_leaves_is_refused_and_recorded(net: Running) -> None:
    with net.client(APP) as client, pytest.raises(httpx.ProxyError, match="403"):
        client.get("https://raw.githubusercontent.com/prices.json")
    with net.client(APP) as client:
        plain = client.get("http://example.com/")
    assert (plain.status_code, plain.json()["error"]["code"]) == (403, "OfflineNetwork")
    assert net.verdicts() == [("raw.githubusercontent.com", "refused"), ("example.com", "refused")]


class _Site(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[int]:
    """Port of a server that stands for the real internet."""
    server = HTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_person_passes_through_to_other_hosts(net: Running, site: int) -> None:
    body = os.urandom(300_000)
    with net.client() as client:
        assert client.post(f"http://localhost:{site}/", content=body).content == body
    assert net.verdicts() == [("localhost", "passed")]


def test_tunnel_carries_bytes_both_ways_and_half_closes(net: Running, site: int) -> None:
    with socket.create_connection(("127.0.0.1", net.port(PERSON)), timeout=10) as raw:
        raw.sendall(f"CONNECT localhost:{site} HTTP/1.1\r\n\r\n".encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 200 ")
        raw.sendall(b"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")
        raw.shutdown(socket.SHUT_WR)
        answer = b""
        while data := raw.recv(65536):
            answer += data
    assert answer.endswith(b"\r\n\r\nhello")


def test_unreachable_host_is_a_bad_gateway(net: Running) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with net.client() as client, pytest.raises(httpx.ProxyError, match="502"):
            client.get(f"https://127.0.0.1:{unused.getsockname()[1]}/")


def test_our_hosts_have_no_plain_http(net: Running) -> None:
    with net.client() as client:
        assert client.get("http://vault.vault.azure.net/").status_code == 502


def test_large_bodies_arrive_whole(net: Running) -> None:
    with net.client() as client:
        answer = client.post("https://account.openai.azure.com/", content=b"x" * 5_000_000)
    assert answer.json()["bytes"] == 5_000_000


def test_clients_that_drop_or_speak_nonsense_harm_nobody(net: Running) -> None:
    port = net.port(PERSON)
    for first in (b"", b"CONNECT account.openai.azure.com:443 HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(first)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(b"CONNECT account.openai.azure.com:443 HTTP/1.1\r\n\r\n")
        raw.recv(1000)
        raw.sendall(b"this is not TLS\r\n")
    with net.client() as client:
        assert client.get("https://account.openai.azure.com/").status_code == 200


def test_who_does_not_trust_the_authority_gets_no_connection(net: Running) -> None:
    with (
        httpx.Client(proxy=net.proxy(PERSON), verify=ssl.create_default_context(), trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get("https://account.openai.azure.com/")


def test_closing_a_way_ends_its_connections_and_no_others(net: Running) -> None:
    with net.client(APP) as app, net.client(PERSON) as person:
        app.get("https://account.openai.azure.com/")
        person.get("https://account.openai.azure.com/")
        net.run(net.fabric.close(net.port(APP)))
        with pytest.raises(httpx.TransportError):
            app.get("https://account.openai.azure.com/")
        assert person.get("https://account.openai.azure.com/").status_code == 200


def test_authority_outlives_a_restart_and_its_files_are_private(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    Authority(home).context("a.vault.azure.net")
    before = (home.authority / "ca.pem").read_text()
    Authority(home)
    assert (home.authority / "ca.pem").read_text() == before
    assert home.bundle.read_text().endswith(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in home.authority.iterdir()}
    assert modes == {"ca.key": 0o600, "ca.pem": 0o600, "bundle.pem": 0o600}


def test_bundle_keeps_the_roots_that_the_caller_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.pem"
    own.write_text("-----BEGIN CERTIFICATE-----\nof a company\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    home = Home(tmp_path / "home")
    home.make()
    Authority(home)
    assert home.bundle.read_text().startswith(own.read_text())
