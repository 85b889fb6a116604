"""Writes: what they are judged by while others go on beside them, and what the record of requests keeps of them."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from offline.arm import durations
from offline.arm.held_subnets import hold
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Write
from offline.arm.managed_identity import UserAssignedIdentity
from tests.offline.arm_rig import Rig, error

APP_VERSION = {"api-version": "2025-07-01"}


class SlowlyChecked(UserAssignedIdentity):
    """An identity whose write asks elsewhere first, until it is let on."""

    def __init__(self) -> None:
        self.asking = threading.Event()
        self.answered = threading.Event()

    async def check_late(self, azure: Azure, write: Write) -> None:
        self.asking.set()
        await asyncio.to_thread(self.answered.wait, 10)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def slow() -> SlowlyChecked:
    return SlowlyChecked()


@pytest.fixture
def waiting(tmp_path: Path, slow: SlowlyChecked) -> Iterator[Rig]:
    started = Rig(tmp_path, kinds={slow.type.lower(): slow})
    yield started
    slow.answered.set()
    started.stop()


def identity_of(group: str) -> str:
    return f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"


def test_a_group_that_goes_while_a_write_waits_refuses_it(waiting: Rig, slow: SlowlyChecked) -> None:
    group = waiting.group()
    with ThreadPoolExecutor() as pool:
        written = pool.submit(waiting.ask, "PUT", identity_of(group), {"location": "southcentralus"})
        assert slow.asking.wait(10)
        assert waiting.remove(group)["status"] == "Succeeded"
        slow.answered.set()
        assert error(written.result(10))[:2] == (404, "ResourceGroupNotFound")
    assert waiting.inside(lambda: waiting.store.below(ResourceId(waiting.base))) == []


def test_a_patch_merges_with_what_was_written_while_it_waited(waiting: Rig, slow: SlowlyChecked) -> None:
    slow.answered.set()
    group = waiting.group()
    path = identity_of(group)
    waiting.make(path, {"location": "southcentralus", "tags": {"before": "1"}})
    slow.answered.clear()
    slow.asking.clear()
    with ThreadPoolExecutor() as pool:
        written = pool.submit(waiting.ask, "PATCH", path, {"properties": {"isolationScope": "Regional"}})
        assert slow.asking.wait(10)

        def change() -> None:
            found = waiting.store.get(waiting.base + path)
            assert found is not None
            found.body["tags"] = {"meanwhile": "2"}
            waiting.store.put(found)

        waiting.inside(change)
        slow.answered.set()
        assert written.result(10).status_code == 200
    seen = waiting.see(path)
    assert seen["tags"] == {"meanwhile": "2"}
    assert seen["properties"]["isolationScope"] == "Regional"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"properties": {"publicNetworkAccess": 3}}, "publicNetworkAccess", id="of another type"),
        pytest.param(
            {"properties": {"networkAcls": {"ipRules": [{"value": None}]}}}, "value", id="inside, missing"
        ),
    ],
)
def test_a_patch_is_judged_by_its_types(rig: Rig, change: dict[str, Any], named: str) -> None:
    path = rig.account(rig.group())
    before = rig.see(path)
    status, code, message = error(rig.ask("PATCH", path, change))
    assert (status, code) == (400, "InvalidRequestContent")
    assert named in message
    assert rig.see(path)["properties"]["publicNetworkAccess"] == before["properties"]["publicNetworkAccess"]
    # What Azure itself added to the body is nobody's mistake.
    assert rig.ask("PATCH", path, {"tags": {"a": "b"}}).status_code == 200


def test_the_record_of_requests_holds_no_secret_value(rig: Rig) -> None:
    group = rig.group()
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kv-one"
    rig.make(
        vault,
        {
            "location": "southcentralus",
            "properties": {
                "tenantId": rig.azure.tenant_id,
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
            },
        },
    )
    rig.start(f"{vault}/secrets/key", {"properties": {"value": "hush-1", "contentType": "text/plain"}})
    rig.ask("PUT", f"{vault}/secrets/key", {"Properties": {"Value": "hush-2"}})
    rig.ask("PUT", f"{vault}/secrets/key", {"properties": {"value": {"wrong": "hush-3"}}})
    app = f"{group}/providers/Microsoft.App/containerApps/gateway"
    secrets = [{"name": "key", "value": "hush-4"}, "hush-5"]
    for method in ("PUT", "PATCH"):
        rig.ask(
            method,
            app,
            {"location": "southcentralus", "properties": {"configuration": {"secrets": secrets}}},
            query=APP_VERSION,
        )
    environment = f"{group}/providers/Microsoft.App/managedEnvironments/env"
    logs = {"logAnalyticsConfiguration": {"customerId": "c", "sharedKey": "hush-6"}}
    rig.ask(
        "PUT",
        environment,
        {"location": "southcentralus", "properties": {"appLogsConfiguration": logs}},
        query=APP_VERSION,
    )
    rig.ask("PUT", f"{group}/providers/Microsoft.Sql/servers/s", {"properties": {"password": "hush-7"}})
    noted = rig.inside(rig.store.requests)
    assert "hush" not in json.dumps(noted)
    bodies = {path: body for method, path, _, body, _ in noted if method == "PUT"}
    assert bodies[rig.base + app] == {
        "location": "southcentralus",
        "properties": {"configuration": {"secrets": [{"name": "key"}]}},
    }


def test_a_deleted_environment_holds_its_subnet_against_a_delete_but_not_against_its_groups(rig: Rig) -> None:
    group = rig.group()
    network = rig.network(group)
    delegation = {"name": "apps", "properties": {"serviceName": "Microsoft.App/environments"}}
    subnet = rig.subnet(network, "apps", "10.0.0.0/23", delegations=[delegation])
    environment = f"{group}/providers/Microsoft.App/managedEnvironments/env"
    body = {
        "location": "southcentralus",
        "properties": {"vnetConfiguration": {"infrastructureSubnetId": rig.base + subnet}},
    }
    rig.start(environment, body, query=APP_VERSION)
    rig.idle()
    rig.run_at(speed=100)
    rig.inside(
        lambda: rig.kinds["microsoft.app/managedenvironments"].removed(rig.azure, _stored(rig, environment))
    )
    status, code, message = error(rig.ask("DELETE", subnet))
    assert (status, code) == (400, "InUseSubnetCannotBeDeleted")
    assert "legionservicelink" in message
    rig.run_at(speed=2000)
    assert rig.remove(group)["status"] == "Succeeded"


def _stored(rig: Rig, path: str) -> Any:
    return rig.store.get(rig.base + path)


def test_a_link_goes_by_itself(rig: Rig) -> None:
    subnet = rig.subnet(rig.network(rig.group()), "apps", "10.0.0.0/23")
    rig.inside(
        lambda: hold(rig.store, ResourceId(rig.base + subnet), owner="env", until=rig.azure.clock.due(200))
    )
    refused = 0
    while rig.ask("DELETE", subnet).status_code == 400:
        refused += 1
    assert refused > 0


def test_an_operation_takes_as_long_as_the_subscription_is_told(rig: Rig) -> None:
    """In Azure the same operation takes longer on some days: a test lets two of them overlap by it."""
    told = {"microsoft.network/virtualnetworks create": 400, "microsoft.network/virtualnetworks delete": 600}
    rig.inside(lambda: rig.store.set_fact(durations.FACT, told))
    group = rig.group()
    rig.remove(rig.network(group))
    rows = rig.inside(rig.store.operations)
    lasted = {(row.verb, row.resource.name): round(row.due - row.started, 2) for row in rows}
    assert lasted["create", "vnet"] == 400 / rig.speed
    assert lasted["delete", "vnet"] == 600 / rig.speed
    assert lasted["create", "rg"] < 400 / rig.speed, "what is not named takes its usual time"
