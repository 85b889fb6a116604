"""What resources report to Azure Monitor: log categories and metrics, by lower-case resource type."""

from collections.abc import Mapping

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "microsoft.cognitiveservices/accounts": ("Audit", "RequestResponse", "Trace", "AzureOpenAIRequestUsage"),
    "microsoft.keyvault/vaults": ("AuditEvent", "AzurePolicyEvaluationDetails"),
    "microsoft.app/managedenvironments": (
        "ContainerAppConsoleLogs",
        "ContainerAppSystemLogs",
        "ContainerAppHTTPLogs",
    ),
    "microsoft.app/containerapps": (),
    "microsoft.network/virtualnetworks": ("VMProtectionAlerts",),
    "microsoft.network/networksecuritygroups": (
        "NetworkSecurityGroupEvent",
        "NetworkSecurityGroupRuleCounter",
    ),
    "microsoft.network/publicipaddresses": (
        "DDoSProtectionNotifications",
        "DDoSMitigationFlowLogs",
        "DDoSMitigationReports",
    ),
    "microsoft.operationalinsights/workspaces": ("Audit", "SummaryLogs"),
    "microsoft.containerregistry/registries": (
        "ContainerRegistryLoginEvents",
        "ContainerRegistryRepositoryEvents",
    ),
    "microsoft.dbforpostgresql/flexibleservers": (
        "PostgreSQLLogs",
        "PostgreSQLFlexSessions",
        "PostgreSQLFlexQueryStoreRuntime",
        "PostgreSQLFlexQueryStoreWaitStats",
        "PostgreSQLFlexTableStats",
        "PostgreSQLFlexDatabaseXacts",
    ),
    "microsoft.cache/redisenterprise": (),
    "microsoft.cache/redisenterprise/databases": ("ConnectionEvents",),
    "microsoft.insights/components": (
        "AppAvailabilityResults",
        "AppBrowserTimings",
        "AppDependencies",
        "AppEvents",
        "AppExceptions",
        "AppMetrics",
        "AppPageViews",
        "AppPerformanceCounters",
        "AppRequests",
        "AppSystemEvents",
        "AppTraces",
    ),
}
"""Log categories by resource type. Source: docs azure-monitor/reference/logs-index, 2026-11."""

NO_METRICS = frozenset(
    {"microsoft.network/networksecuritygroups", "microsoft.cache/redisenterprise/databases"}
)

METRICS: Mapping[str, frozenset[str]] = {
    "microsoft.cognitiveservices/accounts": frozenset(
        {
            "AzureOpenAIRequests",
            "AzureOpenAIAvailabilityRate",
            "AzureOpenAITTLTInMS",
            "AzureOpenAINormalizedTTFTInMS",
            "AzureOpenAITimeToResponse",
            "AzureOpenAITokenPerSecond",
            "AzureOpenAIContextTokensCacheMatchRate",
            "AzureOpenAIProvisionedManagedUtilizationV2",
            "ProcessedPromptTokens",
            "GeneratedTokens",
            "TokenTransaction",
            "TotalCalls",
            "SuccessfulCalls",
            "TotalErrors",
            "BlockedCalls",
            "ServerErrors",
            "ClientErrors",
            "Latency",
            "SuccessRate",
        }
    ),
    "microsoft.app/containerapps": frozenset(
        {
            "Requests",
            "ResponseTime",
            "Replicas",
            "RestartCount",
            "UsageNanoCores",
            "WorkingSetBytes",
            "RxBytes",
            "TxBytes",
            "CpuPercentage",
            "MemoryPercentage",
            "TotalCoresQuotaUsed",
            "CoresQuotaUsed",
        }
    ),
    "microsoft.keyvault/vaults": frozenset(
        {"Availability", "SaturationShoebox", "ServiceApiHit", "ServiceApiLatency", "ServiceApiResult"}
    ),
}
"""Metric names by resource type. Source: docs azure-monitor/reference/metrics-index, 2026-11."""
