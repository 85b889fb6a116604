"""Microsoft.Insights: Application Insights components. What is sent to them is not kept here."""

import uuid

from offline.arm import application_insights_laws as laws
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.operational_insights import WORKSPACE
from offline.arm.store import Resource

COMPONENT = "Microsoft.Insights/components"

RETENTIONS = (30, 60, 90, 120, 180, 270, 365, 550, 730)
"""Days. Source: docs azure-monitor/app/create-workspace-resource."""


class InsightsKind(Kind):
    """What components and workbooks share: they answer at once, with 200, and write their type in lower case.

    Source: the recordings of Azure/azure-cli-extensions, extension application-insights.
    """

    synchronous = True
    created_status = 200

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        scope = resource.id.scope
        before = scope.text if scope is not None else ""
        kind = self.type.replace("Microsoft.Insights", "microsoft.insights")
        return {**resource.body, "id": f"{before}/providers/{kind}/{resource.id.name}", "type": kind}


class Component(InsightsKind):
    """An Application Insights component on a workspace. Its keys stay the same for its life."""

    type = COMPONENT
    create_seconds = 4  # 1.4 to 31, n=9
    update_seconds = 2
    delete_seconds = 2
    system_data = False

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: ai-workspace, ai-workspace-id, ai-retention."""
        workspace = write.properties.get("WorkspaceResourceId")
        if workspace is not None:
            if ResourceId(str(workspace)).type.lower() != WORKSPACE.lower():
                raise laws.WORKSPACE_INVALID.broken()
            if azure.store.get(str(workspace)) is None:
                raise laws.WORKSPACE_MISSING.broken(id=workspace)
        days = write.properties.get("RetentionInDays")
        if days is not None and days not in RETENTIONS:
            raise laws.RETENTION.broken(days=days, supported=", ".join(str(known) for known in RETENTIONS))

    def accept(self, azure: Azure, write: Write) -> Resource:
        before: JSON = write.existing.properties if write.existing is not None else {}
        asked, location = write.properties, str(write.body.get("location", ""))
        key = before.get("InstrumentationKey") or str(uuid.uuid4())
        application = before.get("AppId") or str(uuid.uuid4())
        properties: JSON = {
            "Flow_Type": "Bluefield",
            "Request_Source": "rest",
            "RetentionInDays": 90,
            "IngestionMode": "LogAnalytics" if asked.get("WorkspaceResourceId") else "ApplicationInsights",
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            **asked,
            "ApplicationId": write.id.name,
            "AppId": application,
            "Name": write.id.name,
            "CreationDate": before.get("CreationDate") or azure.clock.stamp(),
            "TenantId": azure.subscription_id,  # so in the recordings, whatever the name says
            "InstrumentationKey": key,
            "ConnectionString": f"InstrumentationKey={key};"
            f"IngestionEndpoint=https://{location}-0.in.applicationinsights.azure.com/;"
            f"LiveEndpoint=https://{location}.livediagnostics.monitor.azure.com/;"
            f"ApplicationId={application}",
        }
        body: JSON = {"tags": {}, **write.body, "etag": f'"{uuid.uuid4()}"', "properties": properties}
        return Resource(id=write.id, body=body)


KINDS: tuple[Kind, ...] = (Component(),)
