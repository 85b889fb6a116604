"""The real LiteLLM in two replicas that coordinate through a cache: what one finds out, the other knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yaml

from offline import control, images
from tests.laws.azure import REGION, Azure
from tests.offline.cached import PORT, Cached, deploy
from tests.offline.caches import needs_server, until

MASTER_KEY = "sk-a-key-that-is-long-enough-7f3a"
COOLED = """EVAL "return #redis.call('KEYS', 'deployment:*:cooldown')" 0"""
CALLS = 30
"""A replica that did not know would call the broken deployment in half of them."""


@dataclass(frozen=True)
class Gateway:
    """An app of two replicas, and an account with a deployment that is broken and one that is whole."""

    cached: Cached

    def replicas(self) -> list[str]:
        """Where each listens on this machine."""
        [app] = self.cached.azure.cloud.status()["apps"]
        return [f"http://127.0.0.1:{replica['port']}" for replica in app["replicas"]]

    def chat(self, replica: str) -> int:
        """One call; its status."""
        answer = httpx.post(
            f"{replica}/v1/chat/completions",
            json={"model": "chat", "messages": [{"role": "user", "content": "Hello"}]},
            headers={"Authorization": f"Bearer {MASTER_KEY}"},
            timeout=60,
            trust_env=False,
        )
        return answer.status_code

    def calls(self, deployment: str) -> int:
        """How many calls a deployment has had."""
        store = self.cached.azure.cloud.store()
        try:
            return sum(f"/deployments/{deployment}/" in path for _, _, _, path, _ in store.calls())
        finally:
            store.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    needs_server()
    azure = Azure(tmp_path_factory.mktemp("azure"))
    yield _deploy(deploy(azure))
    azure.stop()


def _deploy(cached: Cached) -> Gateway:
    """What the program makes of it: an identity with an assignment, and the settings of LiteLLM."""
    azure = cached.azure
    account = azure.account(cached.group, publicNetworkAccess="Enabled")
    for name in ("broken", "whole"):
        azure.put(
            f"{account}/deployments/{name}",
            {
                "sku": {"name": "GlobalStandard", "capacity": 10},
                "properties": {"model": {"format": "OpenAI", "name": "gpt-5.1", "version": "2025-11-13"}},
            },
        )
    identity = azure.identity(cached.group)
    cached.assign(identity["properties"]["principalId"])
    subnet = azure.subnet(
        cached.network,
        "snet-apps",
        "10.0.2.0/26",
        delegations=[{"name": "d", "properties": {"serviceName": "Microsoft.App/environments"}}],
    )
    environment = f"{cached.group}/providers/Microsoft.App/managedEnvironments/cae"
    azure.put(
        environment,
        {
            "location": REGION,
            "properties": {
                "vnetConfiguration": {"infrastructureSubnetId": azure.base + subnet, "internal": False},
                "workloadProfiles": [{"name": "Consumption", "workloadProfileType": "Consumption"}],
            },
        },
    )
    key = azure.rest("POST", f"{account}/listKeys").json()["key1"]
    config = _config(f"https://{account.rpartition('/')[2]}.openai.azure.com")
    azure.put(
        f"{cached.group}/providers/Microsoft.App/containerApps/gateway",
        _app(azure.base + environment, identity, key, config, f"rediss://{cached.host}:{PORT}"),
    )
    name = account.rpartition("/")[2]
    control.fault(
        azure.cloud.record, "deployment", {"account": name, "deployment": "broken", "answer": "429"}
    )
    return Gateway(cached)


def _config(account: str) -> str:
    """Two deployments of one name: a failed call goes to the other one, and nobody tries the first for a minute."""
    return yaml.safe_dump(
        {
            "model_list": [
                {
                    "model_name": "chat",
                    "litellm_params": {
                        "model": f"azure/{name}",
                        "api_base": account,
                        "api_key": "os.environ/AZURE_OPENAI_API_KEY",
                        "api_version": "2024-10-21",
                    },
                }
                for name in ("broken", "whole")
            ],
            "router_settings": {"num_retries": 0, "enable_weighted_failover": True, "cooldown_time": 600},
            "general_settings": {
                "master_key": "os.environ/LITELLM_MASTER_KEY",
                "coordination_redis": {"url": "os.environ/REDIS_URL", "azure_redis_ad_token": True},
            },
        }
    )


def _app(environment: str, identity: dict[str, Any], key: str, config: str, url: str) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/health/readiness", "port": 4000}, "timeoutSeconds": 5}
    plain = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MODE": "PRODUCTION",
        "REDIS_URL": url,
        "REDIS_USERNAME": identity["properties"]["principalId"],
        "AZURE_CLIENT_ID": identity["properties"]["clientId"],
    }
    secret = {"LITELLM_MASTER_KEY": "master", "AZURE_OPENAI_API_KEY": "key"}
    return {
        "location": REGION,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}},
        "properties": {
            "environmentId": environment,
            "workloadProfileName": "Consumption",
            "configuration": {
                "ingress": {"external": True, "targetPort": 4000},
                "secrets": [
                    {"name": "master", "value": MASTER_KEY},
                    {"name": "key", "value": key},
                    {"name": "config", "value": config},
                ],
            },
            "template": {
                "containers": [
                    {
                        "name": "litellm",
                        "image": f"{images.LITELLM}:v{images.locked_version()}",
                        "args": ["--config", "/etc/litellm/config.yaml"],
                        "resources": {"cpu": 1, "memory": "2Gi"},
                        "env": [
                            *({"name": name, "value": value} for name, value in plain.items()),
                            *({"name": name, "secretRef": value} for name, value in secret.items()),
                        ],
                        "volumeMounts": [{"volumeName": "config", "mountPath": "/etc/litellm"}],
                        "probes": [
                            {"type": "Startup", "failureThreshold": 60, "periodSeconds": 10, **probe},
                            {"type": "Readiness", **probe},
                        ],
                    }
                ],
                "volumes": [
                    {
                        "name": "config",
                        "storageType": "Secret",
                        "secrets": [{"secretRef": "config", "path": "config.yaml"}],
                    }
                ],
                "scale": {"minReplicas": 2, "maxReplicas": 2},
                "terminationGracePeriodSeconds": 5,
            },
        },
    }


def test_what_one_replica_cools_down_the_other_leaves_alone(gateway: Gateway) -> None:
    one, other = gateway.replicas()

    def found_out() -> bool:
        assert gateway.chat(one) == 200, "the other deployment answers"
        return gateway.calls("broken") > 0

    until(found_out, 120)
    with gateway.cached.terminal() as terminal:
        until(lambda: terminal.ask(COOLED) == ":1")
    before = gateway.calls("broken")
    assert [gateway.chat(other) for _ in range(CALLS)] == [200] * CALLS
    assert gateway.calls("broken") == before


def test_a_cache_that_goes_costs_no_call(gateway: Gateway) -> None:
    control.fault(gateway.cached.azure.cloud.record, "cache", {"cluster": gateway.cached.name})
    for replica in gateway.replicas():
        assert [gateway.chat(replica) for _ in range(CALLS)] == [200] * CALLS
    assert gateway.cached.status()["state"] == "refused"
