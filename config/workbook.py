"""The workbook: a page of charts for the portal, made from what is asked and how it is shown.

Three sources. The gateway's own log (`gateway/call_log.py`) in the table ContainerAppConsoleLogs alone knows
applications, and what callers got. AzureMetrics knows the accounts' numbers in all, without dimensions: Azure's export
adds them up ("Diagnostic settings in Azure Monitor", learn.microsoft.com). What needs a dimension is read from the
metrics themselves. `tests/monitoring` holds tables, columns and metrics against Microsoft's references, with
Microsoft's own parser, and runs the queries over lines that the real gateway has written.

The form of the document: Azure/bicep-registry-modules and microsoft/Application-Insights-Workbooks, 2026-11; a metric's
key there, such as `microsoft.cognitiveservices/accounts-Azure OpenAI  Usage-TokenTransaction`, as in
dolevshor/Azure-OpenAI-Insights.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from config.alerts import ACCOUNTS

WORKSPACES: Final = "microsoft.operationalinsights/workspaces"

_TIME: Final = "TimeRange"
_GRAIN: Final = "{TimeRange:grain}"
"""Written out by the portal: the width of a point, for the time that is chosen."""
_HOURS: Final = (1, 4, 24, 72, 168, 720)
_HOUR: Final = 3_600_000

CALLS: Final = """\
let calls = ContainerAppConsoleLogs
| where Log startswith '{"message": "call"'
| extend call = parse_json(Log)
| extend place = split(tostring(call.deployment), "/")
| project
    TimeGenerated,
    status = toint(call.status),
    application = iff(isempty(tostring(call.application)), "(no key)", tostring(call.application)),
    model = tostring(call.model),
    region = tostring(place[-2]),
    promptTokens = tolong(call.promptTokens),
    completionTokens = tolong(call.completionTokens),
    seconds = todouble(call.seconds),
    error = tostring(call.error);
"""
"""Every call that the gateway has logged, a row each. The region is the last but one part of LiteLLM's id of what
answered (`litellm.model_id`), which a call that nobody answered has not."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A question to the workspace."""

    title: str
    text: str
    chart: str = "table"
    """How it is drawn: table, timechart, barchart."""
    width: int = 50
    """Percent of the page."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of all accounts, drawn over time, with its dimension."""

    title: str
    category: str
    """As Microsoft's reference writes it: part of the key."""
    name: str
    aggregation: str
    split_by: str | None = None
    width: int = 50

    @property
    def key(self) -> str:
        return f"{ACCOUNTS.lower()}-{self.category.replace(' - ', '  ')}-{self.name}"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the page."""

    title: str
    text: str
    panels: tuple[Query | Metric, ...]


PARTS: Final = (
    Part(
        title="Calls",
        text="What callers asked of the gateway, and what they were answered.",
        panels=(
            Query(
                title="Calls by application",
                text=f"{CALLS}calls\n| summarize calls = count() by bin(TimeGenerated, {_GRAIN}), application",
                chart="timechart",
            ),
            Query(
                title="Answers by application and model",
                text=f"""{CALLS}calls
| summarize
    calls = count(),
    answered = countif(status == 200),
    refused = countif(status in (401, 403)),
    throttled = countif(status == 429),
    failed = countif(status >= 500 or isnull(status))
    by application, model
| order by calls desc""",
            ),
        ),
    ),
    Part(
        title="Tokens",
        text="Who uses them, and of which model. What a deployment is paid for is in its account's tokens.",
        panels=(
            Query(
                title="Tokens by application and model",
                text=f"""{CALLS}calls
| summarize
    calls = count(),
    promptTokens = sum(promptTokens),
    completionTokens = sum(completionTokens)
    by application, model
| extend tokens = promptTokens + completionTokens
| order by tokens desc""",
            ),
            Query(
                title="Tokens by model",
                text=f"{CALLS}calls\n| summarize tokens = sum(promptTokens) + sum(completionTokens) "
                f"by bin(TimeGenerated, {_GRAIN}), model",
                chart="timechart",
            ),
            Metric(
                title="Tokens of the accounts, by deployment",
                category="Azure OpenAI - Usage",
                name="TokenTransaction",
                aggregation="Total",
                split_by="ModelDeploymentName",
                width=100,
            ),
        ),
    ),
    Part(
        title="Latency",
        text="Seconds from the gateway's first look at a call to the end of its answer. Streams take as long as their "
        "text: look at tokens beside it.",
        panels=(
            Query(
                title="Seconds a call, by model",
                text=f"""{CALLS}calls
| where status == 200
| summarize
    calls = count(),
    p50 = percentile(seconds, 50),
    p95 = percentile(seconds, 95),
    p99 = percentile(seconds, 99),
    longest = max(seconds)
    by model
| order by p95 desc""",
            ),
            Query(
                title="95 of 100 calls take less than so many seconds",
                text=f"{CALLS}calls\n| where status == 200\n| summarize p95 = percentile(seconds, 95) "
                f"by bin(TimeGenerated, {_GRAIN}), model",
                chart="timechart",
            ),
        ),
    ),
    Part(
        title="Throttling and failures",
        text="Accounts throttle, the gateway tries the next deployment, and callers see what is left of it.",
        panels=(
            Query(
                title="Percent of calls that the gateway answered with 429",
                text=f"{CALLS}calls\n| summarize throttled = 100.0 * countif(status == 429) / count() "
                f"by bin(TimeGenerated, {_GRAIN}), model",
                chart="timechart",
            ),
            Metric(
                title="Answers of the accounts, by status",
                category="Azure OpenAI - HTTP Requests",
                name="AzureOpenAIRequests",
                aggregation="Total",
                split_by="StatusCode",
            ),
            Query(
                title="Failed calls, by error",
                text=f"""{CALLS}calls
| where status != 200 or isnull(status)
| summarize calls = count(), seen = max(TimeGenerated) by status, error, model, application
| order by calls desc""",
                width=100,
            ),
        ),
    ),
    Part(
        title="Health by region",
        text="An account is a region. Azure's own availability counts its 5xx alone.",
        panels=(
            Query(
                title="Answered calls, by region",
                text=f"""{CALLS}calls
| where isnotempty(region)
| summarize calls = count(), p95 = percentile(seconds, 95), seen = max(TimeGenerated) by region
| order by calls desc""",
            ),
            Query(
                title="Accounts",
                text="""AzureMetrics
| where ResourceProvider =~ "MICROSOFT.COGNITIVESERVICES"
| summarize
    calls = sumif(Total, MetricName == "AzureOpenAIRequests"),
    tokens = sumif(Total, MetricName == "TokenTransaction"),
    milliseconds = sumif(Total, MetricName == "AzureOpenAITTLTInMS")
        / sumif(Count, MetricName == "AzureOpenAITTLTInMS")
    by account = tolower(Resource)
| order by calls desc""",
            ),
            Metric(
                title="Availability of the accounts",
                category="Azure OpenAI - HTTP Requests",
                name="AzureOpenAIAvailabilityRate",
                aggregation="Average",
                width=100,
            ),
        ),
    ),
    Part(
        title="Gateway",
        text="The container app that all of it goes through.",
        panels=(
            Query(
                title="Replicas and restarts",
                text=f"""AzureMetrics
| where ResourceProvider =~ "MICROSOFT.APP"
| where MetricName in ("Replicas", "RestartCount")
| summarize most = max(Maximum) by bin(TimeGenerated, {_GRAIN}), MetricName""",
                chart="timechart",
            ),
            Query(
                title="What the platform did",
                text="""ContainerAppSystemLogs
| summarize times = count(), seen = max(TimeGenerated) by Reason, Type, RevisionName
| order by seen desc""",
            ),
        ),
    ),
)
"""The page, from its top."""

_AGGREGATIONS: Final[Mapping[str, int]] = {"Total": 1, "Minimum": 2, "Maximum": 3, "Average": 4}
"""Azure's numbers for them in a workbook."""


def render(workspace: str, accounts: Sequence[str]) -> str:
    """The workbook, as Azure keeps it: a text of JSON. The same ids give the same bytes.

    :param workspace: the id of the workspace that is asked.
    :param accounts: the ids of the accounts.
    """
    items = [_time(), *(item for part in PARTS for item in _part(part, workspace, accounts))]
    return json.dumps(
        {"version": "Notebook/1.0", "items": items, "fallbackResourceIds": [workspace]}, indent=1
    )


def _part(part: Part, workspace: str, accounts: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield {"type": 1, "content": {"json": f"## {part.title}\n{part.text}"}, "name": part.title}
    for panel in part.panels:
        content = _query(panel, workspace) if isinstance(panel, Query) else _metric(panel, accounts)
        yield {
            "type": 3 if isinstance(panel, Query) else 10,
            "content": content,
            "customWidth": str(panel.width),
            "name": panel.title,
        }


def _time() -> dict[str, Any]:
    """The choice of a time, at the page's head."""
    kind = "KqlParameterItem/1.0"
    choice = {
        "id": "7d1e4f5a-6c0b-4f6e-9d0e-2a5b8c3f1e90",
        "version": kind,
        "name": _TIME,
        "label": "Time",
        "type": 4,
        "isRequired": True,
        "value": {"durationMs": 24 * _HOUR},
        "typeSettings": {
            "selectableValues": [{"durationMs": hours * _HOUR} for hours in _HOURS],
            "allowCustom": True,
        },
    }
    content = {"version": kind, "parameters": [choice], "style": "pills", "queryType": 0}
    return {"type": 9, "content": {**content, "resourceType": WORKSPACES}, "name": "time"}


def _query(panel: Query, workspace: str) -> dict[str, Any]:
    return {
        "version": "KqlItem/1.0",
        "query": panel.text,
        "size": 0,
        "title": panel.title,
        "timeContextFromParameter": _TIME,
        "queryType": 0,
        "resourceType": WORKSPACES,
        "crossComponentResources": [workspace],
        "visualization": panel.chart,
    }


def _metric(panel: Metric, accounts: Sequence[str]) -> dict[str, Any]:
    metric: dict[str, Any] = {
        "namespace": ACCOUNTS.lower(),
        "metric": panel.key,
        "aggregation": _AGGREGATIONS[panel.aggregation],
    }
    if panel.split_by:
        metric["splitBy"] = [panel.split_by]
    return {
        "chartId": f"workbook-{panel.name}",
        "version": "MetricsItem/2.0",
        "size": 0,
        "chartType": 2,
        "resourceType": ACCOUNTS.lower(),
        "metricScope": 0,
        "resourceIds": list(accounts),
        "timeContextFromParameter": _TIME,
        "timeContext": {"durationMs": 0},
        "metrics": [metric],
        "title": panel.title,
    }
