"""The server parameters that a new server has: those that programs set most often.

Source: docs postgresql/server-parameters/concepts-server-parameters, for version 16 and the size Standard_B1ms.
"""

from dataclasses import dataclass

from offline.arm.errors import JSON

DEFAULT_SOURCE = "system-default"
OWN_SOURCE = "user-override"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A server parameter as it is before anybody sets it."""

    name: str
    kind: str
    """Boolean, Enumeration, Integer, Set or String."""
    allowed: str
    default: str
    dynamic: bool = True
    """False where a change waits for a restart."""
    unit: str = ""

    def properties(self) -> JSON:
        """What a GET shows of it before anybody sets it."""
        return {
            "value": self.default,
            "defaultValue": self.default,
            "dataType": self.kind,
            "allowedValues": self.allowed,
            "source": DEFAULT_SOURCE,
            "isDynamicConfig": self.dynamic,
            "isReadOnly": False,
            "isConfigPendingRestart": False,
            "unit": self.unit,
            "description": f"Sets {self.name}.",
            "documentationLink": f"https://go.microsoft.com/fwlink/?linkid=2274270#{self.name}",
        }


_ON_OFF = "on,off"
_NUMBER = "0-2147483647"

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        name="azure.extensions",
        kind="Set",
        allowed="btree_gin,btree_gist,citext,hstore,pg_stat_statements,pg_trgm,pgcrypto,postgis,uuid-ossp,vector",
        default="",
    ),
    Parameter(name="connection_throttle.enable", kind="Boolean", allowed=_ON_OFF, default="off"),
    Parameter(
        name="idle_in_transaction_session_timeout", kind="Integer", allowed=_NUMBER, default="0", unit="ms"
    ),
    Parameter(name="log_checkpoints", kind="Boolean", allowed=_ON_OFF, default="on"),
    Parameter(name="log_connections", kind="Boolean", allowed=_ON_OFF, default="on"),
    Parameter(name="log_disconnections", kind="Boolean", allowed=_ON_OFF, default="on"),
    Parameter(
        name="log_min_duration_statement",
        kind="Integer",
        allowed="-1-2147483647",
        default="-1",
        unit="ms",
    ),
    Parameter(name="max_connections", kind="Integer", allowed="25-5000", default="50", dynamic=False),
    Parameter(
        name="max_prepared_transactions", kind="Integer", allowed="0-262143", default="0", dynamic=False
    ),
    Parameter(name="pgbouncer.enabled", kind="Boolean", allowed="true,false", default="false"),
    Parameter(name="require_secure_transport", kind="Boolean", allowed=_ON_OFF, default="on"),
    Parameter(
        name="shared_preload_libraries",
        kind="Set",
        allowed="auto_explain,pg_cron,pg_stat_statements,pgaudit",
        default="pg_cron,pg_stat_statements",
        dynamic=False,
    ),
    Parameter(
        name="ssl_min_protocol_version", kind="Enumeration", allowed="TLSv1.2,TLSv1.3", default="TLSv1.2"
    ),
    Parameter(name="statement_timeout", kind="Integer", allowed=_NUMBER, default="0", unit="ms"),
    Parameter(name="timezone", kind="String", allowed="[A-Za-z0-9/+_-]+", default="UTC"),
    Parameter(
        name="wal_level", kind="Enumeration", allowed="replica,logical", default="replica", dynamic=False
    ),
    Parameter(name="work_mem", kind="Integer", allowed="4096-2097151", default="4096", unit="kB"),
)
