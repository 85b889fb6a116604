"""What a person reads who deploys: the engine's error ends with Azure's code and text, and the page says what to do."""

import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from offline import control
from tests.cloud import CATALOG_DATE
from tests.laws.azure import Azure, Program, account_body
from tests.laws.refused import Refused
from tests.offline.accounts import SECRETS_USER

Expect = Callable[[str], Refused]

PAGE = Path(__file__).parent.parent.parent / "docs" / "azure-laws.md"

START = """
import pulumi
import pulumi_azure_native as azure

def account(name, **properties):
    return azure.cognitiveservices.Account(
        name, account_name=name, resource_group_name="{group}", location="southcentralus", kind="OpenAI",
        sku=azure.cognitiveservices.SkuArgs(name="S0"),
        properties=azure.cognitiveservices.AccountPropertiesArgs(custom_sub_domain_name=name, **properties))

def deployment(name, account, version="2024-11-20", capacity=1, after=()):
    return azure.cognitiveservices.Deployment(
        name, deployment_name=name, account_name=account.name, resource_group_name="{group}",
        sku=azure.cognitiveservices.SkuArgs(name="GlobalStandard", capacity=capacity),
        properties=azure.cognitiveservices.DeploymentPropertiesArgs(
            model=azure.cognitiveservices.DeploymentModelArgs(format="OpenAI", name="gpt-4o", version=version)),
        opts=pulumi.ResourceOptions(depends_on=[account, *after]))
"""

SLOW = {"microsoft.cognitiveservices/accounts/deployments create": 5000}
"""A deployment takes a second of ours, so that what may overlap does."""


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    """Made beforehand; its name stands in the programs."""
    return azure.group()


@pytest.fixture
def broken(azure: Azure, group: str, refused: Expect) -> Callable[[str, str], Program]:
    """A program that one law stops. The page has a section of its own for it."""

    def up(law: str, source: str) -> Program:
        program = Program(azure, source_of(group, source))
        refused(law).by(program.up(fails=True))
        assert f"\n### {law}\n" in PAGE.read_text()
        return program

    return up


def source_of(group: str, source: str) -> str:
    return START.replace("{group}", group.rpartition("/")[2]) + source.replace(
        "{group}", group.rpartition("/")[2]
    )


def new(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


Broken = Callable[[str, str], Program]


@pytest.mark.law("cog-parallel")
def test_deployments_that_do_not_wait_for_each_other(azure: Azure, group: str, broken: Broken) -> None:
    source = f"ai = account('{new('ai')}')\none = deployment('one', ai)\n"
    with azure.fact("durations", SLOW):
        program = broken("cog-parallel", source + "deployment('two', ai)")
        program.write(source_of(group, source + "deployment('two', ai, after=[one])"))
        program.up()


@pytest.mark.law("cog-pe-accepted")
def test_an_endpoint_that_does_not_wait_for_a_deployment(azure: Azure, group: str, broken: Broken) -> None:
    subnet = azure.subnet(azure.network(group, "vnet-engine"), "snet", "10.0.0.0/24")
    account = azure.account(group)
    model = {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}
    chat = {"sku": {"name": "GlobalStandard", "capacity": 1}, "properties": {"model": model}}
    with azure.held("Microsoft.CognitiveServices/accounts/deployments"):
        azure.rest("PUT", f"{account}/deployments/chat", chat)
        program = broken(
            "cog-pe-accepted",
            f"""
azure.network.PrivateEndpoint(
    "pe", private_endpoint_name="pe-engine", resource_group_name="{{group}}", location="southcentralus",
    subnet=azure.network.SubnetArgs(id="{azure.base}{subnet}"),
    private_link_service_connections=[azure.network.PrivateLinkServiceConnectionArgs(
        name="link", private_link_service_id="{azure.base}{account}", group_ids=["account"])])
""",
        )
    program.up()


@pytest.mark.law("cog-soft-deleted")
def test_an_account_that_was_destroyed_the_day_before(azure: Azure, group: str, broken: Broken) -> None:
    name = new("ai")
    account = f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}"
    azure.put(account, account_body(name))
    azure.delete(account)
    program = broken("cog-soft-deleted", f"account('{name}')")
    program.write(source_of(group, f"account('{name}', restore=True)"))
    program.up()


@pytest.mark.law("kv-deleted-name")
def test_a_vault_that_was_destroyed_the_day_before(azure: Azure, group: str, broken: Broken) -> None:
    vault = azure.vault(group)
    azure.delete(vault)
    source = f"""
azure.keyvault.Vault(
    "kv", vault_name="{vault.rpartition("/")[2]}", resource_group_name="{{group}}", location="southcentralus",
    properties=azure.keyvault.VaultPropertiesArgs(
        tenant_id="{azure.cloud.home.credentials().tenant_id}",
        sku=azure.keyvault.SkuArgs(family="A", name="standard")MODE))
"""
    program = broken("kv-deleted-name", source.replace("MODE", ""))
    program.write(source_of(group, source.replace("MODE", ', create_mode="recover"')))
    program.up()


@pytest.mark.law("cog-quota")
def test_more_capacity_than_there_is(group: str, broken: Broken) -> None:
    source = f"deployment('chat', account('{new('ai')}'), capacity=%d)"
    program = broken("cog-quota", source % 100_000)
    program.write(source_of(group, source % 1))
    program.up()


@pytest.mark.law("cog-model-deprecated")
def test_a_version_that_has_retired(azure: Azure, group: str, broken: Broken) -> None:
    source = f"deployment('chat', account('{new('ai')}'), version='%s')"
    control.judge_by(azure.cloud.record, date(2027, 5, 1))
    try:
        program = broken("cog-model-deprecated", source % "2024-08-06")
    finally:
        control.judge_by(azure.cloud.record, CATALOG_DATE)
    program.write(source_of(group, source % "2024-11-20"))
    program.up()


@pytest.mark.law("app-kv-ref")
def test_an_app_that_may_not_read_its_secret_yet(azure: Azure, group: str, broken: Broken) -> None:
    vault = azure.vault(group)
    azure.put(f"{vault}/secrets/token", {"properties": {"value": "one"}})
    identity = azure.identity(group)
    program = broken(
        "app-kv-ref",
        f"""
environment = azure.app.ManagedEnvironment(
    "cae", environment_name="cae-engine", resource_group_name="{{group}}", location="southcentralus",
    workload_profiles=[azure.app.WorkloadProfileArgs(name="Consumption", workload_profile_type="Consumption")])
azure.app.ContainerApp(
    "app", container_app_name="ca-engine", resource_group_name="{{group}}", location="southcentralus",
    managed_environment_id=environment.id, workload_profile_name="Consumption",
    identity=azure.app.ManagedServiceIdentityArgs(
        type="UserAssigned", user_assigned_identities=["{identity["id"]}"]),
    configuration=azure.app.ConfigurationArgs(secrets=[azure.app.SecretArgs(
        name="token", key_vault_url="https://{vault.rpartition("/")[2]}.vault.azure.net/secrets/token",
        identity="{identity["id"]}")]),
    template=azure.app.TemplateArgs(containers=[azure.app.ContainerArgs(
        name="web", image="mcr.microsoft.com/k8se/quickstart:latest",
        resources=azure.app.ContainerResourcesArgs(cpu=0.25, memory="0.5Gi"))]))
""",
    )
    azure.grant(vault, SECRETS_USER, identity["properties"]["principalId"])
    program.up()


@pytest.mark.law("locked")
def test_a_destroy_that_a_lock_stops(azure: Azure, group: str, refused: Expect) -> None:
    source = f"account('{new('ai')}')"
    program = Program(azure, source_of(group, source))
    program.up()
    lock = f"{group}/providers/Microsoft.Authorization/locks/keep"
    azure.put(lock, {"properties": {"level": "CanNotDelete"}})
    try:
        refused("locked").by(program.destroy(fails=True))
    finally:
        azure.delete(lock)
    program.destroy()
