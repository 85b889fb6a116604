"""Everything that Azure remembers, on disk: what was acknowledged survives any crash.

One SQLite file in WAL mode. A write is committed before its reply leaves, so a process that dies loses nothing
that somebody was told of.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from offline.arm.errors import JSON
from offline.arm.ids import ResourceId

_TABLES = """
CREATE TABLE IF NOT EXISTS resources (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, private TEXT NOT NULL,
    version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS resources_type ON resources (type);
CREATE TABLE IF NOT EXISTS deleted (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, private TEXT NOT NULL,
    at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS operations (
    id TEXT PRIMARY KEY, resource TEXT NOT NULL, verb TEXT NOT NULL, status TEXT NOT NULL, due REAL NOT NULL,
    error TEXT, started REAL NOT NULL, ended REAL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (
    at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, api_version TEXT NOT NULL, body TEXT,
    status INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    at REAL NOT NULL, caller TEXT NOT NULL, host TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    status INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS connections (
    at REAL NOT NULL, caller TEXT NOT NULL, kind TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,
    verdict TEXT NOT NULL);
"""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource as stored. `body` is what a GET shows; `private` is what only its own service may read."""

    id: ResourceId
    body: JSON
    private: JSON = field(default_factory=dict)
    version: int = 1

    @property
    def type(self) -> str:
        return self.id.type

    @property
    def properties(self) -> JSON:
        value = self.body.get("properties")
        return value if isinstance(value, dict) else {}

    @property
    def state(self) -> str:
        """ARM's provisioningState; a type that has none is always Succeeded."""
        return str(self.properties.get("provisioningState", "Succeeded"))

    def with_properties(self, **changes: object) -> "Resource":
        return replace(self, body={**self.body, "properties": {**self.properties, **changes}})


@dataclass(frozen=True, kw_only=True)
class OperationRow:
    """A long-running operation as stored."""

    id: str
    resource: ResourceId
    verb: str
    """create, update or delete"""
    status: str
    """InProgress, Succeeded or Failed"""
    due: float
    started: float
    ended: float | None = None
    error: JSON | None = None


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A soft-deleted resource: its name stays taken until it is recovered, purged or expires."""

    id: ResourceId
    body: JSON
    private: JSON
    at: float


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A request to the resource manager, at the moment of its answer."""

    at: float
    """Epoch seconds."""
    method: str
    path: str
    body: JSON
    """Without what is never shown."""
    status: int


class Store:
    """Azure's memory. Every method is one transaction unless it runs inside `together`."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside becomes true at once or not at all."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Resources -----------------------------------------------------------------------------------------------

    def get(self, resource_id: ResourceId | str) -> Resource | None:
        key = resource_id.lower() if isinstance(resource_id, str) else resource_id.key
        row = self._db.execute(
            "SELECT id, body, private, version FROM resources WHERE key = ?", (key,)
        ).fetchone()
        return _resource(row) if row else None

    def put(self, resource: Resource) -> Resource:
        """Write it, and give it its next version."""
        found = self._db.execute("SELECT version FROM resources WHERE key = ?", (resource.id.key,)).fetchone()
        version = found[0] + 1 if found else 1
        self._db.execute(
            "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?)",
            (
                resource.id.key,
                resource.id.text,
                resource.type.lower(),
                json.dumps(resource.body),
                json.dumps(resource.private),
                version,
            ),
        )
        return replace(resource, version=version)

    def remove(self, resource_id: ResourceId) -> None:
        self._db.execute("DELETE FROM resources WHERE key = ?", (resource_id.key,))

    def of_type(self, resource_type: str) -> list[Resource]:
        """Every resource of that ARM type, in the order of creation."""
        rows = self._db.execute(
            "SELECT id, body, private, version FROM resources WHERE type = ? ORDER BY rowid",
            (resource_type.lower(),),
        )
        return [_resource(row) for row in rows]

    def below(self, scope: ResourceId | str) -> list[Resource]:
        """Everything inside that id, itself not among it."""
        key = (scope.lower() if isinstance(scope, str) else scope.key).rstrip("/") + "/"
        rows = self._db.execute(
            "SELECT id, body, private, version FROM resources WHERE substr(key, 1, ?) = ? ORDER BY rowid",
            (len(key), key),
        )
        return [_resource(row) for row in rows]

    # Soft-deleted --------------------------------------------------------------------------------------------

    def bury(self, resource: Resource) -> None:
        """Remove it, but remember it as soft-deleted."""
        with self.together():
            self.remove(resource.id)
            self._db.execute(
                "INSERT OR REPLACE INTO deleted VALUES (?, ?, ?, ?, ?, ?)",
                (
                    resource.id.key,
                    resource.id.text,
                    resource.type.lower(),
                    json.dumps(resource.body),
                    json.dumps(resource.private),
                    time.time(),
                ),
            )

    def deleted(self, resource_type: str) -> list[Deleted]:
        rows = self._db.execute(
            "SELECT id, body, private, at FROM deleted WHERE type = ? ORDER BY at", (resource_type.lower(),)
        )
        return [
            Deleted(id=ResourceId(row[0]), body=json.loads(row[1]), private=json.loads(row[2]), at=row[3])
            for row in rows
        ]

    def forget(self, resource_id: ResourceId) -> None:
        """Purge a soft-deleted resource."""
        self._db.execute("DELETE FROM deleted WHERE key = ?", (resource_id.key,))

    # Operations ----------------------------------------------------------------------------------------------

    def put_operation(self, operation: OperationRow) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                operation.id,
                operation.resource.text,
                operation.verb,
                operation.status,
                operation.due,
                json.dumps(operation.error) if operation.error is not None else None,
                operation.started,
                operation.ended,
            ),
        )

    def operation(self, operation_id: str) -> OperationRow | None:
        rows = self._operations("WHERE id = ?", operation_id)
        return rows[0] if rows else None

    def unfinished(self) -> list[OperationRow]:
        return self._operations("WHERE status = ?", "InProgress")

    def operations_since(self, at: float) -> list[OperationRow]:
        """Operations that run, or that ended after that time."""
        return self._operations("WHERE ended IS NULL OR ended >= ?", at)

    def operations(self) -> list[OperationRow]:
        """Every operation there was, oldest first."""
        return self._operations("WHERE started >= ?", 0.0)

    def _operations(self, where: str, value: str | float) -> list[OperationRow]:
        rows = self._db.execute(
            f"SELECT id, resource, verb, status, due, started, ended, error FROM operations {where} "  # noqa: S608 - our own words
            "ORDER BY started",
            (value,),
        )
        return [
            OperationRow(
                id=row[0],
                resource=ResourceId(row[1]),
                verb=row[2],
                status=row[3],
                due=row[4],
                started=row[5],
                ended=row[6],
                error=json.loads(row[7]) if row[7] else None,
            )
            for row in rows
        ]

    # What was asked, and who went where ----------------------------------------------------------------------

    def note_request(self, method: str, path: str, api_version: str, body: JSON | None, status: int) -> None:
        self._db.execute(
            "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)",
            (
                time.time(),
                method,
                path,
                api_version,
                json.dumps(body) if body is not None else None,
                status,
            ),
        )

    def requests(self, method: str | None = None) -> list[tuple[str, str, str, JSON | None, int]]:
        """(method, path, api-version, body, status), oldest first."""
        rows = self._db.execute("SELECT method, path, api_version, body, status FROM requests ORDER BY rowid")
        return [
            (row[0], row[1], row[2], json.loads(row[3]) if row[3] else None, row[4])
            for row in rows
            if method is None or row[0] == method
        ]

    def answered(self) -> list[Answered]:
        """When what was answered, oldest first."""
        rows = self._db.execute("SELECT at, method, path, body, status FROM requests ORDER BY rowid")
        return [
            Answered(
                at=row[0],
                method=row[1],
                path=row[2],
                body=json.loads(row[3]) if row[3] else {},
                status=row[4],
            )
            for row in rows
        ]

    def note_call(self, caller: str, host: str, method: str, path: str, status: int) -> None:
        """A request to a data plane, as Azure's RequestResponse log notes it: without its body."""
        self._db.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?)", (time.time(), caller, host, method, path, status)
        )

    def calls(self) -> list[tuple[str, str, str, str, int]]:
        """(caller, host, method, path, status), oldest first."""
        return list(self._db.execute("SELECT caller, host, method, path, status FROM calls ORDER BY rowid"))

    def note_connection(self, caller: str, kind: str, host: str, port: int, verdict: str) -> None:
        self._db.execute(
            "INSERT INTO connections VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), caller, kind, host, port, verdict),
        )

    def connections(self) -> list[tuple[str, str, str, int, str]]:
        """(caller, kind of caller, host, port, verdict), oldest first."""
        return list(
            self._db.execute("SELECT caller, kind, host, port, verdict FROM connections ORDER BY rowid")
        )

    # Facts about the subscription ----------------------------------------------------------------------------

    def fact(self, name: str) -> object | None:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def set_fact(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))


def _resource(row: tuple[str, str, str, int]) -> Resource:
    return Resource(
        id=ResourceId(row[0]), body=json.loads(row[1]), private=json.loads(row[2]), version=row[3]
    )
