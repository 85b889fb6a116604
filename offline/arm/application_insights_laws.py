"""Laws of Application Insights and of its workbooks."""

from offline.arm.errors import Law

WORKSPACE_MISSING = Law(
    id="ai-workspace",
    status=400,
    code="BadRequest",
    message="Could not retrieve the Log Analytics workspace from ARM: {id}",
    source="microsoft/aspire#3854 (end of the text left out there)",
    protects="a component that is written before its workspace",
    remedy="Let the component depend on its workspace: hand it the workspace's id, not a text that looks like it.",
)
WORKSPACE_INVALID = Law(
    id="ai-workspace-id",
    status=400,
    code="BadRequest",
    message="Provided WorkspaceResourceId is invalid",
    source="Azure-Samples/keyvault-rotation-storageaccountkey-powershell#2",
    protects="a component that is given the workspace's name, or its customer id, for its resource id",
)
RETENTION = Law(
    id="ai-retention",
    status=400,
    code="BadRequest",
    message="Retention of {days} days is not supported. Supported: {supported}.",
    source="docs azure-monitor/app/create-workspace-resource (code and text unconfirmed)",
    protects="a retention in between the steps that there are",
    unconfirmed=True,
)
WORKBOOK_NAME = Law(
    id="workbook-name",
    status=400,
    code="BadRequest",
    message="The workbook's resource name '{name}' must be a GUID.",
    source="docs azure-monitor/visualize/workbooks-automate (code and text unconfirmed)",
    protects="a workbook that is named in words: its words are the display name",
    unconfirmed=True,
)
WORKBOOK_TWICE = Law(
    id="workbook-twice",
    status=409,
    code="Conflict",
    message="A Workbook with the same name already exists within this subscription.",
    source="docs azure-monitor/visualize/workbooks-automate (status and code unconfirmed)",
    protects="a workbook whose GUID is a new one at every deployment",
    remedy="Derive the workbook's GUID from what stays, or delete the workbook that has the display name.",
)
