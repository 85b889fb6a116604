"""The real LiteLLM in place of its image."""

from pathlib import Path

import aiohttp
import psutil

from offline import images
from tests.offline.apps_rig import Stand, app_body, run

KEY = "sk-a-key-that-is-long-enough-7f3a"
CONFIG = """
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o
      api_base: https://account.openai.azure.com
      api_key: os.environ/AZURE_OPENAI_API_KEY
      api_version: "2024-10-21"
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
"""


def test_litellm_serves_the_config_of_the_template(tmp_path: Path) -> None:
    image = f"ghcr.io/berriai/litellm:v{images.locked_version()}"
    images.prepare(image)
    body = app_body(
        image=image,
        secrets=[{"name": "config", "value": CONFIG}, {"name": "key", "value": KEY}],
        volumes=[
            {
                "name": "config",
                "storageType": "Secret",
                "secrets": [{"secretRef": "config", "path": "config.yaml"}],
            }
        ],
        volumeMounts=[{"volumeName": "config", "mountPath": "/etc/litellm"}],
        env=[
            {"name": "LITELLM_MASTER_KEY", "secretRef": "key"},
            {"name": "AZURE_OPENAI_API_KEY", "secretRef": "key"},
            {"name": "LITELLM_LOCAL_MODEL_COST_MAP", "value": "True"},
            {"name": "LITELLM_MODE", "value": "PRODUCTION"},
        ],
        probes=[
            {
                "type": "Startup",
                "httpGet": {"path": "/health/liveliness", "port": 4000},
                "periodSeconds": 10,
                "failureThreshold": 10,
                "timeoutSeconds": 5,
            },
            {
                "type": "Readiness",
                "httpGet": {"path": "/health/readiness", "port": 4000},
                "timeoutSeconds": 5,
            },
        ],
    )
    containers = body["properties"]["template"]["containers"]  # type: ignore[index] # our own shape
    containers[0]["args"] = ["--config", "/etc/litellm/config.yaml", "--port", "4000"]

    async def story() -> None:
        async with Stand(tmp_path, speed=200, real_seconds=120, images=images.prepare) as stand:
            stand.environment()
            await stand.deploy(body)
            (status,) = stand.host.status()
            assert status.replicas[0].programs == (f"LiteLLM {images.locked_version()}",)
            pid = status.replicas[0].pid
            assert pid is not None
            assert KEY not in " ".join(psutil.Process(pid).cmdline())
            port = await stand.host.ingress.serve_local(0)
            url = f"http://localhost:{port}/v1/models"
            async with aiohttp.ClientSession() as session:
                async with session.get(url, headers={"Authorization": f"Bearer {KEY}"}) as response:
                    assert response.status == 200
                    assert [model["id"] for model in (await response.json())["data"]] == ["gpt-4o"]
                async with session.get(url, headers={"Authorization": "Bearer sk-wrong"}) as response:
                    assert response.status in (400, 401)
        assert not psutil.pid_exists(pid)

    run(story())
