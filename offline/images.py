"""Container images, as far as this machine can stand in for them.

A replica is a process here, not a container. What an image holds is therefore installed beside it: LiteLLM's image is
the same LiteLLM and what the image brings along, from a lock with hashes. Every other image is a placeholder.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from offline.installation import Installation, InstallationError

LOCK = Path(__file__).parent / "litellm" / "requirements.lock"
_INSTALLATION = Installation(package="litellm", title="LiteLLM", lock=LOCK)
_LITELLM = re.compile(
    r"^ghcr\.io/berriai/litellm[a-z0-9_-]*(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:^|-)v?(?P<version>\d+\.\d+\.\d+)(?P<rest>.*)$")
_SAME_CODE = re.compile(r"(?:[.-](?:stable|patch)[.\d-]*)?$")
"""What may follow the version in a tag that PyPI has under the plain version."""
LITELLM = "ghcr.io/berriai/litellm"
"""LiteLLM's image, in the version of the lock."""


class ImageUnavailableError(Exception):
    """The image is one that this machine should be able to run, and cannot."""


@dataclass(frozen=True, kw_only=True)
class ImageCommand:
    """What runs in an image's place."""

    entry_point: tuple[str, ...]
    """What a container without `command` starts."""
    programs: Path
    """Folder that comes first in PATH, where the template's own `command` is looked up."""
    stands_for: str
    """What it is, for people: `LiteLLM 1.106.2`."""
    default_port: int | None = None
    """Where the image listens unless told otherwise; None when that is not known."""
    port_option: str | None = None
    """The program's own option for its port; a replica's port takes its value's place."""
    host_option: str | None = None


def locked_version() -> str:
    """The LiteLLM version of the lock."""
    return _INSTALLATION.version


def litellm_folder() -> Path:
    """The virtual environment of the locked LiteLLM."""
    return _INSTALLATION.folder


def is_litellm(image: str) -> bool:
    """True for LiteLLM's published images, whatever their variant, tag or digest.

    :raises ImageUnavailableError: the tag names another version than the lock's. Azure would run it, we cannot, and
        running a different one in its place would prove nothing.
    """
    parts = _LITELLM.match(image)
    if parts is None:
        return False
    version = _VERSION.search(parts["tag"] or "")
    locked = locked_version()
    if version is not None and not (version["version"] == locked and _SAME_CODE.fullmatch(version["rest"])):
        raise ImageUnavailableError(
            f"the offline Azure runs LiteLLM {locked} and the tag says {parts['tag']}; pin v{locked}, "
            f"or put the other version into offline/litellm/requirements.in and compile its lock anew"
        )
    return True


def prepare(image: str) -> ImageCommand | None:
    """Make an image's stand-in ready; None means that a placeholder runs in its place.

    Installs at the first call, which takes a minute or two, and again only when the lock has changed. It may be
    interrupted at any moment and called again.

    :raises ImageUnavailableError: another LiteLLM than the locked one, or its installation failed.
    """
    if not is_litellm(image):
        return None
    try:
        _INSTALLATION.prepare()
    except InstallationError as error:
        raise ImageUnavailableError(str(error)) from None
    programs = _INSTALLATION.programs
    return ImageCommand(
        entry_point=(str(programs / "litellm"),),
        programs=programs,
        stands_for=f"LiteLLM {locked_version()}",
        default_port=4000,
        port_option="--port",
        host_option="--host",
    )
