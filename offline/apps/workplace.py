"""What a replica's process finds when it starts: its folder with the mounted volumes, its arguments, its environment.

In a container a volume lies at its mount path. Here it lies in the replica's folder, and the mount path is replaced by
that folder wherever arguments and environment name it. Variables that name an address which no proxy leads to name a
port of this machine instead (`addresses.py`).
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from offline.apps.addresses import Addresses
from offline.arm.container_app_template import Container, Template, Variable
from offline.home import write_private
from offline.images import ImageCommand

_INHERITED = ("PATH", "LANG", "TMPDIR")
VOLUMES = "volumes"
"""Folder of a replica's volumes in its own."""
_PLACEHOLDER = Path(__file__).parent / "placeholder.py"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the platform gives to every container of a replica."""

    app: str
    revision: str
    replica: str
    hostname: str
    dns_suffix: str
    proxy: str
    """The app's own way into the fabric: `http://127.0.0.1:port`."""
    bundle: Path
    identity_endpoint: str | None
    """None for an app without an identity that its containers may use."""
    identity_header: str

    def variables(self, port: int) -> dict[str, str]:
        """The platform's variables. They win over the template's: no template of Azure's could change a network."""
        found = {
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "CONTAINER_APP_NAME": self.app,
            "CONTAINER_APP_REVISION": self.revision,
            "CONTAINER_APP_REPLICA_NAME": self.replica,
            "CONTAINER_APP_HOSTNAME": self.hostname,
            "CONTAINER_APP_ENV_DNS_SUFFIX": self.dns_suffix,
            "CONTAINER_APP_PORT": str(port),
            "SSL_CERT_FILE": str(self.bundle),
            "REQUESTS_CA_BUNDLE": str(self.bundle),
        }
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            found[name] = found[name.lower()] = self.proxy
        found["NO_PROXY"] = found["no_proxy"] = "127.0.0.1,localhost"
        if self.identity_endpoint is not None:
            found["IDENTITY_ENDPOINT"] = found["MSI_ENDPOINT"] = self.identity_endpoint
            found["IDENTITY_HEADER"] = self.identity_header
        return found


def make_volumes(template: Template, folder: Path, secrets: Mapping[str, str]) -> dict[str, Path]:
    """Write the volumes of a replica, readable by their owner alone; returns each one's folder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made: dict[str, Path] = {}
    for volume in template.volumes:
        place = folder / VOLUMES / volume.name
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        made[volume.name] = place
        if volume.storage == "Secret":
            listed = volume.secrets or tuple((name, name) for name in secrets)
            for secret, path in listed:
                file = (place / path.strip("/")).resolve()
                if not file.is_relative_to(place.resolve()):
                    continue  # A path that climbs out of the volume mounts nothing, here as there.
                file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_private(file, secrets[secret])
    return made


class Paths:
    """Mount paths, and where they really are."""

    def __init__(self, container: Container, volumes: Mapping[str, Path]) -> None:
        places = {
            mount.path: str(
                volumes[mount.volume] / mount.sub_path if mount.sub_path else volumes[mount.volume]
            )
            for mount in container.mounts
            if mount.volume in volumes
        }
        # The longest first: one mount may lie inside another. A path ends where no path character follows.
        ordered = sorted(places, key=len, reverse=True)
        self._places = places
        self._pattern = (
            re.compile(r"(?<![\w./-])(" + "|".join(map(re.escape, ordered)) + r")(?=/|$|[^\w.-])")
            if ordered
            else None
        )

    def real(self, text: str) -> str:
        """The text with every mount path replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._places[found.group(1)], text)


def environment(
    container: Container,
    surroundings: Surroundings,
    secrets: Mapping[str, str],
    paths: Paths,
    addresses: Addresses,
    *,
    port: int,
    home: Path,
    programs: Path | None,
) -> dict[str, str]:
    """All that the process inherits. Secret values arrive byte for byte but for an address; nothing of the service's
    own does."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    found = {**inherited, "HOME": str(home)}
    if programs is not None:
        found["PATH"] = os.pathsep.join([str(programs), found.get("PATH", os.defpath)])
    for variable in container.environment:
        found[variable.name] = addresses.real(_value(variable, secrets, paths))
    return {**found, **surroundings.variables(port)}


def values(container: Container, secrets: Mapping[str, str]) -> list[str]:
    """What the template's variables say.

    :raises KeyError: one names a secret that is not there.
    """
    return [
        variable.value if variable.secret is None else secrets[variable.secret]
        for variable in container.environment
    ]


def _value(variable: Variable, secrets: Mapping[str, str], paths: Paths) -> str:
    return paths.real(variable.value) if variable.secret is None else secrets[variable.secret]


def arguments(container: Container, image: ImageCommand | None, paths: Paths, *, port: int) -> list[str]:
    """The command line. It never holds a secret: a template's arguments cannot refer to one."""
    if image is None:
        return [sys.executable, "-I", str(_PLACEHOLDER), container.image]
    given = [paths.real(word) for word in container.args]
    if not container.command:
        return [*image.entry_point, *_own_address(given, image, port)]
    command = [paths.real(word) for word in container.command]
    if Path(command[0]).name == Path(image.entry_point[0]).name:
        return _own_address([*command, *given], image, port)
    return [*command, *given]


def listening_port(container: Container, image: ImageCommand | None) -> int | None:
    """The port that the container would listen on in Azure; None when nobody can tell.

    Probes and an ingress that ask at another one find nobody, here as there.
    """
    if image is None or image.default_port is None:
        return None
    words = [*container.command, *container.args]
    for index, word in enumerate(words):
        option, _, value = word.partition("=")
        if option == image.port_option:
            value = value or (words[index + 1] if index + 1 < len(words) else "")
            return int(value) if value.isdigit() else None
    for variable in container.environment:
        if variable.name == "PORT" and variable.value.isdigit():
            return int(variable.value)
    return image.default_port


def _own_address(words: list[str], image: ImageCommand, port: int) -> list[str]:
    """Replicas share one machine: a port or host that the arguments name becomes the replica's own."""
    own = {image.port_option: str(port), image.host_option: "127.0.0.1"}
    found: list[str] = []
    following: str | None = None
    for word in words:
        option, equals, _ = word.partition("=")
        if following is not None:
            found.append(following)
            following = None
        elif option in own:
            found.append(f"{option}={own[option]}" if equals else word)
            following = None if equals else own[option]
        else:
            found.append(word)
    return found
