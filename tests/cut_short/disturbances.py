"""The disturbances: what a fault does, what else is killed, and what is then needed to carry on."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """One way to cut an operation short."""

    name: str
    fault: dict[str, Any] = field(default_factory=dict)
    """Words of the fault (`offline/arm/faults.py`) that is set on the operation."""
    killed: Literal["engine", "service"] | None = None
    """What is killed with SIGKILL while the fault holds the operation."""
    absorbed: bool = False
    """Whether azure-native gets over it by itself, so that not even one run fails."""
    impatient: bool = False
    """Whether the program gives its operations seconds (`custom_timeouts`), so that a hanging one ends."""
    resumed: bool = False
    """Whether `python -m ops resume` comes before the next run. Everything else needs the next run alone."""

    def of(self, resource: str, verb: str) -> dict[str, Any]:
        """The fault on one operation.

        :param resource: pattern of its ARM id.
        """
        return {"resource": resource, "verb": verb, "message": "A fault was asked for.", **self.fault}


def _refused(status: int, code: str, **more: Any) -> dict[str, Any]:
    return {"effect": "refuse", "status": status, "code": code, "times": 1, **more}


DISTURBANCES = (
    Disturbance(name="refused with 400", fault=_refused(400, "BadRequest")),
    Disturbance(name="refused with 403", fault=_refused(403, "AuthorizationFailed")),
    Disturbance(name="refused with 409", fault=_refused(409, "Conflict")),
    Disturbance(name="429 once", fault=_refused(429, "TooManyRequests", retry_after=5), absorbed=True),
    Disturbance(name="500 once", fault=_refused(500, "InternalServerError"), absorbed=True),
    # azure-native asks four times in all.
    Disturbance(name="503 every time", fault=_refused(503, "ServiceUnavailable", times=4)),
    Disturbance(name="hangs until the timeout", fault={"effect": "hang"}, impatient=True, resumed=True),
    # azure-native sends it again after 20 s. A create that takes longer is then refused as busy with itself, and the
    # engine keeps nothing of it (pulumi-azure-native#3200).
    Disturbance(name="reply lost", fault={"effect": "lose_reply", "times": 1}, resumed=True),
    Disturbance(
        name="accepted, then fails",
        fault={"effect": "fail", "status": 500, "code": "InternalServerError", "times": 1},
    ),
    Disturbance(
        name="Succeeded, then Failed", fault={"effect": "fail_after_success", "times": 1}, resumed=True
    ),
    Disturbance(name="engine killed at the request", fault={"effect": "hold"}, killed="engine", resumed=True),
    Disturbance(name="engine killed during it", fault={"effect": "hang"}, killed="engine", resumed=True),
    Disturbance(
        name="service killed at the request", fault={"effect": "hold"}, killed="service", resumed=True
    ),
    Disturbance(name="service killed during it", fault={"effect": "hang"}, killed="service", resumed=True),
)
