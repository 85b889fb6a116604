"""Who may talk to whom in the gateway's network: the rules of its two security groups, as tables.

From Microsoft's "Securing a virtual network in Azure Container Apps" (workload profiles; docs commit ad76eff) and
the private endpoints' limitations page. The comment of a rule is its description in the portal.
"""

from collections.abc import Mapping, Sequence

from pulumi_azure_native import network

Ends = str | Sequence[str]
"""One address range or service tag, or several ranges: Azure takes tags only one at a time."""

ANY = "*"

HTTPS: dict[int, str] = {443: "Azure OpenAI and Key Vault"}
REDIS: dict[int, str] = {10000: "Azure Managed Redis"}
"""What is behind the private endpoints, by the port that it answers on."""


def gateway_rules(
    own: str, endpoints: str, callers: Ends, services: Mapping[int, str]
) -> list[network.SecurityRuleArgs]:
    """The Container Apps subnet: callers come in by HTTPS, and out goes only what the gateway needs.

    Azure's own rule 65000 would let everything out to the network and to what is joined to it: whoever gets into the
    gateway would get on from there (Azure.NSG.LateralTraversal). A provider in such a network needs a rule here.

    :param services: what the gateway asks for by the private endpoints.
    """
    return [
        _rule("in-own", 100, "Inbound", ANY, own, own, ANY, "The environment's edge proxies"),
        # All of the range while the environment is created; probes afterwards.
        _rule(
            "in-probes",
            110,
            "Inbound",
            "Tcp",
            "AzureLoadBalancer",
            own,
            "30000-32767",
            "Load balancer probes",
        ),
        # Judged behind the load balancer: a rule to the environment's static address never matches.
        _rule("in-callers", 120, "Inbound", "Tcp", callers, own, ("443", "31443"), "HTTPS from the callers"),
        # Azure's own rule 65000 would admit the whole network.
        _deny("in-others", 4096, "Inbound", ANY, ANY),
        _rule("out-own", 100, "Outbound", ANY, own, own, ANY, "Inside the subnet"),
        *(
            _rule(f"out-endpoints-{port}", priority, "Outbound", "Tcp", own, endpoints, str(port), service)
            for priority, (port, service) in enumerate(services.items(), start=110)
        ),
        _rule("out-dns", 120, "Outbound", ANY, own, "168.63.129.16", "53", "Azure's name service"),
        _rule("out-identity", 130, "Outbound", "Tcp", own, "AzureActiveDirectory", "443", "Managed identity"),
        _rule(
            "out-system",
            140,
            "Outbound",
            "Tcp",
            own,
            "MicrosoftContainerRegistry",
            "443",
            "System containers",
        ),
        _rule(
            "out-system-cdn", 150, "Outbound", "Tcp", own, "AzureFrontDoor.FirstParty", "443", "Their layers"
        ),
        _rule("out-monitor", 160, "Outbound", "Tcp", own, "AzureMonitor", "443", "Logs and metrics"),
        # ghcr.io has no service tag of its own: without this rule LiteLLM's image is not pulled.
        _rule(
            "out-registry",
            180,
            "Outbound",
            "Tcp",
            own,
            "Internet",
            "443",
            "The image's registry; other providers",
        ),
        _deny("out-others", 4000, "Outbound", ANY, ANY),
    ]


def endpoint_rules(own: str, gateway: str, services: Mapping[int, str]) -> list[network.SecurityRuleArgs]:
    """The private endpoints' subnet: the gateway comes in, nothing starts there.

    One port a rule: of several, private endpoints honour only the first.
    """
    return [
        *(
            _rule(f"in-gateway-{port}", priority, "Inbound", "Tcp", gateway, own, str(port), service)
            for priority, (port, service) in enumerate(services.items(), start=100)
        ),
        _deny("in-others", 4096, "Inbound", ANY, own),
        _deny("out-others", 4096, "Outbound", ANY, ANY),
    ]


def _deny(
    name: str, priority: int, direction: str, source: Ends, destination: Ends
) -> network.SecurityRuleArgs:
    return _rule(name, priority, direction, ANY, source, destination, ANY, "Everything else", access="Deny")


def _rule(
    name: str,
    priority: int,
    direction: str,
    protocol: str,
    source: Ends,
    destination: Ends,
    ports: Ends,
    description: str,
    *,
    access: str = "Allow",
) -> network.SecurityRuleArgs:
    return network.SecurityRuleArgs(
        name=name,
        description=description,
        priority=priority,
        direction=direction,
        access=access,
        protocol=protocol,
        source_port_range=ANY,
        source_address_prefix=_one(source),
        source_address_prefixes=_several(source),
        destination_address_prefix=_one(destination),
        destination_address_prefixes=_several(destination),
        destination_port_range=_one(ports),
        destination_port_ranges=_several(ports),
    )


def _one(value: Ends) -> str | None:
    return value if isinstance(value, str) else None


def _several(value: Ends) -> list[str] | None:
    return None if isinstance(value, str) else list(value)
