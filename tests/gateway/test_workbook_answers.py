"""The workbook's questions, asked of lines that the real gateway has written.

Shows: what applications did, were refused and had failed is what the workbook says of them, and its hours, tokens and
regions are those of the calls. Does not show: that Azure brings each line whole and in time into the table; and the
engine is not Azure's, but another of the same language (duckdb-kql), which refuses what it does not know.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb_kql
import httpx
import pytest

from offline import control
from tests.cloud import Cloud, Stack
from tests.gateway.calls import request
from tests.monitoring.kql import QUERIES, TABLES, asked
from tests.ops.cutting import until

CHAT, EMBEDDINGS = "gpt-5.1", "text-embedding-3-small"
NOW = datetime(2026, 11, 22, 10, 20, tzinfo=UTC)
HOUR = datetime(2026, 11, 22, 10)
"""As the engine gives it back: without a zone."""
CALLS = 10
"""Of the fixture `used`."""

_TYPES = {"string": "VARCHAR", "datetime": "TIMESTAMPTZ", "real": "DOUBLE", "int": "INTEGER"}

Row = Mapping[str, Any]


class Workspace:
    """Azure's tables, as far as the workbook asks for them, with rows of ours."""

    def __init__(self) -> None:
        self._database = duckdb_kql.connect()
        for table, columns in TABLES.items():
            described = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in columns.items())
            self._database.execute(f'CREATE TABLE "{table}" ({described})')

    def add(self, table: str, **row: object) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self._database.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', [*row.values()])  # noqa: S608  our own words

    def ask(self, title: str) -> list[Row]:
        """The answer to the question of that title."""
        (query,) = [query for query in QUERIES if query.title == title]
        found = duckdb_kql.kql(self._database, asked(query.text))
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    deployed = Stack(cloud, "staging")
    deployed.up(
        values={
            "litellm-azure:applications": [
                {"name": "writes"},
                {"name": "searches", "models": [EMBEDDINGS]},
                {"name": "hurries", "requestsPerMinute": 1},
            ]
        }
    )
    assert control.settled(cloud.record)
    return deployed


@pytest.fixture(scope="module")
def used(stack: Stack) -> dict[str, int]:
    """Calls of each application; the tokens that `writes` was told of."""
    keys = stack.outputs()["applicationKeys"]
    tokens = {"prompt_tokens": 0, "completion_tokens": 0}
    with httpx.Client(base_url=stack.base_url, timeout=60, trust_env=False) as http:

        def call(key: str, model: str, kind: str) -> httpx.Response:
            path, body = request(kind, model)
            return http.post(path, json=body, headers={"Authorization": f"Bearer {key}"})

        for _ in range(3):
            answer = call(keys["writes"], CHAT, "chat")
            assert answer.status_code == 200, answer.text
            for word in tokens:
                tokens[word] += answer.json()["usage"][word]
        assert call(keys["searches"], EMBEDDINGS, "embeddings").status_code == 200
        assert call(keys["searches"], CHAT, "chat").status_code == 403
        statuses = [call(keys["hurries"], CHAT, "chat").status_code for _ in range(3)]
        assert statuses == [200, 429, 429]
        assert call("sk-nobodys", CHAT, "chat").status_code == 401
        (account,) = stack.outputs()["resourceIds"]["accounts"]
        control.fault(
            stack.cloud.record,
            "deployment",
            {"account": account, "deployment": "gpt-5.1-2025-11-13", "answer": "500"},
        )
        assert call(keys["writes"], CHAT, "chat").status_code >= 500
        control.clear_faults(stack.cloud.record)
    return tokens


@pytest.fixture(scope="module")
def workspace(stack: Stack, used: dict[str, int]) -> Workspace:
    """With everything that the gateway has printed, its own lines and LiteLLM's."""

    def printed() -> list[str]:
        files = stack.cloud.home.apps.rglob("*.log")
        return [line for file in files for line in file.read_text().splitlines() if line]

    # LiteLLM writes of a call when its answer has gone out.
    until(lambda: sum(line.startswith('{"message": "call"') for line in printed()) == CALLS)
    found, lines = Workspace(), printed()
    assert any(not line.startswith('{"message": "call"') for line in lines), "others' lines are between"
    for line in lines:
        found.add("ContainerAppConsoleLogs", TimeGenerated=NOW, Log=line, ContainerAppName="ca")
    return found


def test_every_application_has_the_answers_that_it_got(workspace: Workspace) -> None:
    rows = {
        (row["application"], row["model"]): row for row in workspace.ask("Answers by application and model")
    }
    columns = ("calls", "answered", "refused", "throttled", "failed")
    assert {who: tuple(row[name] for name in columns) for who, row in rows.items()} == {
        ("writes", CHAT): (4, 3, 0, 0, 1),
        ("searches", EMBEDDINGS): (1, 1, 0, 0, 0),
        ("searches", CHAT): (1, 0, 1, 0, 0),
        ("hurries", CHAT): (3, 1, 0, 2, 0),
        ("(no key)", CHAT): (1, 0, 1, 0, 0),
    }


def test_calls_are_counted_by_the_hour(workspace: Workspace) -> None:
    rows = workspace.ask("Calls by application")
    assert {row["TimeGenerated"] for row in rows} == {HOUR}
    assert {row["application"]: row["calls"] for row in rows} == {
        "writes": 4,
        "searches": 2,
        "hurries": 3,
        "(no key)": 1,
    }


def test_tokens_are_those_that_the_callers_were_told(workspace: Workspace, used: dict[str, int]) -> None:
    rows = {
        (row["application"], row["model"]): row for row in workspace.ask("Tokens by application and model")
    }
    writes = rows["writes", CHAT]
    assert writes["promptTokens"] == used["prompt_tokens"] > 0
    assert writes["completionTokens"] == used["completion_tokens"] > 0
    assert writes["tokens"] == sum(used.values())
    by_model = {row["model"]: row["tokens"] for row in workspace.ask("Tokens by model")}
    assert by_model[CHAT] >= writes["tokens"]
    assert by_model[EMBEDDINGS] == rows["searches", EMBEDDINGS]["tokens"] > 0


def test_latency_is_of_answered_calls(workspace: Workspace) -> None:
    rows = {row["model"]: row for row in workspace.ask("Seconds a call, by model")}
    assert rows[CHAT]["calls"] == 4
    assert 0 < rows[CHAT]["p50"] <= rows[CHAT]["p95"] <= rows[CHAT]["p99"] <= rows[CHAT]["longest"] < 60
    drawn = {
        row["model"]: row["p95"] for row in workspace.ask("95 of 100 calls take less than so many seconds")
    }
    assert drawn == {model: row["p95"] for model, row in rows.items()}


def test_throttling_is_a_share_and_failures_have_their_names(workspace: Workspace) -> None:
    shares = workspace.ask("Percent of calls that the gateway answered with 429")
    assert {row["model"]: round(row["throttled"], 1) for row in shares} == {
        CHAT: round(100 * 2 / 9, 1),
        EMBEDDINGS: 0.0,
    }
    failures = {(row["application"], row["status"]): row for row in workspace.ask("Failed calls, by error")}
    assert {who: row["calls"] for who, row in failures.items() if who[1] < 500} == {
        ("searches", 403): 1,
        ("hurries", 429): 2,
        ("(no key)", 401): 1,
    }
    assert all(row["error"] for row in failures.values())
    assert [row["seen"].hour for row in failures.values()] == [10] * len(failures)


def test_answers_come_from_the_region_of_their_account(workspace: Workspace) -> None:
    (row,) = workspace.ask("Answered calls, by region")
    assert (row["region"], row["calls"]) == ("eastus2", 5)


def test_metrics_of_accounts_and_app_are_added_up(workspace: Workspace) -> None:
    """Nothing is measured offline: these rows are made up, in the form of Azure's export."""
    measured = [
        ("AzureOpenAIRequests", "AI-ONE", 3.0, 3.0),
        ("AzureOpenAIRequests", "AI-ONE", 2.0, 2.0),
        ("TokenTransaction", "AI-ONE", 700.0, 5.0),
        ("AzureOpenAITTLTInMS", "AI-ONE", 9000.0, 3.0),
        ("AzureOpenAITTLTInMS", "AI-ONE", 1000.0, 1.0),
        ("AzureOpenAIRequests", "AI-TWO", 1.0, 1.0),
    ]
    for name, resource, total, count in measured:
        workspace.add(
            "AzureMetrics",
            TimeGenerated=NOW,
            ResourceProvider="MICROSOFT.COGNITIVESERVICES",
            Resource=resource,
            MetricName=name,
            Total=total,
            Count=count,
        )
    for name, most in (("Replicas", 2.0), ("Replicas", 3.0), ("RestartCount", 1.0), ("RxBytes", 9e9)):
        workspace.add(
            "AzureMetrics", TimeGenerated=NOW, ResourceProvider="MICROSOFT.APP", MetricName=name, Maximum=most
        )
    one, two = workspace.ask("Accounts")
    assert (one["account"], one["calls"], one["tokens"], one["milliseconds"]) == ("ai-one", 5, 700, 2500)
    assert (two["account"], two["calls"]) == ("ai-two", 1)
    drawn = {row["MetricName"]: row["most"] for row in workspace.ask("Replicas and restarts")}
    assert drawn == {"Replicas": 3, "RestartCount": 1}


def test_what_the_platform_did_is_listed(workspace: Workspace) -> None:
    for reason in ("ImagePullFailure", "ImagePullFailure", "RevisionReady"):
        workspace.add("ContainerAppSystemLogs", TimeGenerated=NOW, Reason=reason, Type="Warning")
    found = {row["Reason"]: row["times"] for row in workspace.ask("What the platform did")}
    assert found == {"ImagePullFailure": 2, "RevisionReady": 1}


def test_a_line_that_only_looks_like_a_call_is_none(workspace: Workspace) -> None:
    before = workspace.ask("Calls by application")
    for line in ('{"message": "called"}', 'x {"message": "call"}', json.dumps({"level": "call"})):
        workspace.add("ContainerAppConsoleLogs", TimeGenerated=NOW, Log=line)
    assert workspace.ask("Calls by application") == before
