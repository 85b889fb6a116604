"""A cache in a whole offline Azure: commands, faults, and what is left when the service goes."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from offline import control, daemon
from offline.dataplane.redis import program
from tests.cloud import ROOT
from tests.laws.azure import Azure
from tests.offline.cached import Cached, deploy
from tests.offline.caches import needs_server

GONE = (ConnectionError, ssl.SSLError)
"""How a connection ends."""


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cached]:
    needs_server()
    azure = Azure(tmp_path_factory.mktemp("azure"), stand_ins=True)
    yield deploy(azure)
    azure.stop()


@pytest.fixture(autouse=True)
def no_fault(cached: Cached) -> Iterator[None]:
    """What one test takes away is there for the next."""
    yield
    control.clear_faults(cached.azure.cloud.record)


def _offline(cached: Cached, *words: str) -> str:
    """What a command says."""
    home = str(cached.azure.cloud.home.path)
    command = subprocess.run(
        [sys.executable, "-m", "offline", *words],
        cwd=ROOT,
        env={**os.environ, "OFFLINE_HOME": home, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    return command.stdout


def _server(cached: Cached) -> psutil.Process:
    """The server of the database, which a call has started."""
    with cached.terminal() as terminal:
        assert terminal.ask("SET k v") == "+OK"
    return psutil.Process(cached.status()["pid"])


def _ended(process: psutil.Process) -> bool:
    return psutil.wait_procs([process], timeout=10)[1] == []


def test_status_tells_what_runs(cached: Cached) -> None:
    known = program.find()
    assert known is not None
    server = _server(cached)
    assert cached.status() == {
        "cluster": cached.name,
        "state": "running",
        "pid": server.pid,
        "program": known.name,
    }
    shown = _offline(cached, "status")
    assert cached.name in shown
    assert known.name in shown
    assert "make setup" not in shown, "nothing is missing"


def test_a_cache_is_taken_away_and_given_back_by_commands(cached: Cached) -> None:
    server = _server(cached)
    with cached.terminal() as terminal:
        said = _offline(cached, "fault", "cache", cached.name)
        assert said == f"Connections to {cached.name}: refused.\n"
        with pytest.raises(GONE):
            terminal.ask("PING")
    assert _ended(server)
    record = cached.azure.cloud.record
    assert [fault["answer"] for fault in control.faults(record)] == ["refused"]
    assert cached.status()["state"] == "refused"
    with pytest.raises(GONE), cached.terminal():
        pass
    control.clear_faults(record)
    with cached.terminal() as terminal:
        assert terminal.ask("GET k") == "$-1", "it came back empty"


def test_a_cache_that_hangs_keeps_what_it_holds(cached: Cached) -> None:
    _server(cached)
    with cached.terminal() as terminal:
        control.fault(cached.azure.cloud.record, "cache", {"cluster": cached.name, "answer": "hang"})
        terminal.wait(0.5)
        with pytest.raises(TimeoutError):
            terminal.ask("GET k")
        control.clear_faults(cached.azure.cloud.record)
        terminal.wait(30)
        assert terminal.hear() == "$1"


def test_a_fault_names_a_cluster_and_an_answer_that_there_is(cached: Cached) -> None:
    record = cached.azure.cloud.record
    with pytest.raises(control.ControlError, match=f"is named 'redis-x'; there is: {cached.name}"):
        control.fault(record, "cache", {"cluster": "redis-x", "answer": "refused"})
    with pytest.raises(control.ControlError, match="'slow' is no answer; there is: refused, hang"):
        control.fault(record, "cache", {"cluster": cached.name, "answer": "slow"})


def test_the_server_goes_with_its_database_and_a_new_one_is_empty(cached: Cached) -> None:
    server = _server(cached)
    with cached.terminal() as terminal:
        cached.azure.delete(cached.database)
        with pytest.raises(GONE):
            terminal.ask("GET k")
    assert _ended(server)
    with pytest.raises(ConnectionRefusedError, match="has no database that runs"), cached.terminal():
        pass
    cached.make_database()
    with cached.terminal() as terminal:
        assert terminal.ask("GET k") == "$-1"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends a child with its parent")
def test_a_killed_service_takes_the_server_with_it(cached: Cached) -> None:
    server = _server(cached)
    service = psutil.Process(cached.azure.cloud.record.pid)
    service.kill()
    service.wait(10)
    assert _ended(server)
    cached.azure.cloud.start()
    assert cached.status()["state"] == "not called yet"
    assert _server(cached).pid != server.pid


def test_stop_leaves_no_process(cached: Cached) -> None:
    server = _server(cached)
    daemon.stop(cached.azure.cloud.home)
    assert not server.is_running()
    assert [path.name for path in cached.azure.cloud.home.caches.rglob("*") if path.is_file()] == [
        "server.log"
    ]
    cached.azure.cloud.start()
    with cached.terminal() as terminal:
        assert terminal.ask("GET k") == "$-1", "nothing was kept"
