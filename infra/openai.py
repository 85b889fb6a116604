"""Azure OpenAI: one account and what is deployed in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import cognitiveservices

from config.settings import Account, ContentFilter, Deployment
from infra import retirement
from infra.contentfilter import content_filter
from infra.dns import OPENAI_ZONES
from infra.endpoint import PrivateAccess, PrivateEndpoint, PrivateEndpointArgs


@dataclass(frozen=True, kw_only=True)
class OpenAIArgs:
    account: Account
    resource_group_name: pulumi.Input[str]
    keyless: bool
    access: PrivateAccess
    endpoint_name: str
    content_filters: Mapping[str, ContentFilter]
    """The stack's, by name; the account gets those that its deployments have."""
    retired: Mapping[str, str]
    """What to say about a deployment whose model has retired, by `region/deployment`."""
    tags: Mapping[str, str]


class OpenAI(pulumi.ComponentResource):
    """A private Azure OpenAI account. Named as Azure names the account.

    Children: the account, its content filters, its deployments, its private endpoint in the gateway's network. Leaves
    alone: who may call it (`identity`), where its key goes (`vault`).
    """

    account: Account
    id: pulumi.Output[str]
    key: pulumi.Output[str] | None
    """Its first key, as a secret; None where there are no keys."""

    def __init__(self, name: str, args: OpenAIArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:openai:OpenAI", name, None, opts)
        self.account = args.account
        account = cognitiveservices.Account(
            name,
            account_name=args.account.name,
            resource_group_name=args.resource_group_name,
            location=args.account.region,
            kind="OpenAI",
            sku=cognitiveservices.SkuArgs(name="S0"),
            # Nothing uses it yet; scanners ask for one (CKV_AZURE_238), and data sources of one's own would.
            identity=cognitiveservices.IdentityArgs(
                type=cognitiveservices.ResourceIdentityType.SYSTEM_ASSIGNED
            ),
            # waived CKV2_AZURE_22: Microsoft's keys encrypt what an account keeps. A key of one's own is for those who
            # must be able to withdraw it; without it no call is answered
            properties=cognitiveservices.AccountPropertiesArgs(
                # Needed for private endpoints and tokens; it can never be changed or taken away.
                custom_sub_domain_name=args.account.name,
                public_network_access=cognitiveservices.PublicNetworkAccess.DISABLED,
                network_acls=cognitiveservices.NetworkRuleSetArgs(
                    default_action=cognitiveservices.NetworkRuleAction.DENY,
                    ip_rules=[],
                    virtual_network_rules=[],
                ),
                # waived CKV_AZURE_236 in dev: it signs in with keys, as the note does (authentication: key)
                disable_local_auth=args.keyless,
                # The account itself fetches from nowhere.
                # waived CKV_AZURE_247: an empty list lets it fetch from nowhere, which the rule means to allow
                # (bridgecrewio/checkov#6919), but its code wants a name in the list
                restrict_outbound_network_access=True,
                allowed_fqdn_list=[],
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        latest: pulumi.Resource = account
        for filter_name in dict.fromkeys(found.content_filter for found in args.account.deployments):
            if filter_name is not None:
                latest = content_filter(
                    filter_name,
                    args.content_filters[filter_name],
                    account_name=account.name,
                    resource_group_name=args.resource_group_name,
                    parent=self,
                    after=latest,
                )
        for deployment in args.account.deployments:
            latest = self._deployment(name, args, account, deployment, after=latest)
        PrivateEndpoint(
            args.endpoint_name,
            PrivateEndpointArgs(
                access=args.access,
                target_id=account.id,
                group="account",
                zones=OPENAI_ZONES,
                tags=args.tags,
                # While a deployment is written the account is "Accepted", and an endpoint to it is refused
                # (AccountProvisioningStateInvalid).
                after=[latest],
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = account.id
        self.key = None if args.keyless else _first_key(account, args.resource_group_name)
        self.register_outputs({"id": self.id, "endpoint": args.account.endpoint})

    def _deployment(
        self,
        name: str,
        args: OpenAIArgs,
        account: cognitiveservices.Account,
        deployment: Deployment,
        *,
        after: pulumi.Resource,
    ) -> cognitiveservices.Deployment:
        """One deployment, after its neighbour: Azure refuses two writes at once under an account (RequestConflict).

        Its Pulumi name holds its Azure name, so a rename makes the new one, then everything that uses it, and
        deletes the old one last.
        """
        message = args.retired.get(f"{args.account.region}/{deployment.name}")
        return cognitiveservices.Deployment(
            f"{name}-{deployment.name}",
            deployment_name=deployment.name,
            account_name=account.name,
            resource_group_name=args.resource_group_name,
            sku=cognitiveservices.SkuArgs(name=deployment.sku or "Standard", capacity=deployment.capacity),
            properties=cognitiveservices.DeploymentPropertiesArgs(
                model=cognitiveservices.DeploymentModelArgs(
                    format="OpenAI", name=deployment.model, version=deployment.version
                ),
                rai_policy_name=deployment.content_filter,
                # A version moves when the settings say so.
                version_upgrade_option=cognitiveservices.DeploymentModelVersionUpgradeOption.NO_AUTO_UPGRADE,
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[after],
                # Azure changes a model's version in place, but not which model it is (CannotChangeDeploymentModel).
                replace_on_changes=["properties.model.name"],
                delete_before_replace=True,
                hooks=retirement.hooks(f"{name}-{deployment.name}", message) if message else None,
            ),
        )


def _first_key(
    account: cognitiveservices.Account, resource_group_name: pulumi.Input[str]
) -> pulumi.Output[str]:
    """The account's key. The SDK does not mark it as the secret that it is."""
    keys = cognitiveservices.list_account_keys_output(
        account_name=account.name, resource_group_name=resource_group_name
    )
    return pulumi.Output.secret(keys.apply(lambda found: found.key1 or ""))
