"""Provider plugins that stay when an engine has gone: starting them anew is a good part of what an `up` takes.

An engine that is told PULUMI_DEBUG_PROVIDERS attaches to them. Each engine configures azure-native anew, which forgets
what was known to the one before.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import grpc.aio
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from offline.plugin_server import LARGEST_MESSAGE, Context, PluginServicer, end_now, when_parent_ends
from offline.provider import AzureNative
from offline.random_provider import RandomProvider


class LastingAzureNative(AzureNative):
    """Serves one engine after the other."""

    async def Configure(  # noqa: N802  gRPC names the methods
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        self.__init__(self.version)  # type: ignore[misc]  # a new engine's, which knows nothing yet
        return await super().Configure(request, context)


async def serve() -> None:
    """Serve both, tell where, and stay until whoever started this has gone."""
    servers, ports = [], []
    plugins: dict[str, PluginServicer] = {
        "azure-native": LastingAzureNative(version("pulumi-azure-native")),
        "random": RandomProvider(version("pulumi-random")),
    }
    for name, plugin in plugins.items():
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", LARGEST_MESSAGE),
                ("grpc.max_send_message_length", LARGEST_MESSAGE),
            ]
        )
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
        ports.append(f"{name}:{server.add_insecure_port('127.0.0.1:0')}")
        await server.start()
        servers.append(server)  # which would stop with its last mention
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    when_parent_ends(end_now)
    sys.stdout.write(",".join(ports) + "\n")
    sys.stdout.flush()
    await ended.wait()
    end_now()


def start(environment: Mapping[str, str]) -> tuple[subprocess.Popen[str], str]:
    """Plugins of one's own, and what an engine's environment says of them."""
    plugins = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=Path(__file__).parent.parent,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert plugins.stdout is not None
    return plugins, plugins.stdout.readline().strip()


if __name__ == "__main__":
    asyncio.run(serve())
