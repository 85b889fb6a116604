"""Application Insights components and workbooks: what Azure fills in, and what it shows of them."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.offline.arm_judge import complaints
from tests.offline.arm_rig import OWNER, Rig

GROUP = "/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-one"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/appi-one"
WORKBOOK = f"{GROUP}/providers/Microsoft.Insights/workbooks/7f3c2f4e-31a1-4d53-8b1c-6ac3a1f1f2a0"
PROMISED_ONLY = ("hockeyAppToken", "laMigrationDate", "privateLinkScopedResources")
"""Outputs that stand in the specification and in none of azure-cli's recordings."""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.group()
    started.make(WORKSPACE, {"location": "southcentralus", "properties": {}})
    yield started
    started.stop()


def component(rig: Rig, **properties: Any) -> dict[str, Any]:
    asked = {"Application_Type": "web", "WorkspaceResourceId": rig.base + WORKSPACE, **properties}
    return {"location": "southcentralus", "kind": "web", "properties": asked}


def workbook(title: str = "Gateway", **words: Any) -> dict[str, Any]:
    content = json.dumps({"version": "Notebook/1.0", "items": []})
    properties = {"displayName": title, "category": "workbook", "serializedData": content}
    return {"location": "southcentralus", "kind": "shared", "properties": properties, **words}


def test_a_component_is_made_at_once_with_its_keys(rig: Rig) -> None:
    reply = rig.ask("PUT", COMPONENT, component(rig))
    assert reply.status_code == 200
    assert "Azure-AsyncOperation" not in reply.headers
    shown = rig.see(COMPONENT)
    assert shown == reply.json()
    assert complaints("applicationinsights:Component", shown, absent=PROMISED_ONLY) == []
    properties = shown["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["IngestionMode"] == "LogAnalytics"
    assert properties["RetentionInDays"] == 90
    assert properties["ConnectionString"] == (
        f"InstrumentationKey={uuid.UUID(properties['InstrumentationKey'])};"
        "IngestionEndpoint=https://southcentralus-0.in.applicationinsights.azure.com/;"
        "LiveEndpoint=https://southcentralus.livediagnostics.monitor.azure.com/;"
        f"ApplicationId={uuid.UUID(properties['AppId'])}"
    )


def test_a_component_writes_its_type_in_lower_case(rig: Rig) -> None:
    """Its id is still found under the id that was asked for."""
    shown = rig.make(COMPONENT, component(rig))
    assert shown["id"] == f"{rig.base}{GROUP}/providers/microsoft.insights/components/appi-one"
    assert shown["type"] == "microsoft.insights/components"
    assert rig.see(shown["id"]) == shown
    assert [
        found["name"] for found in rig.see(f"{GROUP}/providers/Microsoft.Insights/components")["value"]
    ] == ["appi-one"]


def test_an_update_keeps_the_keys(rig: Rig) -> None:
    before = rig.make(COMPONENT, component(rig))["properties"]
    after = rig.make(COMPONENT, component(rig, RetentionInDays=30))["properties"]
    assert after["RetentionInDays"] == 30
    kept = ("InstrumentationKey", "ConnectionString", "AppId", "CreationDate")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_a_component_can_be_logged(rig: Rig) -> None:
    rig.make(COMPONENT, component(rig))
    setting = {
        "properties": {
            "workspaceId": rig.base + WORKSPACE,
            "logs": [{"categoryGroup": "allLogs", "enabled": True}],
            "metrics": [{"category": "AllMetrics", "enabled": True}],
        }
    }
    path = f"{COMPONENT}/providers/Microsoft.Insights/diagnosticSettings/all"
    assert rig.ask("PUT", path, setting).status_code == 200


def test_a_workbooks_content_is_answered_once_and_never_read(rig: Rig) -> None:
    asked = workbook(tags={"team": "ai"})
    reply = rig.ask("PUT", WORKBOOK, asked)
    assert reply.status_code == 200
    shown = rig.see(WORKBOOK)
    assert shown["properties"]["serializedData"] is None
    assert shown["tags"] == {"team": "ai", "hidden-title": "Gateway"}
    assert shown["properties"]["userId"] == OWNER
    assert complaints("applicationinsights:Workbook", shown, absent=("serializedData",)) == []
    [sent] = [
        body for _, path, _, body, _ in rig.inside(lambda: rig.store.requests("PUT")) if path.endswith("f2a0")
    ]
    assert sent is not None
    assert sent["properties"] == asked["properties"], "the record of requests has it"


def test_a_changed_workbook_is_another_revision(rig: Rig) -> None:
    first = rig.make(WORKBOOK, workbook())["properties"]
    second = rig.make(WORKBOOK, workbook("Gateway, renamed"))
    assert second["properties"]["revision"] != first["revision"]
    assert second["tags"] == {"hidden-title": "Gateway, renamed"}
