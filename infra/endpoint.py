"""A private way to an Azure service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_azure_native import network


@dataclass(frozen=True, kw_only=True)
class PrivateAccess:
    """Where private endpoints stand, and the zones that lead to them."""

    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    """The network's region: the target's may be another."""
    subnet_id: pulumi.Input[str]
    zones: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class PrivateEndpointArgs:
    access: PrivateAccess
    target_id: pulumi.Input[str]
    group: str
    """The part of the target that is meant, in Azure's word: `account`, `vault`."""
    zones: Sequence[str]
    tags: Mapping[str, str]
    after: Sequence[pulumi.Resource] = field(default=())
    """What the endpoint waits for: a component's own `depends_on` would not reach its children."""


class PrivateEndpoint(pulumi.ComponentResource):
    """A private endpoint and its names, in the gateway's network. Named as Azure names the endpoint.

    Children: the endpoint, its zone group. Leaves alone: the target, its network rules.
    """

    id: pulumi.Output[str]

    def __init__(
        self, name: str, args: PrivateEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("litellm-azure:endpoint:PrivateEndpoint", name, None, opts)
        endpoint = network.PrivateEndpoint(
            name,
            private_endpoint_name=name,
            resource_group_name=args.access.resource_group_name,
            location=args.access.location,
            subnet=network.SubnetArgs(id=args.access.subnet_id),
            private_link_service_connections=[
                network.PrivateLinkServiceConnectionArgs(
                    name=name, private_link_service_id=args.target_id, group_ids=[args.group]
                )
            ],
            # The zone group empties this list when it takes the names over: said here, a refresh finds no drift.
            custom_dns_configs=[],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        # One group with every zone: a second group on an endpoint is refused.
        network.PrivateDnsZoneGroup(
            name,
            private_dns_zone_group_name="default",
            private_endpoint_name=endpoint.name,
            resource_group_name=args.access.resource_group_name,
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(
                    name=zone.replace(".", "-"), private_dns_zone_id=args.access.zones[zone]
                )
                for zone in args.zones
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = endpoint.id
        self.register_outputs({"id": self.id})
