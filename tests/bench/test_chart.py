"""The picture of a deployment."""

import xml.etree.ElementTree as ET

import pytest

from bench import chart
from bench.deployment import Deployment, judged
from offline.arm import registry
from offline.arm.ids import ResourceId
from tests.bench.made_up import ACCOUNT, ENDPOINT, ENVIRONMENT, GROUP, NETWORK, VAULT, operation

SVG = "{http://www.w3.org/2000/svg}"
SUBNET = f"{NETWORK}/subnets/gate<way>"


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return judged(
        "made-up",
        [
            operation(GROUP, begun=0, ended=3),
            operation(NETWORK, begun=3, ended=10),
            operation(VAULT, begun=8, ended=27),
            operation(SUBNET, begun=10, ended=16),
            operation(ENVIRONMENT, SUBNET, begun=17, ended=120),
            operation(ENDPOINT, VAULT, begun=27, ended=70, refused=10),
        ],
    )


@pytest.fixture(scope="module")
def picture(deployment: Deployment) -> ET.Element:
    return ET.fromstring(chart.svg(deployment))  # noqa: S314  our own picture


def rows(picture: ET.Element) -> list[ET.Element]:
    return [group for group in picture.iter(f"{SVG}g") if group.get("id", "").startswith("row-")]


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def test_every_resource_has_a_row_in_the_order_of_the_beginnings(picture: ET.Element) -> None:
    assert [" ".join(words(row.findall(f"{SVG}text")[0]).split()) for row in rows(picture)] == [
        "group rg",
        "network net",
        "vault kv",
        "subnet gate<way>",
        "environment cae",
        "endpoint pep",
    ]


def test_bars_lie_where_their_time_is(picture: ET.Element, deployment: Deployment) -> None:
    """The same seconds are as long everywhere, and begin where the axis says."""
    bars = [
        next(box for box in row.iter(f"{SVG}rect") if box.get("class", "").startswith("bar"))
        for row in rows(picture)
    ]
    left, width = float(bars[0].get("x", "")), float(bars[4].get("width", ""))
    second = width / (120 - 17)
    for bar, found in zip(bars, deployment.operations, strict=True):
        assert float(bar.get("x", "")) == pytest.approx(left + second * found.attempt, abs=0.2)
        assert float(bar.get("width", "")) == pytest.approx(second * found.seconds, abs=0.2)


def test_the_chain_stands_out_and_is_joined_by_arrows(picture: ET.Element) -> None:
    strong = [row.get("id") for row in rows(picture) if row.get("class") == "chain"]
    arrows = [path for path in picture.iter(f"{SVG}path") if path.get("class") == "arrow"]
    assert strong == ["row-0", "row-1", "row-3", "row-4"]
    assert len(arrows) == 3


def test_what_was_lost_is_shown(picture: ET.Element) -> None:
    """The vault began five seconds after its group was there; the endpoint was refused at first."""
    kinds = {
        row.get("id"): {mark.get("class", "").split()[0] for mark in row if mark.get("class")}
        for row in rows(picture)
    }
    assert [row for row, found in kinds.items() if "wait" in found] == ["row-2"]
    assert [row for row, found in kinds.items() if "refused" in found] == ["row-5"]


def test_a_row_tells_what_it_waited_for(picture: ET.Element) -> None:
    told = rows(picture)[4].find(f"{SVG}title")
    assert told is not None
    assert told.text == (
        "environment cae: begun at 17.0 s, after subnet gate<way> (data: names it); took 103.0 s, Azure's own 103.0 s"
    )


def test_it_can_be_read_on_a_dark_page(picture: ET.Element) -> None:
    style = picture.find(f"{SVG}style")
    assert style is not None
    assert style.text is not None
    light, dark = style.text.split("@media (prefers-color-scheme: dark)")
    for colour in ("page", "soft", "network", "apps"):
        assert f".{colour}" in light
        assert f".{colour}" in dark


def test_every_type_has_the_colour_of_its_service() -> None:
    colours = {
        kind.type: chart.service(ResourceId(f"/subscriptions/s/providers/{kind.type}/x"))
        for kind in registry.KINDS.values()
        if kind.type.count("/") == 1
    }
    assert colours["Microsoft.Network/virtualNetworks"] == "network"
    assert colours["Microsoft.Network/privateDnsZones"] == "names"
    assert colours["Microsoft.Authorization/roleAssignments"] == "secrets"
    assert colours["Microsoft.CognitiveServices/accounts"] == "models"
    assert colours["Microsoft.App/containerApps"] == "apps"


@pytest.mark.parametrize(
    ("id", "says"),
    [
        pytest.param(
            f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/log", ("logs of", "kv"), id="extension"
        ),
        pytest.param(f"{ENDPOINT}/privateDnsZoneGroups/default", ("names of", "pep"), id="zone group"),
        pytest.param(f"{ACCOUNT}/deployments/gpt", ("deployment", "gpt in ai"), id="deployment"),
        pytest.param(f"{VAULT}/secrets/key", ("secret", "key"), id="child with a name"),
    ],
)
def test_a_resource_is_called_by_what_tells_it_apart(id: str, says: tuple[str, str]) -> None:
    assert chart.label(ResourceId(id)) == says
