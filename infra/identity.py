"""Who the gateway is, and what it may do."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, managedidentity

from config import names

# Azure built-in roles, learn.microsoft.com; the same in every tenant.
KEY_VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
COGNITIVE_SERVICES_OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"


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
            authorization.RoleAssignment(
                f"{name}-{what}",
                scope=scope,
                role_assignment_name=pulumi.Output.all(scope, principal).apply(
                    lambda parts: names.role_assignment(parts[0], role, parts[1])
                ),
                role_definition_id=pulumi.Output.concat(
                    "/subscriptions/",
                    args.subscription_id,
                    "/providers/Microsoft.Authorization/roleDefinitions/",
                    role,
                ),
                principal_id=principal,
                # Without it the SDK says that the identity is a user.
                principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
                opts=pulumi.ResourceOptions(parent=self),
            )

        for secret, scope in args.secrets.items():
            grant(KEY_VAULT_SECRETS_USER, f"reads-{secret}", scope)
        for account, scope in args.accounts.items():
            grant(COGNITIVE_SERVICES_OPENAI_USER, f"calls-{account}", scope)
        self.id = identity.id
        self.client_id = found.apply(lambda known: known.client_id)
        self.register_outputs({"id": self.id})
