"""A private LiteLLM gateway in front of Azure OpenAI: settings, what they are made of in Azure, what comes out."""

from datetime import date

import pulumi
from pulumi_azure_native import authorization, resources

from config import alerts, applications, client, litellm
from config.parsing import from_engine, parse
from config.settings import Settings, SettingsError, Visibility
from infra import firewall, retries
from infra.alerts import Alerts, AlertsArgs
from infra.applicationkey import ApplicationKey, ApplicationKeyArgs
from infra.budget import Budget, BudgetArgs
from infra.directaccess import DirectAccess, DirectAccessArgs
from infra.dns import OPENAI_ZONES, REDIS_ZONE, VAULT_ZONE, PrivateZones, PrivateZonesArgs
from infra.endpoint import PrivateAccess
from infra.environment import Environment, EnvironmentArgs
from infra.gateway import Gateway, GatewayArgs
from infra.identity import Identity, IdentityArgs
from infra.masterkey import MasterKey, MasterKeyArgs
from infra.network import Network, NetworkArgs
from infra.observability import (
    ACCOUNT_LOGS,
    APP_LOGS,
    ENVIRONMENT_LOGS,
    VAULT_LOGS,
    Observability,
    ObservabilityArgs,
    Watched,
)
from infra.openai import OpenAI, OpenAIArgs
from infra.redis import Redis, RedisArgs
from infra.vault import Vault, VaultArgs
from infra.workbook import Workbook, WorkbookArgs


def main(settings: Settings) -> None:
    """One stack, from the network inwards."""
    for warning in settings.warnings:
        pulumi.log.warn(warning)
    retries.install()

    names, tags, location = settings.names, settings.all_tags, settings.home.name
    config = litellm.render(litellm.config(settings))
    subscription = authorization.get_client_config_output()

    group = resources.ResourceGroup(
        names.resource_group, resource_group_name=names.resource_group, location=location, tags=tags
    )
    # What is in the group goes with the group: a destroy is one request, in the order that Azure knows.
    inside = pulumi.ResourceOptions(deleted_with=group)

    internal = settings.ingress.visibility is Visibility.INTERNAL
    network = Network(
        names.virtual_network,
        NetworkArgs(
            names=names,
            resource_group_name=group.name,
            location=location,
            address_space=settings.network.address_space,
            gateway_range=settings.network.gateway_subnet,
            endpoint_range=settings.network.private_endpoint_subnet,
            callers=settings.ingress.allow or "VirtualNetwork",
            services=firewall.HTTPS | firewall.REDIS if settings.redis.enabled else firewall.HTTPS,
            tags=tags,
        ),
        inside,
    )
    zones = PrivateZones(
        "private-zones",
        PrivateZonesArgs(
            resource_group_name=group.name,
            network_id=network.id,
            link_name=names.virtual_network,
            zones=(*OPENAI_ZONES, VAULT_ZONE, *((REDIS_ZONE,) if settings.redis.enabled else ())),
            tags=tags,
        ),
        inside,
    )
    access = PrivateAccess(
        resource_group_name=group.name,
        location=location,
        subnet_id=network.endpoint_subnet_id,
        zones=zones.ids,
    )

    accounts = [
        OpenAI(
            account.name,
            OpenAIArgs(
                account=account,
                resource_group_name=group.name,
                keyless=settings.keyless,
                access=access,
                endpoint_name=names.private_endpoint(account.name),
                content_filters=settings.content_filters,
                retired=settings.retired,
                tags=tags,
            ),
            inside,
        )
        for account in settings.accounts
    ]

    given = settings.master_key.get_secret_value() if settings.master_key else None
    master_key = MasterKey("master-key", MasterKeyArgs(generation=settings.secrets.master_key, given=given))
    application_keys = {
        application.name: ApplicationKey(
            f"application-{application.name}",
            ApplicationKeyArgs(application=application, given=settings.application_key(application)),
        )
        for application in settings.applications
    }
    vault = Vault(
        names.vault,
        VaultArgs(
            resource_group_name=group.name,
            location=location,
            tenant_id=subscription.tenant_id,
            access=access,
            endpoint_name=names.private_endpoint(names.vault),
            secrets={
                litellm.MASTER_KEY: master_key.value,
                **{found.account.key_variable: found.key for found in accounts if found.key is not None},
                **{
                    name: pulumi.Output.secret(key.get_secret_value())
                    for name, key in settings.provider_keys.items()
                },
                **{
                    variable: value
                    for key in application_keys.values()
                    for variable, value in key.values.items()
                },
            },
            tags=tags,
        ),
        inside,
    )
    identity = Identity(
        names.identity,
        IdentityArgs(
            resource_group_name=group.name,
            location=location,
            subscription_id=subscription.subscription_id,
            secrets={secret.name: secret.id for secret in vault.secrets.values()},
            accounts={found.account.name: found.id for found in accounts if settings.keyless},
            tags=tags,
        ),
        inside,
    )

    if principals := [principal for found in settings.applications for principal in found.principals]:
        DirectAccess(
            "direct-access",
            DirectAccessArgs(
                subscription_id=subscription.subscription_id,
                principals=principals,
                accounts={found.account.name: found.id for found in accounts},
            ),
            inside,
        )

    shared = (
        [
            Redis(
                names.redis,
                RedisArgs(
                    resource_group_name=group.name,
                    location=location,
                    settings=settings.redis,
                    access=access,
                    endpoint_name=names.private_endpoint(names.redis),
                    user=identity.principal_id,
                    tags=tags,
                ),
                inside,
            )
        ]
        if settings.redis.enabled
        else []
    )

    environment = Environment(
        names.container_environment,
        EnvironmentArgs(
            resource_group_name=group.name,
            location=location,
            subnet_id=network.gateway_subnet_id,
            network_id=network.id,
            link_name=names.virtual_network,
            internal=internal,
            zone_redundant=settings.gateway.zone_redundant,
            tags=tags,
        ),
        inside,
    )
    gateway = Gateway(
        names.gateway,
        GatewayArgs(
            resource_group_name=group.name,
            location=location,
            environment_id=environment.id,
            domain=environment.domain,
            identity_id=identity.id,
            identity_visible=settings.asks_for_tokens,
            settings=settings.gateway,
            config=config,
            applications=applications.render(settings),
            variables={
                **litellm.environment(settings),
                **({"AZURE_CLIENT_ID": identity.client_id} if settings.asks_for_tokens else {}),
                **{name: value for redis in shared for name, value in redis.variables.items()},
            },
            secrets=vault.secrets,
            allow=() if internal else settings.ingress.allow,
            after=[zones, identity, vault, *accounts, *shared],
            tags=tags,
        ),
        inside,
    )
    observability = Observability(
        names.workspace,
        ObservabilityArgs(
            resource_group=group,
            resource_group_name=group.name,
            location=location,
            retention_days=settings.logs.retention_days,
            watched={
                **{found.account.name: Watched(id=found.id, logs=ACCOUNT_LOGS) for found in accounts},
                names.vault: Watched(id=vault.id, logs=VAULT_LOGS),
                names.container_environment: Watched(id=environment.id, logs=ENVIRONMENT_LOGS),
                names.gateway: Watched(id=gateway.id, logs=APP_LOGS),
                **{name: found for redis in shared for name, found in redis.watched.items()},
            },
            tags=tags,
        ),
    )

    told: list[pulumi.Input[str]] = []
    if settings.alerts.enabled:
        watch = Alerts(
            names.action_group,
            AlertsArgs(
                resource_group_name=group.name,
                short_name=names.action_group_short,
                emails=settings.alerts.emails,
                webhooks={
                    receiver: pulumi.Output.secret(address.get_secret_value())
                    for receiver, address in settings.alert_webhooks.items()
                },
                alerts=alerts.alerts(settings),
                watched={names.gateway: gateway.id, **{found.account.name: found.id for found in accounts}},
                tags=tags,
            ),
            inside,
        )
        told.append(watch.group_id)
    if settings.workbook.enabled:
        Workbook(
            "workbook",
            WorkbookArgs(
                resource_group_name=group.name,
                location=location,
                subscription_id=subscription.subscription_id,
                group=names.resource_group,
                title=f"LiteLLM gateway {settings.workload} {settings.environment}",
                workspace_id=observability.workspace_id,
                account_ids=[found.id for found in accounts],
                tags=tags,
            ),
            inside,
        )
    if settings.budget.amount and settings.budget.start_date:
        # Not deleted with the group: no source says that Azure deletes a group's budget with it.
        Budget(
            names.budget,
            BudgetArgs(
                scope=group.id,
                amount=settings.budget.amount,
                start=settings.budget.start_date,
                late=settings.late_budget,
                emails=settings.budget.emails,
                group_ids=told,
            ),
        )

    # Built around the address, which alone is unknown before the first deployment.
    for_callers = {**client.environment(settings, ""), "LITELLM_API_BASE": gateway.url}
    first_key = application_keys[settings.applications[0].name].value
    pulumi.export("gatewayUrl", gateway.url)
    pulumi.export("models", [group.alias for group in settings.groups])
    pulumi.export("litellmConfig", config)
    pulumi.export("environment", for_callers)
    pulumi.export(
        "dotenv",
        pulumi.Output.all(**for_callers, **{client.KEY: first_key}).apply(client.dotenv),
    )
    pulumi.export("applicationKeys", {name: key.value for name, key in application_keys.items()})
    pulumi.export("masterKey", master_key.value)
    pulumi.export(
        "resourceIds",
        {
            "resourceGroup": group.id,
            "network": network.id,
            "accounts": {found.account.name: found.id for found in accounts},
            "vault": vault.id,
            "identity": identity.id,
            "environment": environment.id,
            "gateway": gateway.id,
            **({"redis": shared[0].id} if shared else {}),
        },
    )


try:
    main(
        parse(from_engine(pulumi.runtime.config.CONFIG.get()), date.today(), pulumi.runtime.is_config_secret)
    )
except SettingsError as error:
    # The engine shows a RunError's text alone, without a traceback.
    raise pulumi.RunError(str(error)) from None
