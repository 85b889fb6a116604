"""LiteLLM's master key."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_random

# LiteLLM wants its keys to begin so.
PREFIX = "sk-"


def drawn(name: str, parent: pulumi.Resource, keepers: Mapping[str, str] | None = None) -> pulumi.Output[str]:
    """A key that LiteLLM takes, drawn at random; a secret.

    :param keepers: another one is drawn when they change.
    """
    random = pulumi_random.RandomPassword(
        name, length=48, special=False, keepers=keepers, opts=pulumi.ResourceOptions(parent=parent)
    )
    return pulumi.Output.secret(pulumi.Output.concat(PREFIX, random.result))


@dataclass(frozen=True, kw_only=True)
class MasterKeyArgs:
    generation: int
    """A new number makes a new key."""
    given: str | None = None
    """A key from the settings, in place of a generated one."""


class MasterKey(pulumi.ComponentResource):
    """The key that administers the gateway.

    Children: its random part, unless the key is given. Leaves alone: where it is kept (`vault`).
    """

    value: pulumi.Output[str]
    """A secret."""

    def __init__(self, name: str, args: MasterKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:masterkey:MasterKey", name, None, opts)
        if args.given is None:
            self.value = drawn(name, self, keepers={"generation": str(args.generation)})
        else:
            self.value = pulumi.Output.secret(args.given)
        self.register_outputs({})
