"""What every provider plugin of the offline Azure shares: how it is started, reached and ended by the engine.

The engine starts a plugin with its own address as the last argument, reads one line from its standard output
(the port), and then talks gRPC to 127.0.0.1. It ends a plugin with SIGINT. A plugin that outlived a killed
engine would answer nobody, so ours end with the process that started them.
Source: pulumi/pulumi `sdk/go/common/resource/plugin/plugin.go`; seen with engine 3.255.
"""

import asyncio
import os
import select
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import grpc
import grpc.aio
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands in a preview for a value that nobody knows yet (pulumi.runtime.rpc.UNKNOWN)."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key that marks an object as one of Pulumi's own kinds of value."""

SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public marker
"""The kind of value that the engine encrypts in its state."""

LARGEST_MESSAGE = 400 * 1024 * 1024
"""The engine's own limit, where gRPC's default of 4 MB is too small for a large stack."""

Context = grpc.aio.ServicerContext[Any, Any]


class PluginServicer(provider_pb2_grpc.ResourceProviderServicer):
    """The calls whose answers are the same for every provider; the rest is the subclass's.

    `cancelled` is set once the engine asks to stop: work that waits should end and say what it knows.
    """

    accepts_secrets = False
    """Whether inputs arrive with their secrets marked. Where not, the engine marks the outputs by key."""

    supports_autonaming = False

    def __init__(self, version: str) -> None:
        self.version = version
        self.cancelled = asyncio.Event()

    async def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=self.accepts_secrets,
            accept_resources=False,
            accept_outputs=False,
            supports_autonaming_configuration=self.supports_autonaming,
        )

    async def GetPluginInfo(self, request: Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    async def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> Empty:
        return Empty()

    async def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        """Asked for only by `pulumi import`, to write program code: the import itself is done by then."""
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            "the offline Azure writes no program code: add --generate-code=false",
        )

    async def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse()

    async def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        """An engine's first call: what another one left behind counts no more."""
        self.cancelled = asyncio.Event()
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self.accepts_secrets,
            supportsPreview=True,
            acceptResources=False,
            acceptOutputs=False,
            supports_autonaming_configuration=self.supports_autonaming,
        )

    async def Cancel(self, request: Empty, context: Context) -> Empty:
        self.cancelled.set()
        return Empty()


def from_struct(struct: Struct) -> dict[str, Any]:
    """Properties as plain Python: whole numbers as int, secrets unwrapped, unknowns as UNKNOWN."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: Value) -> object:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            fields = value.struct_value.fields
            if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET:
                return _from_value(fields["value"])
            return {key: _from_value(item) for key, item in fields.items()}
        case _:
            return None


def to_struct(properties: Mapping[str, Any]) -> Struct:
    """Plain Python as properties. `secret(…)` marks a value; UNKNOWN stands for one that is not known yet."""
    struct = Struct()
    struct.update(dict(properties))
    return struct


def secret(value: object) -> dict[str, object]:
    """A value that the engine encrypts in its state and hides in its output."""
    return {SIGNATURE: SECRET, "value": value}


def has_unknown(value: object) -> bool:
    """Whether a value of a preview holds something that is not known yet, however deep."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return value == UNKNOWN


def when_parent_ends(then: Callable[[], object]) -> None:
    """Call `then` once the process that started this one is gone, however it went."""
    parent = os.getppid()

    def watch() -> None:
        try:
            handle = os.pidfd_open(parent)
        except (AttributeError, OSError):  # not Linux, an old kernel, or gone already
            gone = threading.Event()
            while os.getppid() == parent:
                gone.wait(0.2)
        else:
            # The parent may have gone before the handle was opened, and its id have a new owner.
            if os.getppid() == parent:
                select.select([handle], [], [])
        then()

    threading.Thread(target=watch, name="parent", daemon=True).start()


def end_now() -> NoReturn:
    """End without waiting for calls in flight: the engine that made them is gone or has said so."""
    os._exit(0)


def serve(make: Callable[[], PluginServicer]) -> None:
    """Serve a provider to the engine that started this process, until that engine is done with it."""
    asyncio.run(_serve(make))


async def _serve(make: Callable[[], PluginServicer]) -> None:
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", LARGEST_MESSAGE),
            ("grpc.max_send_message_length", LARGEST_MESSAGE),
        ]
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(make(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, ended.set)
    when_parent_ends(end_now)
    announce(port)
    await ended.wait()
    await server.stop(grace=None)


def announce(port: int) -> None:
    """Tell the engine where we listen: one line, then nothing more on standard output."""
    print(port, flush=True)  # noqa: T201 - the plugin protocol
