"""A state and an Azure that do not agree: changes behind the stack's back, and resources that the state has lost.

Shows, for every type that the program makes: a refresh sees what somebody changed or deleted through Microsoft's SDK,
and nothing else, and the next `up` sets it back; what was struck from the state can be imported by its ARM id, as can
all of a stack whose state is gone, and the next `up` makes nothing anew. Does not show: that Azure fills in the same
defaults, which are what that `up` still writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ops.arm_ids import PLACES
from tests.cloud import Stack
from tests.engine import drift
from tests.engine.adoption import (
    IMPORT,
    Entry,
    Step,
    adopt,
    adopt_all,
    bonds,
    by_type,
    command,
    differing,
    filled,
    held,
    ids,
    key_of,
    name_of,
    one_of_each,
    shown,
    steps,
    type_of,
    wanted,
)
from tests.laws.azure import Azure

VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
RANDOM = "random:index/randomPassword:RandomPassword"

every_type = pytest.mark.parametrize("token", sorted(PLACES), ids=lambda token: token.partition(":")[2])


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    started = Azure(tmp_path_factory.mktemp("azure"), stand_ins=True)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def stack(azure: Azure) -> Stack:
    """Production, which has every type, with an image that starts at once."""
    found = Stack(azure.cloud, "prod")
    line = "  litellm-azure:gateway:\n"
    found.edit("Pulumi.prod.yaml", line, f"{line}    image: registry.example.com/proxy:v1\n")
    found.up()
    return found


def test_every_type_that_has_a_known_place_is_there(stack: Stack) -> None:
    assert {entry["type"] for entry in held(stack).values()} == set(PLACES) == set(drift.CHANGES)


# Changes behind the stack's back ---------------------------------------------------------------------------------

AZURES_OWN = ("etag", "eTag", "currentCapacity")
"""Azure sets these with every write. azure-native would let a program send them, and so shows them as changed too."""

ANEW = {
    # Any change of a secret is a new version of it …
    "azure-native:keyvault:Secret": ["properties.attributes.created", "properties.secretUriWithVersion"],
    # … which the app is told of, by a new revision.
    "azure-native:app:ContainerApp": [
        "properties.latestReadyRevisionName",
        "properties.latestRevisionFqdn",
        "properties.latestRevisionName",
        "properties.template.containers[].env[].value",
    ],
    "azure-native:authorization:RoleAssignment": ["properties.createdOn"],
}
"""What is another afterwards of the resources that were changed."""


@dataclass(frozen=True)
class Drift:
    """One resource of every type changed, and what came of it."""

    chosen: Mapping[str, str]
    """URNs, by type."""
    before: Mapping[str, Any]
    seen: Mapping[str, Step]
    """By the first refresh."""
    mended: Mapping[str, Step]
    after: Mapping[str, Any]
    repeated: Mapping[str, Step]
    """By an `up` without a change."""
    seen_again: Mapping[str, Step]
    mended_again: Mapping[str, Step]
    at_last: Mapping[str, Any]


@pytest.fixture(scope="module")
def drifted(azure: Azure, stack: Stack) -> Drift:
    entries = held(stack)
    chosen = one_of_each(entries)
    before = shown(azure, entries)
    for entry in chosen.values():
        drift.make(azure, entry)
    return Drift(
        chosen={token: entry["urn"] for token, entry in chosen.items()},
        before=before,
        seen=steps(stack, "refresh"),
        mended=steps(stack, "up"),
        after=shown(azure, held(stack)),
        repeated=steps(stack, "up"),
        seen_again=steps(stack, "refresh"),
        mended_again=steps(stack, "up"),
        at_last=shown(azure, held(stack)),
    )


@every_type
def test_a_refresh_shows_what_was_changed(drifted: Drift, token: str) -> None:
    change = drift.CHANGES[token]
    seen = drifted.seen[drifted.chosen[token]]
    assert seen.op == ("delete" if change is None else "update")
    assert _meant(seen) == ({} if change is None else {change.shown: change.op})


def test_a_refresh_shows_nothing_else(drifted: Drift) -> None:
    assert _noticed(drifted.seen) == set(drifted.chosen.values())


@every_type
def test_the_next_up_sets_it_back(drifted: Drift, token: str) -> None:
    change = drift.CHANGES[token]
    mended = drifted.mended[drifted.chosen[token]]
    assert mended.op == ("create" if change is None else "update")
    meant = _meant(mended)
    if token == "azure-native:app:ContainerApp":
        followed = [path for path in meant if path.startswith("template.containers[0].env[")]
        assert len(followed) == 1, "the secret's new version, and no other variable"
        del meant[followed[0]]
    back = {"add": "delete", "update": "update"}
    assert meant == ({} if change is None else {change.shown: back[change.op]})


def test_the_next_up_sets_nothing_else(drifted: Drift) -> None:
    assert _noticed(drifted.mended) == set(drifted.chosen.values())


def test_azure_then_shows_what_it_showed_before(drifted: Drift) -> None:
    assert differing(drifted.before, drifted.after) == {
        drifted.chosen[token]: paths for token, paths in ANEW.items()
    }


def test_after_that_there_is_nothing_to_do(drifted: Drift) -> None:
    """Subnets that are resources of their own are no change of their network, which an update has shown them in."""
    assert drifted.repeated == {}
    assert drifted.seen_again == {}
    assert drifted.mended_again == {}
    assert drifted.at_last == drifted.after


def _noticed(done: Mapping[str, Step]) -> set[str]:
    """The resources of which more changed than what Azure sets itself: a write to a network writes its subnets too."""
    return {urn for urn, step in done.items() if step.op != "update" or _meant(step)}


def _meant(step: Step) -> dict[str, str]:
    return {path: how for path, how in step.paths.items() if path.rpartition(".")[2] not in AZURES_OWN}


# Struck from the state, and imported -----------------------------------------------------------------------------

LEFT_TO_AZURE, SAID_EMPTY, NEVER_SHOWN, FILLED_IN = "delete", "add", "add", "add"
"""Why an `up` after an import still writes a property, and how the engine says it: the import reads what Azure has
chosen, and the program leaves it to Azure (pulumi/pulumi-azure-native#4785); the program says that a list is empty, and
an import reads no empty ones; Azure never shows it; the SDK fills it in, and Azure does not show it there.
"""

STILL_WRITTEN: Mapping[str, Mapping[str, str]] = {
    "azure-native:app:ContainerApp": {
        "configuration.ingress.exposedPort": LEFT_TO_AZURE,
        "configuration.secrets[].value": NEVER_SHOWN,
        "managedEnvironmentId": LEFT_TO_AZURE,
        "template.scale.cooldownPeriod": LEFT_TO_AZURE,
        "template.scale.pollingInterval": LEFT_TO_AZURE,
    },
    "azure-native:app:ManagedEnvironment": {
        "identity": LEFT_TO_AZURE,
        "infrastructureResourceGroup": LEFT_TO_AZURE,
        "peerAuthentication": LEFT_TO_AZURE,
    },
    "azure-native:cognitiveservices:Account": {
        "properties.allowedFqdnList": SAID_EMPTY,
        "properties.networkAcls.ipRules": SAID_EMPTY,
        "properties.networkAcls.virtualNetworkRules": SAID_EMPTY,
    },
    "azure-native:cognitiveservices:Deployment": {
        "properties.currentCapacity": LEFT_TO_AZURE,
        "properties.raiPolicyName": LEFT_TO_AZURE,
    },
    "azure-native:applicationinsights:Workbook": {
        "serializedData": NEVER_SHOWN,
        'tags["hidden-title"]': LEFT_TO_AZURE,
    },
    "azure-native:consumption:Budget": {
        "eTag": LEFT_TO_AZURE,
        **{
            f"notifications.{notice}.{path}": how
            for notice in (
                *(f"Actual_GreaterThan_{percent}_Percent" for percent in (50, 80, 100)),
                *(f"Forecasted_GreaterThan_{percent}_Percent" for percent in (100, 120)),
            )
            for path, how in (("contactEmails", SAID_EMPTY), ("locale", LEFT_TO_AZURE))
        },
        "timePeriod.endDate": LEFT_TO_AZURE,
    },
    "azure-native:monitor:ActionGroup": {"webhookReceivers": SAID_EMPTY},
    "azure-native:monitor:MetricAlert": {"criteria.allOf[].dimensions": SAID_EMPTY},
    "azure-native:redisenterprise:Database": {
        "deferUpgrade": LEFT_TO_AZURE,
        "persistence": LEFT_TO_AZURE,
    },
    "azure-native:keyvault:Secret": {"properties.value": NEVER_SHOWN},
    "azure-native:keyvault:Vault": {"properties.accessPolicies": SAID_EMPTY},
    "azure-native:monitor:DiagnosticSetting": {
        "logs": SAID_EMPTY,
        "logs[].retentionPolicy": LEFT_TO_AZURE,
        "metrics": SAID_EMPTY,
        "metrics[].retentionPolicy": LEFT_TO_AZURE,
    },
    "azure-native:network:NetworkSecurityGroup": {
        "securityRules[].etag": LEFT_TO_AZURE,
        "securityRules[].id": LEFT_TO_AZURE,
        "securityRules[].provisioningState": LEFT_TO_AZURE,
        "securityRules[].type": LEFT_TO_AZURE,
    },
    "azure-native:network:PrivateDnsZoneGroup": {"name": LEFT_TO_AZURE},
    "azure-native:network:PrivateEndpoint": {
        "customDnsConfigs": SAID_EMPTY,
        "customNetworkInterfaceName": LEFT_TO_AZURE,
        "privateLinkServiceConnections[].id": LEFT_TO_AZURE,
        "privateLinkServiceConnections[].privateLinkServiceConnectionState": LEFT_TO_AZURE,
        "subnet.privateEndpointNetworkPolicies": FILLED_IN,
        "subnet.privateLinkServiceNetworkPolicies": FILLED_IN,
    },
    "azure-native:network:Subnet": {
        "delegations[].actions": LEFT_TO_AZURE,
        "delegations[].etag": LEFT_TO_AZURE,
        "delegations[].id": LEFT_TO_AZURE,
        "delegations[].type": LEFT_TO_AZURE,
        "name": LEFT_TO_AZURE,
    },
    "azure-native:network:VirtualNetwork": {"subnets": LEFT_TO_AZURE},
    "azure-native:operationalinsights:Workspace": {
        "publicNetworkAccessForIngestion": LEFT_TO_AZURE,
        "publicNetworkAccessForQuery": LEFT_TO_AZURE,
        "workspaceCapping": LEFT_TO_AZURE,
    },
    "azure-native:privatedns:VirtualNetworkLink": {"resolutionPolicy": LEFT_TO_AZURE},
}
"""What the first `up` after an import still writes, by type; of the others nothing."""


Keys = Mapping[str, str]
"""By the application's name; `master` is the administrator's."""


@dataclass(frozen=True)
class Adopted:
    """Resources that the state had lost, and what came of their import."""

    entries: Mapping[str, Entry]
    """As the state held them, by URN."""
    before: Mapping[str, Any]
    lost: frozenset[str]
    """URNs."""
    imported: Mapping[str, Entry]
    mended: Mapping[str, Step]
    known: Mapping[str, Entry]
    """What the state holds in the end."""
    after: Mapping[str, Any]
    repeated: Mapping[str, Step]
    keys: tuple[Keys, Keys]
    """The gateway's keys, before and after."""


BY_ITSELF = (
    "azure-native:resources:ResourceGroup",  # under no parent
    "azure-native:network:Subnet",  # part of another resource
    "azure-native:authorization:RoleAssignment",  # these two hang on others, by their ids
    "azure-native:monitor:DiagnosticSetting",
)
"""Of every kind of id one that is imported by a command of its own; the others are read from a file."""


@pytest.fixture(scope="module")
def struck(azure: Azure, stack: Stack) -> Adopted:
    """One resource of each type struck from the state with all that depend on it, which are all; then imported."""
    entries, before, keys = held(stack), shown(azure, held(stack)), _keys(stack)
    chosen, known_ids = one_of_each(entries), ids(azure, entries)
    urns = [entry["urn"] for entry in chosen.values()]
    command(stack, "state", "delete", "--yes", "--target-dependents", *urns)
    lost = frozenset(entries) - frozenset(held(stack))

    alone = [(token, name_of(chosen[token]["urn"])) for token in BY_ITSELF]
    listed = wanted(stack)
    others = [one for one in listed["resources"] if key_of(one) not in alone]
    adopt_all(stack, {**listed, "resources": filled(others, known_ids)})
    for token, name in alone:
        adopt(stack, chosen[token], known_ids[token, name])
    return _deployed(azure, stack, entries, before, lost, keys)


@pytest.fixture(scope="module")
def forgotten(azure: Azure, stack: Stack) -> Adopted:
    """All of the state gone; a new one made by an import of everything."""
    entries, before, keys = held(stack), shown(azure, held(stack)), _keys(stack)
    known_ids = ids(azure, entries)
    command(stack, "stack", "rm", "--yes", "--force", "--preserve-config")
    secrets = _read_from_the_vault(azure, entries)
    stack.run("config", "set", "--secret", "litellm-azure:masterKey", secrets["litellm-master-key"])
    for name in keys.keys() - {"master"}:
        key = secrets[f"application-key-{name}-1"]
        stack.run("config", "set", "--secret", "--path", f"litellm-azure:applicationKeys.{name}", key)
    lost = frozenset(entries) - frozenset(held(stack))

    listed = wanted(stack)
    adopt_all(stack, {**listed, "resources": filled(listed["resources"], known_ids)})
    return _deployed(azure, stack, entries, before, lost, keys)


def _deployed(
    azure: Azure,
    stack: Stack,
    entries: Mapping[str, Entry],
    before: Mapping[str, Any],
    lost: frozenset[str],
    keys: Keys,
) -> Adopted:
    imported, mended = held(stack), steps(stack, "up")
    return Adopted(
        entries=entries,
        before=before,
        lost=lost,
        imported=imported,
        mended=mended,
        known=held(stack),
        after=shown(azure, held(stack)),
        repeated=steps(stack, "up"),
        keys=(keys, _keys(stack)),
    )


def _keys(stack: Stack) -> Keys:
    outputs = stack.outputs()
    return {"master": outputs["masterKey"], **outputs["applicationKeys"]}


def _read_from_the_vault(azure: Azure, entries: Mapping[str, Entry]) -> dict[str, str]:
    """Every secret by its name, from within the network, by somebody who may read them."""
    chosen = one_of_each(entries)
    vault, network = (
        chosen[f"azure-native:{name}"]["id"].removeprefix(azure.base)
        for name in ("keyvault:Vault", "network:VirtualNetwork")
    )
    azure.grant(vault, VAULT_SECRETS_USER)
    with azure.secrets(vault, network=network) as client:
        names = [found.name for found in client.list_properties_of_secrets() if found.name is not None]
        return {name: str(client.get_secret(name).value) for name in names}


def test_what_others_depend_on_is_struck_only_with_them(stack: Stack) -> None:
    group = one_of_each(held(stack))["azure-native:resources:ResourceGroup"]["urn"]
    assert group in command(stack, "stack", "--show-urns")
    assert "--target-dependents" in command(stack, "state", "delete", "--yes", group, fails=True)


@every_type
def test_one_that_was_struck_can_be_imported_by_its_id(struck: Adopted, token: str) -> None:
    urn = one_of_each(struck.entries)[token]["urn"]
    assert urn in struck.lost
    assert struck.imported[urn]["id"].lower() == struck.entries[urn]["id"].lower()
    assert struck.imported[urn].get("parent") == struck.entries[urn].get("parent")


def test_with_the_group_everything_is_struck_and_comes_back(struck: Adopted) -> None:
    assert struck.lost == set(struck.entries) == set(struck.imported)


@every_type
def test_the_next_up_writes_only_what_an_import_cannot_know(struck: Adopted, token: str) -> None:
    assert _writes(struck, token) == STILL_WRITTEN.get(token, {})


def test_all_of_a_stack_can_be_imported(forgotten: Adopted) -> None:
    assert forgotten.lost == set(forgotten.entries) == set(forgotten.imported)


@every_type
def test_after_the_import_of_all_an_up_writes_no_more(forgotten: Adopted, token: str) -> None:
    assert _writes(forgotten, token) == STILL_WRITTEN.get(token, {})


both = pytest.mark.parametrize("way", ["struck", "forgotten"])


@both
def test_nothing_is_made_anew_by_that_up(way: str, request: pytest.FixtureRequest) -> None:
    adopted = _of(way, request)
    assert {step.op for step in adopted.mended.values()} == {"update"}
    assert differing(adopted.before, adopted.after) == {}


@both
def test_the_state_then_knows_again_what_depends_on_what(way: str, request: pytest.FixtureRequest) -> None:
    adopted = _of(way, request)
    assert bonds(adopted.known) == bonds(adopted.entries)


@both
def test_a_second_up_changes_nothing(way: str, request: pytest.FixtureRequest) -> None:
    assert _of(way, request).repeated == {}


@both
def test_every_key_of_the_gateway_stays(way: str, request: pytest.FixtureRequest) -> None:
    before, after = _of(way, request).keys
    assert after == before


def test_a_random_password_cannot_be_kept_by_an_import(stack: Stack, forgotten: Adopted) -> None:
    """An import knows its length, and nothing else that it was made of: the next `up` would draw another. So whoever
    has lost the state gives the program the key, and it draws none.
    """
    assert held(stack, "random") == {}
    stack.run("config", "rm", "litellm-azure:masterKey")
    (component,) = held(stack, "litellm-azure:masterkey")
    key = forgotten.keys[1]["master"].removeprefix("sk-")
    stack.run("import", RANDOM, "master-key", key, "--parent", f"parent={component}", *IMPORT)
    told = stack.preview()
    assert told.changes["replace"] == 1


def _of(way: str, request: pytest.FixtureRequest) -> Adopted:
    found: Adopted = request.getfixturevalue(way)
    return found


def _writes(adopted: Adopted, token: str) -> Mapping[str, str]:
    """What an `up` did to the properties of a type."""
    return by_type({urn: step for urn, step in adopted.mended.items() if type_of(urn) == token}).get(
        token, {}
    )
