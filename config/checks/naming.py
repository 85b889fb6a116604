"""Names: what the settings put together has to be a name that Azure takes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from config.names import KINDS, REGION_SHORT_NAMES, broken_rule
from config.problems import ABSENT, Problem, nearest

if TYPE_CHECKING:
    from config.settings import Settings


def regions(settings: "Settings") -> Iterator[Problem]:
    """Each region once, and with a short name."""
    seen: dict[str, int] = {}
    for index, region in enumerate(settings.regions):
        key = f"regions[{index}].name"
        if region.name in seen:
            yield Problem(
                key=key,
                value=region.name,
                allowed=f"each region once: regions[{seen[region.name]}] is the same",
                next="remove it; one account a region holds all of its deployments",
                about=(f"regions[{seen[region.name]}].name",),
            )
        seen.setdefault(region.name, index)
        if region.name not in REGION_SHORT_NAMES and not region.short:
            yield Problem(
                key=key,
                value=region.name,
                allowed=f"one of {', '.join(sorted(REGION_SHORT_NAMES))}",
                next=nearest(region.name, REGION_SHORT_NAMES)
                or f"if Azure has this region, say how names write it: regions[{index}].short",
            )
    yield from _alike(settings)


def _alike(settings: "Settings") -> Iterator[Problem]:
    """Two regions that names would write the same way."""
    seen: dict[tuple[str, str], int] = {}
    for index, region in enumerate(settings.regions):
        short = region.short or REGION_SHORT_NAMES.get(region.name)
        if short is None:
            continue
        first = seen.setdefault((short, region.instance), index)
        if first != index and settings.regions[first].name != region.name:
            yield Problem(
                key=f"regions[{index}].short",
                value=short,
                allowed=f"a short name of its own: regions[{first}] is written {short} too",
                next="give it another",
                about=(f"regions[{first}]", f"regions[{index}].name"),
            )


def lengths(settings: "Settings") -> Iterator[Problem]:
    """Every name within Azure's rule for its kind. What is told is the setting to shorten, and by how much."""
    told: set[str] = set()
    for kind, name in settings.all_names:
        rule = broken_rule(kind, name)
        if rule is None or kind in told:
            continue
        told.add(kind)
        over = len(name) - KINDS[kind].longest
        about = ("environment", "regions") + (("vault.suffix",) if kind == "kv" else ())
        if kind == "kv" and settings.vault.suffix and over <= len(settings.vault.suffix):
            key, value = "vault.suffix", settings.vault.suffix
            step = f"shorten it to {len(value) - over} characters, or workload or environment instead"
        elif over > 0:
            key, value = "workload", settings.workload
            step = f"shorten workload or environment, together by {over}"
        else:
            key, value, step = "workload", settings.workload, "choose another"
        yield Problem(
            key=key,
            value=value or ABSENT,
            allowed=f"what makes {name} a legal name: {rule}",
            next=step,
            about=("workload", *about),
        )
