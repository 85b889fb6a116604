"""What Check fills in: the name that a program leaves out, and the location."""

import hashlib
import secrets
import uuid

from offline.schema.resources import ResourceType


def automatic(resource: ResourceType, name: str, seed: bytes) -> tuple[str, bool]:
    """A name made of the resource's Pulumi name, and whether it is random.

    :param seed: the engine's; the same one makes the same name, in the preview and in the update that follows.
    """
    digits = hashlib.sha512(seed).hexdigest() if seed else secrets.token_hex(16)
    if resource.auto_name == "random":
        return name + digits[:8], True
    if resource.auto_name == "uuid":
        return str(uuid.UUID(digits[:32])), True
    return name, False
