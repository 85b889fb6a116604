"""Calls of Microsoft's SDKs beside those that every type has: keys, names, lists of a region, what was deleted.

Shows: each call is answered in the form that its SDK reads, and what the offline Azure does not have is refused by
its name. Does not show: the values of lists that Azure keeps (models, roles), which other tests compare.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from offline.arm.registry import KINDS
from offline.arm.roles import ROLES
from tests.laws.azure import REGION, Azure, account_body
from tests.sdks.table import EVERYWHERE, HERE, app_body, environment, name_of

Sdk = Callable[[Callable[..., Any]], Any]


@pytest.fixture(scope="module")
def sdk(azure: Azure) -> Sdk:
    """A client of an SDK; the same in each test."""
    clients: dict[Callable[..., Any], Any] = {}
    return lambda client: (
        clients[client] if client in clients else clients.setdefault(client, azure.sdk(client))
    )


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


@pytest.fixture(scope="module")
def rg(group: str) -> str:
    return name_of(group)


# Resources -----------------------------------------------------------------------------------------------------


def test_groups_and_resources_are_found_by_what_they_are(azure: Azure, sdk: Sdk) -> None:
    client, name, tag = sdk(ResourceManagementClient), f"rg-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    assert not client.resource_groups.check_existence(name)
    client.resource_groups.create_or_update(name, {**HERE, "tags": {"found-by": tag}})
    assert client.resource_groups.check_existence(name)
    tagged = f"tagName eq 'found-by' and tagValue eq '{tag}'"
    assert [found.name for found in client.resource_groups.list(filter=tagged)] == [name]
    vault = azure.vault(f"/resourceGroups/{name}")
    network = azure.network(f"/resourceGroups/{name}")
    assert client.resources.check_existence_by_id(azure.base + vault, api_version="2024-11-01")
    assert not client.resources.check_existence_by_id(azure.base + vault + "x", api_version="2024-11-01")
    pages = list(client.resources.list_by_resource_group(name, top=1).by_page())
    assert [[found.id for found in page] for page in pages] == [[azure.base + vault], [azure.base + network]]
    vaults = client.resources.list(filter="resourceType eq 'Microsoft.KeyVault/vaults'")
    assert azure.base + vault in [found.id for found in vaults]
    assert azure.base + network in [found.id for found in client.resources.list()]


def test_providers_are_those_that_have_types_here(sdk: Sdk) -> None:
    providers = sdk(ResourceManagementClient).providers
    known = {kind.type.partition("/")[0] for kind in KINDS.values()}
    for listed in (providers.list(), providers.list_at_tenant_scope()):
        assert {provider.namespace for provider in listed} == known
    for found in (
        providers.get("Microsoft.App"),
        providers.get_at_tenant_scope("Microsoft.App"),
        providers.register("Microsoft.App"),
    ):
        assert (found.namespace, found.registration_state) == ("Microsoft.App", "Registered")
        assert "containerApps" in {one.resource_type for one in found.resource_types}


# Azure OpenAI --------------------------------------------------------------------------------------------------


def test_keys_of_an_account_are_listed_and_renewed_one_by_one(azure: Azure, sdk: Sdk, group: str) -> None:
    accounts = sdk(CognitiveServicesManagementClient).accounts
    words = name_of(group), name_of(azure.account(group))
    before = accounts.list_keys(*words)
    after = accounts.regenerate_key(*words, "Key2")
    assert (after.key1, after.key2 != before.key2) == (before.key1, True)
    assert accounts.list_keys(*words).as_dict() == after.as_dict()


def test_models_of_an_account_are_those_of_its_region(azure: Azure, sdk: Sdk, group: str) -> None:
    client = sdk(CognitiveServicesManagementClient)
    own = client.accounts.list_models(name_of(group), name_of(azure.account(group)))
    region = [one.model for one in client.models.list(REGION) if one.kind == "OpenAI"]
    assert [(model.name, model.version) for model in own] == [(model.name, model.version) for model in region]


def test_usage_counts_what_is_deployed(azure: Azure, sdk: Sdk, group: str) -> None:
    client, account = sdk(CognitiveServicesManagementClient), azure.account(group)
    name = "OpenAI.GlobalStandard.gpt-4o"
    (before,) = client.usages.list(REGION, filter=f"name.value eq '{name}'")
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    body = {"sku": {"name": "GlobalStandard", "capacity": 5}, "properties": {"model": model}}
    client.deployments.begin_create_or_update(name_of(group), name_of(account), "chat", body).result()
    after = {usage.name.value: usage for usage in client.usages.list(REGION)}[name]
    assert (after.current_value - before.current_value, after.limit) == (5, before.limit)


def test_a_deleted_account_is_listed_restored_and_purged(sdk: Sdk, rg: str) -> None:
    client, name = sdk(CognitiveServicesManagementClient), f"ai-{uuid.uuid4().hex[:8]}"
    client.accounts.begin_create(rg, name, account_body(name)).result()

    def free() -> bool:
        kind = "Microsoft.CognitiveServices/accounts"
        return bool(client.check_domain_availability(name, kind).is_subdomain_available)

    client.accounts.begin_delete(rg, name).result()
    assert name in [account.name for account in client.deleted_accounts.list()]
    assert client.deleted_accounts.get(REGION, rg, name).properties.provisioning_state == "Deleted"
    client.accounts.begin_create(rg, name, account_body(name, restore=True)).result()
    assert name not in [account.name for account in client.deleted_accounts.list()]
    client.accounts.begin_delete(rg, name).result()
    assert not free()
    client.deleted_accounts.begin_purge(REGION, rg, name).result()
    with pytest.raises(ResourceNotFoundError):
        client.deleted_accounts.get(REGION, rg, name)
    assert free()


# Key Vault -----------------------------------------------------------------------------------------------------


def test_a_deleted_vault_is_listed_recovered_and_purged(azure: Azure, sdk: Sdk, rg: str) -> None:
    vaults, name = sdk(KeyVaultManagementClient).vaults, f"kv-{uuid.uuid4().hex[:8]}"

    def free() -> bool:
        asked = {"name": name, "type": "Microsoft.KeyVault/vaults"}
        return bool(vaults.check_name_availability(asked).name_available)

    assert free()
    vaults.begin_create_or_update(rg, name, azure.vault_body()).result()
    vaults.delete(rg, name)
    assert name in [vault.name for vault in vaults.list_deleted()]
    assert vaults.get_deleted(name, REGION).properties.scheduled_purge_date is not None
    vaults.begin_create_or_update(rg, name, azure.vault_body(createMode="recover")).result()
    assert name not in [vault.name for vault in vaults.list_deleted()]
    vaults.delete(rg, name)
    assert not free()
    vaults.begin_purge_deleted(name, REGION).result()
    with pytest.raises(ResourceNotFoundError):
        vaults.get_deleted(name, REGION)
    assert free()


def test_vaults_come_in_pages_of_the_length_asked_for(azure: Azure, sdk: Sdk) -> None:
    group, vaults = azure.group(), sdk(KeyVaultManagementClient).vaults
    made = {name_of(azure.vault(group)) for _ in range(3)}
    for pages in (
        vaults.list_by_resource_group(name_of(group), top=1).by_page(),
        vaults.list_by_subscription(top=1).by_page(),
    ):
        found = [[vault.name for vault in page] for page in pages]
        assert {len(page) for page in found} == {1}
        assert made <= {name for (name,) in found}


# Private DNS ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zone(sdk: Sdk, rg: str) -> str:
    """A zone with three addresses in it."""
    client = sdk(PrivateDnsManagementClient)
    client.private_zones.begin_create_or_update(rg, "calls.internal", EVERYWHERE).result()
    for name in ("one.east", "two.east", "west"):
        record = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "10.0.0.4"}]}}
        client.record_sets.create_or_update(rg, "calls.internal", "A", name, record)
    return "calls.internal"


def test_records_are_listed_in_pages_and_by_the_end_of_their_name(sdk: Sdk, rg: str, zone: str) -> None:
    records = sdk(PrivateDnsManagementClient).record_sets
    pages = records.list(rg, zone, top=2).by_page()
    assert [[record.name for record in page] for page in pages] == [["@", "one.east"], ["two.east", "west"]]
    for listed in (
        records.list(rg, zone, recordsetnamesuffix=".east"),
        records.list_by_type(rg, zone, "A", recordsetnamesuffix=".east"),
    ):
        assert [record.name for record in listed] == ["one.east", "two.east"]


def test_a_record_is_written_over_the_version_that_was_read(sdk: Sdk, rg: str, zone: str) -> None:
    records = sdk(PrivateDnsManagementClient).record_sets
    read = records.get(rg, zone, "A", "west")
    unchanged = {"etag": read.etag, "match_condition": MatchConditions.IfNotModified}
    body = {"properties": {"ttl": 90, "aRecords": [{"ipv4Address": "10.0.0.5"}]}}
    assert records.create_or_update(rg, zone, "A", "west", body, **unchanged).properties.ttl == 90
    with pytest.raises(ResourceModifiedError):
        records.create_or_update(rg, zone, "A", "west", body, **unchanged)


# Roles and identities ------------------------------------------------------------------------------------------


def test_roles_are_found_by_id_and_by_name(azure: Azure, sdk: Sdk) -> None:
    roles = sdk(AuthorizationManagementClient).role_definitions
    assert {role.role_name for role in roles.list(azure.base)} == {role.name for role in ROLES.values()}
    (reader,) = roles.list(azure.base, filter="roleName eq 'Reader'")
    assert roles.get(azure.base, reader.name).as_dict() == reader.as_dict()
    assert roles.get_by_id(reader.id).permissions[0].actions == ["*/read"]
    assert list(roles.list(azure.base, filter="type eq 'CustomRole'")) == []
    with pytest.raises(ResourceNotFoundError):
        roles.get(azure.base, str(uuid.uuid4()))


def test_assignments_are_found_by_principal(azure: Azure, sdk: Sdk, group: str) -> None:
    assignments = sdk(AuthorizationManagementClient).role_assignments
    principal, reader = str(uuid.uuid4()), next(role for role in ROLES.values() if role.name == "Reader")
    made = azure.base + azure.grant(group, reader.guid, principal)
    for condition in (f"principalId eq '{principal}'", f"assignedTo('{principal}')"):
        assert [one.id for one in assignments.list_for_subscription(filter=condition)] == [made]
    assert made not in [one.id for one in assignments.list_for_scope(azure.base, filter="atScope()")]


# Container Apps and Log Analytics ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app(azure: Azure, sdk: Sdk, group: str, rg: str) -> Iterator[str]:
    """An app of two revisions."""
    apps, name = sdk(ContainerAppsAPIClient).container_apps, "calls"
    surroundings = azure.base + environment(azure, group)
    for suffix in ("first", "second"):
        apps.begin_create_or_update(rg, name, app_body(surroundings, revisionSuffix=suffix)).result()
    yield name
    apps.begin_delete(rg, name).result()


def test_revisions_and_replicas_of_an_app_are_listed_and_read(sdk: Sdk, rg: str, app: str) -> None:
    client = sdk(ContainerAppsAPIClient)
    listed = {one.name: one for one in client.container_apps_revisions.list_revisions(rg, app)}
    assert set(listed) == {f"{app}--first", f"{app}--second"}
    latest = client.container_apps.get(rg, app).properties.latest_ready_revision_name
    assert latest == f"{app}--second"
    read = client.container_apps_revisions.get_revision(rg, app, latest)
    assert (read.as_dict(), read.properties.active) == (listed[latest].as_dict(), True)
    (replica,) = client.container_apps_revision_replicas.list_replicas(rg, app, latest).value
    again = client.container_apps_revision_replicas.get_replica(rg, app, latest, replica.name)
    assert (again.name, again.properties.running_state) == (replica.name, "Running")
    with pytest.raises(ResourceNotFoundError):
        client.container_apps_revisions.get_revision(rg, app, f"{app}--third")


def test_secrets_of_an_app_are_shown_on_demand_only(sdk: Sdk, rg: str, app: str) -> None:
    apps = sdk(ContainerAppsAPIClient).container_apps
    assert [(one.name, one.value) for one in apps.list_secrets(rg, app).value] == [("key", "quiet")]
    (shown,) = apps.get(rg, app).properties.configuration.secrets
    assert (shown.name, shown.value) == ("key", None)


def test_keys_of_a_workspace_are_listed_and_renewed(sdk: Sdk, rg: str) -> None:
    client, name = sdk(LogAnalyticsManagementClient), f"log-{uuid.uuid4().hex[:8]}"
    client.workspaces.begin_create_or_update(rg, name, HERE).result()
    before = client.shared_keys.get_shared_keys(rg, name).as_dict()
    after = client.shared_keys.regenerate(rg, name).as_dict()
    assert (set(after), after != before) == (set(before), True)
    assert client.shared_keys.get_shared_keys(rg, name).as_dict() == after


def test_a_deleted_workspace_is_listed_and_comes_back_unless_it_was_forced(
    azure: Azure, sdk: Sdk, rg: str
) -> None:
    client, name = sdk(LogAnalyticsManagementClient), f"log-{uuid.uuid4().hex[:8]}"
    lists = client.deleted_workspaces

    def deleted() -> set[bool]:
        return {
            name in [found.name for found in listed]
            for listed in (lists.list(), lists.list_by_resource_group(rg))
        }

    def made() -> str:
        done = client.workspaces.begin_create_or_update(rg, name, HERE).result()
        return str(done.properties.customer_id)

    first = made()
    client.workspaces.begin_delete(rg, name).result()
    assert deleted() == {True}
    assert name not in [found.name for found in lists.list_by_resource_group(name_of(azure.group()))]
    assert (made(), deleted()) == (first, {False})
    client.workspaces.begin_delete(rg, name, force=True).result()
    assert deleted() == {False}
    assert made() != first


# What there is not ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "call"),
    [
        pytest.param(client, call, id=what)
        for what, client, call in (
            ("tags", ResourceManagementClient, lambda c, at: list(c.tags.list())),
            (
                "export of a group",
                ResourceManagementClient,
                lambda c, at: c.resource_groups.begin_export_template(name_of(at), {"resources": ["*"]}),
            ),
            (
                "times of resources",
                ResourceManagementClient,
                lambda c, at: list(c.resources.list(expand="createdTime")),
            ),
            ("SKUs", CognitiveServicesManagementClient, lambda c, at: list(c.resource_skus.list())),
            (
                "models' capacities",
                CognitiveServicesManagementClient,
                lambda c, at: list(c.model_capacities.list("OpenAI", "gpt-4o", "2024-11-20")),
            ),
            ("keys of a vault", KeyVaultManagementClient, lambda c, at: list(c.keys.list(name_of(at), "kv"))),
            ("interfaces", NetworkManagementClient, lambda c, at: list(c.network_interfaces.list_all())),
            ("service tags", NetworkManagementClient, lambda c, at: c.service_tags.list(REGION)),
            (
                "permissions",
                AuthorizationManagementClient,
                lambda c, at: list(c.permissions.list_for_resource_group(name_of(at))),
            ),
            (
                "federated credentials",
                ManagedServiceIdentityClient,
                lambda c, at: list(c.federated_identity_credentials.list(name_of(at), "id")),
            ),
            ("jobs", ContainerAppsAPIClient, lambda c, at: list(c.jobs.list_by_subscription())),
            ("usage of apps", ContainerAppsAPIClient, lambda c, at: list(c.usages.list(REGION))),
            ("metrics", MonitorManagementClient, lambda c, at: c.metrics.list(at)),
            (
                "tables of a workspace",
                LogAnalyticsManagementClient,
                lambda c, at: list(c.tables.list_by_workspace(name_of(at), "log")),
            ),
        )
    ],
)
def test_what_the_offline_azure_does_not_have_is_refused(
    azure: Azure, sdk: Sdk, group: str, client: Callable[..., Any], call: Callable[[Any, str], object]
) -> None:
    with pytest.raises(HttpResponseError, match="this offline Azure does not have"):
        call(sdk(client), azure.base + group)
