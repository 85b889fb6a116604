"""Azure Managed Redis as its callers see it: redis-py against a real server behind the fabric."""

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from rich.console import Console

from offline import status_view
from offline.arm.ids import ResourceId
from offline.arrival import Caller
from offline.dataplane.redis import outages, program
from offline.dataplane.redis.outages import Outage
from offline.home import ServiceRecord
from tests.offline.caches import (
    CLUSTER,
    DATABASE,
    ENDPOINT,
    GATEWAY,
    GROUP,
    HOST,
    KEYS,
    LINK,
    PORT,
    RECORD,
    STRANGER,
    Caches,
    caches,
    needs_server,
    until,
)
from tests.offline.services import APP, NETWORK, PERSON

NEIGHBOUR = Caller(name="neighbour", kind="app", network_id=f"{NETWORK}-beside")
WRONGPASS = "AuthenticationError: invalid username-password pair or user is disabled."
CUT = "ConnectionError: "


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Caches]:
    needs_server()
    with caches(tmp_path / "home") as started:
        yield started


def test_an_app_of_the_network_sets_and_gets_through_the_private_endpoint(cache: Caches) -> None:
    with cache.client() as client:
        assert client.set("greeting", "hello") is True
        assert client.get("greeting") == "hello"
    assert cache.net.verdicts() == [(HOST, "private")]


def test_two_replicas_share_a_key_and_each_counts_for_both(cache: Caches) -> None:
    at = cache.port()
    with cache.client(at=at) as one, cache.client(at=at) as other:
        assert [one.incr("calls"), other.incr("calls"), one.incr("calls")] == [1, 2, 3]


@pytest.mark.parametrize("protocol", [2, 3])
def test_both_protocols_sign_in(cache: Caches, protocol: int) -> None:
    """The older one says AUTH alone, the newer one HELLO with AUTH in it: the server answers each."""
    with cache.client(protocol=protocol) as client:
        assert client.ping() is True
        told: Any = client.execute_command("HELLO")
        assert (told if protocol == 3 else dict(zip(told[::2], told[1::2], strict=True)))["proto"] == protocol


def test_messages_reach_the_subscriber(cache: Caches) -> None:
    at = cache.port()
    with cache.client(at=at) as sender, cache.client(at=at) as listener, listener.pubsub() as heard:
        heard.subscribe("news")
        assert heard.get_message(timeout=20)["type"] == "subscribe"
        assert sender.publish("news", "cooled down") == 1
        assert heard.get_message(timeout=20)["data"] == "cooled down"


def test_a_script_runs_in_the_server(cache: Caches) -> None:
    """LiteLLM's rate limiter counts in Lua."""
    script = "local n = redis.call('INCRBY', KEYS[1], ARGV[1]); redis.call('EXPIRE', KEYS[1], 60); return n"
    with cache.client() as client:
        assert client.eval(script, 1, "tokens", 5) == 5
        registered = client.register_script(script)
        assert registered(keys=["tokens"], args=[2]) == 7
        assert 0 < client.ttl("tokens") <= 60


def test_a_long_value_and_a_long_pipeline_arrive_whole(cache: Caches) -> None:
    value = "AUTH default x\r\n*2\r\n" * 200_000
    with cache.client() as client:
        client.set("long", value)
        assert client.get("long") == value
        pipeline = client.pipeline(transaction=True)
        for number in range(2000):
            pipeline.set(f"k{number}", number)
        assert pipeline.execute() == [True] * 2000


# The network -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("away", "verdict"),
    [
        pytest.param(ENDPOINT, "refused", id="no endpoint: the name has no private side"),
        pytest.param(RECORD, "unresolved", id="no record"),
        pytest.param(LINK, "refused", id="no link: the public side, which is off"),
    ],
)
def test_without_its_private_way_the_connection_is_refused(cache: Caches, away: str, verdict: str) -> None:
    cache.remove(away)
    assert cache.refused().startswith(CUT)
    assert cache.net.verdicts() == [(HOST, verdict)]
    assert cache.status().state == "not called yet"


def test_a_record_that_leads_nowhere_is_no_way(cache: Caches) -> None:
    cache.net.put(RECORD, {"aRecords": [{"ipv4Address": "10.0.0.9"}]})
    assert cache.refused().startswith(CUT)
    assert cache.net.verdicts() == [(HOST, "unresolved")]


def test_another_network_and_the_internet_come_to_the_public_side(cache: Caches) -> None:
    for caller in (NEIGHBOUR, PERSON):
        assert cache.refused(caller).startswith(CUT)
    cache.cluster(publicNetworkAccess="Enabled")
    for caller in (NEIGHBOUR, PERSON):
        with cache.client(caller) as client:
            assert client.ping() is True
    assert [verdict for _, verdict in cache.net.verdicts()] == ["refused", "refused", "public", "public"]


def test_the_port_is_the_databases_own(cache: Caches) -> None:
    assert cache.refused(at=cache.port(port=6379)).startswith(CUT)
    cache.database(port=6380)
    assert cache.refused().startswith(CUT)
    with cache.client(at=cache.port(port=6380)) as client:
        assert client.ping() is True


def test_a_cluster_that_is_made_later_is_reached_by_the_same_tunnel(cache: Caches) -> None:
    cache.remove(DATABASE)
    at = cache.port()
    assert cache.refused(at=at).startswith(CUT)
    cache.database(provisioningState="Creating")
    assert cache.refused(at=at).startswith(CUT)
    cache.database()
    with cache.client(at=at) as client:
        assert client.ping() is True


def test_an_endpoint_that_goes_away_cuts_a_connection_that_is_kept(cache: Caches) -> None:
    with cache.client() as client:
        assert client.ping() is True
        cache.remove(LINK)
        with pytest.raises(redis.ConnectionError):
            client.ping()


def test_the_certificate_is_of_the_clusters_host_and_of_this_machine(cache: Caches) -> None:
    """redis-py checks names, and was given an address of this machine."""
    trusted = ssl.create_default_context(cafile=str(cache.net.home.bundle))
    for name in (HOST, "localhost", "127.0.0.1"):
        with (
            socket.create_connection(("127.0.0.1", cache.port())) as plain,
            trusted.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert ("DNS", HOST) in secure.getpeercert()["subjectAltName"]  # type: ignore[index]
    with (
        socket.create_connection(("127.0.0.1", cache.port())) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        trusted.wrap_socket(plain, server_hostname="redis-two.southcentralus.redis.azure.net")
    assert "SSL" in cache.refused(ssl_ca_certs=None), "nobody else trusts it"


def test_a_database_speaks_in_clear_only_where_it_is_said_to(cache: Caches) -> None:
    assert cache.refused(ssl=False, timeout=2).startswith((CUT, "TimeoutError: "))
    cache.database(clientProtocol="Plaintext", accessKeysAuthentication="Enabled")
    with cache.client(ssl=False, username=None, password=KEYS["primaryKey"]) as client:
        assert client.ping() is True
    assert cache.refused(ssl=False) == WRONGPASS, "identities sign in by TLS alone"


def test_who_knows_proxies_gets_there_by_name(cache: Caches) -> None:
    """`offline run` gives people a proxy: a program that speaks CONNECT needs no tunnel."""
    trusted = ssl.create_default_context(cafile=str(cache.net.home.bundle))
    with socket.create_connection(("127.0.0.1", cache.net.port(APP))) as plain:
        plain.sendall(f"CONNECT {HOST}:{PORT} HTTP/1.1\r\n\r\n".encode())
        assert plain.recv(100).startswith(b"HTTP/1.1 200 ")
        with trusted.wrap_socket(plain, server_hostname=HOST) as terminal:
            assert _asked(terminal, f"AUTH {GATEWAY} {cache.token()}") == "+OK"
            assert _asked(terminal, "PING") == "+PONG"


@contextmanager
def _typing(cache: Caches, at: int) -> Iterator[socket.socket]:
    """A connection on which lines are typed, as by a person."""
    trusted = ssl.create_default_context(cafile=str(cache.net.home.bundle))
    with (
        socket.create_connection(("127.0.0.1", at), timeout=20) as plain,
        trusted.wrap_socket(plain, server_hostname=HOST) as terminal,
    ):
        yield terminal


def _asked(terminal: socket.socket, line: str) -> str:
    terminal.sendall(f"{line}\r\n".encode())
    return _line(terminal)


def _line(terminal: socket.socket) -> str:
    """:raises ConnectionResetError: there is nobody any more."""
    said = b""
    while not said.endswith(b"\r\n"):
        more = terminal.recv(1)
        if not more:
            raise ConnectionResetError
        said += more
    return said.decode().strip()


# Who gets in -----------------------------------------------------------------------------------------------------


def test_nothing_is_answered_before_the_sign_in(cache: Caches) -> None:
    assert cache.refused(username=None, password=None).startswith("AuthenticationError: ")
    with _typing(cache, cache.port()) as terminal:
        assert _asked(terminal, "GET k") == "-NOAUTH Authentication required."
        assert _asked(terminal, "AUTH a b c d").startswith("-ERR ")
        assert _asked(terminal, "HELLO 3 SETNAME AUTH").startswith("-NOAUTH HELLO must be called")
        assert _asked(terminal, f"AUTH {GATEWAY} {cache.token()}") == "+OK"
        assert _asked(terminal, f"AUTH {GATEWAY} wrong").startswith("-WRONGPASS ")
        assert _asked(terminal, "GET k") == "$-1", "who is in stays in"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(lambda cache: {"password": "x.y.z"}, id="no token"),
        pytest.param(lambda cache: {"password": cache.token(seconds=-1)}, id="expired"),
        pytest.param(
            lambda cache: {"password": cache.token(audience="https://vault.azure.net")}, id="for a vault"
        ),
        pytest.param(lambda cache: {"password": cache.token(STRANGER)}, id="of another identity"),
        pytest.param(
            lambda cache: {"username": STRANGER, "password": cache.token(STRANGER)},
            id="without an assignment",
        ),
        pytest.param(lambda cache: {"username": None, "password": cache.token()}, id="without a user name"),
        pytest.param(
            lambda cache: {"username": "default", "password": cache.token()}, id="as the key's user"
        ),
        pytest.param(lambda cache: {"username": None, "password": KEYS["primaryKey"]}, id="a key, keys off"),
        pytest.param(
            lambda cache: {"username": None, "password": "wrong"}, id="the word we say to the server"
        ),
    ],
)
@pytest.mark.parametrize("protocol", [2, 3])
def test_who_does_not_get_in(cache: Caches, words: Callable[[Caches], dict[str, Any]], protocol: int) -> None:
    assert cache.refused(protocol=protocol, **words(cache)) == WRONGPASS


def test_a_token_of_another_directory_is_foreign(cache: Caches, tmp_path: Path) -> None:
    with caches(tmp_path / "other") as other:
        foreign = other.token()
    assert cache.refused(password=foreign) == WRONGPASS


@pytest.mark.parametrize("audience", ["https://redis.azure.com/", "acca5fbb-b7e4-4009-81f1-37e38fd66d78"])
def test_the_audience_has_several_spellings(cache: Caches, audience: str) -> None:
    with cache.client(username=GATEWAY.upper(), password=cache.token(audience=audience)) as client:
        assert client.ping() is True


def test_an_assignment_counts_when_it_is_made(cache: Caches) -> None:
    cache.net.put(
        f"{DATABASE}/accessPolicyAssignments/stranger",
        {"user": {"objectId": STRANGER}, "provisioningState": "Creating"},
    )
    words = {"username": STRANGER, "password": cache.token(STRANGER)}
    assert cache.refused(**words) == WRONGPASS
    cache.assign(STRANGER, "stranger")
    with cache.client(**words) as client:
        assert client.ping() is True
        cache.remove(f"{DATABASE}/accessPolicyAssignments/stranger")
        with pytest.raises(redis.ConnectionError):
            client.ping()


def test_an_assignment_on_another_database_is_none(cache: Caches) -> None:
    cache.remove(f"{DATABASE}/accessPolicyAssignments/gateway")
    elsewhere = f"{GROUP}/Microsoft.Cache/redisEnterprise/redis-one-more/databases/default"
    cache.net.put(f"{elsewhere}/accessPolicyAssignments/gateway", {"user": {"objectId": GATEWAY}})
    assert cache.refused() == WRONGPASS


@pytest.mark.parametrize("key", KEYS.values())
@pytest.mark.parametrize("user", [None, "default"])
def test_keys_count_where_they_are_enabled(cache: Caches, key: str, user: str | None) -> None:
    cache.database(accessKeysAuthentication="Enabled")
    with cache.client(username=user, password=key) as client:
        assert client.ping() is True
    assert cache.refused(username=user, password=f"{key}x") == WRONGPASS
    with cache.client() as client:
        assert client.ping() is True, "identities go on"


def test_keys_that_are_turned_off_end_every_connection(cache: Caches) -> None:
    cache.database(accessKeysAuthentication="Enabled")
    with cache.client() as entra, cache.client(username=None, password=KEYS["primaryKey"]) as keyed:
        assert entra.ping() is True
        assert keyed.ping() is True
        cache.database()
        for client in (entra, keyed):
            with pytest.raises(redis.ConnectionError):
                client.ping()
        assert entra.ping() is True, "who signs in again is let in"
        with pytest.raises(redis.AuthenticationError):
            keyed.ping()


def test_a_connection_ends_with_its_token_unless_it_is_renewed(cache: Caches) -> None:
    at = cache.port()
    with _typing(cache, at) as left, _typing(cache, at) as renewed:
        short = cache.token(seconds=4)
        for terminal in (left, renewed):
            assert _asked(terminal, f"AUTH {GATEWAY} {short}") == "+OK"
        assert _asked(renewed, f"AUTH {GATEWAY} {cache.token()}") == "+OK"
        with pytest.raises(ConnectionResetError):
            _line(left)
        assert _asked(renewed, "PING") == "+PONG"


def test_what_azure_keeps_to_itself_is_unknown(cache: Caches) -> None:
    with cache.client() as client:
        for words in (("CONFIG", "GET", "*"), ("ACL", "LIST"), ("SHUTDOWN",), ("DEBUG", "SLEEP", "0")):
            with pytest.raises(redis.ResponseError, match=r"(?i)unknown command"):
                client.execute_command(*words)
        assert client.ping() is True
        with pytest.raises(redis.ResponseError, match="out of range"):
            client.select(1)


# The server ------------------------------------------------------------------------------------------------------


def test_the_first_call_starts_the_server_and_a_killed_one_is_replaced(cache: Caches) -> None:
    assert cache.status().state == "not called yet"
    with cache.client() as client:
        client.set("k", "v")
        first = cache.status()
        assert (first.state, first.cluster) == ("running", "redis-one")
        assert first.pid is not None
        psutil.Process(first.pid).kill()
        until(lambda: _forgotten(client, "k"))
        second = cache.status()
    assert second.pid not in (None, first.pid)


def _forgotten(client: "redis.Redis", key: str) -> bool:
    """Whether a new server, which has kept nothing, answers. A call that meets the end of the old one fails; one that
    comes later, when the client has heard of it, has connected anew by itself."""
    try:
        return client.get(key) is None
    except redis.ConnectionError:
        return False


def test_who_only_listens_hears_that_the_server_has_gone(cache: Caches) -> None:
    with _typing(cache, cache.port()) as terminal:
        assert _asked(terminal, f"AUTH {GATEWAY} {cache.token()}") == "+OK"
        pid = cache.status().pid
        assert pid is not None
        psutil.Process(pid).kill()
        with pytest.raises(ConnectionResetError):
            _line(terminal)


def test_the_server_listens_on_loopback_and_keeps_nothing_but_its_log(cache: Caches) -> None:
    with cache.client() as client:
        client.set("k", "v" * 1000)
        pid = cache.status().pid
        assert pid is not None
        process = psutil.Process(pid)
        assert {found.laddr.ip for found in process.net_connections()} == {"127.0.0.1"}
        assert len(process.cmdline()) == 2, "its password stands in no argument"
        [port] = [found.laddr.port for found in process.net_connections() if found.status == "LISTEN"]
        with socket.create_connection(("127.0.0.1", port)) as unjudged:
            unjudged.sendall(b"PING\r\n")
            assert _line(unjudged) == "-NOAUTH Authentication required."
    cache.net.run(cache.servers.close())
    files = [path.name for path in cache.net.home.caches.rglob("*") if path.is_file()]
    assert files == ["server.log"]


def test_replicas_that_come_at_once_get_one_server(cache: Caches) -> None:
    at = cache.port()
    seen: list[object] = []

    def call() -> None:
        with cache.client(at=at) as client:
            seen.append(client.info("server")["process_id"])

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_the_server_goes_with_its_database(cache: Caches) -> None:
    with cache.client() as client:
        client.ping()
        pid = cache.status().pid
        assert pid is not None
        cache.inside(lambda: cache.servers.end(ResourceId(DATABASE)))
        until(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_an_outage_ends_the_server_and_refuses_until_it_is_over(cache: Caches) -> None:
    with cache.client() as client:
        client.set("k", "v")
        outages.add(cache.net.store, Outage(cluster=CLUSTER))
        cache.inside(cache.servers.obey)
        for _ in range(2):
            with pytest.raises(redis.ConnectionError):
                client.ping()
        assert cache.status().state == "refused"
        assert cache.status().pid is None
        outages.clear(cache.net.store)
        cache.inside(cache.servers.obey)
        assert client.get("k") is None


def test_a_cache_that_hangs_answers_when_it_goes_on(cache: Caches) -> None:
    with cache.client(timeout=0.5) as client:
        client.set("k", "v")
        outages.add(cache.net.store, Outage(cluster=CLUSTER, answer="hang"))
        cache.inside(cache.servers.obey)
        for _ in range(2):  # a kept connection, and a new one
            with pytest.raises(redis.TimeoutError):
                client.get("k")
        assert cache.status().state == "hang"
        outages.clear(cache.net.store)
        cache.inside(cache.servers.obey)
        until(lambda: not _times_out(client))
        assert client.get("k") == "v"


def _times_out(client: "redis.Redis") -> bool:
    try:
        client.ping()
    except redis.TimeoutError:
        return True
    return False


def test_a_hanging_server_ends_with_the_service(cache: Caches) -> None:
    outages.add(cache.net.store, Outage(cluster=CLUSTER, answer="hang"))
    with cache.client(timeout=0.5) as client, pytest.raises(redis.TimeoutError):
        client.ping()
    pid = cache.status().pid
    assert pid is not None
    cache.net.run(cache.servers.close())
    assert not _lives(pid)


def test_start_ends_the_server_that_a_killed_service_left(cache: Caches) -> None:
    folder = cache.net.home.caches / "g" / "redis-one" / "default"
    folder.mkdir(parents=True)
    orphan = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record = {"pid": orphan.pid, "started": psutil.Process(orphan.pid).create_time()}
    (folder / "server.process.json").write_text(json.dumps(record))
    cache.net.run(cache.servers.start())
    until(lambda: orphan.poll() is not None)


def test_an_outage_has_two_forms() -> None:
    with pytest.raises(ValueError, match="'slow' is no answer; there is: refused, hang"):
        Outage(cluster=CLUSTER, answer="slow")


def test_a_machine_without_a_server_refuses_and_says_what_is_missing(tmp_path: Path) -> None:
    with caches(tmp_path / "home", find=lambda: None) as cache:
        assert cache.refused().startswith(CUT)
        assert cache.status().state == "not called yet"
        missing = cache.servers.missing()
    report: dict[str, Any] = {
        "apps": [],
        "caches": [{"cluster": "redis-one", "state": "not called yet", "pid": None, "program": None}],
        "redis_missing": missing,
        "resources": {},
        "connections": [],
        "faults": [],
    }
    record = ServiceRecord(pid=1, started=0, control_port=0, proxy_port=0, ingress_port=0, speed=1)
    shown = Console(width=200, record=True, file=StringIO())
    shown.print(status_view.draw(cache.net.home, record, report))
    assert "There is no Redis server on this machine" in shown.export_text()


def test_the_servers_own_program_is_looked_for_on_path_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(name: str, version: str) -> None:
        file = tmp_path / name
        file.write_text(f"#!{sys.executable}\nprint('{version}')\n")
        file.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    bundled = program.find()
    put("redis-server", "Redis server v=5.0.14 sha=00000000:0 malloc=jemalloc")
    assert program.find() == bundled, "one that knows no users is passed over"
    put("valkey-server", "Valkey server v=8.1.4 sha=00000000:0 malloc=libc bits=64")
    found = program.find()
    assert found is not None
    assert (found.path, found.name) == (tmp_path / "valkey-server", "Valkey 8.1.4")
