"""The Pulumi engine's environment: which CLI runs, where its state lies, and which provider plugins it finds."""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from offline import pulumi_cli
from offline.home import Home
from offline.pulumi_cli import EngineError

__all__ = ["Engine", "EngineError", "prepare"]

PLUGINS = {
    "azure-native": ("pulumi-azure-native", "offline.provider"),
    "random": ("pulumi-random", "offline.random_provider"),
}
"""Provider → its SDK, whose version the engine asks for, and the module that serves it here."""

PARALLEL = 32
"""Operations at a time. The engine's own number is four a core: on two cores a subnet waits for a vault to be made,
which takes no processor at all."""

SOURCE = Path(__file__).resolve().parent.parent
"""The folder that `offline` is imported from."""


@dataclass(frozen=True)
class Engine:
    """A CLI that runs, and what it needs around it."""

    cli: Path

    def environment(self, home: Home, caller: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The engine's part of an offline run's environment. What the caller has set for Pulumi stays.

        Writes the plugins into the home, since the engine looks for them in folders and not in a setting.
        """
        home.make()
        plugins = [_write_plugin(home, name) for name in PLUGINS]
        path = [str(self.cli.parent)]
        ours = {
            "PULUMI_HOME": str(home.pulumi),
            # Beside each file the backend writes another with its attributes, and not in one piece: an engine that is
            # killed there leaves it empty, and the state can't be read any more (gocloud.dev/blob/fileblob).
            "PULUMI_BACKEND_URL": f"{home.stacks.as_uri()}?metadata=skip",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
            "PULUMI_PARALLEL": str(PARALLEL),
        }
        if "PULUMI_CONFIG_PASSPHRASE_FILE" not in caller:
            ours["PULUMI_CONFIG_PASSPHRASE"] = home.passphrase()
        kept = {name: caller.get(name, value) for name, value in ours.items()}
        if kept["PULUMI_HOME"] != ours["PULUMI_HOME"]:
            # Nothing is written into somebody's own folder, where it would pass for the real provider later.
            path += [str(plugin.parent) for plugin in plugins]
        before = [entry for entry in caller.get("PATH", os.defpath).split(os.pathsep) if entry not in path]
        return {
            **kept,
            "PATH": os.pathsep.join(path + before),
            "OFFLINE_PYTHON": sys.executable,
            "OFFLINE_SOURCE": str(SOURCE),
        }


def prepare() -> Engine:
    """Find an engine, or get one.

    :raises EngineError: there is none, and none can be got; the text says what to do.
    """
    return Engine(pulumi_cli.find())


def _write_plugin(home: Home, name: str) -> Path:
    """An executable that the engine takes for a provider of the version that the installed SDK asks for."""
    package, module = PLUGINS[name]
    plugin = home.pulumi / "plugins" / f"resource-{name}-v{version(package)}" / f"pulumi-resource-{name}"
    script = f"""#!/bin/sh
# {name} on the offline Azure. Written by offline/engine.py.
exec "${{OFFLINE_PYTHON:-{shlex.quote(sys.executable)}}}" -P -c '
import runpy, sys
sys.path.append(sys.argv.pop(1))
runpy.run_module("{module}", run_name="__main__")' {shlex.quote(str(SOURCE))} "$@"
"""
    if plugin.exists() and plugin.read_text() == script:
        return plugin
    plugin.parent.mkdir(parents=True, exist_ok=True)
    # An engine of another command may be starting it right now.
    new = plugin.with_name(f".{plugin.name}.{os.getpid()}")
    new.write_text(script)
    new.chmod(0o755)
    new.replace(plugin)
    return plugin
