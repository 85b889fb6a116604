"""Rules that checkov does not know for ARM, held against the same templates.

PSRule for Azure runs in PowerShell, which is in no index of Python packages, and Azure Policy in Azure alone; some
rules of checkov's are for Terraform only. What each demands is written here after its own text (`rules/` of
Azure/PSRule.Rules.Azure, "Container Apps" of Azure/azure-policy, `terraform/` of bridgecrewio/checkov). Taken are every
rule of checkov's for the Terraform names of our types that it lacks for ARM (3.3.30); of PSRule for Azure what
its pillar "Security" says of our types, and of the others zones, affinity and storage of Container Apps; of Azure
Policy authentication. What demands the same as a rule that is there already is left out.

A rule is a function of one resource and of the template that it stands in.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.checkov.template import JSON, Template, called
from tests.checkov.verdict import Verdict

ACCOUNT = "Microsoft.CognitiveServices/accounts"
APP = "Microsoft.App/containerApps"
AUTH = "Microsoft.App/containerApps/authConfigs"
DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"
ENDPOINT = "Microsoft.Network/privateEndpoints"
ENVIRONMENT = "Microsoft.App/managedEnvironments"
GROUP = "Microsoft.Network/networkSecurityGroups"
NETWORK = "Microsoft.Network/virtualNetworks"
SECRET = "Microsoft.KeyVault/vaults/secrets"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
VAULT = "Microsoft.KeyVault/vaults"

CHECKOV, PSRULE, POLICY = "checkov, for Terraform only", "PSRule for Azure", "Azure Policy"

INTERNET = frozenset({"*", "0.0.0.0", "0.0.0.0/0", "internet", "any"})  # noqa: S104  compared, not listened on
IDENTITIES = frozenset({"SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"})
ADMINISTRATION = ("22", "3389")
"""SSH and RDP: the ways from one machine to the next."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold of every resource of a type."""

    id: str
    demands: str
    source: str
    type: str
    holds: Callable[[str, JSON, Template], bool]
    """Of a resource, by its id, in its template."""


def judge(name: str, template: Template) -> Iterator[Verdict]:
    """What these rules say of a template, in the words of checkov's verdicts."""
    for rule in RULES:
        for wanted, resource in template.of_type(rule.type):
            yield Verdict(
                template=name,
                rule=rule.id,
                demands=rule.demands,
                resource=called(resource),
                passed=rule.holds(wanted, resource, template),
            )


def _properties(resource: JSON) -> JSON:
    found = resource.get("properties")
    return found if isinstance(found, dict) else {}


def _ingress(app: JSON) -> JSON:
    found = _properties(app)["configuration"].get("ingress")
    return found if isinstance(found, dict) else {}


# Azure OpenAI ----------------------------------------------------------------------------------------------------


def _data_stays(wanted: str, account: JSON, template: Template) -> bool:
    told = _properties(account)
    return told.get("restrictOutboundNetworkAccess") is True and bool(told.get("allowedFqdnList"))


def _own_key(wanted: str, account: JSON, template: Template) -> bool:
    return bool(_properties(account).get("encryption", {}).get("keySource") == "Microsoft.KeyVault")


# Key Vault -------------------------------------------------------------------------------------------------------


def _has_endpoint(wanted: str, vault: JSON, template: Template) -> bool:
    return any(
        connection["properties"]["privateLinkServiceId"].lower() == wanted.lower()
        for _, endpoint in template.of_type(ENDPOINT)
        for connection in _properties(endpoint).get("privateLinkServiceConnections", ())
    )


def _role_based(wanted: str, vault: JSON, template: Template) -> bool:
    return _properties(vault).get("enableRbacAuthorization") is True


def _least_privilege(wanted: str, vault: JSON, template: Template) -> bool:
    return not any(
        permission.lower() in {"all", "purge"}
        for policy in _properties(vault).get("accessPolicies", ())
        for permissions in policy.get("permissions", {}).values()
        for permission in permissions
    )


def _audited(wanted: str, vault: JSON, template: Template) -> bool:
    return any(
        log["enabled"]
        and (log.get("category") == "AuditEvent" or log.get("categoryGroup") in {"audit", "allLogs"})
        for _, setting in template.of_type(DIAGNOSTICS)
        if setting["scope"].lower() == wanted.lower()
        for log in _properties(setting).get("logs", ())
    )


# Container Apps --------------------------------------------------------------------------------------------------


def _encrypted(wanted: str, app: JSON, template: Template) -> bool:
    return not _ingress(app).get("allowInsecure", False)


def _identified(wanted: str, app: JSON, template: Template) -> bool:
    return app.get("identity", {}).get("type", "").replace(" ", "") in IDENTITIES


def _restricted(wanted: str, app: JSON, template: Template) -> bool:
    ingress = _ingress(app)
    rules = ingress.get("ipSecurityRestrictions") or ()
    return not ingress or (bool(rules) and all(rule["action"] == "Allow" for rule in rules))


def _from_inside(wanted: str, app: JSON, template: Template) -> bool:
    return not _ingress(app).get("external", False)


def _unbound(wanted: str, app: JSON, template: Template) -> bool:
    return bool(_ingress(app).get("stickySessions", {}).get("affinity", "none") == "none")


def _lasting(wanted: str, app: JSON, template: Template) -> bool:
    return all(
        volume["storageType"] == "AzureFile" for volume in _properties(app)["template"].get("volumes", ())
    )


def _signed_in(wanted: str, app: JSON, template: Template) -> bool:
    return any(
        _properties(found).get("platform", {}).get("enabled") is True
        for name, found in template.of_type(AUTH)
        if name.lower().startswith(f"{wanted.lower()}/")
    )


def _inside(wanted: str, environment: JSON, template: Template) -> bool:
    network = _properties(environment).get("vnetConfiguration", {})
    return network.get("internal") is True and bool(network.get("infrastructureSubnetId"))


def _in_zones(wanted: str, environment: JSON, template: Template) -> bool:
    return _properties(environment).get("zoneRedundant") is True


# Network ---------------------------------------------------------------------------------------------------------


def _rules(group: JSON, direction: str) -> list[JSON]:
    """A group's rules of a direction, first the one that is asked first."""
    rules: list[JSON] = [rule["properties"] for rule in _properties(group).get("securityRules", ())]
    return sorted(
        (rule for rule in rules if rule["direction"] == direction), key=lambda rule: int(rule["priority"])
    )


def _ends(rule: JSON, word: str) -> list[str]:
    """`sourceAddressPrefix` and `sourceAddressPrefixes`, whichever is said."""
    plural = f"{word}es" if word.endswith("Prefix") else f"{word}s"
    return [*([rule[word]] if rule.get(word) else []), *rule.get(plural, ())]


def _no_open_udp(wanted: str, group: JSON, template: Template) -> bool:
    return not any(
        rule["access"] == "Allow"
        and rule["protocol"].lower() == "udp"
        and any(source.lower() in INTERNET for source in _ends(rule, "sourceAddressPrefix"))
        for rule in _rules(group, "Inbound")
    )


def _no_open_source(wanted: str, group: JSON, template: Template) -> bool:
    return not any(
        rule["access"] == "Allow" and "*" in _ends(rule, "sourceAddressPrefix")
        for rule in _rules(group, "Inbound")
    )


def _no_way_on(wanted: str, group: JSON, template: Template) -> bool:
    """Where no rule speaks of it, Azure's own lets everything out to the network and what is joined to it.

    The rule's own code is content when one of the two ports is shut; both are demanded here.
    """
    return not any(_lets_out(group, port) for port in ADMINISTRATION)


def _lets_out(group: JSON, port: str) -> bool:
    for rule in _rules(group, "Outbound"):
        everywhere = {"*", "virtualnetwork"} & {
            end.lower() for end in _ends(rule, "destinationAddressPrefix")
        }
        if everywhere and any(_holds(ports, port) for ports in _ends(rule, "destinationPortRange")):
            return bool(rule["access"] == "Allow")
    return True


def _holds(ports: str, port: str) -> bool:
    first, _, last = ports.partition("-")
    return ports == "*" or int(first) <= int(port) <= int(last or first)


def _guarded(wanted: str, subnet: JSON, template: Template) -> bool:
    return bool(_properties(subnet).get("networkSecurityGroup", {}).get("id"))


def _no_way_out(wanted: str, subnet: JSON, template: Template) -> bool:
    """A delegated subnet's way out is the service's affair."""
    told = _properties(subnet)
    return bool(told.get("delegations")) or told.get("defaultOutboundAccess") is False


RULES: tuple[Rule, ...] = (
    Rule(
        id="CKV_AZURE_77",
        demands="UDP services are restricted from the internet",
        source=CHECKOV,
        type=GROUP,
        holds=_no_open_udp,
    ),
    Rule(
        id="CKV_AZURE_247",
        demands="an OpenAI account is configured with data loss prevention: outbound access restricted, to a list",
        source=CHECKOV,
        type=ACCOUNT,
        holds=_data_stays,
    ),
    Rule(
        id="CKV2_AZURE_22",
        demands="Cognitive Services enables customer-managed key for encryption",
        source=CHECKOV,
        type=ACCOUNT,
        holds=_own_key,
    ),
    Rule(
        id="CKV2_AZURE_31",
        demands="VNET subnet is configured with a Network Security Group",
        source=CHECKOV,
        type=SUBNET,
        holds=_guarded,
    ),
    Rule(
        id="CKV2_AZURE_32",
        demands="private endpoint is configured to key vault",
        source=CHECKOV,
        type=VAULT,
        holds=_has_endpoint,
    ),
    Rule(
        id="Azure.KeyVault.RBAC",
        demands="the vault uses Azure RBAC as the authorization system for the data plane",
        source=PSRULE,
        type=VAULT,
        holds=_role_based,
    ),
    Rule(
        id="Azure.KeyVault.AccessPolicy",
        demands="no access policy gives All or Purge",
        source=PSRULE,
        type=VAULT,
        holds=_least_privilege,
    ),
    Rule(
        id="Azure.KeyVault.Logs",
        demands="audit logs of the vault are kept by a diagnostic setting",
        source=PSRULE,
        type=VAULT,
        holds=_audited,
    ),
    Rule(
        id="Azure.ContainerApp.Insecure",
        demands="insecure inbound traffic is not permitted",
        source=PSRULE,
        type=APP,
        holds=_encrypted,
    ),
    Rule(
        id="Azure.ContainerApp.ManagedIdentity",
        demands="a managed identity is used for authentication",
        source=PSRULE,
        type=APP,
        holds=_identified,
    ),
    Rule(
        id="Azure.ContainerApp.RestrictIngress",
        demands="the ingress has IP restrictions, and all of them allow",
        source=PSRULE,
        type=APP,
        holds=_restricted,
    ),
    Rule(
        id="Azure.ContainerApp.ExternalIngress",
        demands="the ingress is for callers within the environment; asked by PSRule where its options say so",
        source=PSRULE,
        type=APP,
        holds=_from_inside,
    ),
    Rule(
        id="Azure.ContainerApp.DisableAffinity",
        demands="session affinity is off",
        source=PSRULE,
        type=APP,
        holds=_unbound,
    ),
    Rule(
        id="Azure.ContainerApp.Storage",
        demands="volumes are Azure Files, so that they last",
        source=PSRULE,
        type=APP,
        holds=_lasting,
    ),
    Rule(
        id="2b585559-a78e-4cc4-b1aa-fb169d2f6b96",
        demands="Container Apps' own authentication is enabled",
        source=POLICY,
        type=APP,
        holds=_signed_in,
    ),
    Rule(
        id="Azure.ContainerApp.PublicAccess",
        demands="the environment is internal, in a subnet of one's own",
        source=PSRULE,
        type=ENVIRONMENT,
        holds=_inside,
    ),
    Rule(
        id="Azure.ContainerApp.AvailabilityZone",
        demands="the environment is zone redundant",
        source=PSRULE,
        type=ENVIRONMENT,
        holds=_in_zones,
    ),
    Rule(
        id="Azure.NSG.AnyInboundSource",
        demands="no inbound rule allows any source",
        source=PSRULE,
        type=GROUP,
        holds=_no_open_source,
    ),
    Rule(
        id="Azure.NSG.LateralTraversal",
        demands="SSH and RDP to the virtual network and what is joined to it are blocked",
        source=PSRULE,
        type=GROUP,
        holds=_no_way_on,
    ),
    Rule(
        id="Azure.VNET.PrivateSubnet",
        demands="a subnet that is not delegated has no default outbound access",
        source=PSRULE,
        type=SUBNET,
        holds=_no_way_out,
    ),
)

SOURCES: Mapping[str, str] = {rule.id: rule.source for rule in RULES}
"""Who made a rule of this table; every other is checkov's own."""
