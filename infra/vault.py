"""Key Vault and the gateway's secrets in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import keyvault

from config import names
from infra.dns import VAULT_ZONE
from infra.endpoint import PrivateAccess, PrivateEndpoint, PrivateEndpointArgs

# Fixed once the vault is made; 90 is Azure's own default and longest.
RETENTION_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    tenant_id: pulumi.Input[str]
    access: PrivateAccess
    endpoint_name: str
    secrets: Mapping[str, pulumi.Input[str]]
    """Values by the environment variable that they end up in."""
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class StoredSecret:
    """A secret as those who use it know it."""

    name: str
    uri: str
    """Without a version, and derived from names: a preview shows it."""
    id: pulumi.Output[str]
    version: pulumi.Output[str]
    """Changes when the value does; no secret itself."""


class Vault(pulumi.ComponentResource):
    """A private vault. Named as Azure names it: with another suffix the new one is made before the old one goes.

    Children: the vault, its private endpoint, its secrets. Leaves alone: who may read them (`identity`).
    """

    id: pulumi.Output[str]
    secrets: Mapping[str, StoredSecret]
    """By environment variable."""

    def __init__(self, name: str, args: VaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:vault:Vault", name, None, opts)
        vault = keyvault.Vault(
            name,
            vault_name=name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=args.tenant_id,
                sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
                # Roles decide who reads; said aloud, because the default is access policies.
                enable_rbac_authorization=True,
                access_policies=[],
                enable_soft_delete=True,
                soft_delete_retention_in_days=RETENTION_DAYS,
                enable_purge_protection=True,
                public_network_access="Disabled",
                # Container Apps is no trusted service of Key Vault: a bypass would let in others and not it.
                network_acls=keyvault.NetworkRuleSetArgs(
                    bypass=keyvault.NetworkRuleBypassOptions.NONE,
                    default_action=keyvault.NetworkRuleAction.DENY,
                ),
                enabled_for_deployment=False,
                enabled_for_disk_encryption=False,
                enabled_for_template_deployment=False,
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        PrivateEndpoint(
            args.endpoint_name,
            PrivateEndpointArgs(
                access=args.access, target_id=vault.id, group="vault", zones=(VAULT_ZONE,), tags=args.tags
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = vault.id
        self.secrets = {
            variable: self._secret(name, args, vault, names.secret_name(variable), value)
            for variable, value in args.secrets.items()
        }
        self.register_outputs({"id": self.id, "uri": names.vault_uri(name)})

    def _secret(
        self, name: str, args: VaultArgs, vault: keyvault.Vault, secret_name: str, value: pulumi.Input[str]
    ) -> StoredSecret:
        """One secret, written through the resource manager, which the vault's firewall lets pass.

        It has no tags, because any write may make a new version.
        """
        secret = keyvault.Secret(
            f"{name}-{secret_name}",
            secret_name=secret_name,
            vault_name=vault.name,
            resource_group_name=args.resource_group_name,
            properties=keyvault.SecretPropertiesArgs(
                value=pulumi.Output.secret(value),
                content_type="text/plain",
                # waived CKV_AZURE_41: a number in the settings rotates it. A date would end nothing, since Key Vault
                # gives out what has expired (Azure/AzureKeyVault#19), and every new one would be a new version
                attributes=keyvault.SecretAttributesArgs(enabled=True),
            ),
            # Deleting one goes through the vault's data plane, which nobody outside the network reaches: so nobody
            # does. It goes with its vault, and one that the settings no longer name stays there, unused. (Wanted
            # again, it has to be imported, or the vault given another suffix: Azure says that it exists.)
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return StoredSecret(
            name=secret_name,
            uri=f"{names.vault_uri(name)}secrets/{secret_name}",
            id=secret.id,
            # The engine marks all of `properties` as secret, for the value's sake; an address is none.
            version=pulumi.Output.unsecret(
                secret.properties.apply(lambda found: found.secret_uri_with_version)
            ),
        )
