"""What the costs count is what the program makes, so that a bill and a deployment cannot drift apart."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from config import costs
from config.parsing import parse
from config.prices import Prices
from config.settings import Settings
from ops import cost
from tests.mocks import recording
from tests.mocks.recording import Program

AZURE = "azure-native:"
EXTERNAL = {"visibility": "external", "allow": ["203.0.113.0/24"]}
THREE_REGIONS = [{"name": "eastus2"}, {"name": "southcentralus"}, {"name": "swedencentral"}]
EVERYWHERE = [
    {
        "name": f"chat-{region['name']}",
        "model": "gpt-5.1",
        "version": "2025-11-13",
        "sku": "GlobalStandard",
        "capacity": 10,
        "region": region["name"],
    }
    for region in THREE_REGIONS
]


def settings_of(stack: str, changes: dict[str, Any]) -> Settings:
    return parse(
        {**recording.config_of(stack), "catalogDate": recording.TODAY, **changes},
        date.fromisoformat(recording.TODAY),
    )


STACKS = ("dev", "staging", "prod")

# The settings that decide what there is.
CASES = [
    *(pytest.param(stack, {}, id=stack) for stack in STACKS),
    pytest.param("dev", {"ingress": {}}, id="dev, internal"),
    pytest.param("prod", {"ingress": EXTERNAL}, id="prod, external"),
    pytest.param("prod", {"regions": THREE_REGIONS, "deployments": EVERYWHERE}, id="three regions"),
    pytest.param("prod", {"regions": THREE_REGIONS}, id="a region without deployments"),
]


@pytest.mark.parametrize(("stack", "changes"), CASES)
def test_items_are_counted_as_the_program_makes_them(
    stack: str, changes: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    counted: Counter[str] = Counter()
    for item in costs.FIXED:
        if item.kind:
            counted[item.kind] += int(sum(item.count(settings_of(stack, changes)).values()))
    program = recording.run(stack, changes) if changes else request.getfixturevalue(stack)
    made = _made(program)
    assert dict(counted) == {kind: made[kind] for kind in counted}


def test_every_resource_has_a_price_or_a_reason_to_have_none(program: Program) -> None:
    """A new kind that costs money would else be in no bill."""
    priced = {item.kind for item in costs.FIXED if item.kind}
    assert set(_made(program)) - priced - set(costs.WITHOUT_PRICE) == set()
    assert not priced & set(costs.WITHOUT_PRICE)


def test_reasons_are_of_resources_that_the_program_makes(
    dev: Program, staging: Program, prod: Program
) -> None:
    made = set().union(*(_made(found) for found in (dev, staging, prod)))
    assert set(costs.WITHOUT_PRICE) - made == set()


@pytest.mark.parametrize("stack", STACKS)
def test_every_deployment_has_its_tokens_and_every_app_its_replicas(
    stack: str, request: pytest.FixtureRequest
) -> None:
    report = cost.report(settings_of(stack, {}), Prices.load())
    program: Program = request.getfixturevalue(stack)
    assert Counter((model.region, model.deployment.name) for model in report.models) == Counter(
        (_region(program, found.inputs["accountName"]), found.inputs["deploymentName"])
        for found in program.of("cognitiveservices:Deployment")
    )
    template = program.one("app:ContainerApp").inputs["template"]
    assert [level.replicas for level in report.levels] == [
        template["scale"]["minReplicas"],
        template["scale"]["minReplicas"],
        template["scale"]["maxReplicas"],
    ]
    resources = template["containers"][0]["resources"]
    parts = costs.replica(settings_of(stack, {}).gateway, busy=True)
    assert list(map(float, parts.values())) == [
        resources["cpu"],
        float(resources["memory"].removesuffix("Gi")),
    ]


def _made(program: Program) -> Counter[str]:
    """Resources of Azure by their type."""
    return Counter(
        found.type.removeprefix(AZURE) for found in program.registrations if found.type.startswith(AZURE)
    )


def _region(program: Program, account: str) -> str:
    (found,) = (
        one for one in program.of("cognitiveservices:Account") if one.inputs["accountName"] == account
    )
    return str(found.inputs["location"])
