"""A deployment as a picture: a bar for each resource in the order of their beginnings, and the necessary chain."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

from bench.deployment import Deployment
from bench.record import Operation
from offline.arm.ids import ResourceId

LABELS, PLOT, RIGHT = 396, 680, 44
"""Widths of the three columns."""
TOP, ROW, BAR, BOTTOM = 96, 20, 12, 40
WIDTH = LABELS + PLOT + RIGHT
TICKS = 12
SHOWN_WAIT = 1.5
"""A shorter wait is the engine's own step from one resource to the next."""
LONGEST_LABEL = 55
"""Characters; the middle of a longer one is left out."""

_LIGHT: Mapping[str, str] = {
    "page": "#ffffff",
    "ink": "#1f2328",
    "soft": "#59636e",
    "line": "#d8dee4",
    "network": "#2f6fd0",
    "names": "#0f8b8d",
    "models": "#8250df",
    "secrets": "#b96a00",
    "apps": "#c4314b",
    "logs": "#6e7781",
}
_DARK: Mapping[str, str] = {
    "page": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#9198a1",
    "line": "#30363d",
    "network": "#6ea8fe",
    "names": "#45c4c6",
    "models": "#b794ff",
    "secrets": "#f0a94a",
    "apps": "#ff7b8f",
    "logs": "#9aa4af",
}

_SHAPES = """
text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.title { font-size: 16px; font-weight: 600; }
.small, .label { font-size: 11px; }
.bar { opacity: .5; }
.chain .bar { opacity: 1; }
.chain .label { font-weight: 600; }
.refused { fill: none; stroke-dasharray: 2 2; }
.wait { stroke-dasharray: 1 3; }
.arrow { fill: none; stroke-width: 1.5; marker-end: url(#head); }
.taken { paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }
"""

_SERVICES: Mapping[str, tuple[str, str]] = {
    "network": ("Network", "microsoft.network"),
    "names": ("Private DNS", "microsoft.network/privatednszones"),
    "models": ("Azure OpenAI", "microsoft.cognitiveservices"),
    "secrets": ("Secrets and roles", "microsoft.keyvault"),
    "apps": ("Container Apps", "microsoft.app"),
    "logs": ("Group, logs and metrics", "microsoft.insights"),
}
"""Colour → what it stands for, and a type that has it."""

_ALSO = {
    "microsoft.network/privateendpoints/privatednszonegroups": "names",
    "microsoft.managedidentity": "secrets",
    "microsoft.authorization": "secrets",
    "microsoft.operationalinsights": "logs",
    "microsoft.resources": "logs",
}

_WORDS: Mapping[str, str] = {
    "resourcegroups": "group",
    "virtualnetworks": "network",
    "networksecuritygroups": "security group",
    "subnets": "subnet",
    "privateendpoints": "endpoint",
    "privatednszones": "zone",
    "userassignedidentities": "identity",
    "vaults": "vault",
    "secrets": "secret",
    "accounts": "account",
    "managedenvironments": "environment",
    "containerapps": "app",
    "workspaces": "workspace",
}
"""How a type is called in front of its name."""

_OF_ANOTHER: Mapping[str, str] = {
    "virtualnetworklinks": "link of",
    "a": "record of",
    "privatednszonegroups": "names of",
    "roleassignments": "role on",
    "diagnosticsettings": "logs of",
}
"""Types whose own name says less than that of what they belong to."""


def label(id: ResourceId) -> tuple[str, str]:
    """(what it is, its name), as people would say it."""
    word = id.type.rsplit("/", 1)[-1].lower()
    owner = id.parent or id.scope
    if word in _OF_ANOTHER and owner is not None:
        return _OF_ANOTHER[word], owner.name
    if word == "deployments" and id.parent is not None:
        return "deployment", f"{id.name} in {id.parent.name}"
    return _WORDS.get(word, word), id.name


def service(id: ResourceId) -> str:
    """The colour of a type: that of the longest beginning that has one."""
    colours = {start: colour for colour, (_, start) in _SERVICES.items()} | _ALSO
    fitting = [start for start in colours if id.type.lower().startswith(start)]
    return colours[max(fitting, key=len)] if fitting else "logs"


@dataclass(frozen=True)
class _Scale:
    """Azure's seconds to the right, resources downwards."""

    seconds: float

    @property
    def step(self) -> int:
        return next((step for step in (5, 10, 20, 30, 60) if self.seconds / step <= TICKS), 120)

    def x(self, seconds: float) -> float:
        until = math.ceil(self.seconds / self.step) * self.step
        return LABELS + PLOT * seconds / until

    @staticmethod
    def y(row: int) -> float:
        return TOP + ROW * row


def _style() -> str:
    """Colours are written out twice: not every viewer knows variables, and those that know no themes show light."""
    return f"{_colours(_LIGHT)}@media (prefers-color-scheme: dark) {{\n{_colours(_DARK)}}}{_SHAPES}"


def _colours(palette: Mapping[str, str]) -> str:
    rows = [
        f"text, .head {{ fill: {palette['ink']}; }}",
        f".arrow {{ stroke: {palette['ink']}; }}",
        f".page {{ fill: {palette['page']}; }}",
        f".taken {{ stroke: {palette['page']}; }}",
        f".soft, .kind {{ fill: {palette['soft']}; }}",
        f".wait {{ stroke: {palette['soft']}; }}",
        f".grid {{ stroke: {palette['line']}; }}",
        *(f".{service} {{ fill: {palette[service]}; stroke: {palette[service]}; }}" for service in _SERVICES),
    ]
    return "\n".join(rows) + "\n"


def svg(deployment: Deployment) -> str:
    """The whole picture, readable on a light page and on a dark one."""
    height = TOP + ROW * len(deployment.operations) + BOTTOM
    scale = _Scale(deployment.seconds)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
        },
    )
    _put(root, "title", text=f"The first up of {deployment.stack}, resource by resource")
    _put(root, "style", text=_style())
    head = _put(
        _put(root, "defs"),
        "marker",
        id="head",
        viewBox="0 0 8 8",
        refX="7",
        refY="4",
        markerWidth="7",
        markerHeight="7",
        orient="auto",
    )
    _put(head, "path", d="M0 0 L8 4 L0 8 z", **{"class": "head"})
    _put(root, "rect", width=str(WIDTH), height=str(height), **{"class": "page"})
    _heading(root, deployment)
    _axis(root, scale, len(deployment.operations))
    chain = {link.name for link in deployment.chain}
    for row, operation in enumerate(deployment.operations):
        _row(root, deployment, operation, scale, row, inside=operation.id.key in chain)
    _arrows(root, deployment, scale)
    for row, operation in enumerate(deployment.operations):
        # On top, with an edge in the page's colour, so that no arrow crosses a number.
        x, y = scale.x(operation.ended) + 7, scale.y(row) + 14
        _text(root, x, y, f"{operation.seconds:.0f}", "soft small taken")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _heading(root: ET.Element, deployment: Deployment) -> None:
    title = (
        f"{deployment.stack}, from nothing: {deployment.seconds:.0f} s of Azure, "
        f"of which {deployment.necessary:.0f} s are necessary"
    )
    _text(root, 16, 26, title, "title")
    said = (
        f"{len(deployment.operations)} resources in the order of their first requests. Strong bars and arrows: the "
        "longest necessary chain. Dotted: waiting for nothing that is needed. Hollow: refused, and tried again."
    )
    _text(root, 16, 46, said, "soft small")
    at = 16.0
    for colour, (name, _) in _SERVICES.items():
        _put(root, "rect", x=_n(at), y="57", width="12", height="12", rx="2", **{"class": colour})
        _text(root, at + 18, 67.5, name, "small")
        at += 34 + 6.4 * len(name)


def _axis(root: ET.Element, scale: _Scale, rows: int) -> None:
    bottom = scale.y(rows)
    ticks = math.ceil(scale.seconds / scale.step) + 1
    for seconds in range(0, ticks * scale.step, scale.step):
        x = _n(scale.x(seconds))
        _put(root, "line", x1=x, x2=x, y1=_n(TOP - 6), y2=_n(bottom), **{"class": "grid"})
        for y in (TOP - 10, bottom + 16):
            _text(root, scale.x(seconds), y, str(seconds), "soft small", anchor="middle")
    _text(root, LABELS + PLOT / 2, bottom + 32, "seconds of Azure", "soft small", anchor="middle")


def _row(
    root: ET.Element, deployment: Deployment, operation: Operation, scale: _Scale, row: int, *, inside: bool
) -> None:
    colour, y = service(operation.id), scale.y(row)
    group = _put(root, "g", id=f"row-{row}", **{"class": "chain"} if inside else {})
    _put(group, "title", text=_told(deployment, operation))
    kind, name = label(operation.id)
    words = _text(group, LABELS - 10, y + 14, "", "label", anchor="end")
    _put(words, "tspan", text=f"{kind} ", **{"class": "kind"})
    _put(words, "tspan", text=_shortened(name, LONGEST_LABEL - len(kind)))
    middle = _n(y + ROW / 2)
    if operation.begun - deployment.ready(operation) > SHOWN_WAIT:
        ready = _n(scale.x(deployment.ready(operation)))
        _put(
            group,
            "line",
            x1=ready,
            x2=_n(scale.x(operation.begun)),
            y1=middle,
            y2=middle,
            **{"class": "wait"},
        )
    if operation.refusals:
        _bar(group, scale, operation.begun, operation.attempt, y, f"refused {colour}")
    _bar(group, scale, operation.attempt, operation.ended, y, f"bar {colour}")


def _shortened(name: str, longest: int) -> str:
    half = longest // 2
    return name if len(name) <= longest else f"{name[: half - 1]}…{name[-half:]}"


def _bar(group: ET.Element, scale: _Scale, start: float, end: float, y: float, kind: str) -> None:
    width = max(scale.x(end) - scale.x(start), 1.5)
    top = _n(y + (ROW - BAR) / 2)
    box = {"x": _n(scale.x(start)), "y": top, "width": _n(width), "height": str(BAR), "rx": "2"}
    _put(group, "rect", **box, **{"class": kind})


def _told(deployment: Deployment, operation: Operation) -> str:
    """What a reader is told who points at a row."""
    edge = deployment.waited_for(operation)
    waited = "the first"
    if edge is not None:
        waited = f"after {' '.join(label(deployment.by_key(edge.before).id))} ({edge.reason})"
    return (
        f"{' '.join(label(operation.id))}: begun at {operation.begun:.1f} s, {waited}; took {operation.seconds:.1f} s, "
        f"Azure's own {operation.azure:.1f} s"
    )


def _arrows(root: ET.Element, deployment: Deployment, scale: _Scale) -> None:
    """From the end of each link of the chain to the beginning of the next."""
    rows = {operation.id.key: row for row, operation in enumerate(deployment.operations)}
    for link in deployment.chain:
        if link.because is None:
            continue
        first, then = deployment.by_key(link.because.before), deployment.by_key(link.name)
        start, end = scale.x(first.ended), max(scale.x(then.attempt), scale.x(first.ended))
        above, below = scale.y(rows[first.id.key]), scale.y(rows[then.id.key])
        half, quarter = ROW / 2, (ROW - BAR) / 2
        path = f"M{_n(start)} {_n(above + half)} V{_n(below + half)} H{_n(end)}"
        if end - start < 8:
            # Too close for a head from the left: down onto the bar's upper edge.
            path = f"M{_n(start)} {_n(above + half)} H{_n(end + 2)} V{_n(below + quarter)}"
        _put(root, "path", d=path, **{"class": "arrow"})


def _text(
    parent: ET.Element, x: float, y: float, text: str, kind: str, *, anchor: str = "start"
) -> ET.Element:
    return _put(parent, "text", text=text, x=_n(x), y=_n(y), **{"class": kind, "text-anchor": anchor})


def _put(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, tag, attributes)
    made.text = text
    return made


def _n(value: float) -> str:
    return f"{value:.1f}"
