"""What Azure measures (`metrics.yaml`), and what is wrong with a use of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A metric, as Microsoft's reference describes it."""

    category: str
    aggregations: frozenset[str]
    dimensions: frozenset[str]
    exported: bool
    discouraged: bool
    """Marked "Do not use for Azure OpenAI service"."""


def _read() -> dict[str, dict[str, Measured]]:
    raw = yaml.safe_load(Path(__file__).with_name("metrics.yaml").read_text())
    return {
        namespace: {
            name: Measured(
                category=group["category"],
                aggregations=frozenset(found["aggregations"]),
                dimensions=frozenset(found["dimensions"]),
                exported=found["exported"],
                discouraged=group.get("notForAzureOpenAI", False),
            )
            for group in groups
            for name, found in group["metrics"].items()
        }
        for namespace, groups in raw.items()
    }


METRICS: Mapping[str, Mapping[str, Measured]] = _read()


def problems(namespace: str, metric: str, aggregation: str, dimensions: Iterable[str]) -> Iterator[str]:
    """What Azure does not have, or advises against."""
    found = METRICS.get(namespace, {}).get(metric)
    if found is None:
        yield f"{namespace} has no metric {metric}"
        return
    if found.discouraged:
        yield f"{metric} is not for Azure OpenAI"
    if aggregation not in found.aggregations:
        yield f"{metric} has no {aggregation}: {', '.join(sorted(found.aggregations))}"
    for dimension in sorted(set(dimensions) - found.dimensions):
        yield f"{metric} has no dimension {dimension}"
