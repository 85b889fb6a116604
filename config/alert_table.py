"""The tables of docs/monitoring.md, from the rules themselves. `python -m config.alert_table` prints them."""

import sys
from collections.abc import Iterator

from config.alerts import DEPLOYMENT_DIMENSION, EACH, RULES, On, Rule


def render() -> str:
    """What is watched and why; then what a mail says of each."""
    head = ("| alert | severity | on | metric | over | when | why |", "|---|---|---|---|---|---|---|")
    rows = [f"| {' | '.join(_cells(rule))} |" for rule in RULES]
    steps = ("| alert | what the mail says |", "|---|---|")
    told = [f"| `{rule.name}` | {rule.says} |" for rule in RULES]
    return "\n".join((*head, *rows, "", *steps, *told)) + "\n"


def _cells(rule: Rule) -> Iterator[str]:
    yield f"`{rule.name}`"
    yield f"{rule.severity.value} {rule.severity.name.lower()}"
    yield rule.on.value
    yield f"`{rule.metric}`, {rule.aggregation.lower()}{_dimensions(rule)}"
    yield f"{rule.minutes} min"
    yield rule.shown
    yield rule.why


def _dimensions(rule: Rule) -> str:
    found = [
        f"each `{name}`" if values == EACH else f"`{name}` {', '.join(values)}"
        for name, values in rule.dimensions.items()
    ]
    if rule.on is On.DEPLOYMENT:
        found.insert(0, f"its `{DEPLOYMENT_DIMENSION}`")
    return "".join(f", {text}" for text in found)


if __name__ == "__main__":
    sys.stdout.write(render())
