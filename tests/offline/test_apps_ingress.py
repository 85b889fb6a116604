"""Who the ingress lets in, and how it carries a request."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from offline.apps.ingress import admitted
from offline.arm.container_app_template import Restriction
from offline.arm.store import Resource
from offline.arrival import Caller
from tests.offline.apps_rig import APP, ENVIRONMENT, GROUP, NETWORK, SUBNET, Stand, app_body, run

ALLOW = [{"name": "office", "ipAddressRange": "203.0.113.0/24", "action": "Allow"}]
ELSEWHERE = [{"name": "other", "ipAddressRange": "192.0.2.0/24", "action": "Allow"}]
DENY = [{"name": "office", "ipAddressRange": "203.0.113.0/24", "action": "Deny"}]
OTHER_NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/other"


def fqdn(app: Resource) -> str:
    ingress = app.properties["configuration"]["ingress"]  # type: ignore[index] # our own shape
    return str(ingress["fqdn"])


@pytest.mark.parametrize(
    ("restrictions", "status", "text"),
    [
        pytest.param([], 200, "", id="no list"),
        pytest.param(ALLOW, 200, "", id="on the list"),
        pytest.param(ELSEWHERE, 403, "RBAC: access denied", id="not on the list"),
        pytest.param(DENY, 403, "RBAC: access denied", id="denied"),
    ],
)
def test_address_list_judges_a_person_but_not_the_local_port(
    tmp_path: Path, restrictions: list[dict[str, str]], status: int, text: str
) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            app = await stand.deploy(app_body(ipSecurityRestrictions=restrictions))
            got, answer = await stand.call(fqdn(app))
            assert got == status
            assert text in answer
            assert (await stand.get())[0] == 200

    run(story())


@pytest.mark.parametrize(
    ("address", "allow", "expected"),
    [
        ("203.0.113.10", True, True),
        ("198.51.100.1", True, False),
        ("203.0.113.10", False, False),
        ("198.51.100.1", False, True),
    ],
)
def test_address_is_judged_by_range(address: str, allow: bool, expected: bool) -> None:
    assert admitted((Restriction(address_range="203.0.113.0/24", allow=allow),), address) is expected


def test_ingress_for_the_environment_alone_is_404_from_outside_and_open_to_neighbours(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            app = await stand.deploy(app_body(external=False))
            host = fqdn(app)
            assert ".internal." in host
            status, text = await stand.call(host)
            assert status == 404
            assert "This Container App is stopped or does not exist" in text
            neighbour = f"{APP}2"
            await stand.deploy(app_body(), neighbour)
            inside = Caller(name="gateway2", kind="app", network_id=NETWORK, app_id=neighbour)
            assert (await stand.call(host, caller=inside))[0] == 200

    run(story())


def test_internal_environment_is_reached_where_zone_link_and_record_lead_to_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            network = {"infrastructureSubnetId": SUBNET, "internal": True}
            environment = stand.environment(vnetConfiguration=network)
            app = await stand.deploy(app_body())
            host = fqdn(app)
            zone = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/{environment.properties['defaultDomain']}"
            inside = Caller(name="job", kind="app", network_id=NETWORK)
            assert (await stand.call(host))[0] == 404
            assert (await stand.call(host, caller=inside))[0] == 404
            stand.add(zone, {})
            stand.add(f"{zone}/virtualNetworkLinks/l", {"virtualNetwork": {"id": NETWORK}})
            stand.add(f"{zone}/A/*", {"aRecords": [{"ipv4Address": environment.properties["staticIp"]}]})
            assert (await stand.call(host, caller=inside))[0] == 200
            other = Caller(name="far", kind="app", network_id=OTHER_NETWORK)
            assert (await stand.call(host, caller=other))[0] == 404
            assert (await stand.call(host))[0] == 404
            assert (await stand.get())[0] == 200

    run(story())


def test_environment_without_public_access_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment(publicNetworkAccess="Disabled")
            app = await stand.deploy(app_body())
            status, text = await stand.call(fqdn(app))
            assert status == 403
            assert "public network access on this managed environment is disabled" in text
            assert (await stand.call(fqdn(app), private=True))[0] == 200

    run(story())


def test_unknown_host_is_404_and_a_revision_has_a_host_of_its_own(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            environment = stand.environment()
            app = await stand.deploy(app_body())
            assert (await stand.call(f"nobody.{environment.properties['defaultDomain']}"))[0] == 404
            assert (await stand.call(str(app.properties["latestRevisionFqdn"])))[0] == 200

    run(story())


def test_request_arrives_with_where_it_came_from(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            app = await stand.deploy(app_body())
            _, answer = await stand.call(fqdn(app))
            assert '"X-Forwarded-For": "203.0.113.10"' in answer
            assert '"X-Forwarded-Proto": "https"' in answer

    run(story())


def test_stream_arrives_piece_by_piece(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body())
            await stand.get()
            loop = asyncio.get_running_loop()
            url = f"http://localhost:{stand.host.ingress.local_port}/stream?10"
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                began = loop.time()
                assert await response.content.readline() == b"data: 1 0\n"
                first = loop.time() - began
                await response.read()
                assert loop.time() - began > first + 0.3

    run(story())


def test_body_is_carried_whole(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body())
            await stand.get()
            url = f"http://localhost:{stand.host.ingress.local_port}/"
            async with (
                aiohttp.ClientSession() as session,
                session.post(url, data=b"x" * 5_000_000, expect100=True) as response,
            ):
                assert (await response.json())["length"] == 5_000_000

    run(story())


def test_refused_connection_goes_to_another_replica(tmp_path: Path) -> None:
    """A replica that has stopped listening has not seen the request: nothing is lost by asking the other one."""

    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body(scale={"minReplicas": 2, "maxReplicas": 2}))
            await stand.get()
            running = next(iter(stand.host.ingress.apps.values()))
            revision = running.revisions[running.latest or ""]
            revision.replicas[0].containers[0].port = 1
            assert [(await stand.get())[0] for _ in range(4)] == [200] * 4
            revision.replicas[1].containers[0].port = 1
            status, text = await stand.get()
            assert status == 503
            assert "Connection refused" in text

    run(story())


def test_no_replica_is_503(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body())
            for revision in next(iter(stand.host.ingress.apps.values())).revisions.values():
                await revision.stop()
            assert await stand.get() == (503, "no healthy upstream")

    run(story())


def test_request_on_which_nothing_moves_ends_with_504(tmp_path: Path) -> None:
    """After 240 seconds in Azure; after two in these tests."""

    async def story() -> None:
        async with Stand(tmp_path) as stand:
            stand.environment()
            await stand.deploy(app_body())
            assert await stand.get("/slow?3") == (504, "upstream request timeout")

    run(story())


def test_app_of_another_environment_comes_from_its_outbound_address(tmp_path: Path) -> None:
    async def story() -> None:
        async with Stand(tmp_path) as stand:
            environment = stand.environment()
            address = environment.private["outboundAddress"]
            only = [{"name": "n", "ipAddressRange": f"{address}/32", "action": "Allow"}]
            stand.add(f"{ENVIRONMENT}2", {"defaultDomain": "other.example", "vnetConfiguration": {}})
            theirs = app_body(ipSecurityRestrictions=only)
            theirs["properties"]["environmentId"] = f"{ENVIRONMENT}2"  # type: ignore[index] # our own shape
            other = await stand.deploy(theirs, f"{APP}2")
            await stand.deploy(app_body())
            caller = Caller(name="gateway", kind="app", network_id=NETWORK, app_id=APP)
            assert (await stand.call(fqdn(other), caller=caller))[0] == 200
            assert (await stand.call(fqdn(other)))[0] == 403

    run(story())
