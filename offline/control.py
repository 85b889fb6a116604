"""How commands talk to the running service: a small HTTP surface on loopback (`offline.service` answers it)."""

from datetime import date
from http import HTTPStatus
from typing import Any

import httpx

from offline.home import ServiceRecord


class ControlError(Exception):
    """The service does not do what was asked; its text says why."""


def status(record: ServiceRecord) -> dict[str, Any]:
    """What runs, what is deployed, and who went where."""
    found: dict[str, Any] = _call(record, "GET", "/status")
    return found


def judge_by(record: ServiceRecord, day: date | None) -> None:
    """Set the day by which models are deprecated and retire; None is today, whichever day that is."""
    _call(record, "POST", "/as-of", {"day": day.isoformat() if day is not None else None})


def settled(record: ServiceRecord, seconds: float = 90) -> bool:
    """Wait until every deployed app answers, as after a start; False when one does not in that time."""
    return bool(_call(record, "POST", "/settled", {"seconds": seconds})["settled"])


def way_from(record: ServiceRecord, network: str) -> int:
    """Port of the fabric for a caller inside a virtual network, named or by ARM id."""
    return int(_call(record, "POST", "/ways", {"network": network})["port"])


def fault(record: ServiceRecord, kind: str, words: dict[str, Any]) -> str:
    """Set a fault; returns what it will do, in words."""
    return str(_call(record, "POST", f"/faults/{kind}", words)["says"])


def faults(record: ServiceRecord) -> list[dict[str, Any]]:
    """The faults that are set."""
    found: list[dict[str, Any]] = _call(record, "GET", "/faults")
    return found


def clear_faults(record: ServiceRecord) -> None:
    """Take every fault away."""
    _call(record, "DELETE", "/faults")


def _call(record: ServiceRecord, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    with httpx.Client(trust_env=False, timeout=120) as client:
        answer = client.request(method, f"http://127.0.0.1:{record.control_port}{path}", json=body)
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        raise ControlError(answer.json()["message"])
    if answer.is_error:
        raise ControlError(
            f"The offline Azure that runs (pid {record.pid}) does not know {path}: it was started from another version "
            "of this code, or broke. Stop it and start it again: python -m offline stop; what was deployed stays."
        )
    return answer.json()
