"""Registries: what Azure fills in, who may read the admin's passwords, and what leads there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.arm.taken_names import TAKEN_FACT
from tests.offline.arm_judge import complaints
from tests.offline.arm_rig import SUBSCRIPTION, Rig, error

REGISTRY = "/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/acrOne"
ZONE = "/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
ENDPOINT = "/resourceGroups/rg/providers/Microsoft.Network/privateEndpoints/pe-acr"
CHECK = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerRegistry/checkNameAvailability"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    started.group()
    yield started
    started.stop()


def body(sku: str = "Basic", **properties: Any) -> dict[str, Any]:
    return {"location": "southcentralus", "sku": {"name": sku}, "properties": properties}


def test_a_registry_is_made_with_what_azure_adds(rig: Rig) -> None:
    started = rig.start(REGISTRY, body())
    assert started.json()["properties"]["provisioningState"] == "Creating"
    rig.ended(started)
    shown = rig.see(REGISTRY)
    assert shown["sku"] == {"name": "Basic", "tier": "Basic"}
    assert shown["properties"]["loginServer"] == "acrone.azurecr.io"
    assert shown["properties"]["adminUserEnabled"] is False
    assert "networkRuleSet" not in shown["properties"], "only a Premium one has rules"
    # `status` stands in the specification and in none of azure-cli's recordings.
    assert complaints("containerregistry:Registry", shown, absent=("status",)) == []


def test_a_premium_registry_has_rules_and_data_endpoints(rig: Rig) -> None:
    asked = body("Premium", dataEndpointEnabled=True, policies={"exportPolicy": {"status": "disabled"}})
    shown = rig.make(REGISTRY, asked)["properties"]
    assert shown["networkRuleSet"] == {"defaultAction": "Allow", "ipRules": []}
    assert shown["dataEndpointHostNames"] == ["acrone.southcentralus.data.azurecr.io"]
    assert shown["policies"]["exportPolicy"] == {"status": "disabled"}
    assert shown["policies"]["trustPolicy"] == {"type": "Notary", "status": "disabled"}


def test_the_admins_passwords_are_told_by_the_action_alone_and_stay(rig: Rig) -> None:
    rig.make(REGISTRY, body(adminUserEnabled=True))
    told = rig.ask("POST", f"{REGISTRY}/listCredentials").json()
    assert told["username"] == "acrOne"
    assert [entry["name"] for entry in told["passwords"]] == ["password", "password2"]
    first, second = (entry["value"] for entry in told["passwords"])
    rig.make(REGISTRY, body("Standard", adminUserEnabled=True))
    assert rig.ask("POST", f"{REGISTRY}/listCredentials").json() == told
    after = rig.ask("POST", f"{REGISTRY}/regenerateCredential", {"name": "password"}).json()
    assert after["passwords"][0]["value"] != first
    assert after["passwords"][1]["value"] == second
    shown = rig.ask("GET", REGISTRY).text
    assert first not in shown
    assert second not in shown


def test_a_name_is_checked_before_it_is_used(rig: Rig) -> None:
    def told(name: str) -> Any:
        asked = {"name": name, "type": "Microsoft.ContainerRegistry/registries"}
        return rig.ask("POST", CHECK, asked).json()

    free = {"nameAvailable": True, "availableLoginServerName": "acrone.azurecr.io"}
    assert told("acrOne") == free
    assert told("acr-one")["reason"] == "Invalid"
    rig.make(REGISTRY, body())
    assert told("ACROne") == {
        "nameAvailable": False,
        "reason": "AlreadyExists",
        "message": "The registry ACROne is already in use.",
    }
    rig.inside(lambda: rig.store.set_fact(TAKEN_FACT, ["acrtwo.azurecr.io"]))
    assert told("acrTwo")["nameAvailable"] is False


def test_a_cache_rule_belongs_to_its_registry(rig: Rig) -> None:
    rig.make(REGISTRY, body("Premium"))
    rule = {
        "properties": {
            "sourceRepository": "ghcr.io/berriai/litellm",
            "targetRepository": "ghcr/berriai/litellm",
        }
    }
    shown = rig.make(f"{REGISTRY}/cacheRules/litellm", rule)
    assert complaints("containerregistry:CacheRule", shown) == []
    assert shown["properties"]["targetRepository"] == "ghcr/berriai/litellm"
    again = rig.make(f"{REGISTRY}/cacheRules/litellm", rule)
    assert again["properties"]["creationDate"] == shown["properties"]["creationDate"]
    rig.remove(REGISTRY)
    assert rig.ask("GET", f"{REGISTRY}/cacheRules/litellm").status_code == 404


def test_a_private_endpoint_writes_both_of_its_names(rig: Rig) -> None:
    rig.make(REGISTRY, body("Premium", publicNetworkAccess="Disabled"))
    subnet = rig.subnet(rig.network("/resourceGroups/rg"), "snet-pe", "10.0.1.0/24")
    rig.make(ENDPOINT, rig.endpoint_body(subnet, REGISTRY, "registry"))
    rig.make(ZONE, {"location": "global"})
    config = {"name": "acr", "properties": {"privateDnsZoneId": rig.base + ZONE}}
    rig.make(f"{ENDPOINT}/privateDnsZoneGroups/default", {"properties": {"privateDnsZoneConfigs": [config]}})
    records = {record["name"]: record["properties"]["aRecords"] for record in rig.see(f"{ZONE}/A")["value"]}
    assert records == {
        "acrone": [{"ipv4Address": "10.0.1.4"}],
        "acrone.southcentralus.data": [{"ipv4Address": "10.0.1.4"}],
    }
    [connection] = rig.see(REGISTRY)["properties"]["privateEndpointConnections"]
    assert connection["name"] == "pe-acr"
    assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


def test_a_path_that_is_no_password_is_not_regenerated(rig: Rig) -> None:
    rig.make(REGISTRY, body(adminUserEnabled=True))
    status, code, _ = error(rig.ask("POST", f"{REGISTRY}/regenerateCredential", {"name": "password3"}))
    assert (status, code) == (400, "InvalidPasswordName")
