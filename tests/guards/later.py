"""Guards of a change."""

from typing import Any

from offline.arm.store import Store
from tests.cloud import Stack
from tests.guards import around
from tests.guards.first import FIRST, FOR_EVER
from tests.guards.guard import Guard, Outcome, Scene, Watch
from tests.guards.stage import LARGE_EMBEDDING, SMALL_EMBEDDING, deployment

OTHER_CHAT = deployment("chat", "gpt-5.4-mini", "2026-03-17")
RANGES = {"addressSpace": "10.40.0.0/24", "privateEndpointSubnet": "10.40.0.64/27"}


def _no_new_revision(stack: Stack, watch: Watch) -> bool:
    store = stack.cloud.store()
    now = around.revision(store, stack)
    store.close()
    return now == watch.revision


SAME = Scene(does="an `up` without a change", after=FIRST)
OTHER_KEY = Scene(does="another master key", after=SAME, settings={"secrets": {"masterKey": 2}})
OTHER_CONFIG = Scene(
    does="another LiteLLM setting",
    after=OTHER_KEY,
    settings={"gateway": {"image": "registry.example.com/proxy:v1", "requestTimeoutSeconds": 60}},
)
OTHER_MODEL = Scene(
    does="another model under a deployment's name",
    after=OTHER_CONFIG,
    settings={"deployments": [OTHER_CHAT, SMALL_EMBEDDING, LARGE_EMBEDDING]},
)
FEWER = Scene(
    does="two deployments dropped, the one between them stays",
    after=OTHER_MODEL,
    settings={"deployments": [SMALL_EMBEDDING]},
    retries=True,
)
OTHER_RANGE = Scene(
    does="another range for the gateway's subnet",
    after=FEWER,
    settings={"network": {**RANGES, "gatewaySubnet": "10.40.0.128/26"}},
    retries=True,
)
OTHER_CALLERS = Scene(
    does="a public address for the gateway: another environment in the same subnet, and no zone for its domain",
    after=OTHER_RANGE,
    settings={"ingress": {"visibility": "external", "allow": ["203.0.113.0/24"]}},
    facts={"stale-links-seconds": 600},
    retries=True,
)

GUARDS = (
    Guard(
        law="app-secret",
        what="an identity that fetches each secret",
        file="infra/gateway.py",
        old="key_vault_url=secret.uri, identity=args.identity_id",
        new="key_vault_url=secret.uri",
        scene=SAME,
    ),
    Guard(
        law="app-identity",
        what="the identity that fetches secrets is the app's",
        file="infra/gateway.py",
        old="type=app.ManagedServiceIdentityType.USER_ASSIGNED, user_assigned_identities=[args.identity_id]",
        new="type=app.ManagedServiceIdentityType.SYSTEM_ASSIGNED",
        scene=SAME,
    ),
    Guard(
        law="app-volume",
        what="a volume's name in lower case",
        file="infra/gateway.py",
        old='name="config",\n                        storage_type',
        new='name="Config",\n                        storage_type',
        also=(('volume_name="config"', 'volume_name="Config"'),),
        scene=SAME,
        shows="Error details: Operation expired.",
    ),
    Guard(
        law="diag-category",
        what="no log categories for an app: its logs are its environment's",
        file="infra/observability.py",
        old="APP_LOGS: tuple[str, ...] = ()",
        new='APP_LOGS = ("ContainerAppConsoleLogs",)',
        scene=SAME,
    ),
    Guard(
        law="kv-retention-change",
        what="the vault's retention is a constant, and no setting",
        file="infra/vault.py",
        old="RETENTION_DAYS = 90",
        new="RETENTION_DAYS = 30",
        scene=SAME,
    ),
    Guard(
        law="app-secrets-revision",
        what="a digest of the secrets' versions in the template",
        file="infra/gateway.py",
        old='lambda versions: _digest("\\n".join(versions))',
        new='lambda versions: "same"',
        scene=OTHER_KEY,
        from_start=True,
        outcome=Outcome(text="the new key reaches no replica", seen=_no_new_revision),
    ),
    Guard(
        law="app-secrets-revision",
        what="a digest of the config in the template",
        file="infra/gateway.py",
        old='value=_digest("\\n".join((args.config, *modules.values())))',
        new='value="same"',
        scene=OTHER_CONFIG,
        from_start=True,
        outcome=Outcome(text="the new config reaches no replica", seen=_no_new_revision),
    ),
    Guard(
        law="cog-model-change",
        what="another model replaces the deployment",
        file="infra/openai.py",
        old='replace_on_changes=["properties.model.name"],',
        scene=OTHER_MODEL,
    ),
    Guard(
        law="existing",
        what="a deployment goes before the next of its name comes",
        file="infra/openai.py",
        old="delete_before_replace=True,",
        scene=OTHER_MODEL,
        shows="cannot create already existing resource",
    ),
    Guard(
        law="cog-parallel",
        what="tried again: deletes of neighbours run side by side",
        file="infra/retries.py",
        old='"RequestConflict",',
        new='"Never",',
        scene=FEWER,
        facts={"durations": {"microsoft.cognitiveservices/accounts/deployments delete": 2500}},
    ),
    Guard(
        law="env-net-change",
        what="another subnet replaces the environment",
        file="infra/environment.py",
        old='replace_on_changes=["vnetConfiguration"],',
        scene=OTHER_RANGE,
        from_start=True,
        outcome=Outcome(
            text="the environment stays in its old subnet, which cannot go",
            seen=lambda stack, watch: "10.40.0.0" in _subnet(stack),
            fails=True,
        ),
    ),
    Guard(
        law="existing",
        what="an environment goes before the next of its name comes",
        file="infra/environment.py",
        old="delete_before_replace=True,",
        scene=OTHER_RANGE,
        shows="cannot create already existing resource",
    ),
    Guard(
        law="net-prefix-in-use",
        what="a subnet's range is part of its name",
        file="config/names.py",
        old='self.of("snet", part=_with(purpose, addresses))',
        new='self.of("snet", part=purpose)',
        scene=OTHER_RANGE,
        from_start=True,
    ),
    Guard(
        law="net-subnet-in-use",
        what="tried again until a deleted environment lets go of its subnet",
        file="infra/retries.py",
        old='"InUseSubnetCannotBeDeleted",',
        new='"Never",',
        scene=OTHER_RANGE,
        facts={"subnet-held-seconds": FOR_EVER, "held-subnets": {}},
    ),
    Guard(
        law="env-subnet-shared",
        what="tried again until a deleted environment lets go of the subnet for the next",
        file="infra/retries.py",
        old='"ManagedEnvironmentSubnetInUse",',
        new='"Never",',
        scene=OTHER_CALLERS,
        facts={"subnet-held-seconds": FOR_EVER, "held-subnets": {}},
    ),
    Guard(
        law="dns-zone-links",
        what="tried again until a zone has noticed that its link is gone",
        file="infra/retries.py",
        old='"CannotDeleteResource",',
        new='"Never",',
        scene=OTHER_CALLERS,
        from_start=True,
        facts={"stale-links-seconds": FOR_EVER, "stale-links": {}},
    ),
)


def _subnet(stack: Stack) -> str:
    store: Store = stack.cloud.store()
    (found,) = around.of(store, stack, around.ENVIRONMENT)
    store.close()
    network: Any = found.properties["vnetConfiguration"]
    return str(network["infrastructureSubnetId"])
