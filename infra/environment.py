"""The Container Apps environment: where the gateway runs."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app, privatedns

from infra.dns import linked_zone

CONSUMPTION = "Consumption"


@dataclass(frozen=True, kw_only=True)
class EnvironmentArgs:
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    network_id: pulumi.Input[str]
    link_name: str
    internal: bool
    zone_redundant: bool
    tags: Mapping[str, str]


class Environment(pulumi.ComponentResource):
    """A Container Apps environment in the gateway's network. Named as Azure names it.

    Children: the environment; where it is internal, a private zone with its domain, and that zone's link and
    record. Leaves alone: its logs (`observability`), what runs in it (`gateway`), other networks' links.
    """

    id: pulumi.Output[str]
    domain: pulumi.Output[str]

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:environment:Environment", name, None, opts)
        environment = app.ManagedEnvironment(
            name,
            environment_name=name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            # waived Azure.ContainerApp.PublicAccess in dev: it is called from outside, by the ranges in ingress.allow
            vnet_configuration=app.VnetConfigurationArgs(
                infrastructure_subnet_id=args.subnet_id, internal=args.internal
            ),
            # waived Azure.ContainerApp.AvailabilityZone in dev, staging: one replica will do there, in one zone
            zone_redundant=args.zone_redundant,
            workload_profiles=[app.WorkloadProfileArgs(name=CONSUMPTION, workload_profile_type=CONSUMPTION)],
            public_network_access=app.PublicNetworkAccess.DISABLED
            if args.internal
            else app.PublicNetworkAccess.ENABLED,
            # By a diagnostic setting: the workspace's key stays out of it.
            app_logs_configuration=app.AppLogsConfigurationArgs(destination="azure-monitor"),
            # From the environment's edge to the replicas, too.
            peer_traffic_configuration=app.ManagedEnvironmentPeerTrafficConfigurationArgs(
                encryption=app.ManagedEnvironmentEncryptionArgs(enabled=True)
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Azure answers 200 to another network, and keeps the old one (microsoft/azure-container-apps#851).
                # Under the same name the old one has to go first; another generation is another name.
                replace_on_changes=["vnetConfiguration"],
                delete_before_replace=True,
            ),
        )
        # Read back, because a preview of a changed tag does not know the environment's own outputs: the zone, which
        # is named after the domain, would be shown as replaced. Unknown only while there is no environment.
        found = app.get_managed_environment_output(
            environment_name=name,
            resource_group_name=args.resource_group_name,
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[environment]),
        )
        self.id = environment.id
        self.domain = found.apply(lambda known: known.default_domain)
        if args.internal:
            _names(name, self.domain, found.apply(lambda known: known.static_ip), args, parent=self)
        self.register_outputs({"id": self.id, "domain": self.domain})


def _names(
    name: str,
    domain: pulumi.Input[str],
    address: pulumi.Input[str],
    args: EnvironmentArgs,
    *,
    parent: pulumi.Resource,
) -> None:
    """The environment's domain, for callers in the network: no public server knows its private address."""
    mine = pulumi.ResourceOptions(parent=parent)
    zone, _ = linked_zone(
        name,
        domain,
        resource_group_name=args.resource_group_name,
        network_id=args.network_id,
        link_name=args.link_name,
        tags=args.tags,
        opts=mine,
    )
    privatedns.PrivateRecordSet(
        name,
        private_zone_name=zone.name,
        resource_group_name=args.resource_group_name,
        record_type="A",
        relative_record_set_name="*",
        ttl=60,
        a_records=[privatedns.ARecordArgs(ipv4_address=address)],
        opts=mine,
    )
