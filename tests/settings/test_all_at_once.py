"""Somebody with five mistakes is told about five, and about nothing that only follows from them."""

import pytest

from config.parsing import parse
from config.problems import SettingsError
from tests.settings.stacks import CHAT, DAY, changed, problems


def test_problems_of_every_layer_come_together() -> None:
    """Types, single values and what has to fit together: one error holds them all."""
    raw = changed(
        regons=[],
        environment="Sandbox",
        deployments=[{**CHAT, "capacity": "many"}, {**CHAT, "sku": "Standrd"}],
        gateway={"cpu": 1.1, "minReplicas": 9},
        ingress={"visibility": "external"},
        network={"gatewaySubnet": "10.40.0.0/28"},
    )
    assert set(problems(raw)) == {
        "regons",
        "environment",
        "deployments[0].capacity",
        "deployments[1].sku",
        "gateway.cpu",
        "gateway.minReplicas",
        "ingress.allow",
        "network.gatewaySubnet",
    }


def test_the_error_says_how_many_and_shows_each() -> None:
    with pytest.raises(SettingsError) as caught:
        parse(changed(workload="Acme", authentication="none"), DAY)
    text = str(caught.value)
    assert text.startswith("The stack's settings have 2 problems.")
    assert 'litellm-azure:workload is "Acme"' in text
    assert 'litellm-azure:authentication is "none"' in text


def test_nothing_at_all_is_told_what_must_be_said() -> None:
    assert set(problems({})) == {"workload", "environment", "regions", "deployments"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(
            changed(regions=[{"name": "eastsu2"}], deployments=[{**CHAT, "region": "eastus2"}]),
            {"regions[0].name", "deployments[0].region"},
            id="a wrong region, and the deployment that names the right one: it is not in regions",
        ),
        pytest.param(
            changed(regions="eastus2", deployments=[{**CHAT, "region": "eastus2"}]),
            {"regions"},
            id="regions unreadable: whether the deployment's region is one of them cannot be said",
        ),
        pytest.param(
            changed(gateway={"maxReplicas": "few", "minReplicas": 9}),
            {"gateway.maxReplicas"},
            id="a maximum that is no number: nothing can be over it",
        ),
        pytest.param(
            changed(deployments=[{**CHAT, "model": 5.1}]),
            {"deployments[0].model"},
            id="a model that is no text: its version cannot be wrong",
        ),
        pytest.param(
            changed(network={"addressSpace": "10.40.0.0"}),
            {"network.addressSpace"},
            id="a range without a length: whether the subnets are inside cannot be said",
        ),
    ],
)
def test_what_follows_from_another_mistake_is_not_told(raw: dict[str, object], expected: set[str]) -> None:
    assert set(problems(raw)) == expected
