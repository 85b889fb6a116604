"""Bad settings are refused before anything is deployed, with the key, the value, the rule and the next step."""

from typing import Any

import pytest

from config import litellm
from tests.settings.stacks import CHAT, CLAUDE, EMBEDDING, changed, problems, settings

OTHER_REGIONS = [{"name": "eastus2"}, {"name": "westus3"}]
STRONG_KEY = "sk-0123456789abcdefABCDEF0123456789xyz"


def one(key: str, allowed: str, step: str, *, id: str, reason: str, **changes: Any) -> Any:
    """A row: what is changed, the key that is named, a part of the rule, a part of the next step."""
    return pytest.param(changes, key, allowed, step, id=f"{id}: {reason}")


ROWS = [
    # Words that are no settings, or no values.
    one("gatway", "gateway", "did you mean gateway?", id="unknown-key", reason="a typing error", gatway={}),
    one(
        "gateway.minReplica",
        "minReplicas",
        "did you mean minReplicas?",
        id="unknown-key-inside",
        reason="objects are closed too",
        gateway={"minReplica": 2},
    ),
    one(
        "zebra",
        "workload",
        "remove it",
        id="unknown-and-far",
        reason="no guess is better than a bad one",
        zebra=1,
    ),
    one("workload", "short word", "add workload", id="left-out", reason="nothing can be named", workload=""),
    one(
        "authentication",
        "key, entra",
        "did you mean entra?",
        id="choice",
        reason="not a choice",
        authentication="entre",
    ),
    one(
        "gateway.numRetries",
        "a number",
        "write a number",
        id="yes",
        reason="true is not 1",
        gateway={"numRetries": True},
    ),
    one("generation", "a whole number", "", id="half", reason="a part would be lost", generation="1.5"),
    one(
        "logs.retentionDays",
        "730 or less",
        "",
        id="retention",
        reason="Log Analytics keeps two years",
        logs={"retentionDays": 1000},
    ),
    one("catalogDate", "a date such as", "", id="date", reason="not a date", catalogDate="soon"),
    # Names.
    one("workload", "2 to 12 lower-case", "", id="capitals", reason="DNS has none", workload="Acme"),
    one(
        "workload",
        "at most 24 characters, this has 25",
        "shorten workload or environment, together by 1",
        id="vault-too-long",
        reason="kv-payments-sand-eus2-001",
        workload="payments",
        environment="sand",
    ),
    one(
        "vault.suffix",
        "at most 24 characters",
        "shorten it to 3 characters",
        id="suffix-too-long",
        reason="the suffix is what was added last",
        vault={"suffix": "second"},
    ),
    one(
        "regions[0].name",
        "one of australiacentral",
        "did you mean eastus2?",
        id="no-such-region",
        reason="a typing error",
        regions=[{"name": "eastsu2"}],
    ),
    one(
        "regions[0].instance",
        'three digits, such as "001"',
        "write it in quotes",
        id="instance-unquoted",
        reason="YAML reads 001 as 1",
        regions=[{"name": "eastus2", "instance": 1}],
    ),
    one(
        "regions[1].name",
        "each region once: regions[0] is the same",
        "remove it",
        id="region-twice",
        reason="two accounts would have one name",
        regions=[{"name": "eastus2"}, {"name": "eastus2", "instance": "002"}],
    ),
    one(
        "regions[1].short",
        "regions[0] is written eus2 too",
        "give it another",
        id="regions-alike",
        reason="two accounts would have one name",
        regions=[{"name": "eastus2"}, {"name": "eastus9", "short": "eus2"}],
    ),
    # Models.
    one(
        "deployments[1].name",
        "a name that deployments[0] in eastus2 does not have",
        "rename one",
        id="deployment-twice",
        reason="Azure tells no capitals apart",
        deployments=[CHAT, {**CHAT, "name": "CHAT"}],
    ),
    one(
        "deployments[1].alias",
        "gpt-5.1 is chat, text-embedding-3-small is embedding",
        "an alias of its own",
        id="kinds-mixed",
        reason="half of the calls would fail",
        deployments=[CHAT, {**EMBEDDING, "alias": "chat"}],
    ),
    one(
        "deployments[1].alias",
        "vectors of text-embedding-3-small and text-embedding-3-large cannot be compared",
        "an alias of its own",
        id="vectors-mixed",
        reason="a search would find nothing",
        deployments=[
            EMBEDDING,
            {**EMBEDDING, "name": "large", "model": "text-embedding-3-large", "alias": "vectors"},
        ],
    ),
    one(
        "deployments[0].model",
        "gpt-5.1",
        "did you mean gpt-5.1?",
        id="no-such-model",
        reason="not in the catalog",
        deployments=[{**CHAT, "model": "gpt5.1"}],
    ),
    one(
        "deployments[0].version",
        "a version of gpt-5.1: 2025-11-13",
        "did you mean 2025-11-13?",
        id="no-such-version",
        reason="not in the catalog",
        deployments=[{**CHAT, "version": "2025-11-31"}],
    ),
    one(
        "deployments[0].sku",
        "what gpt-5.4 2026-03-05 is sold as: GlobalStandard",
        "write sku: GlobalStandard",
        id="not-in-that-sku",
        reason="new models are not sold region by region",
        deployments=[{**CHAT, "model": "gpt-5.4", "version": "2026-03-05", "sku": "Standard"}],
    ),
    one(
        "deployments[0].sku",
        "Standard, GlobalStandard",
        "did you mean GlobalStandard?",
        id="no-such-sku",
        reason="a typing error",
        deployments=[{**CHAT, "sku": "GlobalStandrd"}],
    ),
    one(
        "deployments[0].version",
        "a version of gpt-5.1",
        "pin one",
        id="version-left-out",
        reason="a floating version changes answers",
        deployments=[{key: value for key, value in CHAT.items() if key != "version"}],
    ),
    one(
        "deployments[0].capacity",
        "1 or more",
        "",
        id="no-capacity",
        reason="nothing to call",
        deployments=[{**CHAT, "capacity": 0}],
    ),
    one(
        "deployments[0].region",
        "one of the stack's regions: eastus2",
        "add the region to regions first",
        id="elsewhere",
        reason="no account there",
        deployments=[{**CHAT, "region": "uksouth"}],
    ),
    one(
        "deployments",
        "at least one",
        "add one",
        id="no-models",
        reason="LiteLLM would serve nothing",
        deployments=[],
    ),
    one(
        "apiVersion",
        "2025-03-01-preview or later, or v1: deployments[0] asks for native Responses",
        "raise it, or leave deployments[0].responses out",
        id="responses-too-early",
        reason="Azure refuses: enabled only for 2025-03-01-preview and later",
        apiVersion="2024-10-21",
        deployments=[{**CHAT, "responses": "native"}],
    ),
    one(
        "deployments[0].apiVersion",
        "deployments[0] asks for native Responses",
        "raise it",
        id="responses-too-early-here",
        reason="the deployment's own version is named",
        deployments=[{**CHAT, "responses": "native", "apiVersion": "2024-08-01-preview"}],
    ),
    one(
        "deployments[1].order",
        "a place for every member of chat",
        "add order",
        id="order-for-some",
        reason="those without would never be asked",
        regions=OTHER_REGIONS,
        deployments=[{**CHAT, "order": 1}, {**CHAT, "region": "westus3"}],
    ),
    one(
        "deployments[0].weight",
        "embeddings of vectors are asked in order",
        "remove it",
        id="weight-without-effect",
        reason="an option without effect misleads",
        regions=OTHER_REGIONS,
        deployments=[{**EMBEDDING, "weight": 2}, {**EMBEDDING, "region": "westus3"}],
    ),
    one(
        "deployments[1].sku",
        "provider anthropic has no sku",
        "remove it, or correct provider",
        id="azure-only",
        reason="an option without effect misleads",
        deployments=[CHAT, {**CLAUDE, "sku": "Standard"}],
        providerKeys={"ANTHROPIC_API_KEY": "sk-ant-0123456789"},
    ),
    one(
        "deployments[0].apiBase",
        "provider azure has no apiBase",
        "remove it",
        id="others-only",
        reason="an account's address follows from its name",
        deployments=[{**CHAT, "apiBase": "https://example.com"}],
    ),
    one(
        "providerKeys.ANTHROPIC_API_KEY",
        "the key that deployments[1] sends",
        "pulumi config set --secret --path 'providerKeys.ANTHROPIC_API_KEY'",
        id="no-provider-key",
        reason="every call would be refused",
        deployments=[CHAT, CLAUDE],
    ),
    one(
        "deployments[1].apiKeyVariable",
        "does not begin with LITELLM_",
        "name it after the provider",
        id="provider-key-ours",
        reason="it would overwrite the account's",
        deployments=[CHAT, {**CLAUDE, "apiKeyVariable": "AZURE_OPENAI_API_KEY"}],
    ),
    one(
        "deployments[1].apiKeyVariable",
        "the environment variable that holds anthropic's key",
        "add apiKeyVariable: ANTHROPIC_API_KEY",
        id="no-provider-variable",
        reason="no key would be sent",
        deployments=[CHAT, {key: value for key, value in CLAUDE.items() if key != "apiKeyVariable"}],
    ),
    one(
        "providerKeys.MISTRAL_API_KEY",
        "keys that a deployment's apiKeyVariable names",
        "remove it",
        id="provider-key-unused",
        reason="a secret nobody needs",
        providerKeys={"MISTRAL_API_KEY": "0123456789"},
    ),
    *(
        one(
            "deployments[1].apiKeyVariable",
            "ends in KEY or TOKEN",
            "name it after the provider",
            id=variable,
            reason=reason,
            deployments=[CHAT, {**CLAUDE, "apiKeyVariable": variable}],
        )
        for variable, reason in {
            "ANTHROPIC_API_KEY_": "a secret's name in Container Apps does not end with a dash",
            "CONFIG_DIGEST": "the template has one, and Azure takes no variable twice",
            "SECRETS_DIGEST": "the template has one too",
            "DISABLE_ADMIN_UI": "what LiteLLM itself goes by",
            "PORT": "the image listens where it says",
            "PATH": "nothing would be found",
            "HTTPS_PROXY": "every call would go there",
            "SSL_CERT_FILE": "no certificate would be trusted",
        }.items()
    ),
    one(
        "deployments[1].name",
        "clients can ask for chat already",
        "write chat if both should answer",
        id="names-alike",
        reason="LiteLLM tells capitals apart, people do not",
        regions=OTHER_REGIONS,
        deployments=[CHAT, {**CHAT, "name": "Chat", "region": "westus3"}],
    ),
    one(
        "deployments[1].alias",
        "clients can ask for chat already",
        "write chat if both should answer",
        id="aliases-alike",
        reason="the one beside the other",
        deployments=[CHAT, {**EMBEDDING, "alias": "CHAT"}],
    ),
    one(
        "apiVersion",
        "in no calendar",
        "correct the date",
        id="no-such-day",
        reason="Azure would answer 404 to every call",
        apiVersion="9999-99-99",
    ),
    # Addresses.
    one(
        "network.privateEndpointSubnet",
        "addresses that gatewaySubnet 10.40.0.0/26 does not have",
        "10.40.0.64/27 is free",
        id="overlap",
        reason="one address, two owners",
        network={"privateEndpointSubnet": "10.40.0.32/27"},
    ),
    one(
        "network.gatewaySubnet",
        "a range inside addressSpace 10.40.0.0/24",
        "widen addressSpace",
        id="outside",
        reason="Azure refuses the subnet",
        network={"gatewaySubnet": "10.41.0.0/26"},
    ),
    one(
        "network.gatewaySubnet",
        "/27 or larger",
        "give it /26",
        id="too-small",
        reason="Container Apps needs 32 addresses",
        network={"gatewaySubnet": "10.40.0.0/28"},
    ),
    one(
        "network.privateEndpointSubnet",
        "/29 or larger: it holds 2 private endpoints",
        "give it /27",
        id="no-room",
        reason="Azure keeps five addresses",
        network={"privateEndpointSubnet": "10.40.0.64/30"},
    ),
    one(
        "network.privateEndpointSubnet",
        "/28 or larger: it holds 4 private endpoints",
        "give it /27",
        id="no-room-for-all",
        reason="one endpoint a region, and the vault's",
        regions=[*OTHER_REGIONS, {"name": "centralus"}],
        deployments=[CHAT, {**CHAT, "region": "westus3"}, {**EMBEDDING, "region": "centralus"}],
        network={"privateEndpointSubnet": "10.40.0.64/29"},
    ),
    one(
        "network.addressSpace",
        "without 172.30.0.0/16",
        "choose another",
        id="reserved",
        reason="Container Apps' own",
        network={
            "addressSpace": "172.30.1.0/24",
            "gatewaySubnet": "172.30.1.0/26",
            "privateEndpointSubnet": "172.30.1.64/27",
        },
    ),
    one(
        "network.addressSpace",
        "a private range",
        "10.40.0.0/24",
        id="public-range",
        reason="somebody else's addresses",
        network={
            "addressSpace": "8.8.8.0/24",
            "gatewaySubnet": "8.8.8.0/26",
            "privateEndpointSubnet": "8.8.8.64/27",
        },
    ),
    one(
        "network.addressSpace",
        "its host bits zero",
        "did you mean 10.40.0.0/24?",
        id="host-bits",
        reason="Azure refuses it",
        network={"addressSpace": "10.40.0.1/24"},
    ),
    # Ingress.
    one(
        "ingress.allow",
        "at least one range while visibility is external",
        "visibility: internal",
        id="open-to-all",
        reason="no list lets everybody in",
        ingress={"visibility": "external"},
    ),
    one(
        "ingress.allow[0]",
        "not the whole internet",
        "front door",
        id="all-is-no-list",
        reason="the same by other words",
        ingress={"visibility": "external", "allow": ["0.0.0.0/0"]},
    ),
    one(
        "ingress.allow[1]",
        "ingress.allow[0] is the same",
        "remove it",
        id="caller-twice",
        reason="/32 is what an address alone means",
        ingress={"visibility": "external", "allow": ["203.0.113.7", "203.0.113.7/32"]},
    ),
    # Gateway.
    one(
        "gateway.cpu",
        "in steps of 0.25",
        "write cpu: 1.5",
        id="cpu-step",
        reason="Container Apps has no such pair",
        gateway={"cpu": 1.4},
    ),
    one(
        "gateway.cpu",
        "0.5 to 4",
        "write cpu: 4",
        id="cpu-large",
        reason="the most that Consumption has",
        gateway={"cpu": 8},
    ),
    one(
        "gateway.cpu",
        "LiteLLM is killed",
        "write cpu: 0.5",
        id="cpu-small",
        reason="512 MiB is too little",
        gateway={"cpu": 0.25},
    ),
    *(
        one(
            "gateway.cpu",
            "a number",
            "cores a replica",
            id=f"cpu-{value}",
            reason="YAML and Python know it as one",
            gateway={"cpu": value},
        )
        for value in ("nan", "-inf", float("inf"))
    ),
    one(
        "gateway.memory",
        "2Gi: Container Apps gives 2Gi a core",
        "leave memory out, or write cpu: 2",
        id="pair",
        reason="memory follows the cores",
        gateway={"cpu": 1, "memory": "4Gi"},
    ),
    one(
        "gateway.memory",
        "gibibytes",
        'with its unit: "2Gi"',
        id="no-unit",
        reason="2 of what",
        gateway={"memory": 2},
    ),
    one(
        "gateway.minReplicas",
        "at most maxReplicas, 3",
        "raise maxReplicas",
        id="min-over-max",
        reason="Azure refuses it",
        gateway={"minReplicas": 4},
    ),
    one(
        "gateway.image",
        "the tag of one version",
        "v1.106.2",
        id="latest",
        reason="another image tomorrow",
        gateway={"image": "ghcr.io/berriai/litellm:latest"},
    ),
    one(
        "gateway.image",
        "the tag of one version",
        "",
        id="no-tag",
        reason="latest by another name",
        gateway={"image": "localhost:5000/litellm"},
    ),
    one("gateway.digest", "sha256", "", id="digest", reason="no digest", gateway={"digest": "v1"}),
    one(
        "gateway.requestTimeoutSeconds",
        "at most 79: 3 tries of numRetries 2",
        "write requestTimeoutSeconds: 79",
        id="longer-than-the-ingress",
        reason="the caller gets 504 while LiteLLM still tries",
        gateway={"requestTimeoutSeconds": 80, "numRetries": 2},
    ),
    one(
        "gateway.terminationGraceSeconds",
        "at least requestTimeoutSeconds, 110",
        "terminationGraceSeconds: 110",
        id="grace",
        reason="a roll would cut streams off",
        gateway={"terminationGraceSeconds": 60},
    ),
    one(
        "responseCache.enabled",
        "together with redis.enabled",
        "set redis.enabled: true",
        id="cache-without-redis",
        reason="answers would be kept nowhere, and LiteLLM would not start",
        responseCache={"enabled": True},
    ),
    one(
        "deployments[0].contentFilter",
        "one of contentFilters: strict",
        "did you mean strict",
        id="filter-misspelt",
        reason="Azure refuses the deployment, after the account was made",
        contentFilters={"strict": {}},
        deployments=[{**CHAT, "contentFilter": "stritc"}],
    ),
    one(
        "contentFilters.strict.hate",
        "Low",
        "",
        id="filter-severity",
        reason="a category cannot be switched off",
        contentFilters={"strict": {"hate": "Off"}},
    ),
    one("redis.sku", "Balanced_B0", "", id="redis-sku", reason="no such size", redis={"sku": "C1"}),
    # Fallbacks.
    one(
        "fallbacks.chatt",
        "chat, vectors",
        "did you mean chat?",
        id="fallback-of-nobody",
        reason="it would never be used",
        fallbacks={"chatt": ["chat"]},
    ),
    one(
        "fallbacks.chat[0]",
        "another chat model",
        "remove it",
        id="fallback-of-itself",
        reason="what fails would be asked again",
        fallbacks={"chat": ["chat"]},
    ),
    one(
        "longContextFallbacks.vectors[0]",
        "vectors of vectors and of another model",
        "remove it",
        id="fallback-of-embeddings",
        reason="an index holds vectors of one model",
        longContextFallbacks={"vectors": ["chat"]},
    ),
    one(
        "gateway.requestTimeoutSeconds",
        "at most 59: 4 tries, of chat, then spare",
        "write requestTimeoutSeconds: 59",
        id="fallback-longer-than-the-ingress",
        reason="the caller gets 504 before the other model answers",
        deployments=[CHAT, {**CHAT, "name": "spare"}],
        fallbacks={"chat": ["spare"]},
    ),
    # Applications.
    one(
        "applications[0].name",
        "lower-case letters",
        "name it as its team does",
        id="application-name",
        reason="no secret can be called so",
        applications=[{"name": "Chat_Sheet"}],
    ),
    one(
        "applications[1].name",
        "applications[0] has this one",
        "rename one",
        id="application-twice",
        reason="they would share a key",
        applications=[{"name": "one"}, {"name": "one", "generation": 2}],
    ),
    one(
        "applications[0].models[1]",
        "chat",
        "did you mean chat?",
        id="application-model",
        reason="nobody answers for it",
        applications=[{"name": "one", "models": ["chat", "chatt"]}],
    ),
    one(
        "applications[0].acceptPrevious",
        "there was no key before",
        "raise generation",
        id="no-previous",
        reason="the first key has none before it",
        applications=[{"name": "one", "acceptPrevious": True}],
    ),
    one(
        "applications[0].acceptPrevious",
        "comes from applicationKeys",
        "leave it out",
        id="given-previous",
        reason="nobody knows the key before",
        applications=[{"name": "one", "generation": 2, "acceptPrevious": True}],
        applicationKeys={"one": STRONG_KEY},
    ),
    one(
        "applicationKeys.onne",
        "one",
        "did you mean one?",
        id="key-of-nobody",
        reason="it would open nothing",
        applications=[{"name": "one"}],
        applicationKeys={"onne": STRONG_KEY},
    ),
    one(
        "applicationKeys.one",
        "at least 32 random characters",
        "openssl rand",
        id="weak-application-key",
        reason="it can be guessed",
        applications=[{"name": "one"}],
        applicationKeys={"one": "sk-1234"},
    ),
    one(
        "applications[0].principals[0].id",
        "an object id of Entra ID",
        "az ad sp show",
        id="principal",
        reason="a role wants an object id",
        applications=[{"name": "one", "principals": [{"id": "chatsheet"}]}],
    ),
    one(
        "applications",
        "at least one",
        "",
        id="no-application",
        reason="the master key would be given away",
        applications=[],
    ),
    # Tags.
    one(
        "tags.Managed-By",
        "environment, managed-by, workload",
        "remove it",
        id="our-tag",
        reason="two owners",
        tags={"Managed-By": "me"},
    ),
    one(
        "tags.a/b",
        "without < >",
        "choose another name",
        id="tag-name",
        reason="Azure refuses it",
        tags={"a/b": "x"},
    ),
    one(
        "tags.note",
        "at most 256 characters",
        "shorten it",
        id="tag-value",
        reason="Azure refuses it",
        tags={"note": "x" * 257},
    ),
    one(
        "tags",
        "at most 47",
        "remove some",
        id="tags",
        reason="Azure takes 50",
        tags={f"t{n}": "x" for n in range(48)},
    ),
    # Alerts and budget.
    one(
        "alerts.emails",
        "at least one address, or a webhook",
        "alertWebhooks.<NAME>",
        id="nobody-told",
        reason="an alert that reaches nobody",
        alerts={"enabled": True},
    ),
    one(
        "alerts.emails[0]",
        "a mail address",
        "one address an item",
        id="no-address",
        reason="Azure would mail nobody",
        alerts={"enabled": True, "emails": ["oncall"]},
    ),
    one(
        "alerts.emails[1]",
        "each address once",
        "remove it",
        id="address-twice",
        reason="two mails of everything",
        alerts={"enabled": True, "emails": ["a@example.com", "A@example.com"]},
    ),
    one(
        "alerts.cpuPercent",
        "100 or less",
        "",
        id="percent",
        reason="an alert that never comes",
        alerts={"cpuPercent": 120},
    ),
    one(
        "alerts.throttledCals",
        "throttledCalls",
        "did you mean throttledCalls?",
        id="threshold-misspelt",
        reason="the default would stay",
        alerts={"throttledCals": 5},
    ),
    one(
        "workload",
        "at most 12 characters, this has 13",
        "together by 1",
        id="short-name",
        reason="acmecorp-prod is what a text message would call it",
        workload="acmecorp",
        environment="prod",
        alerts={"enabled": True, "emails": ["a@example.com"]},
    ),
    one(
        "alertWebhooks.oncall",
        "begins with https://",
        "set it again",
        id="webhook",
        reason="alerts say what a system is made of",
        alertWebhooks={"oncall": "http://hooks.example.com/hunter2"},
    ),
    one(
        "alertWebhooks.On Call",
        "2 to 32 lower-case letters",
        "who is woken",
        id="webhook-name",
        reason="the portal shows it",
        alertWebhooks={"On Call": "https://hooks.example.com/hunter2"},
    ),
    one(
        "budget.startDate",
        "the first of a month while amount is set",
        'startDate: "2026-11-01"',
        id="budget-without-start",
        reason="Azure moves none",
        budget={"amount": 100, "emails": ["a@example.com"]},
    ),
    one(
        "budget.startDate",
        "the first day of a month",
        "did you mean 2026-11-01?",
        id="budget-mid-month",
        reason="Azure's budgets are of months",
        budget={"amount": 100, "startDate": "2026-11-22", "emails": ["a@example.com"]},
    ),
    one(
        "budget.emails",
        "at least one address while alerts are off",
        "alerts.enabled: true",
        id="budget-tells-nobody",
        reason="it stops nothing either",
        budget={"amount": 100, "startDate": "2026-11-01"},
    ),
    one(
        "budget.amount",
        "0 or more",
        "",
        id="budget-negative",
        reason="no amount of money",
        budget={"amount": -1},
    ),
]


@pytest.mark.parametrize(("changes", "key", "allowed", "step"), ROWS)
def test_a_bad_setting_is_named_with_its_rule_and_the_next_step(
    changes: dict[str, Any], key: str, allowed: str, step: str
) -> None:
    found = problems(changed(**changes))
    assert list(found) == [key], "this and nothing else is wrong"
    assert allowed in found[key].allowed
    assert step in found[key].next
    assert str(found[key]).startswith(f"litellm-azure:{key} is ")


def test_a_group_that_takes_too_long_to_try_is_refused() -> None:
    """Each member of a group is one try; three times 110 s outlasts the ingress."""
    regions = [{"name": name} for name in ("eastus2", "westus3", "centralus")]
    deployments = [{**CHAT, "region": region["name"]} for region in regions]
    found = problems(changed(regions=regions, deployments=deployments))
    assert list(found) == ["gateway.requestTimeoutSeconds"]
    assert (
        "at most 79: 3 tries, one for each deployment of chat"
        in found["gateway.requestTimeoutSeconds"].allowed
    )


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("sk-1234", id="known to everybody, LiteLLM refuses it"),
        pytest.param("0123456789abcdefABCDEF0123456789xyz", id="without sk- LiteLLM takes it for no key"),
        pytest.param("sk-0123456789abcdef", id="short"),
        pytest.param("sk-" + "abab" * 20, id="few characters"),
        pytest.param("sk-0123456789abcdefABCDEF 0123456789xyz", id="a header ends at the space"),
        pytest.param("sk-0123456789abcdef'ABCDEF0123456789xyz", id="no .env file can carry a quote"),
        pytest.param("sk-0123456789abcdefABCDEF0123456789xyz\n", id="a line break, as a file's end"),
    ],
)
def test_a_weak_master_key_is_refused_and_not_shown(key: str) -> None:
    found = problems(changed(masterKey=key))
    assert list(found) == ["masterKey"]
    assert key not in str(found["masterKey"])
    assert "[secret]" in str(found["masterKey"])


def test_a_strong_master_key_is_accepted() -> None:
    assert problems(changed(masterKey=STRONG_KEY)) == {}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"masterKey": {"value": "hunter2"}}, id="of the wrong type"),
        pytest.param({"providerKeys": "hunter2"}, id="in the wrong place"),
        pytest.param({"providerKeys": {"not a name": "hunter2"}}, id="under a wrong name"),
        pytest.param({"providerKeys": {"UNUSED_API_KEY": "hunter2hunter2"}}, id="that nobody uses"),
        pytest.param({"masterkey": "hunter2"}, id="under an unknown key"),
        pytest.param({"applicationKeys": {"nobody": "hunter2"}}, id="of nobody"),
        pytest.param({"alertWebhooks": {"oncall": "http://hunter2"}}, id="without TLS"),
        pytest.param({"alertWebhooks": ["https://hunter2"]}, id="without a name"),
    ],
)
def test_no_secret_is_ever_shown(raw: dict[str, Any]) -> None:
    found = problems(changed(**raw))
    assert found
    assert "hunter2" not in "".join(map(str, found.values()))


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        pytest.param({"masterKey": STRONG_KEY}, "pulumi config set --secret masterKey", id="master key"),
        pytest.param(
            {"providerKeys": {"ANTHROPIC_API_KEY": STRONG_KEY}, "deployments": [CHAT, CLAUDE]},
            "pulumi config set --secret --path 'providerKeys.<VARIABLE>'",
            id="a provider's key",
        ),
        pytest.param(
            {"applicationKeys": {"default": STRONG_KEY}},
            "pulumi config set --secret --path 'applicationKeys.<NAME>'",
            id="an application's key",
        ),
        pytest.param(
            {"alertWebhooks": {"oncall": f"https://hooks.example.com/{STRONG_KEY}"}},
            "pulumi config set --secret --path 'alertWebhooks.<NAME>'",
            id="where alerts are posted to",
        ),
    ],
)
def test_a_secret_in_plain_text_is_refused_and_not_shown(raw: dict[str, Any], command: str) -> None:
    """The stack file is in git. Stored by `--secret` the same value is accepted."""
    (key, *_) = raw
    found = problems(changed(**raw), encrypted=())
    assert list(found) == [key]
    assert command in found[key].next
    assert STRONG_KEY not in str(found[key])
    assert problems(changed(**raw), encrypted=(key,)) == {}


def test_no_variable_that_the_gateway_has_already_can_hold_a_providers_key() -> None:
    """Azure takes no variable twice, and LiteLLM goes by these."""
    taken = {**litellm.environment(settings()), litellm.MASTER_KEY: "", "AZURE_CLIENT_ID": ""}
    for variable in taken:
        raw = changed(deployments=[CHAT, {**CLAUDE, "apiKeyVariable": variable}])
        assert "deployments[1].apiKeyVariable" in problems(raw), variable
