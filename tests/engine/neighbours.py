"""A Pulumi program with every service that a gateway like this one gets next: its `__main__.py` in a test.

`edition` (configuration) is raised to change one thing of each.
"""

import pulumi
from pulumi_azure_native import (
    app,
    applicationinsights,
    authorization,
    consumption,
    containerregistry,
    dbforpostgresql,
    managedidentity,
    monitor,
    network,
    operationalinsights,
    privatedns,
    redisenterprise,
    resources,
)

EDITION = pulumi.Config().get_int("edition") or 1
WORKBOOK = "5c1d8c7e-4f4c-4f0b-9a52-0d2f5f1f3a11"

client = authorization.get_client_config()
group = resources.ResourceGroup("group", resource_group_name="rg-neighbours", location="southcentralus")
identity = managedidentity.UserAssignedIdentity(
    "identity", resource_group_name=group.name, resource_name_="id-gateway"
)

# Network ---------------------------------------------------------------------------------------------------------

net = network.VirtualNetwork(
    "net",
    resource_group_name=group.name,
    virtual_network_name="vnet-one",
    address_space=network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]),
)
endpoints = network.Subnet(
    "endpoints",
    resource_group_name=group.name,
    virtual_network_name=net.name,
    subnet_name="snet-pe",
    address_prefix="10.0.1.0/24",
)
servers = network.Subnet(
    "servers",
    resource_group_name=group.name,
    virtual_network_name=net.name,
    subnet_name="snet-psql",
    address_prefix="10.0.2.0/28",
    delegations=[
        network.DelegationArgs(name="psql", service_name="Microsoft.DBforPostgreSQL/flexibleServers")
    ],
    opts=pulumi.ResourceOptions(depends_on=[endpoints]),
)
guard = network.NetworkSecurityGroup(
    "guard",
    resource_group_name=group.name,
    network_security_group_name="nsg-endpoints",
    tags={"edition": str(EDITION)},  # its rules stay while the group itself changes
)
allowed: list[network.SecurityRule] = []
for who, source, priority in (("office", "203.0.113.0/24", 200), ("network", "VirtualNetwork", 210)):
    allowed[:] = [
        network.SecurityRule(
            f"allow-{who}",
            resource_group_name=group.name,
            network_security_group_name=guard.name,
            description=f"Edition {EDITION}" if who == "office" else None,
            direction="Inbound",
            access="Allow",
            protocol="Tcp",
            priority=priority,
            source_address_prefix=source,
            source_port_range="*",
            destination_address_prefix="10.0.1.0/24",
            destination_port_ranges=["443", "5432-5433"],
            opts=pulumi.ResourceOptions(depends_on=list(allowed)),
        )
    ]


def zone(name: str) -> privatedns.PrivateZone:
    """A private zone that the network asks."""
    made = privatedns.PrivateZone(
        name, resource_group_name=group.name, private_zone_name=name, location="global"
    )
    links.append(
        privatedns.VirtualNetworkLink(
            f"{name}/link",
            resource_group_name=group.name,
            private_zone_name=made.name,
            virtual_network_link_name="vnet-one",
            location="global",
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=net.id),
        )
    )
    return made


links: list[pulumi.Resource] = []
before: list[pulumi.Resource] = [servers]


def endpoint(name: str, target: pulumi.Input[str], group_id: str, in_zone: privatedns.PrivateZone) -> None:
    """A private endpoint with its name; one after the other, for the network's sake."""
    made = network.PrivateEndpoint(
        f"pe-{name}",
        resource_group_name=group.name,
        private_endpoint_name=f"pe-{name}",
        subnet=network.SubnetArgs(id=endpoints.id),
        custom_dns_configs=[],  # the zone group takes the names over
        private_link_service_connections=[
            network.PrivateLinkServiceConnectionArgs(
                name=name, private_link_service_id=target, group_ids=[group_id]
            )
        ],
        opts=pulumi.ResourceOptions(depends_on=list(before)),
    )
    names = network.PrivateDnsZoneGroup(
        f"pe-{name}/names",
        resource_group_name=group.name,
        private_endpoint_name=made.name,
        private_dns_zone_group_name="default",
        private_dns_zone_configs=[
            network.PrivateDnsZoneConfigArgs(name=name, private_dns_zone_id=in_zone.id)
        ],
    )
    before[:] = [made, names]


# Logs, traces, charts, money -------------------------------------------------------------------------------------

workspace = operationalinsights.Workspace(
    "workspace", resource_group_name=group.name, workspace_name="log-one", retention_in_days=30
)
shared = operationalinsights.get_shared_keys_output(
    resource_group_name=group.name, workspace_name=workspace.name
)
component = applicationinsights.Component(
    "component",
    resource_group_name=group.name,
    resource_name_="appi-one",
    kind="web",
    application_type="web",
    workspace_resource_id=workspace.id,
    retention_in_days=30 * EDITION,
)
applicationinsights.Workbook(
    "workbook",
    resource_group_name=group.name,
    resource_name_=WORKBOOK,
    kind="shared",
    category="workbook",
    display_name=f"Gateway {EDITION}",
    serialized_data='{"version": "Notebook/1.0", "items": []}',
    source_id=workspace.id,
)
scopes: dict[str, pulumi.Input[str]] = {
    "group": group.id,
    "subscription": f"/subscriptions/{client.subscription_id}",
}
for where, scope in scopes.items():
    consumption.Budget(
        f"budget-{where}",
        scope=scope,
        budget_name=f"neighbours-{where}",
        category="Cost",
        amount=100 * EDITION,
        time_grain="Monthly",
        time_period=consumption.BudgetTimePeriodArgs(start_date="2026-11-01T00:00:00Z"),
        notifications={
            "Actual_GreaterThan_90_Percentage": consumption.NotificationArgs(
                enabled=True, operator="GreaterThan", threshold=90, contact_emails=["team@example.com"]
            )
        },
    )

# A registry, and an app with an image from there -----------------------------------------------------------------

registry = containerregistry.Registry(
    "registry",
    resource_group_name=group.name,
    registry_name="acrneighbours",
    sku=containerregistry.SkuArgs(name="Premium"),
    admin_user_enabled=True,
    public_network_access="Enabled" if EDITION == 1 else "Disabled",
)
containerregistry.CacheRule(
    "litellm",
    resource_group_name=group.name,
    registry_name=registry.name,
    cache_rule_name="litellm",
    source_repository="ghcr.io/berriai/litellm",
    target_repository="ghcr/berriai/litellm",
)
endpoint("acr", registry.id, "registry", zone("privatelink.azurecr.io"))
credentials = containerregistry.list_registry_credentials_output(
    resource_group_name=group.name, registry_name=registry.name
)
password: pulumi.Output[str] = pulumi.Output.secret(
    credentials.apply(lambda told: str((told.passwords or [])[0].value))
)
environment = app.ManagedEnvironment(
    "environment",
    resource_group_name=group.name,
    environment_name="cae-one",
    app_insights_configuration=app.AppInsightsConfigurationArgs(
        connection_string=pulumi.Output.secret(component.connection_string)
    ),
    open_telemetry_configuration=app.OpenTelemetryConfigurationArgs(
        traces_configuration=app.TracesConfigurationArgs(destinations=["appInsights"])
    ),
    app_logs_configuration=app.AppLogsConfigurationArgs(
        destination="log-analytics",
        log_analytics_configuration=app.LogAnalyticsConfigurationArgs(
            customer_id=workspace.customer_id,
            shared_key=pulumi.Output.secret(shared.primary_shared_key),
        ),
    ),
)
first = app.ContainerApp(
    "app",
    resource_group_name=group.name,
    container_app_name="node",
    environment_id=environment.id,
    configuration=app.ConfigurationArgs(
        ingress=app.IngressArgs(external=True, target_port=80),
        registries=[
            app.RegistryCredentialsArgs(
                server=registry.login_server,
                username=credentials.username,
                password_secret_ref="registry-password",
            )
        ],
        secrets=[app.SecretArgs(name="registry-password", value=password)],
    ),
    template=app.TemplateArgs(
        containers=[
            app.ContainerArgs(
                name="node",
                image=pulumi.Output.format("{0}/node-app:v1.0.0", registry.login_server),
                resources=app.ContainerResourcesArgs(cpu=0.25, memory="0.5Gi"),
            )
        ],
        scale=app.ScaleArgs(min_replicas=1, max_replicas=1),
    ),
)

# The same in the words of older programs: names are Azure's, functions are called with plain values ----------------


def password_of(names: list[str]) -> str:
    """The first password of a registry."""
    told = containerregistry.list_registry_credentials(resource_group_name=names[0], registry_name=names[1])
    return str((told.passwords or [])[0].value)


def key_of(names: list[str]) -> str:
    """A key of a workspace."""
    keys = operationalinsights.get_workspace_shared_keys(
        resource_group_name=names[0], workspace_name=names[1]
    )
    return str(keys.secondary_shared_key)


basic = containerregistry.Registry(
    "basic",
    resource_group_name=group.name,
    sku=containerregistry.SkuArgs(name="Basic"),
    admin_user_enabled=True,
)
logs = operationalinsights.Workspace("logs", resource_group_name=group.name)
place = app.ManagedEnvironment(
    "place",
    resource_group_name=group.name,
    app_logs_configuration=app.AppLogsConfigurationArgs(
        destination="log-analytics",
        log_analytics_configuration=app.LogAnalyticsConfigurationArgs(
            customer_id=logs.customer_id,
            shared_key=pulumi.Output.secret(pulumi.Output.all(group.name, logs.name).apply(key_of)),
        ),
    ),
)
older = app.ContainerApp(
    "older",
    resource_group_name=group.name,
    managed_environment_id=place.id,
    configuration=app.ConfigurationArgs(
        ingress=app.IngressArgs(external=True, target_port=8080),
        registries=[
            app.RegistryCredentialsArgs(
                server=basic.login_server, username=basic.name, password_secret_ref="pulls"
            )
        ],
        secrets=[
            app.SecretArgs(
                name="pulls",
                value=pulumi.Output.secret(pulumi.Output.all(group.name, basic.name).apply(password_of)),
            )
        ],
    ),
    template=app.TemplateArgs(
        containers=[app.ContainerArgs(name="web", image="mcr.microsoft.com/k8se/quickstart:latest")],
        revision_suffix=f"edition{EDITION}",
    ),
)

# State -----------------------------------------------------------------------------------------------------------

inside = dbforpostgresql.Server(
    "inside",
    resource_group_name=group.name,
    server_name="psql-inside",
    version="16",
    sku=dbforpostgresql.SkuArgs(name="Standard_B1ms", tier="Burstable"),
    storage=dbforpostgresql.StorageArgs(storage_size_gb=32),
    network=dbforpostgresql.NetworkArgs(
        delegated_subnet_resource_id=servers.id,
        private_dns_zone_arm_resource_id=zone("one.private.postgres.database.azure.com").id,
    ),
    auth_config=dbforpostgresql.AuthConfigArgs(
        active_directory_auth="Enabled", password_auth="Disabled", tenant_id=client.tenant_id
    ),
    tags={"edition": str(EDITION)},
    opts=pulumi.ResourceOptions(depends_on=list(links)),
)
database = dbforpostgresql.Database(
    "database", resource_group_name=group.name, server_name=inside.name, database_name="litellm"
)
parameter = dbforpostgresql.Configuration(
    "parameter",
    resource_group_name=group.name,
    server_name=inside.name,
    configuration_name="work_mem",
    value=str(8192 * EDITION),
    source="user-override",
    opts=pulumi.ResourceOptions(depends_on=[database]),
)
dbforpostgresql.AdministratorsMicrosoftEntra(
    "administrator",
    resource_group_name=group.name,
    server_name=inside.name,
    object_id=identity.principal_id,
    principal_name=identity.name,
    principal_type="ServicePrincipal",
    tenant_id=client.tenant_id,
    opts=pulumi.ResourceOptions(depends_on=[parameter]),
)
outside = dbforpostgresql.Server(
    "outside",
    resource_group_name=group.name,
    server_name="psql-outside",
    version="16",
    sku=dbforpostgresql.SkuArgs(name="Standard_B1ms", tier="Burstable"),
    administrator_login="owner",
    administrator_login_password=pulumi.Output.secret("correct-horse-battery"),
)
dbforpostgresql.FirewallRule(
    "office",
    resource_group_name=group.name,
    server_name=outside.name,
    firewall_rule_name="office",
    start_ip_address="203.0.113.0",
    end_ip_address=f"203.0.113.{EDITION}",
)
monitor.DiagnosticSetting(
    "server-logs",
    name="all",
    resource_uri=outside.id,
    workspace_id=workspace.id,
    logs=[monitor.DiagnosticsLogSettingsArgs(category_group="allLogs", enabled=True)],
)

cluster = redisenterprise.RedisEnterprise(
    "cluster",
    resource_group_name=group.name,
    cluster_name="redis-neighbours",
    sku=redisenterprise.SkuArgs(name="Balanced_B0"),
    minimum_tls_version="1.2",
    public_network_access="Disabled",
)
cache = redisenterprise.Database(
    "cache",
    resource_group_name=group.name,
    cluster_name=cluster.name,
    database_name="default",
    client_protocol="Encrypted",
    clustering_policy="NoCluster",
    port=10000,
    access_keys_authentication="Enabled",
    eviction_policy="AllKeysLRU" if EDITION == 1 else "NoEviction",
)
last: pulumi.Resource = cache
users: dict[str, pulumi.Input[str]] = {"gateway": identity.principal_id, "owner": client.object_id}
for user, object_id in users.items():
    last = redisenterprise.AccessPolicyAssignment(
        f"cache-{user}",
        resource_group_name=group.name,
        cluster_name=cluster.name,
        database_name=cache.name,
        access_policy_assignment_name=user,
        access_policy_name="default",
        user=redisenterprise.AccessPolicyAssignmentPropertiesUserArgs(object_id=object_id),
        opts=pulumi.ResourceOptions(depends_on=[last]),
    )
endpoint("redis", cluster.id, "redisEnterprise", zone("privatelink.redis.azure.net"))
keys = redisenterprise.list_database_keys_output(
    resource_group_name=group.name, cluster_name=cluster.name, database_name=cache.name
)

pulumi.export("username", credentials.username)
pulumi.export("registryPassword", password)
pulumi.export("redisKey", pulumi.Output.secret(keys.primary_key))
pulumi.export("redisHost", cluster.host_name)
pulumi.export("serverHost", inside.fully_qualified_domain_name)
pulumi.export(
    "olderUrl",
    older.configuration.apply(lambda known: known.ingress.fqdn if known and known.ingress else None),
)
pulumi.export("rule", allowed[0].id)
pulumi.export(
    "url", first.configuration.apply(lambda known: known.ingress.fqdn if known and known.ingress else None)
)
