"""The laws of container registries."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]


def named(group: str, name: str | None = None) -> str:
    return f"{group}/providers/Microsoft.ContainerRegistry/registries/{name or f'acr{uuid.uuid4().hex[:8]}'}"


def body(sku: str = "Basic", **properties: Any) -> dict[str, Any]:
    return {"location": REGION, "sku": {"name": sku}, "properties": properties}


@pytest.mark.law("acr-name-taken")
def test_a_name_is_taken_in_the_whole_of_azure(azure: Azure, refused: Expect) -> None:
    first, second = azure.group(), azure.group()
    registry = named(first)
    name = registry.rpartition("/")[2]
    azure.put(registry, body())
    with refused("acr-name-taken"):
        azure.put(named(second, name), body())
    with azure.fact("hosts-elsewhere", [f"{name}2.azurecr.io"]), refused("acr-name-taken"):
        azure.put(named(second, f"{name}2"), body())
    azure.put(named(second, f"{name}3"), body())


@pytest.mark.law("acr-name")
def test_a_name_has_letters_and_digits_alone(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    with refused("acr-name"):
        azure.put(named(group, "acr-prod-scus"), body())
    with refused("acr-name"):
        azure.put(named(group, "acr1"), body())
    azure.put(named(group, "acrprodscus"), body())


@pytest.mark.law("acr-admin-off")
def test_only_an_enabled_admin_tells_its_passwords(azure: Azure, refused: Expect) -> None:
    registry = named(azure.group())
    azure.put(registry, body())
    refused("acr-admin-off").by(azure.rest("POST", f"{registry}/listCredentials"))
    azure.put(registry, body(adminUserEnabled=True))
    assert azure.rest("POST", f"{registry}/listCredentials").json()["username"] == registry.rpartition("/")[2]


@pytest.mark.law("acr-public-sku", "acr-rules-sku")
def test_only_a_premium_registry_can_be_closed(azure: Azure, refused: Expect) -> None:
    registry = named(azure.group())
    rules = {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.10", "action": "Allow"}]}
    with refused("acr-public-sku"):
        azure.put(registry, body("Standard", publicNetworkAccess="Disabled"))
    with refused("acr-rules-sku"):
        azure.put(registry, body("Basic", networkRuleSet=rules))
    azure.put(registry, body("Premium", publicNetworkAccess="Disabled", networkRuleSet=rules))


@pytest.mark.law("acr-endpoint-sku")
def test_only_a_premium_registry_has_private_endpoints(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    registry = named(group)
    subnet = azure.subnet(azure.network(group), "snet-pe", "10.0.0.0/24")
    endpoint = f"{group}/providers/Microsoft.Network/privateEndpoints/pe-acr"
    azure.put(registry, body("Standard"))
    with refused("acr-endpoint-sku"):
        azure.put(endpoint, azure.endpoint_body(subnet, registry, "registry"))
    azure.put(registry, body("Premium"))
    azure.put(endpoint, azure.endpoint_body(subnet, registry, "registry"))


@pytest.mark.law("acr-cache-target")
def test_two_cache_rules_do_not_fill_one_repository(azure: Azure, refused: Expect) -> None:
    registry = named(azure.group())
    azure.put(registry, body("Premium"))

    def rule(source: str, target: str) -> dict[str, Any]:
        return {"properties": {"sourceRepository": source, "targetRepository": target}}

    azure.put(f"{registry}/cacheRules/litellm", rule("ghcr.io/berriai/litellm", "litellm"))
    with refused("acr-cache-target"):
        azure.put(f"{registry}/cacheRules/another", rule("docker.io/litellm/litellm", "litellm"))
    azure.put(f"{registry}/cacheRules/another", rule("docker.io/litellm/litellm", "docker/litellm"))
