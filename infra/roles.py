"""Azure's roles, and how one is given."""

import pulumi
from pulumi_azure_native import authorization

from config import names

# Azure built-in roles, learn.microsoft.com; the same in every tenant.
KEY_VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
COGNITIVE_SERVICES_OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"


def assign(
    name: str,
    role: str,
    *,
    scope: pulumi.Input[str],
    principal: pulumi.Input[str],
    principal_type: str,
    subscription_id: pulumi.Input[str],
    parent: pulumi.Resource,
) -> None:
    """Give a role on one thing to one principal.

    :param role: its GUID.
    :param scope: the id of what it is for.
    """
    authorization.RoleAssignment(
        name,
        scope=scope,
        role_assignment_name=pulumi.Output.all(scope, principal).apply(
            lambda parts: names.role_assignment(parts[0], role, parts[1])
        ),
        role_definition_id=pulumi.Output.concat(
            "/subscriptions/", subscription_id, "/providers/Microsoft.Authorization/roleDefinitions/", role
        ),
        principal_id=principal,
        # Without it the SDK says that everybody is a user.
        principal_type=principal_type,
        opts=pulumi.ResourceOptions(parent=parent),
    )
