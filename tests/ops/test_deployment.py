"""What is read out of a state that was cut short, and written into it."""

import os
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest

from ops import deployment, locks
from ops.arm_ids import UnknownPlaceError, arm_id

STACK = "urn:pulumi:dev::p"
PARENT = f"{STACK}::litellm-azure:vault:Vault::kv"
SECRET = f"{STACK}::litellm-azure:vault:Vault$azure-native:keyvault:Secret::kv-key"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What a preview shows of a string that is known only later."""
PROVIDER = f"{STACK}::pulumi:providers:azure-native"


def _export(*resources: dict[str, Any], pending: tuple[dict[str, Any], ...] = ()) -> deployment.Export:
    return {"version": 3, "deployment": {"resources": list(resources), "pending_operations": list(pending)}}


def _creating(provider: str = f"{PROVIDER}::default_3_29_0::1f", **more: Any) -> dict[str, Any]:
    resource = {
        "urn": SECRET,
        "custom": True,
        "type": "azure-native:keyvault:Secret",
        "inputs": {"resourceGroupName": "rg", "vaultName": "kv", "secretName": "key"},
        "parent": PARENT,
        "provider": provider,
        **more,
    }
    return {"resource": resource, "type": "creating"}


def test_an_import_names_parent_and_version() -> None:
    (operation,) = deployment.pending(_export(pending=(_creating(),)))
    assert deployment.import_file([(operation, "/id")]) == {
        "nameTable": {PARENT: PARENT},
        "resources": [
            {
                "type": "azure-native:keyvault:Secret",
                "name": "kv-key",
                "id": "/id",
                "parent": PARENT,
                "version": "3.29.0",
            }
        ],
    }


def test_an_explicit_provider_is_named_itself() -> None:
    """Another subscription's provider, say: the default one would look in the wrong place."""
    (operation,) = deployment.pending(_export(pending=(_creating(provider=f"{PROVIDER}::hub::1f"),)))
    wanted = deployment.import_file([(operation, "/id")])
    assert wanted["resources"][0]["provider"] == f"{PROVIDER}::hub"
    assert wanted["nameTable"][f"{PROVIDER}::hub"] == f"{PROVIDER}::hub"
    assert "version" not in wanted["resources"][0]


def test_a_component_that_was_cut_off_is_nothing_in_azure() -> None:
    assert deployment.pending(_export(pending=(_creating(custom=False),))) == []


def test_the_subscription_is_that_of_what_is_deployed() -> None:
    subscription = "dd02a685-6680-41ec-9c77-00640400bd1d"
    provider = {
        "type": "pulumi:providers:azure-native",
        "urn": "p",
        "inputs": {"subscriptionId": "configured"},
    }
    group = {
        "type": "azure-native:resources:ResourceGroup",
        "urn": "g",
        "id": f"/subscriptions/{subscription}/resourceGroups/rg",
    }
    assert deployment.subscription(_export(provider, group)) == subscription
    assert deployment.subscription(_export(provider)) == "configured"
    assert deployment.subscription(_export()) is None


def test_what_waits_for_its_delete_is_not_held() -> None:
    old = {"urn": SECRET, "delete": True, "id": "/old"}
    new = {"urn": SECRET, "id": "/new"}
    assert deployment.held(_export(old), SECRET) is None
    found = deployment.held(_export(old, new), SECRET)
    assert found is not None
    assert found["id"] == "/new"


def _step(urn: str = SECRET, parent: str = PARENT, op: str = "create") -> dict[str, Any]:
    new = {"urn": urn, "custom": True, "type": "azure-native:keyvault:Secret", "parent": parent}
    return {"op": op, "newState": new}


def _planned(*steps: dict[str, Any], export: deployment.Export) -> list[str]:
    return [operation.urn for operation in deployment.planned(export, steps)]


def test_what_is_planned_and_may_be_there() -> None:
    """A parent that was never made has no children; what is held or under way is judged elsewhere."""
    vault = {"urn": PARENT, "type": "litellm-azure:vault:Vault"}
    held = {"urn": SECRET, "id": "/held"}
    deleted = {**held, "pendingReplacement": True}
    assert _planned(_step(), export=_export(vault)) == [SECRET]
    assert _planned(_step(), export=_export()) == []
    assert _planned(_step(), export=_export(vault, pending=(_creating(),))) == []
    assert _planned(_step(op="create-replacement"), export=_export(vault, held)) == []
    assert _planned(_step(op="create-replacement"), export=_export(vault, deleted)) == [SECRET]
    assert _planned({"op": "same"}, {"op": "update", "newState": {}}, export=_export(vault)) == []


def test_what_was_imported_gets_the_programs_options() -> None:
    """As far as the state knows those that they name, and in an order that the engine reads."""
    group, later = f"{STACK}::azure-native:resources:ResourceGroup::rg", f"{STACK}::t::later"
    new = {
        "dependencies": [group, later],
        "propertyDependencies": {"vaultName": [later], "resourceGroupName": [group], "tags": None},
        "deletedWith": group,
        "retainOnDelete": True,
    }
    vault = {"urn": PARENT, "type": "litellm-azure:vault:Vault"}
    step = _step()
    step["newState"].update(new)
    adopted = deployment.planned(_export(vault), [step])
    imported = _export({"urn": group}, vault, {"urn": SECRET}, {"urn": later})
    found = deployment.held(deployment.settled(imported, {}, adopted=adopted), SECRET)
    assert found == {
        "urn": SECRET,
        "dependencies": [group],
        "propertyDependencies": {"vaultName": [], "resourceGroupName": [group], "tags": []},
        "deletedWith": group,
        "retainOnDelete": True,
    }
    elsewhere = _export(vault, {"urn": SECRET}, {"urn": group})
    found = deployment.held(deployment.settled(elsewhere, {}, adopted=adopted), SECRET)
    assert found is not None
    assert "deletedWith" not in found


def test_a_name_that_was_not_known_yet_gives_no_id() -> None:
    with pytest.raises(UnknownPlaceError, match="secretName"):
        arm_id("azure-native:keyvault:Secret", {"resourceGroupName": "rg", "vaultName": "kv"}, "s")
    unknown = {"resourceGroupName": "rg", "vaultName": "kv", "secretName": UNKNOWN}
    with pytest.raises(UnknownPlaceError, match="secretName"):
        arm_id("azure-native:keyvault:Secret", unknown, "s")
    with pytest.raises(UnknownPlaceError, match="compute"):
        arm_id("azure-native:compute:VirtualMachine", {}, "s")


def _said(pid: int, since: datetime, host: str = "") -> str:
    """As the engine (3.255) says it."""
    return (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete "
        "the lock file with `pulumi cancel`.\n  azblob://state/.pulumi/locks/organization/p/dev/4d1e.json: created by "
        f"root@{host or socket.gethostname()} (pid {pid}) at {since:%Y-%m-%dT%H:%M:%SZ}"
    )


def test_a_reused_pid_is_another_process() -> None:
    """The lock was taken before the process that now has the number began."""
    begun = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    (mine,) = locks.holders(_said(os.getpid(), begun + timedelta(seconds=1)))
    (older,) = locks.holders(_said(os.getpid(), begun - timedelta(hours=1)))
    assert mine.is_here
    assert mine.lives
    assert not older.lives


def test_a_lock_of_another_machine() -> None:
    (holder,) = locks.holders(_said(7, datetime.now(UTC), host="build-7"))
    assert not holder.is_here
    assert "root@build-7 (pid 7)" in str(holder)


def test_pulumi_cloud_names_nobody() -> None:
    said = "error: [409] Conflict: Another update is currently in progress."
    assert locks.is_locked(said)
    assert locks.holders(said) == []
