"""The resource manager's REST: requests, operations, lists, faults."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.resource.resources import ResourceManagementClient

from offline.arm.faults import Fault
from offline.arm.ids import ResourceId
from offline.arm.roles import ROLES
from offline.arm.store import Resource
from tests.offline.arm_rig import CLIENT, OWNER, SUBSCRIPTION, Rig, error, network_body, new_guid, role_body

READER = next(role.guid for role in ROLES.values() if role.name == "Reader")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    yield started
    started.stop()


def test_a_group_is_made_read_changed_and_deleted(rig: Rig) -> None:
    made = rig.ask("PUT", "/resourceGroups/rg-One", {"location": "South Central US", "tags": {"a": "b"}})
    assert made.status_code == 201
    assert made.headers["x-offline-speed"] == "2000"
    assert made.json() == {
        "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-One",
        "name": "rg-One",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "southcentralus",
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    }
    again = rig.ask("PUT", "/resourcegroups/RG-ONE", {"location": "southcentralus"})
    assert (again.status_code, again.json()["name"]) == (200, "rg-One")
    patched = rig.ask("PATCH", "/resourceGroups/rg-one", {"tags": {"c": "d"}})
    assert patched.json()["tags"] == {"c": "d"}
    gone = rig.ask("DELETE", "/resourceGroups/rg-one")
    assert gone.status_code == 202
    assert rig.ended(gone)["status"] == "Succeeded"
    assert rig.ask("HEAD", "/resourceGroups/rg-one").status_code == 404


def test_a_long_operation_shows_its_states_and_ends(rig: Rig) -> None:
    group = rig.group()
    path = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet"
    made = rig.start(path, network_body())
    assert made.status_code == 201
    assert made.json()["properties"]["provisioningState"] == "Creating"
    assert made.headers["x-ms-retry-after-ms"] == "1"
    assert "Retry-After" not in made.headers
    running = rig.ask("GET", made.headers["Azure-AsyncOperation"]).json()
    assert running["status"] == "Succeeded"  # a look waits for an end that is near
    assert running["endTime"] >= running["startTime"]
    assert rig.see(path)["properties"]["provisioningState"] == "Succeeded"


def test_far_ends_are_announced_in_whole_seconds(rig: Rig) -> None:
    group = rig.group()
    rig.run_at(speed=1)
    made = rig.start(f"{group}/providers/Microsoft.Network/virtualNetworks/vnet", network_body())
    assert made.headers["Retry-After"] == "6"
    assert rig.ask("GET", made.headers["Azure-AsyncOperation"]).json()["status"] == "InProgress"


def test_the_older_location_header_works_too(rig: Rig) -> None:
    group = rig.group()
    network = rig.network(group)
    gone = rig.ask("DELETE", network)
    while (reply := rig.ask("GET", gone.headers["Location"])).status_code == 202:
        pass
    assert (reply.status_code, reply.content) == (200, b"")
    assert rig.ask("DELETE", network).status_code == 204


def test_a_killed_service_resumes_its_operations(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    path = f"{rig.group()}/providers/Microsoft.Network/virtualNetworks/vnet"
    rig.run_at(speed=20)
    rig.start(path, network_body())
    rig.stop()
    second = Rig(tmp_path)
    assert second.see(path)["properties"]["provisioningState"] == "Creating"
    second.idle()
    assert second.see(path)["properties"]["provisioningState"] == "Succeeded"
    second.stop()


REFUSED = [
    pytest.param(
        "GET", "/resourceGroups/none", None, 404, "ResourceGroupNotFound",
        "Resource group 'none' could not be found.", id="rg-missing",
    ),
    pytest.param(
        "PUT", "/resourceGroups/none/providers/Microsoft.Network/virtualNetworks/v", network_body(), 404,
        "ResourceGroupNotFound", "Resource group 'none' could not be found.", id="rg-missing on write",
    ),
    pytest.param(
        "GET", "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v", None, 404, "ResourceNotFound",
        "The Resource 'Microsoft.Network/virtualNetworks/v' under resource group 'rg' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix", id="res-missing",
    ),
    pytest.param(
        "PUT", "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
        {"properties": {"addressPrefix": "10.0.0.0/24"}}, 404, "ParentResourceNotFound",
        "Failed to perform 'write' on resource(s) of type 'Microsoft.Network/virtualNetworks/subnets', "
        "because the parent resource 'v' could not be found.", id="parent-missing",
    ),
    pytest.param(
        "PUT", "/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/s", {"location": "eastus"}, 404,
        "InvalidResourceType",
        "The resource type 'storageAccounts' could not be found in the namespace 'Microsoft.Storage' for api version "
        "'2024-01-01': this offline Azure does not have Microsoft.Storage/storageAccounts.", id="type-unknown",
    ),
    pytest.param(
        "PUT", "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v",
        {"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}, 400, "LocationRequired",
        "The location property is required for this definition.", id="location-required",
    ),
    pytest.param(
        "PUT", "/resourceGroups/rg", {"location": "eastus"}, 409, "InvalidResourceGroupLocation",
        "Invalid resource group location 'eastus'. The Resource group already exists in location 'southcentralus'.",
        id="rg-location",
    ),
    pytest.param(
        "PUT", "/resourceGroups/r g", {"location": "eastus"}, 400, "InvalidResourceGroup",
        "The provided resource group name 'r g' has these invalid characters: ' '. "
        "The name can only be a letter, digit, '-', '.', '(', ')' or '_'.", id="rg-name",
    ),
    pytest.param(
        "GET", "/subscriptions/99999999-1111-4111-8111-111111111111/resourceGroups", None, 404,
        "SubscriptionNotFound", "The subscription '99999999-1111-4111-8111-111111111111' could not be found.",
        id="subscription-missing",
    ),
    pytest.param(
        "POST", "/resourceGroups/rg/exportTemplate", {}, 404, "InvalidResourceType",
        "The action 'exportTemplate' could not be found for 'Microsoft.Resources/resourceGroups': "
        "this offline Azure does not have it.", id="action-unknown",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "message"), REFUSED)
def test_what_the_resource_manager_refuses(
    rig: Rig, method: str, path: str, body: Any, status: int, code: str, message: str
) -> None:
    rig.group()
    assert error(rig.ask(method, path, body)) == (status, code, message)


def test_requests_need_a_version_a_token_and_an_object(rig: Rig) -> None:
    url = f"{rig.origin}{rig.base}/resourceGroups/rg"
    anonymous = httpx.get(url, params={"api-version": "2022-09-01"})
    assert error(anonymous)[:2] == (401, "AuthenticationFailed")
    assert "login.microsoftonline.com" in anonymous.headers["WWW-Authenticate"]
    assert error(rig.ask("GET", "/resourceGroups", token="no.such.token"))[1] == "InvalidAuthenticationToken"
    foreign = rig.token_of(OWNER, "https://vault.azure.net")
    assert error(rig.ask("GET", "/resourceGroups", token=foreign))[1] == "InvalidAuthenticationTokenAudience"
    signed = {"Authorization": f"Bearer {rig.token}"}
    assert error(httpx.get(url, headers=signed)) == (
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )
    assert error(rig.ask("GET", "/resourceGroups/rg", query={"api-version": "latest"}))[:2] == (
        400,
        "InvalidApiVersionParameter",
    )
    broken = httpx.put(url, params={"api-version": "2022-09-01"}, headers=signed, content=b"{")
    assert error(broken)[:2] == (400, "InvalidRequestContent")
    assert rig.ask("PUT", "/resourceGroups/rg", {"location": "eastus"}).status_code == 201


def test_body_types_are_judged_all_at_once(rig: Rig) -> None:
    group = rig.group()
    path = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet"
    body: Any = {
        "location": "southcentralus",
        "properties": {"addressSpace": {"addressPrefixes": "10.0.0.0/16"}},
    }
    body["properties"]["flowTimeoutInMinuets"] = 4
    reply = rig.ask("PUT", path, body)
    assert error(reply)[:2] == (400, "InvalidRequestContent")
    targets = {detail["target"] for detail in reply.json()["error"]["details"]}
    assert targets == {"properties.addressSpace.addressPrefixes", "properties.flowTimeoutInMinuets"}
    assert rig.start(path, network_body()).status_code == 201


def test_a_location_cannot_change_or_be_unknown(rig: Rig) -> None:
    group = rig.group()
    network = rig.network(group)
    assert error(rig.ask("PUT", network, {**network_body(), "location": "eastus"})) == (
        409,
        "InvalidResourceLocation",
        "The resource 'vnet' already exists in location 'southcentralus' in resource group 'rg'. A resource with the "
        "same name cannot be created in location 'eastus'. Please select a new resource name.",
    )
    unknown = rig.ask("PUT", f"{network}2", {**network_body(), "location": "Atlantis"})
    assert error(unknown)[:2] == (400, "LocationNotAvailableForResourceType")
    assert rig.start(network, {**network_body(), "location": "South Central US"}).status_code == 200


def test_a_group_takes_everything_along_and_refuses_writes_meanwhile(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    group = rig.group()
    network = rig.network(group)
    security = f"{group}/providers/Microsoft.Network/networkSecurityGroups/nsg"
    rig.make(security, {"location": "southcentralus"})
    rig.subnet(network, "s", "10.0.0.0/24", networkSecurityGroup={"id": rig.base + security})
    rig.run_at(speed=50)
    gone = rig.ask("DELETE", group)
    assert rig.see(group)["properties"]["provisioningState"] == "Deleting"
    assert error(rig.ask("PUT", f"{network}2", network_body())) == (
        409,
        "ResourceGroupBeingDeleted",
        "The resource group 'rg' is in deprovisioning state and cannot perform this operation.",
    )
    assert error(rig.ask("PUT", group, {"location": "southcentralus"}))[1] == "ResourceGroupBeingDeleted"
    assert rig.ended(gone)["status"] == "Succeeded"
    assert rig.inside(lambda: rig.store.below("/")) == []
    rig.stop()


def test_what_runs_inside_a_group_keeps_nobody_from_tagging_it(rig: Rig) -> None:
    group = rig.group()
    rig.run_at(speed=20)
    network = f"{group}/providers/Microsoft.Network/virtualNetworks/v"
    made = rig.start(network, network_body())
    assert rig.ask("PATCH", group, {"tags": {"a": "b"}}).status_code == 200
    assert error(rig.ask("PUT", network, network_body()))[1] == "AnotherOperationInProgress"
    rig.ended(made)


def test_a_role_in_the_making_does_not_keep_its_resource_busy(rig: Rig) -> None:
    network = rig.network(rig.group())
    path = f"{rig.base}{network}/providers/Microsoft.Authorization/roleAssignments/{new_guid()}"

    def begin() -> None:
        rig.store.put(Resource(id=ResourceId(path), body={"properties": {}}))
        rig.operations.begin(ResourceId(path), "create", 1e9)

    rig.inside(begin)
    assert rig.ask("PUT", network, network_body()).status_code == 200


def test_a_member_that_refuses_blocks_the_group(rig: Rig) -> None:
    first, second = rig.group("first"), rig.group("second")
    network = rig.network(first)
    subnet = rig.subnet(network, "s", "10.0.0.0/24")
    account = rig.account(second)
    endpoint = f"{second}/providers/Microsoft.Network/privateEndpoints/pe"
    rig.make(endpoint, rig.endpoint_body(subnet, account))
    ended = rig.remove(first)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "ResourceGroupDeletionBlocked")
    assert ended["error"]["message"].startswith(
        f"Deletion of resource group 'first' failed as resources with identifiers '{rig.base}{network}'"
    )
    assert rig.see(first)["properties"]["provisioningState"] == "Succeeded"
    assert rig.remove(second)["status"] == "Succeeded"
    assert rig.remove(first)["status"] == "Succeeded"


@pytest.mark.parametrize("where", ["group", "resource"])
def test_a_lock_keeps_what_it_guards(rig: Rig, where: str) -> None:
    group = rig.group()
    network = rig.network(group)
    scope = group if where == "group" else network
    lock = f"{scope}/providers/Microsoft.Authorization/locks/keep"
    rig.make(lock, {"properties": {"level": "CanNotDelete"}})
    for locked in (group, network):
        assert error(rig.ask("DELETE", locked)) == (
            409,
            "ScopeLocked",
            f"The scope '{rig.base}{locked}' cannot perform delete operation because following scope(s) are locked: "
            f"'{rig.base}{scope}'. Please remove the lock and try again.",
        )
    assert rig.start(network, network_body("10.0.0.0/15")).status_code == 200
    rig.idle()
    rig.remove(lock)
    assert rig.remove(group)["status"] == "Succeeded"


def test_a_read_only_lock_refuses_writes(rig: Rig) -> None:
    network = rig.network(rig.group())
    rig.make(f"{network}/providers/Microsoft.Authorization/locks/l", {"properties": {"level": "ReadOnly"}})
    status, code, message = error(rig.ask("PUT", network, network_body()))
    assert (status, code) == (409, "ScopeLocked")
    assert "cannot perform write operation" in message


def test_a_caller_without_a_role_is_refused_until_the_role_has_spread(rig: Rig) -> None:
    stranger = new_guid()
    token = rig.token_of(stranger)
    group = rig.group()
    assert error(rig.ask("GET", group, token=token)) == (
        403,
        "AuthorizationFailed",
        f"The client '{CLIENT}' with object id '{stranger}' does not have authorization to perform action "
        f"'Microsoft.Resources/resourceGroups/read' over scope '{rig.base}{group}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials.",
    )
    rig.inside(lambda: rig.store.set_fact("role-delay-seconds", 400))
    rig.make(
        f"{group}/providers/Microsoft.Authorization/roleAssignments/{new_guid()}", role_body(stranger, READER)
    )
    assert rig.ask("GET", group, token=token).status_code == 403
    while rig.ask("GET", group, token=token).status_code == 403:
        pass
    assert (
        error(rig.ask("PUT", group, {"location": "southcentralus"}, token=token))[1] == "AuthorizationFailed"
    )


def test_an_unregistered_provider_is_refused(rig: Rig) -> None:
    group = rig.group()
    rig.inside(lambda: rig.store.set_fact("unregistered-namespaces", ["microsoft.network"]))
    path = f"{group}/providers/Microsoft.Network/virtualNetworks/v"
    assert error(rig.ask("PUT", path, network_body()))[:2] == (409, "MissingSubscriptionRegistration")
    rig.inside(lambda: rig.store.set_fact("unregistered-namespaces", []))
    assert rig.start(path, network_body()).status_code == 201


def test_lists_come_in_pages(rig: Rig) -> None:
    for number in range(5):
        rig.group(f"rg-{number}")
    seen: list[str] = []
    page = rig.ask("GET", "/resourcegroups", query={"$top": "2"}).json()
    while True:
        seen += [group["name"] for group in page["value"]]
        assert len(page["value"]) <= 2
        if "nextLink" not in page:
            break
        page = rig.ask("GET", page["nextLink"]).json()
    assert seen == [f"rg-{number}" for number in range(5)]


def test_lists_of_a_parent_a_group_and_the_subscription(rig: Rig) -> None:
    networks = [rig.network(rig.group(name)) for name in ("one", "two")]
    for network in networks:
        rig.subnet(network, "s", "10.0.0.0/24")
    kind = "/providers/Microsoft.Network/virtualNetworks"

    def names(path: str) -> list[str]:
        return [item["id"].removeprefix(rig.base) for item in rig.see(path)["value"]]

    assert names(kind) == networks
    assert names(f"/resourceGroups/ONE{kind}") == [networks[0]]
    assert names(f"{networks[1]}/subnets") == [f"{networks[1]}/subnets/s"]
    assert names("/resourceGroups/one/resources") == [networks[0]]
    filtered = rig.ask(
        "GET", "/resources", query={"$filter": "resourceType eq 'Microsoft.Storage/storageAccounts'"}
    )
    assert filtered.json()["value"] == []
    assert (
        error(rig.ask("GET", "/resources", query={"$filter": "size gt 5"}))[1] == "InvalidFilterInQueryString"
    )


def test_what_is_known_without_a_service(rig: Rig) -> None:
    assert rig.see("/subscriptions")["value"][0]["subscriptionId"] == SUBSCRIPTION
    assert rig.see(rig.base)["state"] == "Enabled"
    assert rig.see("/tenants")["value"][0]["tenantId"]
    namespaces = {provider["namespace"] for provider in rig.see("/providers")["value"]}
    assert {"Microsoft.Network", "Microsoft.Resources"} <= namespaces
    assert rig.see("/providers/Microsoft.Network")["registrationState"] == "Registered"
    assert "southcentralus" in {region["name"] for region in rig.see("/locations")["value"]}


def test_preconditions_guard_against_two_writers(rig: Rig) -> None:
    network = rig.network(rig.group())
    etag = rig.see(network)["etag"]
    assert error(rig.ask("PUT", network, network_body(), headers={"If-None-Match": "*"}))[:2] == (
        412,
        "PreconditionFailed",
    )
    assert rig.ask("PUT", network, network_body(), headers={"If-Match": 'W/"other"'}).status_code == 412
    assert rig.ask("PUT", network, network_body(), headers={"If-Match": etag}).status_code == 200


def test_every_request_is_noted(rig: Rig) -> None:
    rig.group()
    rig.ask("GET", "/resourceGroups/none")
    noted = rig.inside(rig.store.requests)
    assert noted[0] == (
        "PUT",
        f"{rig.base}/resourceGroups/rg",
        "2022-09-01",
        {"location": "southcentralus"},
        201,
    )
    assert noted[-1][4] == 404


class TestFaults:
    """What `python -m offline fault` can do to a request."""

    path = "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v"

    def test_a_refusal_strikes_as_often_as_it_is_told(self, rig: Rig) -> None:
        rig.group()
        fault = Fault(
            type="*/virtualNetworks", verb="create", status=429, code="Throttled", message="slow down",
            retry_after=7, times=1,
        )  # fmt: skip
        rig.inside(lambda: rig.faults.add(fault))
        reply = rig.ask("PUT", self.path, network_body())
        assert error(reply) == (429, "Throttled", "slow down")
        assert reply.headers["Retry-After"] == "7"
        assert rig.inside(rig.faults.list) == []
        assert rig.ask("PUT", self.path, network_body()).status_code == 201

    def test_an_operation_fails_and_leaves_the_resource_failed(self, rig: Rig) -> None:
        rig.group()
        rig.inside(
            lambda: rig.faults.add(Fault(name="v", effect="fail", code="Broken", message="no", times=1))
        )
        ended = rig.ended(rig.start(self.path, network_body()))
        assert (ended["status"], ended["error"]) == ("Failed", {"code": "Broken", "message": "no"})
        assert rig.see(self.path)["properties"]["provisioningState"] == "Failed"
        assert rig.make(self.path, network_body())["properties"]["provisioningState"] == "Succeeded"

    def test_success_with_a_failed_resource(self, rig: Rig) -> None:
        rig.group()
        rig.inside(lambda: rig.faults.add(Fault(name="v", effect="fail_after_success", times=1)))
        assert rig.ended(rig.start(self.path, network_body()))["status"] == "Succeeded"
        assert rig.see(self.path)["properties"]["provisioningState"] == "Failed"

    def test_an_operation_hangs_until_the_fault_is_cleared(self, rig: Rig) -> None:
        rig.group()
        rig.inside(lambda: rig.faults.add(Fault(name="v", verb="create", effect="hang")))
        made = rig.start(self.path, network_body())
        assert rig.ask("GET", made.headers["Azure-AsyncOperation"]).json()["status"] == "InProgress"
        rig.inside(rig.faults.clear)
        assert rig.ended(made)["status"] == "Succeeded"

    def test_a_lost_reply_does_not_undo_the_write(self, rig: Rig) -> None:
        rig.group()
        rig.inside(lambda: rig.faults.add(Fault(name="v", verb="create", effect="lose_reply", times=1)))
        with pytest.raises(httpx.TransportError):
            rig.ask("PUT", self.path, network_body())
        rig.idle()
        assert rig.see(self.path)["properties"]["provisioningState"] == "Succeeded"


class _Signed(SansIOHTTPPolicy[Any, Any]):
    """Microsoft's own policy insists on TLS, which the fabric adds and this test does without."""

    def __init__(self, token: str) -> None:
        self._token = token

    def on_request(self, request: Any) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


class _Credential:
    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        raise AssertionError("the policy above signs")


def test_microsofts_sdk_works_unchanged(rig: Rig) -> None:
    client = ResourceManagementClient(
        _Credential(), SUBSCRIPTION, base_url=rig.origin, authentication_policy=_Signed(rig.token)
    )
    assert not client.resource_groups.check_existence("rg")
    made = client.resource_groups.create_or_update("rg", {"location": "southcentralus"})
    assert (made.name, made.properties and made.properties.provisioning_state) == ("rg", "Succeeded")
    network_id = f"{made.id}/providers/Microsoft.Network/virtualNetworks/vnet"
    network = client.resources.begin_create_or_update_by_id(
        network_id,
        network_body(),
        api_version="2024-05-01",
    ).result()
    assert network.id == network_id
    assert [resource.name for resource in client.resources.list_by_resource_group("rg")] == ["vnet"]
    client.resources.begin_delete_by_id(network_id, api_version="2024-05-01").result()
    with pytest.raises(ResourceNotFoundError) as refused:
        client.resources.get_by_id(network_id, api_version="2024-05-01")
    assert refused.value.error is not None
    assert refused.value.error.code == "ResourceNotFound"
    client.resource_groups.begin_delete("rg").result()
    assert list(client.resource_groups.list()) == []
