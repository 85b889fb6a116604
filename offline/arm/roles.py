"""Role definitions: the built-in roles that a system like this one meets, as Azure publishes them.

Source: docs role-based-access-control/built-in-roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from offline.arm.errors import JSON

DATA_ACTIONS = (
    "microsoft.cognitiveservices/accounts/openai/*",
    "microsoft.cognitiveservices/accounts/aiservices/*",
    "microsoft.keyvault/vaults/secrets/*/action",
    "microsoft.keyvault/vaults/keys/*/action",
    "microsoft.keyvault/vaults/keys/read",
    "microsoft.keyvault/vaults/keys/write",
    "microsoft.keyvault/vaults/certificates/*",
    "microsoft.insights/telemetry/write",
    "microsoft.insights/metrics/write",
)
"""What only `dataActions` of a role can allow. `secrets/delete` is one as well."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """A built-in role: patterns with `*`, as Azure publishes them."""

    guid: str
    name: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        if is_data_action(action):
            allowed, refused = self.data_actions, self.not_data_actions
        else:
            allowed, refused = self.actions, self.not_actions
        return _matches(action, allowed) and not _matches(action, refused)

    def definition(self, subscription_id: str) -> JSON:
        """As `roleDefinitions` shows it."""
        return {
            "id": f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{self.guid}",
            "type": "Microsoft.Authorization/roleDefinitions",
            "name": self.guid,
            "properties": {
                "roleName": self.name,
                "type": "BuiltInRole",
                "description": self.description,
                "assignableScopes": ["/"],
                "permissions": [
                    {
                        "actions": list(self.actions),
                        "notActions": list(self.not_actions),
                        "dataActions": list(self.data_actions),
                        "notDataActions": list(self.not_data_actions),
                    }
                ],
            },
        }


OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

_READ_AND_SUPPORT = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
_OPENAI = "Microsoft.CognitiveServices/accounts/OpenAI"

ROLES: Mapping[str, Role] = {
    role.guid: role
    for role in (
        Role(guid=OWNER, name="Owner", description="Full access to manage all resources.", actions=("*",)),
        Role(
            guid="b24988ac-6180-42a0-ab88-20f7382dd24c",
            name="Contributor",
            description="Full access to manage all resources, but not to assign roles.",
            actions=("*",),
            not_actions=(
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
            ),
        ),
        Role(
            guid="acdd72a7-3385-48ef-bd42-f606fba81ae7",
            name="Reader",
            description="View all resources, but change nothing.",
            actions=("*/read",),
        ),
        Role(
            guid="18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
            name="User Access Administrator",
            description="Manage user access to Azure resources.",
            actions=("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
        ),
        Role(
            guid="f58310d9-a9f6-439a-9e8d-f62e7b41a168",
            name="Role Based Access Control Administrator",
            description="Assign roles, but manage access in no other way.",
            actions=(
                "Microsoft.Authorization/roleAssignments/write",
                "Microsoft.Authorization/roleAssignments/delete",
                "*/read",
                "Microsoft.Support/*",
            ),
        ),
        Role(
            guid="5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
            name="Cognitive Services OpenAI User",
            description="View accounts and deployments, and call the models.",
            actions=(
                "Microsoft.CognitiveServices/*/read",
                "Microsoft.Authorization/roleAssignments/read",
                "Microsoft.Authorization/roleDefinitions/read",
            ),
            data_actions=(
                f"{_OPENAI}/*/read",
                f"{_OPENAI}/engines/completions/action",
                f"{_OPENAI}/engines/search/action",
                f"{_OPENAI}/engines/generate/action",
                f"{_OPENAI}/deployments/search/action",
                f"{_OPENAI}/deployments/completions/action",
                f"{_OPENAI}/deployments/chat/completions/action",
                f"{_OPENAI}/deployments/extensions/chat/completions/action",
                f"{_OPENAI}/deployments/embeddings/action",
                f"{_OPENAI}/images/generations/action",
                f"{_OPENAI}/audio/*",
                f"{_OPENAI}/responses/*",
                f"{_OPENAI}/assistants/*",
            ),
        ),
        Role(
            guid="a001fd3d-188f-4b5d-821b-7da978bf7442",
            name="Cognitive Services OpenAI Contributor",
            description="Full access to the data plane, fine-tuning and deployments included.",
            actions=(
                "Microsoft.CognitiveServices/*/read",
                "Microsoft.CognitiveServices/accounts/deployments/write",
                "Microsoft.CognitiveServices/accounts/deployments/delete",
                "Microsoft.Authorization/roleAssignments/read",
                "Microsoft.Authorization/roleDefinitions/read",
            ),
            data_actions=(f"{_OPENAI}/*",),
        ),
        Role(
            guid="25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
            name="Cognitive Services Contributor",
            description="Create, read, update and delete accounts, and manage their keys.",
            actions=(*_READ_AND_SUPPORT, "Microsoft.CognitiveServices/*"),
        ),
        Role(
            guid="a97b65f3-24c7-4388-baec-2e87135dc908",
            name="Cognitive Services User",
            description="Read accounts, list their keys, and call them.",
            actions=(
                "Microsoft.CognitiveServices/*/read",
                "Microsoft.CognitiveServices/accounts/listkeys/action",
                *_READ_AND_SUPPORT,
            ),
            data_actions=("Microsoft.CognitiveServices/*",),
        ),
        Role(
            guid="4633458b-17de-408a-b874-0445c86b69e6",
            name="Key Vault Secrets User",
            description="Read the values of secrets.",
            data_actions=(
                "Microsoft.KeyVault/vaults/secrets/getSecret/action",
                "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            ),
        ),
        Role(
            guid="b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
            name="Key Vault Secrets Officer",
            description="Do anything with secrets but manage permissions.",
            actions=(*_READ_AND_SUPPORT, "Microsoft.KeyVault/vaults/*/read"),
            data_actions=("Microsoft.KeyVault/vaults/secrets/*",),
        ),
        Role(
            guid="00482a5a-887f-4fb3-b363-3b7fe8e74483",
            name="Key Vault Administrator",
            description="Do anything in the vault's data plane.",
            actions=(*_READ_AND_SUPPORT, "Microsoft.KeyVault/vaults/*/read"),
            data_actions=("Microsoft.KeyVault/vaults/*",),
        ),
        Role(
            guid="21090545-7ca7-4776-b22c-e363652d74d2",
            name="Key Vault Reader",
            description="Read metadata of vaults and their objects, no values.",
            actions=(*_READ_AND_SUPPORT, "Microsoft.KeyVault/vaults/*/read"),
            data_actions=(
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            ),
        ),
        Role(
            guid="f25e0fa2-a7c8-4377-a976-54943a77a395",
            name="Key Vault Contributor",
            description="Manage vaults, but read nothing in them.",
            actions=(*_READ_AND_SUPPORT, "Microsoft.KeyVault/*"),
            not_actions=(
                "Microsoft.KeyVault/locations/deletedVaults/purge/action",
                "Microsoft.KeyVault/hsmPools/*",
                "Microsoft.KeyVault/managedHsms/*",
            ),
        ),
        Role(
            guid="7f951dda-4ed3-4680-a7ca-43fe172d538d",
            name="AcrPull",
            description="Pull artifacts from a container registry.",
            actions=("Microsoft.ContainerRegistry/registries/pull/read",),
        ),
        Role(
            guid="3913510d-42f4-4e42-8a64-420c390055eb",
            name="Monitoring Metrics Publisher",
            description="Publish metrics against Azure resources.",
            actions=("Microsoft.Insights/Register/Action", "Microsoft.Support/*"),
            data_actions=("Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"),
        ),
        Role(
            guid="43d0d8ad-25c7-4714-9337-8ba259a9fe05",
            name="Monitoring Reader",
            description="Read all monitoring data.",
            actions=("*/read", "Microsoft.OperationalInsights/workspaces/search/action"),
        ),
        Role(
            guid="4d97b98b-1d4f-4787-a291-c67834d212e7",
            name="Network Contributor",
            description="Manage networks, but not access to them.",
            actions=(*_READ_AND_SUPPORT, "Microsoft.Network/*"),
        ),
        Role(
            guid="b12aa53e-6015-4669-85d0-8515ebb3ae7f",
            name="Private DNS Zone Contributor",
            description="Manage private DNS zones, but not the networks they are linked to.",
            actions=(
                *_READ_AND_SUPPORT,
                "Microsoft.Network/privateDnsZones/*",
                "Microsoft.Network/privateDnsOperationResults/*",
                "Microsoft.Network/privateDnsOperationStatuses/*",
                "Microsoft.Network/virtualNetworks/read",
                "Microsoft.Network/virtualNetworks/join/action",
            ),
        ),
        Role(
            guid="f1a07417-d97a-45cb-824c-7a7467783830",
            name="Managed Identity Operator",
            description="Read and assign user-assigned identities.",
            actions=(
                *_READ_AND_SUPPORT,
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            ),
        ),
    )
}
"""The built-in roles that a system like this one meets, by GUID."""


def is_data_action(action: str) -> bool:
    """Whether that action belongs to a data plane."""
    wanted = action.lower()
    return wanted == "microsoft.keyvault/vaults/secrets/delete" or any(
        fnmatchcase(wanted, pattern) for pattern in DATA_ACTIONS
    )


def _matches(action: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern fits; `/*/` stands for nothing as well: who may read `vaults/*/read` may read the vault."""
    wanted = action.lower()
    return any(
        fnmatchcase(wanted, pattern.lower()) or fnmatchcase(wanted, pattern.lower().replace("/*/", "/"))
        for pattern in patterns
    )


def role_of(properties: JSON) -> Role | None:
    """The role that an assignment names."""
    return ROLES.get(str(properties.get("roleDefinitionId", "")).rstrip("/").rsplit("/", 1)[-1].lower())
