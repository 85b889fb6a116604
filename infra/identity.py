"""Who the gateway is, and what it may do."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, managedidentity

from infra import roles


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    subscription_id: pulumi.Input[str]
    secrets: Mapping[str, pulumi.Input[str]]
    """The ids of the secrets that it reads, by their name."""
    accounts: Mapping[str, pulumi.Input[str]]
    """The ids of the accounts that it calls, by their name."""
    tags: Mapping[str, str]


class Identity(pulumi.ComponentResource):
    """The gateway's managed identity and its roles, each on the one thing that it is for.

    Children: the identity; Key Vault Secrets User on every secret; Cognitive Services OpenAI User on every account
    that takes tokens. Leaves alone: other principals' roles.
    """

    id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:identity:Identity", name, None, opts)
        identity = managedidentity.UserAssignedIdentity(
            name,
            resource_name_=name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

        # Read back, because a preview of a changed tag does not know the identity's own outputs: every role, which is
        # named after the principal, would be shown as replaced. Unknown only while there is no identity.
        found = managedidentity.get_user_assigned_identity_output(
            resource_group_name=args.resource_group_name,
            resource_name=name,
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[identity]),
        )
        principal = found.apply(lambda known: known.principal_id)

        def grant(role: str, what: str, scope: pulumi.Input[str]) -> None:
            roles.assign(
                f"{name}-{what}",
                role,
                scope=scope,
                principal=principal,
                principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
                subscription_id=args.subscription_id,
                parent=self,
            )

        for secret, scope in args.secrets.items():
            grant(roles.KEY_VAULT_SECRETS_USER, f"reads-{secret}", scope)
        for account, scope in args.accounts.items():
            grant(roles.COGNITIVE_SERVICES_OPENAI_USER, f"calls-{account}", scope)
        self.id = identity.id
        self.client_id = found.apply(lambda known: known.client_id)
        self.principal_id = principal
        self.register_outputs({"id": self.id})
