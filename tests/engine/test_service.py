"""The offline Azure as a service: what a person's commands do to it, and what is left when it ends, however it ends.

One small program is deployed once, by `python -m offline run`; the tests go on from one another's service.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from offline import daemon
from offline.home import Home
from tests.cloud import ROOT, Cloud

GROUP = "rg-small"
ENVIRONMENT = "cae-small"
APP = "placeholder"
APP_TYPE = "Microsoft.App/containerApps"
IMAGE = "mcr.microsoft.com/k8se/quickstart:latest"
API_VERSIONS = {
    "azure-native:resources:ResourceGroup": "2022-09-01",
    "azure-native:network:VirtualNetwork": "2024-05-01",
    "azure-native:network:Subnet": "2024-05-01",
    "azure-native:app:ManagedEnvironment": "2025-02-02-preview",
    "azure-native:app:ContainerApp": "2025-02-02-preview",
}

PROGRAM = f"""
import pulumi
from pulumi_azure_native import app, network, resources

group = resources.ResourceGroup("group", resource_group_name="{GROUP}", location="southcentralus")
net = network.VirtualNetwork(
    "network",
    virtual_network_name="vnet-small",
    resource_group_name=group.name,
    location=group.location,
    address_space=network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]),
)
subnet = network.Subnet(
    "subnet",
    subnet_name="apps",
    resource_group_name=group.name,
    virtual_network_name=net.name,
    address_prefix="10.0.0.0/26",
    delegations=[network.DelegationArgs(name="apps", service_name="Microsoft.App/environments")],
)
environment = app.ManagedEnvironment(
    "environment",
    environment_name="{ENVIRONMENT}",
    resource_group_name=group.name,
    location=group.location,
    vnet_configuration=app.VnetConfigurationArgs(infrastructure_subnet_id=subnet.id),
    workload_profiles=[app.WorkloadProfileArgs(name="Consumption", workload_profile_type="Consumption")],
)
app.ContainerApp(
    "app",
    container_app_name="{APP}",
    resource_group_name=group.name,
    location=group.location,
    environment_id=environment.id,
    configuration=app.ConfigurationArgs(ingress=app.IngressArgs(external=True, target_port=80)),
    template=app.TemplateArgs(
        containers=[app.ContainerArgs(name="main", image="{IMAGE}")], scale=app.ScaleArgs(min_replicas=1)
    ),
)
"""


class Person:
    """Somebody at a terminal, with an offline Azure of their own."""

    def __init__(self, folder: Path) -> None:
        self.cloud = Cloud(folder)
        self.project = folder / "project"

    @property
    def home(self) -> Home:
        return self.cloud.home

    def begin(self, *words: str, variables: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "offline", *words],
            cwd=ROOT,
            env={**os.environ, "OFFLINE_HOME": str(self.home.path), "COLUMNS": "200", **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def offline(self, *words: str, code: int = 0, variables: Mapping[str, str] | None = None) -> str:
        """What a command says; its exit status is checked, and that it never says it with a traceback."""
        command = self.begin(*words, variables=variables)
        said, _ = command.communicate(timeout=120)
        assert command.returncode == code, said
        assert "Traceback" not in said
        return said

    def start(self, speed: str = "5000") -> None:
        self.offline("start", "--speed", speed, "--port", "0")
        self.found()

    def found(self) -> None:
        """Look at the service that runs now."""
        record = self.home.service()
        assert record is not None
        self.cloud.record = record

    def pulumi(self, *words: str) -> str:
        return self.offline("run", "--", "pulumi", "-C", str(self.project), *words, "--non-interactive")

    def service(self) -> psutil.Process:
        return psutil.Process(self.cloud.record.pid)

    def family(self) -> list[psutil.Process]:
        """The service and all that it has started."""
        return [self.service(), *self.service().children(recursive=True)]

    def kill(self) -> None:
        """As the system does when memory is short: no process has a say in it."""
        service = self.service()
        service.kill()
        service.wait(10)

    def path(self, kind: str, name: str) -> str:
        subscription = self.home.credentials().subscription_id
        return f"/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/{kind}/{name}"

    def app(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(app for app in self.cloud.status()["apps"] if app["name"] == name)
        return found

    def answer(self, name: str) -> str:
        """What an app answers on this machine."""
        with httpx.Client(trust_env=False, timeout=10) as client:
            return client.get(f"http://localhost:{self.app(name)['local_port']}/").raise_for_status().text


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Person, list[str]]]:
    """A person, and what two `start` that were typed at once said."""
    person = Person(tmp_path_factory.mktemp("service"))
    commands = [person.begin("start", "--speed", "5000", "--port", "0") for _ in range(2)]
    said = [command.communicate(timeout=120)[0] for command in commands]
    assert [command.returncode for command in commands] == [0, 0], said
    person.found()
    yield person, said
    person.offline("stop")


@pytest.fixture(scope="module")
def person(starts: tuple[Person, list[str]]) -> Person:
    """Somebody who has deployed the small program."""
    person, _ = starts
    person.project.mkdir()
    (person.project / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (person.project / "__main__.py").write_text(PROGRAM)
    person.pulumi("stack", "init", "small")
    person.pulumi("up", "--yes", "--skip-preview", "--stack", "small")
    return person


def _listening(processes: list[psutil.Process]) -> set[tuple[str, int]]:
    return {
        (connection.laddr.ip, connection.laddr.port)
        for process in processes
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }


def _running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended; a zombie has, and only waits for its parent."""
    return [
        process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def _of_home(home: Home) -> list[psutil.Process]:
    """Every process of this machine that a service of this home is, or has started."""
    found = []
    for process in psutil.process_iter():
        try:
            # A zombie has no command line: it has ended.
            told = [*process.cmdline(), process.environ().get("HOME", "")]
        except psutil.Error:
            continue
        if any(word.startswith(str(home.path)) for word in told):
            found.append(process)
    return found


def test_two_starts_at_once_give_one_service(starts: tuple[Person, list[str]]) -> None:
    person, said = starts
    assert [f"pid {person.cloud.record.pid}," in text for text in said] == [True, True]
    services = [process for process in _of_home(person.home) if "offline.service" in process.cmdline()]
    assert [process.pid for process in services] == [person.cloud.record.pid]
    again = person.offline("start", "--port", "0")
    assert f"pid {person.cloud.record.pid}," in again, "a start while it runs is no mistake"


def test_status_tells_what_runs(person: Person) -> None:
    shown = person.offline("status")
    assert APP in shown
    assert "Microsoft.Network/virtualNetworks" in shown
    assert f"http://localhost:{person.app(APP)['local_port']}" in shown
    (told,) = json.loads(person.offline("status", "--json"))["apps"]
    assert (told["name"], told["ready"]) == (APP, True)
    assert [replica["programs"] for replica in told["replicas"]] == [["placeholder"]], (
        "an image that nothing stands in for is named as what it is"
    )
    assert IMAGE in person.answer(APP)


def test_a_command_runs_in_a_network(person: Person) -> None:
    """`--network` is another way into the fabric; what is not there is told with what is."""
    port = person.offline("run", "--network", "vnet-small", "--", "sh", "-c", "echo $HTTPS_PROXY").strip()
    assert port.startswith("http://127.0.0.1:")
    assert port != f"http://127.0.0.1:{person.cloud.record.proxy_port}"
    assert "there is: vnet-small" in person.offline("run", "--network", "nope", "--", "true", code=1)


def test_the_callers_own_pulumi_settings_stay(person: Person, tmp_path: Path) -> None:
    """Who keeps the state elsewhere, or knows a passphrase of their own, goes on doing so."""
    own: dict[str, str] = {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": tmp_path.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "their own",
    }
    lines = person.offline("run", "--", "env", variables=own).splitlines()
    seen = {name: value for name, found, value in (line.partition("=") for line in lines) if found}
    assert {name: seen[name] for name in own} == own
    assert seen["AZURE_SUBSCRIPTION_ID"] == person.home.credentials().subscription_id
    ours = person.offline("run", "--", "sh", "-c", "echo $PULUMI_BACKEND_URL")
    assert ours.strip() == f"{person.home.stacks.as_uri()}?metadata=skip"


def test_run_ends_as_its_command_ends(person: Person) -> None:
    person.offline("run", "--", "sh", "-c", "exit 7", code=7)
    assert "no-such-command: no such command on PATH" in person.offline(
        "run", "--", "no-such-command", code=1
    )


def test_faults_are_listed_until_they_are_cleared(person: Person) -> None:
    assert "No fault is set" in person.offline("fault", "list")
    person.offline("fault", "operation", APP_TYPE, "--verb", "delete", "--times", "1")
    (fault,) = json.loads(person.offline("fault", "list", "--json"))
    assert (fault["type"], fault["verb"], fault["times"]) == (APP_TYPE, "delete", 1)
    assert APP_TYPE in person.offline("fault", "list")
    person.offline("fault", "clear")
    assert json.loads(person.offline("fault", "list", "--json")) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["fault", "operation", APP_TYPE, "--effect", "explode"], "explode", id="effect"),
        pytest.param(["fault", "operation", APP_TYPE, "--verb", "put"], "'put' is no verb", id="verb"),
        pytest.param(["fault", "link", "nope"], "No Microsoft.Network/virtualNetworks", id="network"),
        pytest.param(["fault", "role", "nope"], "there is: none", id="identity"),
        pytest.param(["fault", "retire", "gpt-9", "1"], "No model is gpt-9/1", id="model"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_words(person: Person, words: list[str], says: str) -> None:
    assert says in person.offline(*words, code=1)


def test_everything_listens_on_loopback_alone(person: Person) -> None:
    """Nobody else on the network reaches the offline Azure or an app in it."""
    family = person.family()
    assert len(family) >= 2, "the service and the app's replica"
    listening = _listening(family)
    assert len(listening) >= 5, "control, fabric, identity, ingress and the replica"
    assert {address for address, _ in listening} <= {"127.0.0.1", "::1"}


def test_offline_azures_side_by_side_do_not_see_each_other(
    person: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Person(tmp_path_factory.mktemp("beside"))
    other.cloud.start()
    try:
        assert not _listening(person.family()) & _listening(other.family())
        there = f"/subscriptions/{other.home.credentials().subscription_id}/resourcegroups"
        assert other.cloud.arm("GET", there, "2022-09-01").json()["value"] == []
        of_the_first = person.path("Microsoft.Network/virtualNetworks", "vnet-small")
        refused = other.cloud.arm("GET", of_the_first, "2024-05-01")
        assert refused.status_code == 404
        assert refused.json()["error"]["code"] == "SubscriptionNotFound"

        same_name = other.cloud.arm("PUT", f"{there}/{GROUP}", "2022-09-01", {"location": "westus"})
        assert same_name.status_code == 201
        group = f"/subscriptions/{person.home.credentials().subscription_id}/resourcegroups/{GROUP}"
        assert person.cloud.arm("GET", group, "2022-09-01").json()["location"] == "southcentralus"
    finally:
        begun = time.monotonic()
        other.offline("stop")
        # The service's parent, this test, has not fetched its exit status: a `stop` must not wait for that.
        assert time.monotonic() - begun < daemon.STOP_SECONDS / 2
    assert IMAGE in person.answer(APP), "a neighbour's stop is no business of this one"


def _everything(person: Person) -> dict[str, Any]:
    """Every deployed resource as Azure shows it."""
    exported = json.loads(person.pulumi("stack", "export", "--stack", "small"))
    return {
        resource["id"]: person.cloud.arm("GET", resource["id"], API_VERSIONS[resource["type"]])
        .raise_for_status()
        .json()
        for resource in exported["deployment"]["resources"]
        if resource["type"] in API_VERSIONS
    }


def test_a_killed_service_loses_nothing_that_was_acknowledged(person: Person) -> None:
    """Killed right after a reply; it comes back with all of it, its app included, and nothing of before runs on."""
    before = _everything(person)
    assert len(before) == len(API_VERSIONS)
    replicas = person.family()[1:]
    tagged = {"location": "southcentralus", "tags": {"written": "just before"}}
    group = f"/subscriptions/{person.home.credentials().subscription_id}/resourceGroups/{GROUP}-late"
    person.cloud.arm("PUT", group, "2022-09-01", tagged).raise_for_status()
    person.kill()
    assert "No offline Azure runs in" in person.offline("status", code=1)

    person.start()
    assert person.cloud.arm("GET", group, "2022-09-01").json()["tags"] == tagged["tags"]
    assert _everything(person) == before
    assert _running(replicas) == [], "no orphan"
    assert IMAGE in person.answer(APP), "the app is back at the end of start"
    person.pulumi("up", "--refresh", "--yes", "--skip-preview", "--stack", "small", "--expect-no-changes")


def test_an_operation_that_a_kill_interrupts_ends_after_the_start(person: Person) -> None:
    """Who polls it meanwhile asks again and learns the end: an app that runs."""
    person.offline("stop")
    person.start(speed="4")
    path = person.path(APP_TYPE, "second")
    api_version = API_VERSIONS["azure-native:app:ContainerApp"]
    body = {
        "location": "southcentralus",
        "properties": {
            "environmentId": person.path("Microsoft.App/managedEnvironments", ENVIRONMENT),
            "configuration": {"ingress": {"external": True, "targetPort": 80}},
            "template": {
                "containers": [{"name": "main", "image": IMAGE}],
                "scale": {"minReplicas": 1},
            },
        },
    }
    accepted = person.cloud.arm("PUT", path, api_version, body).raise_for_status()
    operation = httpx.URL(accepted.headers["Azure-AsyncOperation"])

    def state() -> str:
        asked = person.cloud.arm("GET", operation.path, operation.params["api-version"])
        return str(asked.raise_for_status().json()["status"])

    assert state() == "InProgress"
    begun = person.family()[1:]
    person.kill()

    person.start()
    while (now := state()) == "InProgress":
        pass  # the look itself waits for the end, a second at most
    assert now == "Succeeded"
    made = person.cloud.arm("GET", path, api_version).json()["properties"]
    assert (made["provisioningState"], made["latestReadyRevisionName"]) == (
        "Succeeded",
        made["latestRevisionName"],
    )
    assert _running(begun) == []
    assert IMAGE in person.answer("second")
    assert len(person.app("second")["replicas"]) == 1, "the interrupted attempt is not run beside it"


def test_stop_leaves_nothing_behind(person: Person) -> None:
    """No process, no port; the next start brings the apps back."""
    family, listening = person.family(), _listening(person.family())
    assert "Stopped" in person.offline("stop")
    assert _running(family) == []
    assert _of_home(person.home) == []
    for address_and_port in listening:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address_and_port, timeout=5)
    assert "It was not running" in person.offline("stop")

    person.start()
    assert IMAGE in person.answer(APP)
    assert IMAGE in person.answer("second")


def test_reset_forgets_everything(person: Person) -> None:
    family = person.family()
    assert "is gone" in person.offline("reset")
    assert not person.home.path.exists()
    assert _running(family) == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["status"], id="status"),
        pytest.param(["status", "--json"], id="status for programs"),
        pytest.param(["run", "--", "true"], id="run"),
        pytest.param(["fault", "list"], id="fault list"),
        pytest.param(["fault", "clear"], id="fault clear"),
    ],
)
def test_without_a_service_a_command_says_how_to_start_it(tmp_path: Path, words: list[str]) -> None:
    said = Person(tmp_path).offline(*words, code=1)
    assert "Start it: python -m offline start" in said
    assert not (tmp_path / "home").exists(), "a question makes no folder"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["strat"], "No such command 'strat'", id="command"),
        pytest.param(["fault", "nope"], "No such command 'nope'", id="fault"),
        pytest.param(["start", "--speed", "0"], "--speed", id="speed"),
        pytest.param(["start", "--as-of", "soon"], "--as-of", id="day"),
        pytest.param(["run"], "Missing argument", id="nothing to run"),
    ],
)
def test_a_mistyped_command_is_told_as_such(tmp_path: Path, words: list[str], says: str) -> None:
    assert says in Person(tmp_path).offline(*words, code=2)


def test_reset_removes_no_folder_that_is_not_its_own(tmp_path: Path) -> None:
    """OFFLINE_HOME set to somebody's documents."""
    precious = tmp_path / "home" / "precious"
    precious.parent.mkdir()
    precious.write_text("everything")
    assert "nothing was removed" in Person(tmp_path).offline("reset", code=1)
    assert precious.read_text() == "everything"
