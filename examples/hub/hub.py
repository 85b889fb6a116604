"""One hub for staging and prod: whoever is in its network reaches both gateways, each by its own name.

A stage's own stack makes its network, its gateway and the gateway's private zone, and knows nothing of the hub. What
the hub needs to know of a stage it reads from that stack's outputs, by a StackReference: nothing is copied, so nothing
can be out of date.

The subnet is for runners, one of which SMOKE_RUNNER names; their way out to GitHub (a NAT gateway, a firewall) is the
hub's own matter.
"""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import network, privatedns, resources

# The stages' own plans are 10.41.0.0/24 and 10.42.0.0/24: networks that are peered may not overlap.
SPACE, RUNNERS = "10.50.0.0/24", "10.50.0.0/27"


def main(location: str, stages: Sequence[str], *, peering: bool) -> None:
    """The hub, and what joins each stage to it.

    :param stages: the stages' stacks, as the backend calls them.
    :param peering: whether the networks are peered here; otherwise somebody else does it.
    """
    group = resources.ResourceGroup("rg-hub", resource_group_name="rg-hub", location=location)
    hub = network.VirtualNetwork(
        "vnet-hub",
        virtual_network_name="vnet-hub",
        resource_group_name=group.name,
        location=location,
        address_space=network.AddressSpaceArgs(address_prefixes=[SPACE]),
    )
    runners = network.Subnet(
        "snet-runners",
        subnet_name="snet-runners",
        resource_group_name=group.name,
        virtual_network_name=hub.name,
        address_prefix=RUNNERS,
    )

    gateways: dict[str, pulumi.Output[str]] = {}
    latest: pulumi.Resource = runners
    for stage in stages:
        name = stage.rpartition("/")[2]
        outputs = pulumi.StackReference(stage)
        gateways[name] = outputs.require_output("gatewayUrl")
        ids = outputs.require_output("resourceIds")
        spoke_group = ids.apply(lambda known: _last(known["resourceGroup"]))
        spoke = ids.apply(lambda known: str(known["network"]))
        # The name: the stage's own zone, known to one network more.
        privatedns.VirtualNetworkLink(
            f"{name}-known-in-hub",
            virtual_network_link_name="vnet-hub",
            resource_group_name=spoke_group,
            private_zone_name=gateways[name].apply(_zone),
            location="global",
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=hub.id),
        )
        # The way: both networks have to say so. One after the other, because Azure takes one change of a network at a
        # time.
        if peering:
            latest = _peering(f"hub-to-{name}", group.name, hub.name, to=spoke, after=latest)
            latest = _peering(f"{name}-to-hub", spoke_group, spoke.apply(_last), to=hub.id, after=latest)

    pulumi.export("gateways", gateways)
    pulumi.export("network", hub.id)


def _zone(url: str) -> str:
    """The environment's domain, which is its private zone's name: all of the host but the app's own part."""
    return url.removeprefix("https://").partition(".")[2]


def _last(arm_id: str) -> str:
    """The name at the end of an id."""
    return arm_id.rpartition("/")[2]


def _peering(
    name: str,
    of_group: pulumi.Input[str],
    of_network: pulumi.Input[str],
    *,
    to: pulumi.Input[str],
    after: pulumi.Resource,
) -> network.VirtualNetworkPeering:
    return network.VirtualNetworkPeering(
        name,
        virtual_network_peering_name=name,
        resource_group_name=of_group,
        virtual_network_name=of_network,
        remote_virtual_network=network.SubResourceArgs(id=to),
        allow_virtual_network_access=True,
        allow_forwarded_traffic=False,
        allow_gateway_transit=False,
        use_remote_gateways=False,
        opts=pulumi.ResourceOptions(depends_on=[after]),
    )
