"""Addresses that no proxy leads to, in what a replica is given."""

from pathlib import Path

import pytest

from tests.offline.apps_rig import NETWORK, Stand, app_body, run

HOST = "redis-one.southcentralus.redis.azure.net"


@pytest.mark.parametrize(
    ("written", "given"),
    [
        pytest.param(f"rediss://{HOST}:10000", "rediss://127.0.0.1:60001", id="a URL"),
        pytest.param(f"rediss://:k%40y@{HOST}:10000/0", "rediss://:k%40y@127.0.0.1:60001/0", id="with a key"),
        pytest.param(f"{HOST.upper()}:10000,ssl=True", "127.0.0.1:60001,ssl=True", id="a connection string"),
        pytest.param(f"{HOST}:10000 {HOST}:6380", "127.0.0.1:60001 127.0.0.1:60002", id="two ports"),
    ],
)
@pytest.mark.parametrize("secret", [False, True], ids=["plain", "a secret"])
def test_a_variable_names_the_apps_own_tunnel(tmp_path: Path, written: str, given: str, secret: bool) -> None:
    """Also one whose value is a secret: a URL that holds a key is one."""
    variable = {"name": "REDIS_URL", **({"secretRef": "url"} if secret else {"value": written})}

    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body(secrets=[{"name": "url", "value": written}], env=[variable]))
            _, answer = await stand.get()
            assert answer["environment"]["REDIS_URL"] == given
            assert {caller.network_id for caller, _, _ in stand.fabric.tunnels} == {NETWORK}
            assert {host for _, host, _ in stand.fabric.tunnels} == {HOST}

    run(story())


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(HOST, id="no port"),
        pytest.param(f"{HOST}.example.com:10000", id="the beginning of another name"),
        pytest.param("redis.azure.net:10000", id="no cluster"),
        pytest.param("https://ai.openai.azure.com:443/", id="what a proxy leads to"),
    ],
)
def test_everything_else_stays_as_it_is(tmp_path: Path, written: str) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body(env=[{"name": "URL", "value": written}]))
            _, answer = await stand.get()
            assert answer["environment"]["URL"] == written
            assert stand.fabric.tunnels == []

    run(story())


def test_replicas_share_the_tunnel_and_it_goes_with_the_app(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(
                app_body(
                    env=[{"name": "REDIS_URL", "value": f"rediss://{HOST}:10000"}],
                    scale={"minReplicas": 3, "maxReplicas": 3},
                )
            )
            assert len(stand.host.status()[0].replicas) == 3
            assert len(stand.fabric.tunnels) == 1
            await stand.host.stop_app(stand.app())
            assert stand.fabric.closed == [50001, 60001]

    run(story())
