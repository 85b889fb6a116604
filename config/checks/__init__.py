"""What has to fit together across the settings.

Each check is a function that is given settings whose single values are legal, and yields what is wrong. It names
every key that it looked at (`Problem.about`), so that nothing is reported that only follows from another mistake.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from config.checks import applications, gateway, models, monitoring, naming, surroundings
from config.problems import Problem

if TYPE_CHECKING:
    from config.settings import Settings

CHECKS: tuple[Callable[["Settings"], Iterator[Problem]], ...] = (
    naming.regions,
    naming.lengths,
    models.complete,
    models.known,
    models.placed,
    models.filtered,
    models.named_once,
    models.spelled_alike,
    models.aliases,
    models.fallbacks,
    models.responses,
    models.provider_keys,
    applications.named_once,
    applications.models,
    applications.generations,
    applications.given_keys,
    surroundings.addresses,
    surroundings.callers,
    surroundings.tags,
    gateway.image,
    gateway.size,
    gateway.replicas,
    gateway.patience,
    gateway.response_cache,
    gateway.master_key,
    monitoring.short_name,
    monitoring.receivers,
    monitoring.webhooks,
    monitoring.budget,
)


def run(settings: "Settings") -> Iterator[Problem]:
    """Every problem, check by check."""
    for check in CHECKS:
        yield from check(settings)
