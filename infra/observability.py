"""Logs and metrics, in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import monitor, operationalinsights

# Log categories of each kind of resource, from Azure's monitoring references (2026).
ACCOUNT_LOGS = ("Audit", "RequestResponse", "Trace", "AzureOpenAIRequestUsage")
VAULT_LOGS = ("AuditEvent",)
# Not ContainerAppHTTPLogs: it keeps callers' addresses and query strings, which is personal data.
ENVIRONMENT_LOGS = ("ContainerAppConsoleLogs", "ContainerAppSystemLogs")
# Who connected; a cluster has none, and its database's metrics are the cluster's.
REDIS_LOGS = ("ConnectionEvents",)
# An app's own logs are in its environment's.
APP_LOGS: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A resource whose logs and metrics are kept."""

    id: pulumi.Input[str]
    logs: Sequence[str]
    metrics: Sequence[str] = ("AllMetrics",)


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    resource_group: pulumi.Resource
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    retention_days: int
    watched: Mapping[str, Watched]
    """By the resource's name."""
    tags: Mapping[str, str]


class Observability(pulumi.ComponentResource):
    """A Log Analytics workspace, and what is sent to it. Named as Azure names the workspace.

    Children: the workspace, a diagnostic setting per watched resource. Leaves alone: the watched resources.
    """

    workspace_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("litellm-azure:observability:Observability", name, None, opts)
        workspace = operationalinsights.Workspace(
            name,
            workspace_name=name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            sku=operationalinsights.WorkspaceSkuArgs(
                name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018
            ),
            retention_in_days=args.retention_days,
            # Diagnostic settings need no key of the workspace.
            features=operationalinsights.WorkspaceFeaturesArgs(
                disable_local_auth=True, enable_log_access_using_only_resource_permissions=True
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, deleted_with=args.resource_group),
        )
        for watched_name, watched in args.watched.items():
            # Not deleted with the group: Azure keeps the setting of a resource that went first, and gives it to
            # the next resource of that name.
            monitor.DiagnosticSetting(
                f"{name}-{watched_name}",
                name=name,
                resource_uri=watched.id,
                workspace_id=workspace.id,
                logs=[
                    monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True)
                    for category in watched.logs
                ],
                metrics=[
                    monitor.DiagnosticsMetricSettingsArgs(category=category, enabled=True)
                    for category in watched.metrics
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.workspace_id = workspace.id
        self.register_outputs({"workspaceId": self.workspace_id})
