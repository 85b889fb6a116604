"""Who may call the accounts without the gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from config.settings import Principal
from infra import roles


@dataclass(frozen=True, kw_only=True)
class DirectAccessArgs:
    subscription_id: pulumi.Input[str]
    principals: Sequence[Principal]
    accounts: Mapping[str, pulumi.Input[str]]
    """The ids of the accounts, by their name."""


class DirectAccess(pulumi.ComponentResource):
    """The keyless way of applications to the accounts, from inside the network, while the gateway is down.

    Children: Cognitive Services OpenAI User for every principal on every account. Leaves alone: how they get into the
    network.
    """

    def __init__(self, name: str, args: DirectAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:directaccess:DirectAccess", name, None, opts)
        # Two applications may share a principal: its role is one all the same.
        for principal in {found.id: found for found in args.principals}.values():
            for account, scope in args.accounts.items():
                roles.assign(
                    f"{principal.id}-calls-{account}",
                    roles.COGNITIVE_SERVICES_OPENAI_USER,
                    scope=scope,
                    principal=principal.id,
                    principal_type=principal.type,
                    subscription_id=args.subscription_id,
                    parent=self,
                )
        self.register_outputs({})
