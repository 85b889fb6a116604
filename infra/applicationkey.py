"""The key of an application that calls the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_random

from config.settings import Application, key_variables
from infra.masterkey import PREFIX


@dataclass(frozen=True, kw_only=True)
class ApplicationKeyArgs:
    application: Application
    given: str | None = None
    """A key from the settings, in place of a generated one."""


class ApplicationKey(pulumi.ComponentResource):
    """An application's key, and the one before where that is still accepted. Named after the application.

    Children: the random part of each generation. A generation is a resource of its own, so that the next one changes
    nothing about it. Leaves alone: where they are kept (`vault`), what they open (`gateway/applications.py`).
    """

    value: pulumi.Output[str]
    """The newest; a secret."""
    values: Mapping[str, pulumi.Output[str]]
    """All that are accepted, by the environment variable that each ends up in; secrets."""

    def __init__(
        self, name: str, args: ApplicationKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("litellm-azure:applicationkey:ApplicationKey", name, None, opts)
        self.values = {
            variable: pulumi.Output.secret(args.given)
            if args.given is not None
            else self._generated(f"{name}-{generation}")
            for generation, variable in key_variables(args.application).items()
        }
        self.value = next(iter(self.values.values()))
        self.register_outputs({})

    def _generated(self, name: str) -> pulumi.Output[str]:
        random = pulumi_random.RandomPassword(
            name, length=48, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        return pulumi.Output.secret(pulumi.Output.concat(PREFIX, random.result))
