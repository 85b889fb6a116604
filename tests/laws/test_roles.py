"""The laws of roles and identities: who gets a role, under which name, and what a role has to cover."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.resource.resources import ResourceManagementClient

from offline.arm.roles import ROLES
from tests.laws.azure import REGION, Azure, account_body, api_version
from tests.laws.refused import Refused
from tests.offline.accounts import Bearer

Expect = Callable[[str], Refused]
Body = dict[str, Any]

ARM = "https://management.azure.com/"
PROVIDER = "providers/Microsoft.Authorization/roleAssignments"


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


@pytest.fixture(scope="module")
def roles(azure: Azure) -> AuthorizationManagementClient:
    return azure.sdk(AuthorizationManagementClient)


def role(name: str) -> str:
    return next(role.guid for role in ROLES.values() if role.name == name)


def definition(azure: Azure, name: str = "Reader") -> str:
    return f"{azure.base}/providers/Microsoft.Authorization/roleDefinitions/{role(name)}"


def principal_of(identity: Body) -> str:
    return str(identity["properties"]["principalId"])


# Role assignments ----------------------------------------------------------------------------------------------


@pytest.mark.law("role-principal", "role-principal-type")
def test_a_new_principal_is_named_with_its_type(
    azure: Azure, refused: Expect, group: str, roles: AuthorizationManagementClient
) -> None:
    """The SDK says `User` for whoever leaves it out."""
    with azure.fact("directory-delay-seconds", 10**7):
        new = principal_of(azure.identity(group))
    with azure.fact("directory-delay-seconds", 0):
        known = principal_of(azure.identity(group))

    def assign(principal: str, **says: Any) -> None:
        body = RoleAssignmentCreateParameters(
            role_definition_id=definition(azure), principal_id=principal, **says
        )
        roles.role_assignments.create(azure.base + group, str(uuid.uuid4()), body)

    with refused("role-principal"):
        assign(new, principal_type=None)
    with refused("role-principal-type"):
        assign(known)
    for principal in (new, known):
        assign(principal, principal_type="ServicePrincipal")


def test_after_a_while_everybody_knows_a_principal(azure: Azure, group: str) -> None:
    with azure.fact("directory-delay-seconds", 0):
        principal = principal_of(azure.identity(group))
    body = {"properties": {"roleDefinitionId": definition(azure), "principalId": principal}}
    shown = azure.put(f"{group}/{PROVIDER}/{uuid.uuid4()}", body)
    assert shown["properties"]["principalType"] == "ServicePrincipal"


@pytest.mark.law("role-exists")
def test_a_principal_has_a_role_once_at_a_scope(azure: Azure, refused: Expect, group: str) -> None:
    principal = principal_of(azure.identity(group))
    first = azure.grant(group, role("Reader"), principal)
    with refused("role-exists"):
        azure.grant(group, role("Reader"), principal)
    azure.grant(group, role("Monitoring Reader"), principal)
    azure.delete(first)
    azure.grant(group, role("Reader"), principal)


def body_of(azure: Azure, principal: str, name: str = "Reader") -> Body:
    properties = {"roleDefinitionId": definition(azure, name), "principalId": principal}
    return {"properties": {**properties, "principalType": "ServicePrincipal"}}


@pytest.mark.law("role-update")
def test_an_assignment_keeps_its_principal_and_its_scope(azure: Azure, refused: Expect, group: str) -> None:
    """Its name is one assignment's in the whole tenant, and does not follow an identity that is made anew."""
    old, new = principal_of(azure.identity(group)), principal_of(azure.identity(group))
    name = uuid.uuid4()
    path, elsewhere = (f"{scope}/{PROVIDER}/{name}" for scope in (group, azure.group()))
    azure.put(path, body_of(azure, old))
    with refused("role-update"):
        azure.put(path, body_of(azure, new))
    with refused("role-update"):
        azure.put(elsewhere, body_of(azure, old))
    azure.put(path, body_of(azure, old))
    azure.put(f"{group}/{PROVIDER}/{uuid.uuid4()}", body_of(azure, new))
    azure.delete(path)
    azure.put(elsewhere, body_of(azure, new))


@pytest.mark.parametrize(
    ("law", "name", "change"),
    [
        pytest.param(law, name, change, id=law, marks=pytest.mark.law(law))
        for law, name, change in (
            ("role-name", "gateway-reads", {}),
            ("role-principal-guid", str(uuid.uuid4()), {"principalId": "/subscriptions/s/resourceGroups/g"}),
            ("role-def", str(uuid.uuid4()), {"roleDefinitionId": str(uuid.uuid4())}),
        )
    ],
)
def test_an_assignments_ids_are_guids_of_what_there_is(
    azure: Azure, refused: Expect, group: str, law: str, name: str, change: Body
) -> None:
    good = body_of(azure, principal_of(azure.identity(group)))
    with refused(law):
        azure.put(f"{group}/{PROVIDER}/{name}", {"properties": {**good["properties"], **change}})
    azure.put(f"{group}/{PROVIDER}/{uuid.uuid4()}", good)


def test_a_role_counts_late_and_ends_late(azure: Azure, group: str) -> None:
    """Azure answers at once that it is assigned, or gone."""
    path, principal = f"{group}/{PROVIDER}/{uuid.uuid4()}", str(uuid.uuid4())
    theirs = {"Authorization": f"Bearer {azure.token(ARM, principal)}"}

    def may_read() -> bool:
        return azure.rest("GET", group, headers=theirs).status_code == 200

    with azure.fact("role-delay-seconds", 10**7):
        azure.put(path, body_of(azure, principal))
        assert not may_read()
        azure.delete(path)
    path = azure.grant(group, role("Reader"), principal)
    assert may_read()
    with azure.fact("role-delay-seconds", 10**7):
        azure.delete(path)
    assert azure.rest("GET", path).status_code == 404
    assert may_read(), "the change has not spread yet"


# What a write links to -----------------------------------------------------------------------------------------


class Linked:
    """A group that a deployer may do everything in, and another one with what its resources use."""

    def __init__(self, azure: Azure) -> None:
        self.here, self.there = azure.group(), azure.group()
        self.principal = str(uuid.uuid4())
        azure.grant(self.here, role("Contributor"), self.principal)
        self.client = azure.sdk(ResourceManagementClient, credential=Bearer(azure.token(ARM, self.principal)))
        self.identity = azure.identity(self.there)["id"]
        self.network = azure.network(self.there)
        delegation = {"name": "apps", "properties": {"serviceName": "Microsoft.App/environments"}}
        self.apps = azure.subnet(self.network, "apps", "10.0.0.0/27", delegations=[delegation])
        self.endpoints = azure.subnet(self.network, "endpoints", "10.0.1.0/24")
        self.vault = azure.vault(self.here)
        self.zone = f"{self.here}/providers/Microsoft.Network/privateDnsZones/linked.example"
        azure.put(self.zone, {"location": "global"})
        self.environment = f"{self.there}/providers/Microsoft.App/managedEnvironments/env"
        azure.put(self.environment, {"location": REGION, "properties": {}})


@pytest.fixture(scope="module")
def linked(azure: Azure) -> Linked:
    return Linked(azure)


def app_of(azure: Azure, given: Linked) -> tuple[str, Body]:
    container = {"name": "main", "image": "quickstart", "resources": {"cpu": 0.25, "memory": "0.5Gi"}}
    properties = {
        "environmentId": azure.base + given.environment,
        "configuration": {},
        "template": {"containers": [container]},
    }
    return f"{given.here}/providers/Microsoft.App/containerApps/app", {
        "location": REGION,
        "properties": properties,
    }


def environment_of(azure: Azure, given: Linked) -> tuple[str, Body]:
    network = {"infrastructureSubnetId": azure.base + given.apps, "internal": False}
    profiles = [{"name": "Consumption", "workloadProfileType": "Consumption"}]
    body = {"location": REGION, "properties": {"vnetConfiguration": network, "workloadProfiles": profiles}}
    return f"{given.here}/providers/Microsoft.App/managedEnvironments/env", body


def endpoint_of(azure: Azure, given: Linked) -> tuple[str, Body]:
    path = f"{given.here}/providers/Microsoft.Network/privateEndpoints/pe"
    return path, azure.endpoint_body(given.endpoints, given.vault, "vault")


def link_of(azure: Azure, given: Linked) -> tuple[str, Body]:
    properties = {"virtualNetwork": {"id": azure.base + given.network}, "registrationEnabled": False}
    return f"{given.zone}/virtualNetworkLinks/link", {"location": "global", "properties": properties}


def account_of(azure: Azure, given: Linked) -> tuple[str, Body]:
    name = f"ai-{uuid.uuid4().hex[:8]}"
    identity = {"type": "UserAssigned", "userAssignedIdentities": {given.identity: {}}}
    path = f"{given.here}/providers/Microsoft.CognitiveServices/accounts/{name}"
    return path, {**account_body(name), "identity": identity}


@pytest.mark.law("linked-authz")
@pytest.mark.parametrize(
    ("wanted", "scope", "lets", "action"),
    [
        pytest.param(app_of, "environment", "Contributor", "managedEnvironments/join", id="an environment"),
        pytest.param(environment_of, "apps", "Network Contributor", "subnets/join", id="a subnet for apps"),
        pytest.param(
            endpoint_of, "endpoints", "Network Contributor", "subnets/join", id="an endpoint's subnet"
        ),
        pytest.param(
            link_of, "network", "Private DNS Zone Contributor", "virtualNetworks/join", id="a network's link"
        ),
        pytest.param(
            account_of,
            "identity",
            "Managed Identity Operator",
            "userAssignedIdentities/assign",
            id="an identity",
        ),
    ],
)
def test_a_write_takes_a_right_on_what_it_links_to(
    azure: Azure,
    refused: Expect,
    linked: Linked,
    wanted: Callable[[Azure, Linked], tuple[str, Body]],
    scope: str,
    lets: str,
    action: str,
) -> None:
    path, body = wanted(azure, linked)

    def write() -> None:
        linked.client.resources.begin_create_or_update_by_id(
            azure.base + path, body, api_version=api_version(path)
        ).result()

    theirs = {"Authorization": f"Bearer {azure.token(ARM, linked.principal)}"}
    answer = azure.rest("PUT", path, body, headers=theirs)
    assert f"/{action}/action' on the linked scope(s)" in answer.json()["error"]["message"]
    with refused("linked-authz"):
        write()
    azure.grant(getattr(linked, scope).removeprefix(azure.base), role(lets), linked.principal)
    write()


# Identities ----------------------------------------------------------------------------------------------------


@pytest.mark.law("identity-op")
def test_an_identity_is_there_before_who_carries_it(azure: Azure, refused: Expect, group: str) -> None:
    identity, name = azure.identity(group), f"ai-{uuid.uuid4().hex[:8]}"
    path = f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}"
    body = {
        **account_body(name),
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}},
    }
    azure.put(path, body)
    azure.delete(identity["id"].removeprefix(azure.base))
    with refused("identity-op"):
        azure.put(path, {**body, "tags": {"a": "b"}})
    other = {"type": "UserAssigned", "userAssignedIdentities": {azure.identity(group)["id"]: {}}}
    azure.put(path, {**body, "identity": other})


@pytest.mark.law("identity-op")
def test_the_identities_of_what_is_gone_leave_late(azure: Azure, refused: Expect, group: str) -> None:
    path = f"{group}/providers/Microsoft.App/managedEnvironments/again"
    body = {"location": REGION, "properties": {}, "identity": {"type": "SystemAssigned"}}
    azure.put(path, body)
    with azure.fact("identity-delete-seconds", 10**7):
        azure.delete(path)
    with refused("identity-op"):
        azure.put(path, body)
    azure.put(path, {**body, "identity": {"type": "None"}})
    azure.delete(path)
    with azure.fact("leaving-identities", {}):
        azure.put(path, body)
