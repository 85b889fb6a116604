"""A server that stands for the gateway and for Azure OpenAI at once, and misbehaves as it is told.

It knows nothing of either beyond the paths and the stream's form: it is for the rules of the examples, which
have to hold whatever is at the other end. The real gateway is for `test_examples.py`.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

PIECES = ("one ", "two ", "three")

Behaviour = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


async def answers(request: web.Request, name: str) -> web.StreamResponse:
    """Answers in three pieces, beginning with who answers."""
    asked = await request.json()
    if not asked.get("stream"):
        message = {"role": "assistant", "content": f"{name}: {''.join(PIECES)}"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]})
    response = await _stream(request)
    for piece in (f"{name}: ", *PIECES):
        await _event(response, piece)
    await _event(response, None, finish="stop")
    await response.write(b"data: [DONE]\n\n")
    return response


def breaks_after(pieces: int) -> Behaviour:
    """Sends so many pieces, then closes the connection in the middle of the response."""

    async def behaviour(request: web.Request, _: str) -> web.StreamResponse:
        response = await _stream(request)
        for piece in PIECES[:pieces]:
            await _event(response, piece)
        if request.transport is not None:
            request.transport.close()
        return response

    return behaviour


def ends_after(pieces: int) -> Behaviour:
    """Sends so many pieces and ends the response in order, as a proxy does whose upstream died."""

    async def behaviour(request: web.Request, _: str) -> web.StreamResponse:
        response = await _stream(request)
        for piece in PIECES[:pieces]:
            await _event(response, piece)
        return response

    return behaviour


def refuses(status: int, text: str, content_type: str = "application/json") -> Behaviour:
    async def behaviour(_request: web.Request, _: str) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type=content_type)

    return behaviour


async def hangs(_request: web.Request, _: str) -> web.StreamResponse:
    """Takes the question and says nothing; the server's end ends it."""
    await asyncio.Event().wait()
    return web.Response(status=503)


async def _stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    return response


async def _event(response: web.StreamResponse, content: str | None, finish: str | None = None) -> None:
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    await response.write(f"data: {json.dumps(event)}\n\n".encode())


@dataclass
class Seen:
    """A request, as far as a test looks at it."""

    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Side:
    """The gateway or Azure OpenAI: how it behaves now, and what it was asked."""

    name: str
    behaviour: Behaviour = answers
    seen: list[Seen] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.seen.append(Seen(request.path, request.query_string, headers, await request.read()))
        return await self.behaviour(request, self.name)


class Stub:
    """Both sides on one loopback port."""

    def __init__(self) -> None:
        self.gateway = Side("gateway")
        self.azure = Side("azure")
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        for side in (self.gateway, self.azure):
            side.behaviour = answers
            side.seen.clear()

    @contextmanager
    def running(self) -> Iterator["Stub"]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(), loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self.gateway.handle)
        app.router.add_route("*", "/{tail:.*}", self.azure.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner
