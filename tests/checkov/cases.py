"""What each rule is about, taken away: the templates that must fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.checkov.rules import (
    ACCOUNT,
    APP,
    AUTH,
    DIAGNOSTICS,
    ENDPOINT,
    ENVIRONMENT,
    GROUP,
    NETWORK,
    SECRET,
    SUBNET,
    VAULT,
)
from tests.checkov.template import JSON, Edit, within


@dataclass(frozen=True, kw_only=True)
class Case:
    """A rule, and an edit of prod's template after which it alone fails."""

    rule: str
    type: str
    edit: Edit
    also: frozenset[str] = frozenset()
    """Rules that demand the same, and more."""


@dataclass(frozen=True, kw_only=True)
class Mend:
    """A rule that is waived in prod, and an edit after which it passes: it asks for something, and that can be had."""

    rule: str
    edit: Edit


def _put(kind: str, path: str, value: Any) -> Edit:
    """Write a property of every resource of a type; its path in dots."""
    *parents, last = path.split(".")

    def edit(resources: dict[str, JSON]) -> None:
        for resource in within(resources, kind):
            at = resource
            for name in parents:
                at = at.setdefault(name, {})
            at[last] = value

    return edit


def _drop(kind: str, path: str) -> Edit:
    """Leave a property of every resource of a type out."""
    *parents, last = path.split(".")

    def edit(resources: dict[str, JSON]) -> None:
        for resource in within(resources, kind):
            at = resource
            for name in parents:
                at = at[name]
            # One that there is: of the subnets not all say the same.
            at.pop(last, None)

    return edit


def _without(kind: str, meant: Callable[[str], bool]) -> Edit:
    """Leave the resources of a type out whose id is meant."""

    def edit(resources: dict[str, JSON]) -> None:
        going = [name for name, found in resources.items() if found["type"] == kind and meant(name)]
        assert going, f"no such {kind}"
        for name in going:
            del resources[name]

    return edit


def _with_rule(protocol: str, source: str, port: str) -> Edit:
    """Let somebody in, before all others are turned away."""

    def edit(resources: dict[str, JSON]) -> None:
        for group in within(resources, GROUP):
            group["properties"]["securityRules"].append(
                {
                    "name": "in-case",
                    "properties": {
                        "priority": 4000,
                        "direction": "Inbound",
                        "access": "Allow",
                        "protocol": protocol,
                        "sourceAddressPrefix": source,
                        "sourcePortRange": "*",
                        "destinationAddressPrefix": "*",
                        "destinationPortRange": port,
                    },
                }
            )

    return edit


def _without_last_rule(direction: str) -> Edit:
    """Leave out what turns away everybody who was not let through before."""

    def edit(resources: dict[str, JSON]) -> None:
        for group in within(resources, GROUP):
            rules = group["properties"]["securityRules"]
            mine = [rule for rule in rules if rule["properties"]["direction"] == direction]
            rules.remove(max(mine, key=lambda rule: int(rule["properties"]["priority"])))

    return edit


def _authentication(*, enabled: bool) -> Edit:
    """Container Apps' own authentication, before every app."""

    def edit(resources: dict[str, JSON]) -> None:
        for name, app in [(name, found) for name, found in resources.items() if found["type"] == APP]:
            resources[f"{name}/authConfigs/current"] = {
                "type": AUTH,
                "apiVersion": app["apiVersion"],
                "name": f"{app['name']}/current",
                "properties": {"platform": {"enabled": enabled}},
            }

    return edit


def _storage(kind: str) -> Edit:
    def edit(resources: dict[str, JSON]) -> None:
        for app in within(resources, APP):
            for volume in app["properties"]["template"]["volumes"]:
                volume["storageType"] = kind

    return edit


_INGRESS = "properties.configuration.ingress"
_ALLOWED = [{"name": "callers", "ipAddressRange": "10.42.0.0/16", "action": "Allow"}]

MENDS: tuple[Mend, ...] = (
    Mend(rule="CKV_AZURE_41", edit=_put(SECRET, "properties.attributes.exp", 1830297600)),
    Mend(rule="CKV_AZURE_247", edit=_put(ACCOUNT, "properties.allowedFqdnList", ["example.com"])),
    Mend(rule="CKV2_AZURE_22", edit=_put(ACCOUNT, "properties.encryption.keySource", "Microsoft.KeyVault")),
    Mend(rule="Azure.ContainerApp.ExternalIngress", edit=_put(APP, f"{_INGRESS}.external", False)),
    Mend(
        rule="Azure.ContainerApp.RestrictIngress",
        edit=_put(APP, f"{_INGRESS}.ipSecurityRestrictions", _ALLOWED),
    ),
    Mend(rule="Azure.ContainerApp.Storage", edit=_storage("AzureFile")),
    Mend(rule="2b585559-a78e-4cc4-b1aa-fb169d2f6b96", edit=_authentication(enabled=True)),
)

CASES: tuple[Case, ...] = (
    # Accounts
    Case(rule="CKV_AZURE_134", type=ACCOUNT, edit=_put(ACCOUNT, "properties.publicNetworkAccess", "Enabled")),
    Case(rule="CKV_AZURE_236", type=ACCOUNT, edit=_put(ACCOUNT, "properties.disableLocalAuth", False)),
    Case(rule="CKV_AZURE_238", type=ACCOUNT, edit=_drop(ACCOUNT, "identity")),
    Case(
        rule="CKV_AZURE_247",
        type=ACCOUNT,
        edit=_put(ACCOUNT, "properties.restrictOutboundNetworkAccess", False),
    ),
    Case(rule="CKV2_AZURE_22", type=ACCOUNT, edit=_drop(ACCOUNT, "properties.encryption")),
    # Vault
    Case(
        rule="CKV_AZURE_42",
        type=VAULT,
        # Azure's default is true, and rule 111 knows that.
        edit=_drop(VAULT, "properties.enableSoftDelete"),
    ),
    Case(rule="CKV_AZURE_109", type=VAULT, edit=_put(VAULT, "properties.networkAcls.defaultAction", "Allow")),
    Case(
        rule="CKV_AZURE_110",
        type=VAULT,
        edit=_put(VAULT, "properties.enablePurgeProtection", False),
        also=frozenset({"CKV_AZURE_42"}),
    ),
    Case(
        rule="CKV_AZURE_111",
        type=VAULT,
        edit=_put(VAULT, "properties.enableSoftDelete", False),
        also=frozenset({"CKV_AZURE_42"}),
    ),
    Case(rule="CKV_AZURE_189", type=VAULT, edit=_put(VAULT, "properties.publicNetworkAccess", "Enabled")),
    Case(rule="CKV2_AZURE_32", type=VAULT, edit=_without(ENDPOINT, lambda name: "/pep-kv-" in name)),
    Case(
        rule="Azure.KeyVault.RBAC", type=VAULT, edit=_put(VAULT, "properties.enableRbacAuthorization", False)
    ),
    Case(
        rule="Azure.KeyVault.AccessPolicy",
        type=VAULT,
        edit=_put(VAULT, "properties.accessPolicies", [{"permissions": {"secrets": ["Get", "Purge"]}}]),
    ),
    Case(
        rule="Azure.KeyVault.Logs",
        type=VAULT,
        edit=_without(DIAGNOSTICS, lambda name: "/vaults/" in name),
    ),
    # Secrets
    Case(rule="CKV_AZURE_41", type=SECRET, edit=_drop(SECRET, "properties.attributes.exp")),
    Case(rule="CKV_AZURE_114", type=SECRET, edit=_drop(SECRET, "properties.contentType")),
    # Network
    Case(
        rule="CKV_AZURE_182",
        type=NETWORK,
        edit=_put(NETWORK, "properties.dhcpOptions.dnsServers", ["10.42.0.70"]),
    ),
    Case(
        rule="CKV_AZURE_183",
        type=NETWORK,
        edit=_put(NETWORK, "properties.dhcpOptions.dnsServers", ["192.0.2.1", "192.0.2.2"]),
    ),
    Case(rule="CKV2_AZURE_31", type=SUBNET, edit=_drop(SUBNET, "properties.networkSecurityGroup")),
    Case(
        rule="Azure.VNET.PrivateSubnet", type=SUBNET, edit=_drop(SUBNET, "properties.defaultOutboundAccess")
    ),
    Case(rule="CKV_AZURE_9", type=GROUP, edit=_with_rule("Tcp", "internet", "3389")),
    Case(rule="CKV_AZURE_10", type=GROUP, edit=_with_rule("Tcp", "internet", "22")),
    Case(rule="CKV_AZURE_160", type=GROUP, edit=_with_rule("Tcp", "internet", "80")),
    Case(rule="CKV_AZURE_77", type=GROUP, edit=_with_rule("Udp", "internet", "53")),
    Case(rule="Azure.NSG.AnyInboundSource", type=GROUP, edit=_with_rule("Tcp", "*", "443")),
    Case(rule="Azure.NSG.LateralTraversal", type=GROUP, edit=_without_last_rule("Outbound")),
    # Container Apps
    Case(rule="Azure.ContainerApp.Insecure", type=APP, edit=_put(APP, f"{_INGRESS}.allowInsecure", True)),
    Case(rule="Azure.ContainerApp.ManagedIdentity", type=APP, edit=_put(APP, "identity", {"type": "None"})),
    Case(
        rule="Azure.ContainerApp.RestrictIngress",
        type=APP,
        edit=_put(APP, f"{_INGRESS}.ipSecurityRestrictions", [{**_ALLOWED[0], "action": "Deny"}]),
    ),
    Case(rule="Azure.ContainerApp.ExternalIngress", type=APP, edit=_put(APP, f"{_INGRESS}.external", True)),
    Case(
        rule="Azure.ContainerApp.DisableAffinity",
        type=APP,
        edit=_put(APP, f"{_INGRESS}.stickySessions.affinity", "sticky"),
    ),
    Case(rule="Azure.ContainerApp.Storage", type=APP, edit=_storage("EmptyDir")),
    Case(rule="2b585559-a78e-4cc4-b1aa-fb169d2f6b96", type=APP, edit=_authentication(enabled=False)),
    Case(
        rule="Azure.ContainerApp.PublicAccess",
        type=ENVIRONMENT,
        edit=_put(ENVIRONMENT, "properties.vnetConfiguration.internal", False),
    ),
    Case(
        rule="Azure.ContainerApp.AvailabilityZone",
        type=ENVIRONMENT,
        edit=_drop(ENVIRONMENT, "properties.zoneRedundant"),
    ),
)
