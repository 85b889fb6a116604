"""`python -m offline status`, for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from offline.home import Home, ServiceRecord

_VERDICTS = {"private": "green", "azure": "dim", "public": "yellow", "refused": "red", "unresolved": "red"}


def draw(home: Home, record: ServiceRecord, report: Mapping[str, Any]) -> RenderableType:
    """The service, its apps, what is deployed, and who called whom."""
    return Group(
        Text(f"Offline Azure in {home.path}, pid {record.pid}, {record.speed:g} times Azure's speed"),
        *(
            part
            for part in (
                _apps(report),
                _caches(report),
                _resources(report),
                _connections(report),
                _faults(report),
            )
            if part
        ),
    )


def _apps(report: Mapping[str, Any]) -> Table | None:
    table = Table(title="Container apps", title_justify="left")
    for column in ("app", "revision", "replica", "runs", "state", "restarts", "on this machine"):
        table.add_column(column)
    for app in report["apps"]:
        for replica in app["replicas"] or [None]:
            table.add_row(
                app["name"],
                app["revision"] or "",
                replica["name"].rsplit("-", 1)[-1] if replica else "",
                ", ".join(replica["programs"]) if replica else "",
                replica["state"] if replica else "no replica",
                str(replica["restarts"]) if replica else "",
                f"http://localhost:{app['local_port']}" if app.get("local_port") else "",
            )
    return table if table.row_count else None


def _caches(report: Mapping[str, Any]) -> RenderableType | None:
    if not report["caches"]:
        return None
    table = Table(title="Caches", title_justify="left")
    for column in ("cluster", "state", "runs", "pid"):
        table.add_column(column)
    for cache in report["caches"]:
        table.add_row(cache["cluster"], cache["state"], cache["program"] or "", str(cache["pid"] or ""))
    missing = report["redis_missing"]
    return Group(table, Text(f"There is {missing}", style="red")) if missing else table


def _resources(report: Mapping[str, Any]) -> Table | None:
    table = Table(title="Resources", title_justify="left")
    table.add_column("type")
    table.add_column("count", justify="right")
    for kind, count in sorted(report["resources"].items()):
        table.add_row(kind, str(count))
    return table if table.row_count else None


def _connections(report: Mapping[str, Any]) -> Table | None:
    table = Table(title="Who called whom", title_justify="left")
    for column in ("caller", "host", "by", "connections"):
        table.add_column(column)
    for found in report["connections"]:
        colour = _VERDICTS.get(found["verdict"], "")
        table.add_row(
            found["caller"], found["host"], Text(found["verdict"], style=colour), str(found["count"])
        )
    return table if table.row_count else None


def _faults(report: Mapping[str, Any]) -> Table | None:
    table = Table(title="Faults that are set", title_justify="left")
    table.add_column("fault")
    for fault in report["faults"]:
        table.add_row(", ".join(f"{name} {value}" for name, value in fault.items() if value is not None))
    return table if table.row_count else None
