"""What a replica's process is given, and that none outlives its service."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from offline import processes
from offline.arm.errors import ArmError
from tests.offline.apps_rig import IDENTITY, NETWORK, STUB, VAULT, Stand, app_body, run, until

CONFIG = "model_list: []  # stays as it is: /etc/litellm/config.yaml\n"


def with_config() -> dict[str, object]:
    """An app with a config file from a secret, and a key from a vault."""
    return app_body(
        secrets=[
            {"name": "config", "value": CONFIG},
            {"name": "unlisted", "value": "not mounted"},
            {"name": "key", "keyVaultUrl": f"{VAULT}/key/1", "identity": IDENTITY},
        ],
        volumes=[
            {
                "name": "config",
                "storageType": "Secret",
                "secrets": [{"secretRef": "config", "path": "config.yaml"}],
            }
        ],
        volumeMounts=[{"volumeName": "config", "mountPath": "/etc/litellm"}],
        env=[
            {"name": "KEY", "secretRef": "key"},
            {"name": "CONFIG", "value": "/etc/litellm/config.yaml"},
            {"name": "OTHER", "value": "/etc/litellm-other:/my/etc/litellm"},
            {"name": "HTTPS_PROXY", "value": "http://elsewhere"},
        ],
        args=("--config", "/etc/litellm/config.yaml", "--port", "4000", "--host", "0.0.0.0"),  # noqa: S104 - replaced
    )


def test_process_gets_exactly_what_the_template_and_the_platform_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "the service's own")

    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            stand.vault.secrets[f"{VAULT}/key/1"] = "from the vault: /etc/litellm"
            app = await stand.deploy(with_config())
            _, answer = await stand.get()
            found = answer["environment"]
            status = stand.host.status()[0]
            replica = status.replicas[0]
            folder = stand.home.apps / "gateway" / str(status.revision) / replica.name
            file = folder / "volumes" / "config" / "config.yaml"
            proxy = "http://127.0.0.1:50001"
            domain = str(status.fqdn).partition(".")[2]
            inherited = {name for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
            assert found["KEY"] == "from the vault: /etc/litellm"
            assert found["PATH"].startswith(str(Path(sys.executable).parent))
            assert {
                k: v for k, v in found.items() if k not in ("KEY", "IDENTITY_HEADER", "LC_CTYPE", *inherited)
            } == {
                "HOME": str(folder),
                "CONFIG": str(file),
                "OTHER": "/etc/litellm-other:/my/etc/litellm",
                "HOST": "127.0.0.1",
                "PORT": str(replica.port),
                "CONTAINER_APP_PORT": str(replica.port),
                "CONTAINER_APP_NAME": "gateway",
                "CONTAINER_APP_REVISION": status.revision,
                "CONTAINER_APP_REPLICA_NAME": replica.name,
                "CONTAINER_APP_HOSTNAME": app.properties["latestRevisionFqdn"],
                "CONTAINER_APP_ENV_DNS_SUFFIX": domain,
                "HTTP_PROXY": proxy,
                "HTTPS_PROXY": proxy,
                "http_proxy": proxy,
                "https_proxy": proxy,
                "NO_PROXY": "127.0.0.1,localhost",
                "no_proxy": "127.0.0.1,localhost",
                "SSL_CERT_FILE": str(stand.home.bundle),
                "REQUESTS_CA_BUNDLE": str(stand.home.bundle),
                "IDENTITY_ENDPOINT": found["MSI_ENDPOINT"],
                "MSI_ENDPOINT": found["MSI_ENDPOINT"],
            }
            own = ["--config", str(file), "--port", str(replica.port), "--host", "127.0.0.1"]
            assert answer["arguments"] == ["--version", "1", *own]
            assert file.read_text() == CONFIG
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert [path.name for path in file.parent.iterdir()] == ["config.yaml"]
            assert stat.S_IMODE((folder / "gateway.log").stat().st_mode) == 0o600
            assert stand.vault.asked[-1] == (f"{VAULT}/key/1", "client-1", proxy)
            caller = stand.fabric.callers[0]
            assert (caller.kind, caller.network_id, caller.app_id) == ("app", NETWORK, app.id.text)

    run(story())


def test_no_secret_is_among_process_arguments(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            stand.vault.secrets[f"{VAULT}/key/1"] = "very-secret"
            await stand.deploy(with_config())
            pid = stand.host.status()[0].replicas[0].pid
            assert pid is not None
            assert "very-secret" not in " ".join(psutil.Process(pid).cmdline())

    run(story())


def test_other_images_run_as_a_placeholder_and_are_called_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body(image="docker.io/library/nginx:1"))
            assert await stand.get("/any") == (200, "placeholder for docker.io/library/nginx:1\n")
            assert stand.host.status()[0].replicas[0].programs == ("placeholder",)

    run(story())


def test_a_vault_that_refuses_fails_the_put(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            with pytest.raises(ArmError) as refusal:
                await stand.deploy(with_config())
            assert (refusal.value.status, refusal.value.law) == (400, "app-kv-ref")
            assert refusal.value.code == "InvalidParameterValueInContainerTemplate"
            assert refusal.value.message == (
                "The following field(s) are either invalid or missing. Field 'configuration.secrets' is invalid with "
                f'details: \'Invalid value: "key": Unable to get value using Managed identity {IDENTITY} for secret '
                f"key. Error: unable to fetch secret 'key' using Managed identity '{IDENTITY}'';."
            )
            assert stand.store.get(str(stand.asked("/x", {}).id)) is None

    run(story())


def test_stop_leaves_no_process_and_start_brings_the_app_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            stand.vault.secrets[f"{VAULT}/key/1"] = "kept"
            app = await stand.deploy(with_config())
            _, before = await stand.get()
        assert not psutil.pid_exists(before["pid"])
        assert list(stand.home.apps.rglob("config.yaml")) == []
        async with Stand(tmp_path) as again:
            assert await again.host.settled(10)
            _, after = await again.get()
            assert after["pid"] != before["pid"]
            assert after["environment"]["KEY"] == "kept"
            assert again.host.status()[0].revision == app.properties["latestRevisionName"]

    run(story())


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends a child with its parent")
def test_a_killed_service_takes_its_replicas_with_it(tmp_path: Path) -> None:
    service = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio, sys; from pathlib import Path\n"
            "from tests.offline.apps_rig import Stand, app_body\n"
            "async def main():\n"
            "    async with Stand(Path(sys.argv[1])) as stand:\n"
            "        stand.environment(); await stand.deploy(app_body())\n"
            "        print(stand.host.status()[0].replicas[0].pid, flush=True)\n"
            "        await asyncio.sleep(60)\n"
            "asyncio.run(main())",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdout is not None
    pid = int(service.stdout.readline())
    replica = psutil.Process(pid)
    service.send_signal(signal.SIGKILL)
    service.wait()
    assert psutil.wait_procs([replica], timeout=5)[1] == []


def test_start_ends_the_processes_that_a_killed_service_left(tmp_path: Path) -> None:
    """The one in the record, and its child, which only its inherited HOME gives away."""
    folder = tmp_path / "home" / "apps" / "gateway" / "gateway--1" / "gateway--1-x"
    folder.mkdir(parents=True)
    orphan = subprocess.Popen(
        [sys.executable, str(STUB), "--child"],
        env={"HOME": str(folder), "PORT": str(processes.free_port())},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    found = psutil.Process(orphan.pid)
    ends = time.monotonic() + 10
    while not found.children():
        assert time.monotonic() < ends
    (child,) = found.children()
    record = {"pid": orphan.pid, "started": found.create_time()}
    (folder / "gateway.process.json").write_text(json.dumps(record))

    async def story() -> None:
        async with Stand(tmp_path):
            await until(lambda: orphan.poll() is not None)
            await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)

    run(story())


def test_a_reused_pid_is_not_taken_for_an_orphan(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "apps" / "a" / "b" / "c"
    folder.mkdir(parents=True)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (folder / "x.process.json").write_text(json.dumps({"pid": stranger.pid, "started": 1.0}))
    try:
        assert processes.kill_orphans(tmp_path / "home" / "apps") == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_hung_program_is_killed_after_its_grace(tmp_path: Path) -> None:
    async def story() -> None:
        log = tmp_path / "x.log"
        deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
        code = f"{deaf}; print(1, flush=True); time.sleep(60)"
        process = await processes.spawn(
            [sys.executable, "-c", code], environment={}, folder=tmp_path, log=log
        )
        await until(lambda: log.read_text() != "")
        began = time.monotonic()
        await processes.stop(process, 0.3)
        assert process.returncode == -signal.SIGKILL
        assert 0.3 <= time.monotonic() - began < 3

    asyncio.run(story())
