"""Alerts and budget: they reach somebody, and Azure takes them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from config.problems import ABSENT, HIDDEN, Problem

if TYPE_CHECKING:
    from config.settings import Settings


# Of an action group's short name (Microsoft.Insights/actionGroups, groupShortName).
LONGEST_SHORT_NAME = 12


def short_name(settings: "Settings") -> Iterator[Problem]:
    """What mails and text messages call the stack."""
    name = settings.names.action_group_short
    over = len(name) - LONGEST_SHORT_NAME
    if settings.alerts.enabled and over > 0:
        yield Problem(
            key="workload",
            value=settings.workload,
            allowed=f"what makes {name} a legal short name: an action group's has at most {LONGEST_SHORT_NAME} "
            f"characters, this has {len(name)}",
            next=f"shorten workload or environment, together by {over}, or leave alerts off",
            about=("environment", "alerts.enabled"),
        )


def receivers(settings: "Settings") -> Iterator[Problem]:
    """Alerts that reach nobody wake nobody, and an address twice is two mails of everything."""
    alerts = settings.alerts
    if alerts.enabled and not alerts.emails and not settings.alert_webhooks:
        yield Problem(
            key="alerts.emails",
            value=[],
            allowed="at least one address, or a webhook, while enabled is true: else nobody hears of an alert",
            next="list addresses, or set a webhook with `pulumi config set --secret --path 'alertWebhooks.<NAME>'`",
            about=("alerts.enabled", "alertWebhooks"),
        )
    for section, emails in (("alerts", alerts.emails), ("budget", settings.budget.emails)):
        seen: dict[str, int] = {}
        for index, address in enumerate(emails):
            first = seen.setdefault(address.lower(), index)
            if first != index:
                yield Problem(
                    key=f"{section}.emails[{index}]",
                    value=address,
                    allowed=f"each address once: {section}.emails[{first}] is the same",
                    next="remove it",
                )


def webhooks(settings: "Settings") -> Iterator[Problem]:
    """Alerts say what a system is made of and how it is: over TLS, then."""
    for name, secret in settings.alert_webhooks.items():
        address = urlsplit(secret.get_secret_value())
        if address.scheme != "https" or not address.hostname:
            yield Problem(
                key=f"alertWebhooks.{name}",
                value=HIDDEN,
                allowed="an address that begins with https://",
                next="copy it from the service that is to be told, and set it again",
            )


def budget(settings: "Settings") -> Iterator[Problem]:
    """A budget has a start, which Azure lets nobody change, and somebody to tell."""
    found = settings.budget
    if not found.amount:
        return
    if found.start_date is None:
        yield Problem(
            key="budget.startDate",
            value=ABSENT,
            allowed="the first of a month while amount is set: Azure refuses a budget whose start moves with today",
            next=f'write startDate: "{settings.today.replace(day=1)}", and leave it so from then on',
            about=("budget.amount",),
        )
    if not found.emails and not settings.alerts.enabled:
        yield Problem(
            key="budget.emails",
            value=[],
            allowed="at least one address while alerts are off: else nobody hears of it",
            next="list addresses, or set alerts.enabled: true, whose receivers are told then",
            about=("budget.amount", "alerts.enabled"),
        )
