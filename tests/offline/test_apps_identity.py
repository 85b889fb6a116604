"""The managed identity endpoint of container apps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.offline.apps_rig import IDENTITY, Stand, app_body, run

QUERY = {"resource": "https://cognitiveservices.azure.com", "api-version": "2019-08-01"}


@asynccontextmanager
async def asking(folder: Path, **changes: Any) -> AsyncIterator[Any]:
    """Asks the endpoint as a replica does."""
    async with Stand(folder) as stand:
        stand.environment()
        await stand.deploy(app_body(**changes))
        _, answer = await stand.get()
        variables = answer["environment"]

        async def ask(
            query: dict[str, str], *, header: str | None = None, method: str = "GET"
        ) -> tuple[int, Any]:
            async with (
                aiohttp.ClientSession() as session,
                session.request(
                    method,
                    variables["IDENTITY_ENDPOINT"],
                    params=query,
                    headers={"X-IDENTITY-HEADER": header or variables["IDENTITY_HEADER"]},
                ) as response,
            ):
                is_json = response.content_type == "application/json"
                return response.status, await (response.json() if is_json else response.text())

        yield ask


def test_token_of_the_identity_that_the_client_id_names(tmp_path: Path) -> None:
    async def story() -> None:
        async with asking(tmp_path) as ask:
            assert await ask({**QUERY, "client_id": "client-1"}) == (
                200,
                {
                    "access_token": "token of client-1 for https://cognitiveservices.azure.com",
                    "expires_on": "2000000000",
                    "resource": "https://cognitiveservices.azure.com",
                    "token_type": "Bearer",
                    "client_id": "client-1",
                },
            )
            for name, value in (
                ("principal_id", "principal-1"),
                ("object_id", "principal-1"),
                ("mi_res_id", IDENTITY),
            ):
                assert (await ask({**QUERY, name: value}))[0] == 200

    run(story())


@pytest.mark.parametrize(
    ("query", "options", "status", "message"),
    [
        pytest.param(
            QUERY, {}, 400, "Unable to load the proper Managed Identity.", id="user-assigned, none named"
        ),
        pytest.param(
            {**QUERY, "client_id": "other"},
            {},
            400,
            "Unable to load the proper Managed Identity.",
            id="unknown",
        ),
        pytest.param(
            {**QUERY, "client_id": "client-1"}, {"header": "wrong"}, 401, "Unauthorized", id="wrong header"
        ),
        pytest.param(
            {"resource": "x", "client_id": "client-1"},
            {},
            400,
            "The api-version is invalid. Use 2019-08-01.",
            id="no api-version",
        ),
    ],
)
def test_refusals(
    tmp_path: Path, query: dict[str, str], options: dict[str, Any], status: int, message: str
) -> None:
    async def story() -> None:
        async with asking(tmp_path) as ask:
            got, body = await ask(query, **options)
            assert (got, body["statusCode"], body["message"]) == (status, status, message)
            assert body["correlationId"]

    run(story())


def test_post_is_not_allowed(tmp_path: Path) -> None:
    async def story() -> None:
        async with asking(tmp_path) as ask:
            assert (await ask({**QUERY, "client_id": "client-1"}, method="POST"))[0] == 405

    run(story())


def test_lifecycle_none_hides_an_identity_from_the_containers(tmp_path: Path) -> None:
    async def story() -> None:
        settings = [{"identity": IDENTITY, "lifecycle": "None"}]
        async with asking(tmp_path, identitySettings=settings) as ask:
            assert (await ask({**QUERY, "client_id": "client-1"}))[0] == 400

    run(story())


def test_the_apps_own_identity_needs_no_name(tmp_path: Path) -> None:
    async def story() -> None:
        async with asking(tmp_path, identity={"type": "SystemAssigned"}) as ask:
            status, body = await ask(QUERY)
            assert status == 200
            assert body["access_token"] == f"token of {body['client_id']} for {QUERY['resource']}"

    run(story())
