"""Revisions: what makes one, when it gets the traffic, and how the old one leaves."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from offline.arm.container_apps import APP as APP_TYPE
from offline.arm.errors import ArmError
from tests.offline.apps_rig import APP, IDENTITY, VAULT, Stand, app_body, run, until


def revisions(stand: Stand) -> dict[str, bool]:
    """Revisions by name, and whether each is active."""
    return {
        row.id.name: row.properties.get("active") is True
        for row in stand.store.of_type(f"{APP_TYPE}/revisions")
    }


def test_app_serves_once_its_operation_has_ended(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            app = await stand.deploy(app_body(version="1"))
            status, answer = await stand.get("/hello?x=%2F")
            assert (status, answer["version"], answer["path"]) == (200, "1", "/hello?x=%2F")
            name = app.properties["latestRevisionName"]
            assert isinstance(name, str)
            assert len(name) == len("gateway--") + 7
            assert app.properties["latestReadyRevisionName"] == name
            domain = stand.app().properties["latestRevisionFqdn"]
            assert str(domain).startswith(f"{name}.")
            assert revisions(stand) == {name: True}

    run(story())


@pytest.mark.parametrize(
    ("change", "makes"),
    [
        pytest.param({"tags": {"a": "b"}}, False, id="a tag"),
        pytest.param({"secrets": [{"name": "other", "value": "x"}]}, False, id="a secret"),
        pytest.param({"ipSecurityRestrictions": []}, False, id="the ingress"),
        pytest.param({"version": "2"}, True, id="an argument"),
        pytest.param({"env": [{"name": "HASH", "value": "1"}]}, True, id="a variable"),
        pytest.param({"scale": {"minReplicas": 1, "maxReplicas": 3}}, True, id="the scale"),
    ],
)
def test_a_change_of_the_template_makes_a_revision_and_nothing_else_does(
    tmp_path: Path, change: dict[str, Any], makes: bool
) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            first = (await stand.deploy(app_body())).properties["latestRevisionName"]
            _, before = await stand.get()
            second = (await stand.deploy(app_body(**change))).properties["latestRevisionName"]
            _, after = await stand.get()
            assert (first != second) is makes
            assert (before["pid"] != after["pid"]) is makes
            assert len(revisions(stand)) == (2 if makes else 1)

    run(story())


def test_old_revision_serves_until_the_new_one_is_ready_and_no_call_is_lost(tmp_path: Path) -> None:
    """Callers under way while the traffic moves, streams among them, all get their whole answer."""

    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body(version="old"))
            await stand.get()
            address = f"http://127.0.0.1:{stand.host.ingress.local_port}"
            done = asyncio.Event()
            plain: list[str] = []
            streamed: list[str] = []

            async def call(session: aiohttp.ClientSession) -> None:
                while not done.is_set():
                    async with session.get(f"{address}/") as response:
                        assert response.status == 200
                        plain.append((await response.json())["version"])

            async def stream(session: aiohttp.ClientSession) -> None:
                while not done.is_set():
                    async with session.get(f"{address}/stream?12") as response:
                        lines = (await response.text()).split("\n\n")
                        assert len(lines) == 13
                        assert len({line.split()[1] for line in lines[:12]}) == 1
                        streamed.append(lines[0].split()[1])

            async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
                for work in (call, call, stream, stream, stream):
                    group.create_task(work(session))
                await until(lambda: bool(plain) and bool(streamed))
                await stand.deploy(app_body(version="new"))
                _, after = await stand.get()
                assert after["version"] == "new"
                await until(lambda: "new" in plain and "new" in streamed)
                done.set()
            assert set(plain) == {"old", "new"}
            assert set(streamed) == {"old", "new"}

    run(story())


def test_old_revision_ends_after_the_traffic_has_left_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            first = await stand.deploy(app_body(version="1"))
            _, old = await stand.get()
            second = await stand.deploy(app_body(version="2"))
            await asyncio.to_thread(psutil.wait_procs, [psutil.Process(old["pid"])], timeout=5)
            assert not psutil.pid_exists(old["pid"])
            assert revisions(stand) == {
                first.properties["latestRevisionName"]: False,
                second.properties["latestRevisionName"]: True,
            }

    run(story())


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        pytest.param(
            {"args": ("--crash",)},
            "ContainerAppOperationError",
            "Failed to provision revision for container app 'gateway'. Error details: Operation expired.",
            id="app-expired: it crashes",
        ),
        pytest.param(
            {"args": ("--never-ready",)},
            "ContainerAppOperationError",
            "Failed to provision revision for container app 'gateway'. Error details: Operation expired.",
            id="app-expired: it is never ready",
        ),
        pytest.param(
            {"targetPort": 8000, "probes": []},
            "ContainerAppOperationError",
            "Failed to provision revision for container app 'gateway'. Error details: Operation expired.",
            id="app-expired: probed where it does not listen",
        ),
        pytest.param(
            {"volumes": [{"name": "Bad_Name", "storageType": "EmptyDir"}]},
            "ContainerAppOperationError",
            "Failed to provision revision for container app 'gateway'. Error details: Operation expired.",
            id="app-volume",
        ),
        pytest.param(
            {"image": "missing:nope"},
            "ContainerAppOperationError",
            "Failed to provision revision for container app 'gateway'. Error details: The following field(s) are "
            "either invalid or missing. Field 'template.containers.gateway.image' is invalid with details: 'Invalid "
            'value: "missing:nope": GET https:: MANIFEST_UNKNOWN: manifest tagged by "nope" is not found; '
            "map[Tag:nope]';..",
            id="app-image",
        ),
    ],
)
def test_a_revision_that_does_not_come_up_leaves_the_old_one_serving(
    tmp_path: Path, change: dict[str, Any], code: str, message: str
) -> None:
    async def story() -> None:
        async with Stand(tmp_path, real_seconds=2) as stand:
            stand.environment()
            first = await stand.deploy(app_body(version="good"))
            with pytest.raises(ArmError) as refusal:
                await stand.deploy(app_body(version="bad", **change))
            assert (refusal.value.code, refusal.value.message) == (code, message)
            status, answer = await stand.get()
            if (
                "targetPort" not in change
            ):  # The ingress is no part of the template, but it is not adopted either.
                assert (status, answer["version"]) == (200, "good")
            assert stand.app().state == "Failed"
            assert stand.app().properties["latestReadyRevisionName"] == first.properties["latestRevisionName"]
            # Put right, it is a revision like any other.
            await stand.deploy(app_body(version="better"))
            assert (await stand.get())[1]["version"] == "better"

    run(story())


def test_the_same_suffix_cannot_name_two_templates(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            app = await stand.deploy(app_body(revisionSuffix="blue"))
            assert app.properties["latestRevisionName"] == "gateway--blue"
            with pytest.raises(ArmError, match="revision with suffix blue already exists"):
                await stand.deploy(app_body(version="2", revisionSuffix="blue"))

    run(story())


def test_a_replica_that_dies_is_started_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body())
            _, before = await stand.get()
            assert (await stand.get("/die"))[0] == 503
            await until(lambda: stand.host.status()[0].replicas[0].restarts == 1)
            assert await stand.host.settled(10)
            _, after = await stand.get()
            assert after["pid"] != before["pid"]

    run(story())


def test_multiple_mode_splits_the_traffic_by_weight(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            first = await stand.deploy(app_body(version="1", activeRevisionsMode="Multiple"))
            name = first.properties["latestRevisionName"]
            traffic = [{"revisionName": name, "weight": 75}, {"latestRevision": True, "weight": 25}]
            await stand.deploy(app_body(version="2", activeRevisionsMode="Multiple", traffic=traffic))
            answers = [(await stand.get())[1]["version"] for _ in range(100)]
            assert (answers.count("1"), answers.count("2")) == (75, 25)

    run(story())


def test_scale_rule_adds_replicas_under_load_and_takes_them_away(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            rule = {"name": "http", "http": {"metadata": {"concurrentRequests": "2"}}}
            scale = {"minReplicas": 1, "maxReplicas": 2, "rules": [rule], "cooldownPeriod": 1000}
            await stand.deploy(app_body(scale=scale))
            slow = [asyncio.create_task(stand.get("/slow?1.5")) for _ in range(6)]
            await until(lambda: len(stand.host.status()[0].replicas) == 2)
            assert [status for status, _ in await asyncio.gather(*slow)] == [200] * 6
            await until(lambda: len(stand.host.status()[0].replicas) == 1)

    run(story())


def test_a_new_version_of_a_versionless_secret_restarts_who_has_it_in_a_variable(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path, speed=2000) as stand:
            stand.environment()
            stand.vault.secrets[f"{VAULT}/key"] = "first"
            secret = {"name": "key", "keyVaultUrl": f"{VAULT}/key", "identity": IDENTITY}
            app = await stand.deploy(app_body(secrets=[secret], env=[{"name": "KEY", "secretRef": "key"}]))
            assert (await stand.get())[1]["environment"]["KEY"] == "first"
            stand.vault.secrets[f"{VAULT}/key"] = "second"
            first_pid = stand.host.status()[0].replicas[0].pid
            # 30 minutes of Azure's, at 2000 times its speed.
            await until(lambda: stand.host.status()[0].replicas[0].pid not in (first_pid, None))
            assert await stand.host.settled(10)
            assert (await stand.get())[1]["environment"]["KEY"] == "second"
            assert stand.app().properties["latestRevisionName"] == app.properties["latestRevisionName"]

    run(story())


def test_a_deleted_app_leaves_no_process_and_no_revision(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body())
            _, answer = await stand.get()
            await stand.host.stop_app(stand.app())
            stand.remove(APP)
            assert not psutil.pid_exists(answer["pid"])
            assert revisions(stand) == {}
            assert (await stand.get())[0] == 404
            assert stand.fabric.closed == [50001]

    run(story())
