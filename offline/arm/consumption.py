"""Microsoft.Consumption: budgets. Nothing is spent here, so nothing is ever told."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime

from offline.arm import consumption_laws as laws
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.models import as_of
from offline.arm.store import Resource

MOST_NOTIFICATIONS = 5
YEARS = 10
"""Until a budget ends that is given no end (Azure/azure-rest-api-specs, consumption.json, BudgetTimePeriod)."""


class Budget(Kind):
    """A budget of a subscription or of a resource group. When it starts is judged once, and stays."""

    type = "Microsoft.Consumption/budgets"
    create_seconds = 3  # assumed
    update_seconds = 3
    delete_seconds = 2
    synchronous = True
    has_state = False
    located = False
    system_data = False
    groups = False

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: budget-start-change, budget-start-day, budget-start, budget-notifications."""
        start, end = _period(write.properties)
        if write.existing is not None:
            if start != _period(write.existing.properties)[0]:
                raise laws.START_CHANGE.broken()
        else:
            _check_start(azure, write.properties, start, end)
        notifications = write.properties.get("notifications")
        count = len(notifications) if isinstance(notifications, dict) else 0
        if count > MOST_NOTIFICATIONS:
            raise laws.NOTIFICATIONS.broken(count=count)

    def accept(self, azure: Azure, write: Write) -> Resource:
        start, end = _period(write.properties)
        spent = {"amount": 0.0, "unit": "USD"}
        given = write.properties.get("notifications")
        notifications = given if isinstance(given, dict) else {}
        properties: JSON = {
            **write.properties,
            "timePeriod": {
                "startDate": f"{start.isoformat()}T00:00:00Z",
                "endDate": f"{(end or start.replace(year=start.year + YEARS)).isoformat()}T00:00:00Z",
            },
            "notifications": {name: _notification(entry) for name, entry in notifications.items()},
            "currentSpend": spent,
            "forecastSpend": spent,
        }
        body = {key: value for key, value in write.body.items() if key != "eTag"}
        return Resource(id=write.id, body={**body, "eTag": f'"{uuid.uuid4().hex}"', "properties": properties})

    def select(
        self, azure: Azure, scope: ResourceId, found: list[Resource], query: Mapping[str, str]
    ) -> list[Resource]:
        """Those of the scope itself: a subscription's list shows none of its groups'."""
        return [item for item in found if item.id.scope is not None and item.id.scope.key == scope.key]


def _check_start(azure: Azure, properties: JSON, start: date, end: date | None) -> None:
    if start.day != 1 or (end is not None and end <= start):
        raise laws.START_DAY.broken(start=start.isoformat())
    month = as_of(azure.store).replace(day=1)
    if properties.get("timeGrain") == "Monthly" and not month <= start <= month.replace(year=month.year + 1):
        raise laws.START.broken(start=start.isoformat())


def _period(properties: JSON) -> tuple[date, date | None]:
    """From when until when, whatever the time of day that stands there."""
    period = properties.get("timePeriod")
    given = period if isinstance(period, dict) else {}
    end = given.get("endDate")
    return _day(given.get("startDate")), _day(end) if end is not None else None


def _day(text: object) -> date:
    """:raises ArmError: budget-start-day, for what is no date."""
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).date()
    except ValueError as cause:
        raise laws.START_DAY.broken(start=text) from cause


def _notification(entry: object) -> JSON:
    given = entry if isinstance(entry, dict) else {}
    return {
        "thresholdType": "Actual",
        "contactEmails": [],
        "contactGroups": [],
        "contactRoles": [],
        "locale": "en-us",
        **given,
    }


KINDS: tuple[Kind, ...] = (Budget(),)
