"""Private names: what makes a public host name lead to a private endpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import privatedns

# Private endpoint DNS zones, learn.microsoft.com "Azure Private Endpoint private DNS zone values". An account
# takes all three: its one resource answers on three host names.
OPENAI_ZONES = (
    "privatelink.openai.azure.com",
    "privatelink.cognitiveservices.azure.com",
    "privatelink.services.ai.azure.com",
)
VAULT_ZONE = "privatelink.vaultcore.azure.net"
REDIS_ZONE = "privatelink.redis.azure.net"


def linked_zone(
    name: str,
    zone_name: pulumi.Input[str],
    *,
    resource_group_name: pulumi.Input[str],
    network_id: pulumi.Input[str],
    link_name: str,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> tuple[privatedns.PrivateZone, privatedns.VirtualNetworkLink]:
    """A private zone and its link to a network, both under one Pulumi name."""
    zone = privatedns.PrivateZone(
        name,
        private_zone_name=zone_name,
        resource_group_name=resource_group_name,
        location="global",
        tags=tags,
        opts=opts,
    )
    link = privatedns.VirtualNetworkLink(
        name,
        virtual_network_link_name=link_name,
        private_zone_name=zone.name,
        resource_group_name=resource_group_name,
        location="global",
        virtual_network=privatedns.SubResourceArgs(id=network_id),
        registration_enabled=False,
        tags=tags,
        opts=opts,
    )
    return zone, link


@dataclass(frozen=True, kw_only=True)
class PrivateZonesArgs:
    resource_group_name: pulumi.Input[str]
    network_id: pulumi.Input[str]
    link_name: str
    zones: Sequence[str]
    tags: Mapping[str, str]


class PrivateZones(pulumi.ComponentResource):
    """Private zones, each linked to the gateway's network.

    Children: a zone and a link per name. Leaves alone: the records, which the endpoints' zone groups write. A
    missing link is the usual reason for 403 "Public access is disabled".
    """

    ids: Mapping[str, pulumi.Output[str]]
    """The id of each zone by its name. Endpoints write into a zone that has no link yet; who asks for its names
    waits for the component."""

    def __init__(self, name: str, args: PrivateZonesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:dns:PrivateZones", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        ids: dict[str, pulumi.Output[str]] = {}
        for zone_name in args.zones:
            zone, _ = linked_zone(
                zone_name,
                zone_name,
                resource_group_name=args.resource_group_name,
                network_id=args.network_id,
                link_name=args.link_name,
                tags=args.tags,
                opts=mine,
            )
            ids[zone_name] = zone.id
        self.ids = ids
        self.register_outputs({"ids": ids})
