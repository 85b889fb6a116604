"""The gateway's network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

from config.names import Naming
from infra import firewall

CONTAINER_APPS = "Microsoft.App/environments"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    names: Naming
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    address_space: str
    gateway_range: str
    endpoint_range: str
    callers: str | Sequence[str]
    """Who calls the gateway: `VirtualNetwork` (the network and what is peered with it) or a list of ranges."""
    services: Mapping[int, str]
    """What the gateway asks for by private endpoints, by port."""
    tags: Mapping[str, str]


class Network(pulumi.ComponentResource):
    """A virtual network with a subnet for Container Apps and one for private endpoints.

    Children: the network, a security group and a subnet for each of the two. Leaves alone: peerings, routes, names
    (`dns`), and whatever else somebody puts into the network's free ranges.
    """

    gateway_subnet_id: pulumi.Output[str]
    endpoint_subnet_id: pulumi.Output[str]
    id: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:network:Network", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        virtual_network = network.VirtualNetwork(
            args.names.virtual_network,
            virtual_network_name=args.names.virtual_network,
            resource_group_name=args.resource_group_name,
            location=args.location,
            address_space=network.AddressSpaceArgs(address_prefixes=[args.address_space]),
            tags=args.tags,
            opts=mine,
        )

        def group(
            purpose: str, addresses: str, rules: Sequence[network.SecurityRuleArgs]
        ) -> network.NetworkSecurityGroup:
            name = args.names.security_group(purpose, addresses)
            return network.NetworkSecurityGroup(
                name,
                network_security_group_name=name,
                resource_group_name=args.resource_group_name,
                location=args.location,
                security_rules=list(rules),
                tags=args.tags,
                opts=mine,
            )

        gateway_name = args.names.subnet("gateway", args.gateway_range)
        gateway = network.Subnet(
            gateway_name,
            subnet_name=gateway_name,
            resource_group_name=args.resource_group_name,
            virtual_network_name=virtual_network.name,
            address_prefix=args.gateway_range,
            network_security_group=network.NetworkSecurityGroupArgs(
                id=group(
                    "gateway",
                    args.gateway_range,
                    firewall.gateway_rules(
                        args.gateway_range, args.endpoint_range, args.callers, args.services
                    ),
                ).id
            ),
            # The delegation is what makes room for a workload-profiles environment.
            delegations=[network.DelegationArgs(name=CONTAINER_APPS, service_name=CONTAINER_APPS)],
            opts=mine,
        )
        endpoints_name = args.names.subnet("endpoints", args.endpoint_range)
        endpoints = network.Subnet(
            endpoints_name,
            subnet_name=endpoints_name,
            resource_group_name=args.resource_group_name,
            virtual_network_name=virtual_network.name,
            address_prefix=args.endpoint_range,
            network_security_group=network.NetworkSecurityGroupArgs(
                id=group(
                    "endpoints",
                    args.endpoint_range,
                    firewall.endpoint_rules(args.endpoint_range, args.gateway_range, args.services),
                ).id
            ),
            # By default a security group is not asked about private endpoints at all.
            private_endpoint_network_policies=network.VirtualNetworkPrivateEndpointNetworkPolicies.NETWORK_SECURITY_GROUP_ENABLED,
            # Nothing here calls anybody. Fixed once the subnet is made.
            default_outbound_access=False,
            # One write under a network at a time, or Azure answers AnotherOperationInProgress. The gateway's comes
            # first, because the environment in it takes longest. Endpoints write to the network too: theirs is the
            # later subnet, so that both are there.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )
        self.id = virtual_network.id
        self.gateway_subnet_id = gateway.id
        self.endpoint_subnet_id = endpoints.id
        self.register_outputs({"id": self.id, "gatewaySubnetId": self.gateway_subnet_id})
