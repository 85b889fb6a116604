"""The key of an application that calls the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from config.settings import Application, key_variables
from infra.masterkey import drawn


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
            else drawn(f"{name}-{generation}", self)
            for generation, variable in key_variables(args.application).items()
        }
        self.value = next(iter(self.values.values()))
        self.register_outputs({})
