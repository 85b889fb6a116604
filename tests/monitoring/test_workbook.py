"""The workbook: every name in its queries is one that a workspace has, and its form is the portal's.

Shows: Microsoft's own parser binds every table, column and function against the references in `tables.yaml`, and
every metric is in `metrics.yaml`. Does not show: how the portal draws it, and that Azure's tables hold what those say.
"""

import json
import re
import uuid
from typing import Any

import pytest

from config import names
from config.alerts import ACCOUNTS
from config.workbook import PARTS, Metric, Query, render
from tests.monitoring.kql import METRICS, QUERIES, TABLES, parse, parsed
from tests.monitoring.measured import METRICS as MEASURED
from tests.monitoring.measured import problems

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/log"
ACCOUNT_IDS = [f"/subscriptions/s/resourceGroups/g/providers/{ACCOUNTS}/ai-{number}" for number in (1, 2)]

every_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.title)
every_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.title)


@every_query
def test_a_query_names_what_there_is(query: Query) -> None:
    found = parsed()[query.title]
    assert found.errors == ()
    assert found.columns


WRONG = (
    ("ContainerAppConsoleLogs\n", "ContainerAppConsoleLogs_CL\n", "'ContainerAppConsoleLogs_CL'"),
    ("where Log ", "where Log_s ", "'Log_s'"),
    ("by application, model", "by aplication, model", "'aplication'"),
    ("countif(", "countiff(", "'countiff'"),
    ("| summarize", "| summarise", "Query operator expected."),
)


def test_a_wrong_name_is_seen() -> None:
    text = next(query.text for query in QUERIES if query.title == "Answers by application and model")
    assert all(old in text for old, _, _ in WRONG)
    found = parse(*(text.replace(old, new) for old, new, _ in WRONG))
    for one, (_, new, says) in zip(found, WRONG, strict=True):
        assert any(says in error for error in one.errors), (new, one.errors)


def test_what_is_drawn_over_time_has_a_time_and_one_number() -> None:
    """The portal takes the time for the axis, numbers for lines, and words for their names."""
    drawn = [query for query in QUERIES if query.chart == "timechart"]
    assert drawn
    for query in drawn:
        kinds = list(parsed()[query.title].columns.values())
        assert kinds.count("datetime") == 1, query.title
        assert len([kind for kind in kinds if kind in ("long", "real", "int")]) == 1, query.title
        assert "{TimeRange:grain}" in query.text, "as many points as fit"


@every_query
def test_the_metrics_of_a_query_are_exported_to_a_workspace(query: Query) -> None:
    named = [
        name
        for found in re.findall(r'MetricName (?:==|in) (?:\(([^)]*)\)|("\w+"))', query.text)
        for name in re.findall(r'"(\w+)"', "".join(found))
    ]
    assert bool(named) == ("AzureMetrics" in query.text)
    known = {name: one for metrics in MEASURED.values() for name, one in metrics.items()}
    assert [name for name in named if name not in known or not known[name].exported] == []


@every_metric
def test_a_chart_of_a_metric_is_of_one_that_there_is(metric: Metric) -> None:
    split = [metric.split_by] if metric.split_by else []
    assert list(problems(ACCOUNTS, metric.name, metric.aggregation, split)) == []
    assert MEASURED[ACCOUNTS][metric.name].category == metric.category


def test_a_metrics_key_is_spelled_as_the_portal_spells_it() -> None:
    """As in dolevshor/Azure-OpenAI-Insights: the dash in the category's name leaves two spaces behind."""
    keys = {metric.name: metric.key for metric in METRICS}
    assert (
        keys["TokenTransaction"]
        == "microsoft.cognitiveservices/accounts-Azure OpenAI  Usage-TokenTransaction"
    )


def test_the_document_has_every_panel_and_asks_this_stack() -> None:
    document: dict[str, Any] = json.loads(render(WORKSPACE, ACCOUNT_IDS))
    items = document["items"]
    assert document["version"] == "Notebook/1.0"
    assert document["fallbackResourceIds"] == [WORKSPACE]
    titles = [item["name"] for item in items]
    assert titles == [
        "time",
        *(name for part in PARTS for name in (part.title, *(panel.title for panel in part.panels))),
    ]
    assert len(set(titles)) == len(titles), "the portal knows items by their names"
    assert {item["type"] for item in items} == {1, 3, 9, 10}
    for item in items:
        if item["type"] == 3:
            assert item["content"]["crossComponentResources"] == [WORKSPACE]
            assert item["content"]["timeContextFromParameter"] == "TimeRange"
        if item["type"] == 10:
            assert item["content"]["resourceIds"] == ACCOUNT_IDS


def test_the_same_stack_gives_the_same_bytes() -> None:
    """Else every `up` would write it again."""
    assert render(WORKSPACE, ACCOUNT_IDS) == render(WORKSPACE, list(ACCOUNT_IDS))


def test_a_workbooks_name_is_a_guid_of_its_own_and_stays() -> None:
    first = names.workbook("sub", "rg-one")
    assert str(uuid.UUID(first)) == first == names.workbook("SUB", "RG-one")
    assert len({first, names.workbook("sub", "rg-two"), names.workbook("other", "rg-one")}) == 3


def test_no_query_is_of_a_table_that_the_stack_does_not_fill() -> None:
    """A diagnostic setting fills these: of the environment, of everything."""
    asked_for = {table for table in TABLES for query in QUERIES if re.search(rf"\b{table}\b", query.text)}
    assert asked_for == set(TABLES)
