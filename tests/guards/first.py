"""Guards of a first `up`."""

from tests.guards.guard import Guard, Held, Outcome, Scene
from tests.guards.stage import CHAT

LINKS = Held("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
ROLES = Held("Microsoft.Authorization/roleAssignments")
VAULTS_ENDPOINT = Held("Microsoft.Network/privateEndpoints", "pep-kv-*")
DEPLOYMENTS = Held("Microsoft.CognitiveServices/accounts/deployments")

FOR_EVER = 1_000_000
"""Seconds of Azure: half an hour."""

FIRST = Scene(does="a first `up`")
ENVIRONMENT_FIRST = Scene(
    does="a first `up` in which the environment is there before all else that the gateway needs",
    held=(LINKS, ROLES, VAULTS_ENDPOINT, DEPLOYMENTS),
)
ELSEWHERE = Scene(
    does="a first `up` with an account in another region",
    settings={
        "regions": [{"name": "eastus2"}, {"name": "southcentralus"}],
        "deployments": [CHAT, {**CHAT, "region": "southcentralus"}],
    },
)
FILTERED = Scene(
    does="a first `up` with two content filters",
    settings={
        "contentFilters": {"strict": {"hate": "Low"}, "documents": {"indirectAttack": True}},
        "deployments": [
            {**CHAT, "contentFilter": "strict"},
            {**CHAT, "name": "other", "contentFilter": "documents"},
        ],
    },
)
LATE = Scene(
    does="a first `up`, roles take effect late, and the network hears late of an account's end",
    facts={"role-delay-seconds": 1200, "accepted-lag-seconds": 600},
    retries=True,
)
HALF_MADE = Scene(
    does="a first `up` in which Azure takes a deployment and then fails it, for a reason that passes",
    refused={
        "type": DEPLOYMENTS.type,
        "verb": "create",
        "effect": "fail",
        "status": 409,
        "code": "RequestConflict",
        "message": "Another operation is being performed on the parent resource.",
        "times": 1,
    },
    retries=True,
    told="RequestConflict",
)
AFTER = "after=[zones, identity, vault, *accounts, *shared]"

GUARDS = (
    Guard(
        law="cog-parallel",
        what="deployments of an account one after the other",
        file="infra/openai.py",
        old="depends_on=[after],",
        scene=FIRST,
        facts={"durations": {f"{DEPLOYMENTS.type.lower()} create": 2500}},
    ),
    Guard(
        law="cog-rai-policy",
        what="a content filter before the deployment that has it",
        file="infra/openai.py",
        old="                    after=latest,\n                )\n        for deployment",
        new="                    after=latest,\n                )\n        latest = account\n        for deployment",
        scene=FILTERED,
        facts={"durations": {"microsoft.cognitiveservices/accounts/raipolicies create": 2500}},
        # Whichever Azure sees first: that the filter is not there yet, or that it is just being written.
        shows='Code="(InvalidResourceProperties|RequestConflict)"',
    ),
    Guard(
        law="cog-parallel",
        what="content filters of an account one after the other",
        file="infra/contentfilter.py",
        old=", depends_on=[after]",
        scene=FILTERED,
        facts={"durations": {"microsoft.cognitiveservices/accounts/raipolicies create": 2500}},
    ),
    Guard(
        law="cog-pe-accepted",
        what="an account's endpoint after its last deployment",
        file="infra/endpoint.py",
        old=", depends_on=list(args.after)",
        scene=FIRST,
        facts={"durations": {f"{DEPLOYMENTS.type.lower()} create": 2500}},
    ),
    Guard(
        law="cog-pe-no-subdomain",
        what="a custom subdomain",
        file="infra/openai.py",
        old="custom_sub_domain_name=args.account.name,",
        scene=FIRST,
    ),
    Guard(
        law="cog-keys-off",
        what="no keys are asked of a keyless account",
        file="infra/openai.py",
        old="None if args.keyless else _first_key(account, args.resource_group_name)",
        new="_first_key(account, args.resource_group_name)",
        scene=FIRST,
    ),
    Guard(
        law="pe-second-group",
        what="one zone group with every zone",
        file="infra/endpoint.py",
        old="        self.id = endpoint.id\n",
        new="""        network.PrivateDnsZoneGroup(
            f"{name}-second",
            private_dns_zone_group_name="second",
            private_endpoint_name=endpoint.name,
            resource_group_name=args.access.resource_group_name,
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name="one", private_dns_zone_id=args.access.zones[args.zones[0]])
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = endpoint.id
""",
        scene=FIRST,
    ),
    Guard(
        law="net-reference",
        what="an endpoint in its network's region, not in its target's",
        file="infra/openai.py",
        old="access=args.access,",
        new="access=type(args.access)(**{**vars(args.access), 'location': args.account.region}),",
        scene=ELSEWHERE,
    ),
    Guard(
        law="env-delegation",
        what="the gateway's subnet handed over to Container Apps",
        file="infra/network.py",
        old="delegations=[network.DelegationArgs(name=CONTAINER_APPS, service_name=CONTAINER_APPS)],",
        scene=FIRST,
    ),
    Guard(
        law="env-size",
        what="an environment with workload profiles, which fits into a /26",
        file="infra/environment.py",
        old="workload_profiles=[app.WorkloadProfileArgs(name=CONSUMPTION, workload_profile_type=CONSUMPTION)],",
        scene=FIRST,
    ),
    Guard(
        law="env-subnet-missing",
        what="a subnet's one range, where Azure would also take a list",
        file="infra/network.py",
        old="address_prefix=args.gateway_range,",
        new="address_prefixes=[args.gateway_range],",
        scene=FIRST,
    ),
    Guard(
        law="res-missing",
        what="an environment is read once it is there",
        file="infra/environment.py",
        old=", depends_on=[environment]",
        scene=FIRST,
    ),
    Guard(
        law="res-missing",
        what="an identity is read once it is there",
        file="infra/identity.py",
        old=", depends_on=[identity]",
        scene=FIRST,
    ),
    Guard(
        law="location-unknown",
        what="private zones are global",
        file="infra/dns.py",
        old='location="global",\n        tags=tags,\n        opts=opts,\n    )\n    link',
        new="tags=tags,\n        opts=opts,\n    )\n    link",
        scene=FIRST,
    ),
    Guard(
        law="role-principal-type",
        what="the principal's type, which is a user's where nobody says it",
        file="infra/roles.py",
        old="        principal_type=principal_type,\n",
        scene=FIRST,
        facts={"directory-delay-seconds": 0},
    ),
    Guard(
        law="role-name",
        what="GUIDs as names of roles",
        file="infra/roles.py",
        old="names.role_assignment(parts[0], role, parts[1])",
        new="name",
        scene=FIRST,
    ),
    Guard(
        law="kv-purge-prot-false",
        what="purge protection, never false",
        file="infra/vault.py",
        old="enable_purge_protection=True,",
        new="enable_purge_protection=False,",
        scene=FIRST,
    ),
    Guard(
        law="kv-secret-name",
        what="dashes for underscores in secrets' names",
        file="config/names.py",
        old='variable.lower().replace("_", "-")',
        new="variable.lower()",
        shows="does not match expression",
        scene=FIRST,
    ),
    Guard(
        law="app-secret-name",
        what="secrets' names in lower case",
        file="config/names.py",
        old='variable.lower().replace("_", "-")',
        new='variable.replace("_", "-")',
        scene=FIRST,
    ),
    Guard(
        law="nsg-conflict",
        what="a priority of its own for each rule of a direction",
        file="infra/firewall.py",
        old='"out-dns", 120',
        new='"out-dns", 110',
        scene=FIRST,
    ),
    Guard(
        law="net-duplicate",
        what="a name of its own for each rule",
        file="infra/firewall.py",
        old='"out-dns", 120',
        new='"out-own", 120',
        scene=FIRST,
    ),
    Guard(
        law="net-parallel",
        what="subnets one after the other",
        file="infra/network.py",
        old=", depends_on=[gateway]",
        scene=FIRST,
        facts={"durations": {"microsoft.network/virtualnetworks/subnets create": 2500}},
    ),
    Guard(
        law="app-kv-ref",
        what="the gateway after all that its secrets are read through",
        file="infra/gateway.py",
        old=", depends_on=list(args.after)",
        scene=ENVIRONMENT_FIRST,
        held=LINKS,
    ),
    Guard(
        law="app-kv-ref",
        what="the gateway after the zones' links",
        file="__main__.py",
        old=AFTER,
        new="after=[identity, vault, *accounts, *shared]",
        scene=ENVIRONMENT_FIRST,
        held=LINKS,
    ),
    Guard(
        law="app-kv-ref",
        what="the gateway after its roles",
        file="__main__.py",
        old=AFTER,
        new="after=[zones, vault, *accounts, *shared]",
        scene=ENVIRONMENT_FIRST,
        held=ROLES,
    ),
    Guard(
        law="app-kv-ref",
        what="the gateway after the vault's endpoint",
        file="__main__.py",
        old=AFTER,
        new="after=[zones, identity, *accounts, *shared]",
        scene=ENVIRONMENT_FIRST,
        held=VAULTS_ENDPOINT,
    ),
    Guard(
        law="openai-deployment",
        what="the gateway after the deployments that it calls",
        file="__main__.py",
        old=AFTER,
        new="after=[zones, identity, vault, *shared]",
        scene=ENVIRONMENT_FIRST,
        held=DEPLOYMENTS,
        outcome=Outcome(
            text="a gateway serves, and its model is not there",
            seen=lambda stack, watch: watch.early,
        ),
    ),
    Guard(
        law="app-kv-ref",
        what="tried again while a role spreads",
        file="infra/retries.py",
        old='"InvalidParameterValueInContainerTemplate",',
        new='"Never",',
        scene=LATE,
        facts={"role-delay-seconds": FOR_EVER},
    ),
    Guard(
        law="cog-pe-accepted",
        what="tried again until the network has heard of an account's end",
        file="infra/retries.py",
        old='"AccountProvisioningStateInvalid",',
        new='"Never",',
        scene=LATE,
        facts={"accepted-lag-seconds": FOR_EVER},
    ),
    Guard(
        law="existing",
        what="what Azure took and then failed is not created again",
        file="infra/retries.py",
        old="""    if operation == "create" and _HALF_MADE.match(error):
        return None
""",
        scene=HALF_MADE,
        shows="cannot create already existing resource",
    ),
    Guard(
        law="kv-soft-delete-false",
        what="soft delete, never false",
        file="infra/vault.py",
        old="enable_soft_delete=True,",
        new="enable_soft_delete=False,",
        scene=FIRST,
    ),
    Guard(
        law="app-kv-ref",
        what="a vault whose readers are named by roles",
        file="infra/vault.py",
        old="enable_rbac_authorization=True,",
        scene=FIRST,
    ),
)
