"""Guards of names that stay taken, of a move that stops half way, and of an end."""

import re
from typing import Any

from offline.arm.ids import ResourceId
from tests.cloud import Stack
from tests.guards import around
from tests.guards.first import FIRST
from tests.guards.guard import Guard, Outcome, Scene, Watch
from tests.guards.later import RANGES
from tests.ops.cutting import until

GROUPS = "2024-03-01"
ACCOUNTS = "2025-06-01"
VAULTS = "2024-11-01"


def _account(stack: Stack, group: str, name: str) -> str:
    """An account of somebody's, in a group of that id."""
    around.put(stack.cloud, group, GROUPS, {"location": "eastus2"})
    account = f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}"
    body = {
        "location": "eastus2",
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": name},
    }
    around.put(stack.cloud, account, ACCOUNTS, body)
    return account


def _vault(stack: Stack, group: str, name: str) -> str:
    """A vault of somebody's, in a group of that id."""
    around.put(stack.cloud, group, GROUPS, {"location": "eastus2"})
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/{name}"
    properties = {
        "tenantId": stack.cloud.home.credentials().tenant_id,
        "sku": {"family": "A", "name": "standard"},
        "enablePurgeProtection": True,
        "accessPolicies": [],
    }
    around.put(stack.cloud, vault, VAULTS, {"location": "eastus2", "properties": properties})
    return vault


def _bury(stack: Stack) -> None:
    """Yesterday somebody deleted an account and a vault of names that this stack could have, in its groups."""
    first = around.group(stack)
    second = first.removesuffix("-001") + "-002"
    around.delete(stack.cloud, _account(stack, first, f"ai-guard-{stack.name}-eus2-001"), ACCOUNTS)
    around.delete(stack.cloud, _vault(stack, second, f"kv-guard-{stack.name}-eus2-002"), VAULTS)
    for group in (first, second):
        around.delete(stack.cloud, group, GROUPS)


def _elsewhere(stack: Stack) -> None:
    """Somebody else has an account and a vault of such names."""
    group = around.group(stack).replace("rg-", "other-")
    _account(stack, group, f"ai-guard-{stack.name}-eus2-001")
    _vault(stack, group, f"kv-guard-{stack.name}-eus2-002")


def _purge(stack: Stack) -> None:
    """The account that went with the destroy is purged; its vault cannot be."""
    group = ResourceId(around.group(stack))
    who = stack.cloud.home.credentials().subscription_id
    name = f"ai-guard-{stack.name}-eus2-001"
    path = (
        f"/subscriptions/{who}/providers/Microsoft.CognitiveServices/locations/eastus2"
        f"/resourceGroups/{group.name}/deletedAccounts/{name}"
    )
    assert stack.cloud.arm("DELETE", path, ACCOUNTS).is_success
    until(lambda: stack.cloud.arm("GET", path, ACCOUNTS).status_code == 404)


def _in_its_place(stack: Stack, watch: Watch) -> bool:
    """The old gateway, or what it is in, makes room for the new one."""
    return re.search(r"azure-native:app:\w+: \(replace\)", watch.text) is not None


def _in_its_rules(stack: Stack, watch: Watch) -> bool:
    """The security group that the old gateway lives under becomes the new one's."""
    return re.search(r"NetworkSecurityGroup: \(update\)\s+\[id=\S+-gateway", watch.text) is not None


def _the_group_first(stack: Stack, watch: Watch) -> bool:
    return re.search(r"azure-native:resources:ResourceGroup: \(replace\)", watch.text) is not None


def _by_itself(stack: Stack, watch: Watch) -> bool:
    return any(method == "DELETE" and "/workspaces/" in path for method, path, _ in watch.answers)


ANOTHER_PLACE: dict[str, Any] = {
    "regions": [{"name": "eastus2", "instance": "002"}],
    "vault": {"suffix": "b"},
}

TAKEN = Scene(
    does="a first `up` where an account and a vault were deleted yesterday",
    behind=_bury,
    settings=ANOTHER_PLACE,
)
SOMEBODY_ELSES = Scene(
    does="a first `up` where somebody else has such an account and such a vault",
    behind=_elsewhere,
    settings=ANOTHER_PLACE,
)
ANOTHER_HOME = Scene(
    does="a preview of a move to another region",
    after=FIRST,
    verb="preview",
    settings={"regions": [{"name": "southcentralus"}]},
)
NEXT_GENERATION = Scene(
    does="a preview of the next generation",
    after=FIRST,
    verb="preview",
    settings={"network": {**RANGES, "gatewaySubnet": "10.40.0.128/26"}, "generation": 2},
)
SECOND_IDENTITY = Scene(
    does="a first `up` of a program with a second identity",
    extended=(
        (
            "__main__.py",
            "    environment = Environment(\n",
            """    Identity(
        f"{names.identity}-second",
        IdentityArgs(
            resource_group_name=group.name,
            location=location,
            subscription_id=subscription.subscription_id,
            secrets={secret.name: secret.id for secret in vault.secrets.values()},
            accounts={},
            tags=tags,
        ),
        inside,
    )
    environment = Environment(
""",
        ),
    ),
)
KEYS = Scene(does="a first `up` with keys", settings={"authentication": "key"})
NO_KEYS = Scene(does="from keys to tokens", after=KEYS, settings={"authentication": "entra"})
END = Scene(does="a destroy", after=FIRST, verb="destroy")
ONCE_MORE = Scene(
    does="a first `up` after a destroy",
    after=END,
    behind=_purge,
    settings={"vault": {"suffix": "b"}},
)

GUARDS = (
    Guard(
        law="cog-soft-deleted",
        what="an instance number in every name",
        file="config/names.py",
        old="            where.instance,\n",
        new='            "001",\n',
        scene=TAKEN,
    ),
    Guard(
        law="kv-deleted-name",
        what="a suffix in the vault's name",
        file="config/names.py",
        old='self.of("kv", part=self.vault_suffix)',
        new='self.of("kv")',
        scene=TAKEN,
    ),
    Guard(
        law="cog-subdomain-used",
        what="an instance number in every name, which is a subdomain too",
        file="config/names.py",
        old="            where.instance,\n",
        new='            "001",\n',
        scene=SOMEBODY_ELSES,
    ),
    Guard(
        law="kv-name-taken",
        what="a suffix in the vault's name, which is one in the world",
        file="config/names.py",
        old='self.of("kv", part=self.vault_suffix)',
        new='self.of("kv")',
        scene=SOMEBODY_ELSES,
    ),
    Guard(
        law="outage",
        what="a region in every name",
        file="config/names.py",
        old="            where.short,\n",
        new='            "here",\n',
        scene=ANOTHER_HOME,
        from_start=True,
        outcome=Outcome(text="everything goes before it comes again", seen=_the_group_first),
    ),
    Guard(
        law="outage",
        what="a generation in the environment's name",
        file="config/names.py",
        old='self.of("cae", part=self._generation)',
        new='self.of("cae")',
        scene=NEXT_GENERATION,
        outcome=Outcome(text="the old gateway goes before the new one is there", seen=_in_its_place),
    ),
    Guard(
        law="outage",
        what="a generation in the gateway's name",
        file="config/names.py",
        old='self.of("ca", part=self._generation)',
        new='self.of("ca")',
        scene=NEXT_GENERATION,
        outcome=Outcome(text="the old gateway goes before the new one is there", seen=_in_its_place),
    ),
    Guard(
        law="outage",
        what="a security group for each range",
        file="config/names.py",
        old='self.of("nsg", part=_with(purpose, addresses))',
        new='self.of("nsg", part=purpose)',
        scene=NEXT_GENERATION,
        from_start=True,
        outcome=Outcome(text="the old gateway lets nobody in any more", seen=_in_its_rules),
    ),
    Guard(
        law="role-update",
        what="the principal's id in a role's name",
        file="infra/roles.py",
        old="names.role_assignment(parts[0], role, parts[1])",
        new="names.role_assignment(parts[0], role)",
        scene=SECOND_IDENTITY,
        # By who comes second, and when.
        shows="RoleAssignmentUpdateNotPermitted|already existing resource|Another operation is in progress",
    ),
    Guard(
        law="kv-public-off",
        what="a secret that is no longer named stays in its vault",
        file="infra/vault.py",
        old=", retain_on_delete=True",
        scene=NO_KEYS,
        from_start=True,
    ),
    Guard(
        law="net-subnet-in-use",
        what="what is in the group goes with the group",
        file="__main__.py",
        old="inside = pulumi.ResourceOptions(deleted_with=group)",
        new="inside = pulumi.ResourceOptions()",
        scene=END,
        from_start=True,
    ),
    Guard(
        law="requests",
        what="the workspace goes with the group",
        file="infra/observability.py",
        old=", deleted_with=args.resource_group",
        scene=END,
        from_start=True,
        outcome=Outcome(text="the destroy asks for the workspace by itself", seen=_by_itself),
    ),
    Guard(
        law="diag-left",
        what="diagnostic settings go by themselves, before what they are of",
        file="infra/observability.py",
        old="""                    for category in watched.metrics
                ],
                opts=pulumi.ResourceOptions(parent=self),
""",
        new="""                    for category in watched.metrics
                ],
                opts=pulumi.ResourceOptions(parent=self, deleted_with=args.resource_group),
""",
        scene=ONCE_MORE,
        from_start=True,
        shows="cannot create already existing resource",
    ),
)
