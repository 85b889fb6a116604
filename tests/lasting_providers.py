"""Provider plugins that stay when an engine has gone: starting them anew is a good part of what an `up` takes.

An engine that is told PULUMI_DEBUG_PROVIDERS attaches to them. Each engine configures azure-native anew, which forgets
what was known to the one before.
"""

import asyncio
import signal
import sys
from importlib.metadata import version

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from offline.plugin_server import LARGEST_MESSAGE, PluginServicer, end_now, when_parent_ends
from offline.provider import AzureNative
from offline.random_provider import RandomProvider


async def serve() -> None:
    """Serve both, tell where, and stay until whoever started this has gone."""
    servers, ports = [], []
    plugins: dict[str, PluginServicer] = {
        "azure-native": AzureNative(version("pulumi-azure-native")),
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


if __name__ == "__main__":
    asyncio.run(serve())
