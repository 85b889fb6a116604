"""An ARM, a sign-in endpoint and a vault for the provider's tests: a dict of bodies, and answers that are set up."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from aiohttp import web
from pulumi.runtime.proto import provider_pb2_grpc

from offline.azure_native.client import Endpoints
from offline.provider import AzureNative

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
OBJECT_ID = "00000000-0000-0000-0000-000000000002"
SPEED = "10000"
"""A pause of 120 s takes 12 ms."""


@dataclass
class Answer:
    """One answer that comes before the usual ones."""

    method: str
    ends_with: str
    """Of the path."""
    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class SmallAzure:
    """What is there, what was asked, and what to answer first."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    first: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    long: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Path suffix -> the states that the operation of its PUT goes through."""
    url: str = ""
    silent: set[str] = field(default_factory=set)
    """Path suffixes whose PUT is never answered."""
    polled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once an operation was looked at."""

    def methods(self, ends_with: str) -> list[str]:
        """How a path was asked for."""
        return [method for method, path, _ in self.asked if path.endswith(ends_with)]

    def sent(self, ends_with: str) -> dict[str, Any]:
        """The last body that was PUT there."""
        return [b for m, path, b in self.asked if m == "PUT" and path.endswith(ends_with)][-1]

    async def handle(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if request.path.endswith("/oauth2/v2.0/token"):
            claims = base64.urlsafe_b64encode(json.dumps({"oid": OBJECT_ID}).encode()).decode().rstrip("=")
            return web.json_response({"access_token": f"x.{claims}.x", "expires_in": 3600})
        body = json.loads(raw) if raw else {}
        self.asked.append((request.method, request.path, body))
        assert request.headers["Authorization"].startswith("Bearer ")
        assert request.query.get("api-version")
        if request.method == "PUT" and any(request.path.endswith(suffix) for suffix in self.silent):
            await asyncio.Event().wait()
        for answer in self.first:
            if request.method == answer.method and request.path.endswith(answer.ends_with):
                self.first.remove(answer)
                return self._reply(answer.body, answer.status, answer.headers)
        return self._usual(request.method, request.path, body)

    def _usual(self, method: str, path: str, body: dict[str, Any]) -> web.Response:
        if path.startswith("/operations/"):
            self.polled.set()
            states = self.long[path.removeprefix("/operations/")]
            return self._reply(states.pop(0) if len(states) > 1 else states[0])
        if method == "PUT":
            stored = {"id": path, "name": path.rpartition("/")[2], **body}
            self.resources[path] = stored
            for suffix in self.long:
                if path.endswith(suffix):
                    operation = {"Azure-AsyncOperation": f"{self.url}/operations/{suffix}?api-version=1"}
                    return self._reply(stored, 201, operation)
            return self._reply(stored)
        if method == "DELETE":
            return self._reply({}, 200 if self.resources.pop(path, None) else 204)
        if method == "POST":
            return self._reply({"key1": "one", "key2": "two"})
        if path not in self.resources:
            return self._reply({"error": {"code": "ResourceNotFound", "message": f"no {path}"}}, 404)
        return self._reply(self.resources[path])

    @staticmethod
    def _reply(
        body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
    ) -> web.Response:
        return web.json_response(body, status=status, headers={"x-offline-speed": SPEED, **(headers or {})})


@asynccontextmanager
async def engine_and_azure() -> AsyncIterator[tuple[Any, SmallAzure, AzureNative]]:
    """A provider behind gRPC, as the engine calls it, with its Azure."""
    azure = SmallAzure()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", azure.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    azure.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    provider = AzureNative(
        "3.29.0", Endpoints(resource_manager=azure.url, sign_in=azure.url, vault=azure.url)
    )
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel), azure, provider
    finally:
        await server.stop(grace=None)
        await runner.cleanup()
        await asyncio.sleep(0)
