"""Every guard of the program, and why the other laws of Azure cannot bite it."""

from collections.abc import Mapping

from tests.guards import calls, ends, first, later, settings
from tests.guards.guard import Guard

GUARDS: tuple[Guard, ...] = (
    *first.GUARDS,
    *settings.GUARDS,
    *later.GUARDS,
    *ends.GUARDS,
    *calls.GUARDS,
)

OTHERS: Mapping[str, str] = {
    "existing": "no law of Azure's: azure-native looks first, and creates nothing that is there",
    "outage": "no law: what callers use goes before there is another",
    "requests": "no law: a destroy asks for more than the group and what outlives it",
}
"""What a guard is there for, where that is no law of Azure's."""

CANNOT_BITE: Mapping[str, tuple[str, ...]] = {
    "the engine hands one resource's outputs to the next, so what is named is there": (
        "rg-missing",
        "parent-missing",
        "app-environment",
        "app-environment-missing",
        "env-failed",
        "diag-workspace",
    ),
    "the engine deletes what names a resource before the resource": (
        "cog-delete-nested",
        "nsg-in-use",
        "env-has-apps",
    ),
    "the engine writes a resource once at a time, and its lock keeps a second command out": (
        "busy",
        "rg-deleting",
        "env-busy",
        "app-busy",
    ),
    "azure-native does it: it signs in, writes the request, looks up versions, fills in a location, waits when told": (
        "location-required",
        "api-version-missing",
        "api-version-invalid",
        "type-unknown",
        "action-unknown",
        "content",
        "method",
        "namespace",
        "filter",
        "query",
        "query-word",
        "operation",
        "dns-record",
        "token-missing",
        "token-expired",
        "token-invalid",
        "token-audience",
        "throttled",
    ),
    "azure-native replaces what changes its location, and every name holds its region": (
        "rg-location",
        "location",
    ),
    "only who deploys can see to it: rights, quota, policies, locks, the subscription itself": (
        "authz",
        "linked-authz",
        "locked",
        "provider-off",
        "subscription-missing",
        "policy",
        "policy-rule",
        "cog-feature",
        "cog-quota",
        "cog-model-deprecating",
        "cog-rg-blocked",
    ),
    "names are put together from settings of letters and digits, all of them shorter than Azure's limit": (
        "rg-name",
        "cog-subdomain-name",
        "app-name",
    ),
    "a setting of that kind is not taken: its type has no such value": (
        "net-prefix",
        "net-host-bits",
        "cog-sku-name",
    ),
    "a word or number of the program's own that no setting changes": (
        "cog-kind",
        "cog-account-sku",
        "pe-group",
        "app-mount",
        "app-port",
        "dns-records",
        "dns-soa",
        "role-def",
        "role-principal-guid",
        "kv-secret-disabled",
        "diag-no-sink",
    ),
    "both sides are made from one value: they change together": (
        "cog-subdomain-change",
        "app-secretref",
        "role-exists",
        "diag-sink",
        "dns-link-overlap",
    ),
    "no body of the program has this property": (
        "cog-rai-policy",
        "app-revision-suffix",
        "kv-secret-expired",
    ),
    "the program never asks for that: it restores, purges and remakes nothing, and deletes no secret": (
        "cog-restore-missing",
        "cog-deleted-missing",
        "cog-key-name",
        "kv-purge-refused",
        "kv-deleted-missing",
        "kv-secret-deleted",
        "kv-secret-delete",
        "kv-deleted-secret-missing",
        "kv-secret-purge",
    ),
    "a key is generated, read from its account, or as long as the settings ask: never empty, never that long": (
        "kv-secret-value",
        "kv-secret-size",
    ),
    "azure-native always sends a principal's type, and Azure then asks no directory": ("role-principal",),
    "only Container Apps reads the vault, and tells of it by app-kv-ref": (
        "kv-token",
        "kv-rbac",
        "kv-access-policy",
        "kv-firewall",
        "kv-secret-missing",
    ),
    "nobody of the program's speaks to the vault's data plane": (
        "kv-parameter",
        "kv-api-version",
        "kv-api-version-missing",
        "kv-path",
    ),
    "an environment is made between an app's end and the next of its name, and other names never come again": (
        "identity-op",
    ),
    "which images there are only the registry knows": ("app-image",),
    "LiteLLM signs in and writes the request, to an address that is the account's own": (
        "openai-token",
        "openai-path",
        "openai-api-version",
        "openai-regional-host",
    ),
    "a keyless gateway has no key, and another reads it from the account at every `up`": (
        "openai-key",
        "openai-keys-off",
    ),
    "an account without any rule: closed, and reached by its endpoint": ("openai-firewall",),
    "a call is the caller's: its length, its words, its number, which model it is asked of": (
        "openai-operation",
        "openai-context-length",
        "openai-rate-limit",
        "openai-content-filter",
    ),
    "no program prevents it: a model's day is warned of, and a server that errs is failed over": (
        "openai-retired",
        "openai-server-error",
    ),
    "the program has no alert": ("alert-metric",),
    "the program has no registry": (
        "acr-name-taken",
        "acr-name",
        "acr-admin-off",
        "acr-public-sku",
        "acr-rules-sku",
        "acr-endpoint-sku",
        "acr-cache-target",
    ),
    "the program has no Application Insights": (
        "ai-workspace",
        "ai-workspace-id",
        "ai-retention",
        "workbook-name",
        "workbook-twice",
    ),
    "the program has no budget": (
        "budget-start",
        "budget-start-change",
        "budget-start-day",
        "budget-notifications",
    ),
    "the program has no PostgreSQL": (
        "pg-name",
        "pg-busy",
        "pg-admin-busy",
        "pg-location",
        "pg-sku",
        "pg-admin-login",
        "pg-public-network",
        "pg-zone-missing",
        "pg-zone",
        "pg-delegation",
        "pg-network-change",
        "pg-fw-private",
        "pg-endpoint",
        "pg-parameter",
    ),
    "the program has no Redis": (
        "redis-name",
        "redis-busy",
        "redis-parallel",
        "redis-database",
        "redis-fixed",
        "redis-keys-off",
    ),
}
"""Laws without a guard, by the reason."""

BESIDE_LAWS: Mapping[str, str] = {
    "models.placed": "a model would be offered that is deployed nowhere",
    "models.spelled_alike": "LiteLLM tells capitals apart, people do not",
    "models.aliases": "LiteLLM would mix models that are no substitutes",
    "models.provider_keys": "a provider would be called without its key",
    "surroundings.callers": "a public address without a word on who may call it",
    "surroundings.tags": "Azure's limits of tags, which the offline Azure does not judge, and the program's own",
    "gateway.image": "`latest` is another program tomorrow",
    "gateway.replicas": "fewer at most than at least; what Azure says to it is not known",
    "gateway.patience": "a roll, or the ingress, would cut calls off",
    "gateway.master_key": "a key that can be guessed",
}
"""Checks of the settings that are there for no law of the offline Azure, and what for. `tests/settings` tests them."""
