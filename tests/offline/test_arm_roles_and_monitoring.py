"""Identities, roles, workspaces and monitoring: what Azure makes of them and refuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.arm.access import Access
from offline.arm.registry import KINDS
from offline.arm.roles import is_data_action
from offline.laws import laws
from tests.offline.arm_rig import OWNER, SUBSCRIPTION, TENANT, Rig, error, new_guid, role_body

OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
CHAT = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"
GET_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    started = Rig(tmp_path)
    yield started
    started.stop()


def assignment(scope: str, name: str | None = None) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name or new_guid()}"


class TestIdentities:
    def test_an_identity_keeps_its_ids_until_it_is_made_anew(self, rig: Rig) -> None:
        group = rig.group()
        first = rig.identity(group)
        assert first["id"] == (
            f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg/providers/Microsoft.ManagedIdentity"
            "/userAssignedIdentities/id-1"
        )
        assert first["properties"]["tenantId"] == TENANT
        assert rig.identity(group)["properties"] == first["properties"]
        rig.remove(f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-1")
        assert rig.identity(group)["properties"]["principalId"] != first["properties"]["principalId"]


class TestRoleAssignments:
    def test_an_assignment_is_answered_as_azure_does(self, rig: Rig) -> None:
        group = rig.group()
        principal = rig.identity(group)["properties"]["principalId"]
        reply = rig.ask("PUT", assignment(group), role_body(principal, OPENAI_USER))
        assert reply.status_code == 201
        shown = reply.json()
        assert shown["type"] == "Microsoft.Authorization/roleAssignments"
        assert shown["properties"]["scope"] == f"{rig.base}{group}"
        assert shown["properties"]["principalType"] == "ServicePrincipal"
        assert shown["properties"]["createdBy"] == OWNER
        assert "provisioningState" not in shown["properties"]

    def test_a_new_principal_without_its_type_is_not_found_for_a_while(self, rig: Rig) -> None:
        group = rig.group()
        rig.inside(lambda: rig.store.set_fact("directory-delay-seconds", 600))
        principal = rig.identity(group)["properties"]["principalId"]
        body = role_body(principal, OPENAI_USER)
        del body["properties"]["principalType"]
        path = assignment(group)
        status, code, message = error(rig.ask("PUT", path, body))
        assert (status, code) == (400, "PrincipalNotFound")
        assert message.startswith(
            f"Principal {principal.replace('-', '')} does not exist in the directory {TENANT}. Check that you have the "
            "correct principal ID."
        )
        with_type = role_body(principal, SECRETS_USER)
        assert rig.ask("PUT", assignment(group), with_type).status_code == 201
        while (reply := rig.ask("PUT", path, body)).status_code != 201:
            assert error(reply)[1] == "PrincipalNotFound"

    def test_the_same_role_twice_is_refused(self, rig: Rig) -> None:
        group = rig.group()
        principal, first = new_guid(), new_guid()
        rig.make(assignment(group, first), role_body(principal, OPENAI_USER))
        assert error(rig.ask("PUT", assignment(group), role_body(principal, OPENAI_USER))) == (
            409,
            "RoleAssignmentExists",
            "The role assignment already exists. "
            f"The ID of the conflicting role assignment is {first.replace('-', '')}.",
        )
        assert rig.ask("PUT", assignment(group, first), role_body(principal, OPENAI_USER)).status_code == 200
        other_scope = rig.ask("PUT", assignment(rig.group("two")), role_body(principal, OPENAI_USER))
        assert other_scope.status_code == 201

    def test_an_assignment_keeps_its_principal(self, rig: Rig) -> None:
        path = assignment(rig.group())
        principal = new_guid()
        rig.make(path, role_body(principal, OPENAI_USER))
        assert error(rig.ask("PUT", path, role_body(new_guid(), OPENAI_USER)))[1:] == (
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
        assert rig.ask("PUT", path, role_body(principal, OPENAI_USER, description="x")).status_code == 200

    @pytest.mark.parametrize(
        ("name", "principal", "role", "code", "message"),
        [
            pytest.param(
                "openai-user", new_guid(), OPENAI_USER, "InvalidRoleAssignmentId",
                "The role assignment ID 'openai-user' is not valid. The role assignment ID must be a GUID.",
                id="role-name",
            ),
            pytest.param(
                new_guid(), "id-1", OPENAI_USER, "InvalidPrincipalId",
                "The Principal ID 'id-1' is not valid. Principal ID must be a GUID.", id="role-principal-guid",
            ),
            pytest.param(
                new_guid(), new_guid(), "00000000-0000-0000-0000-000000000001", "RoleDefinitionDoesNotExist",
                "The specified role definition with ID '00000000000000000000000000000001' does not exist.",
                id="role-def",
            ),
        ],
    )  # fmt: skip
    def test_ids_that_are_none_are_refused(
        self, rig: Rig, name: str, principal: str, role: str, code: str, message: str
    ) -> None:
        group = rig.group()
        assert error(rig.ask("PUT", assignment(group, name), role_body(principal, role))) == (
            400,
            code,
            message,
        )
        assert rig.ask("PUT", assignment(group), role_body(new_guid(), OPENAI_USER)).status_code == 201

    def test_a_scope_that_is_not_there_is_refused(self, rig: Rig) -> None:
        network = f"{rig.group()}/providers/Microsoft.Network/virtualNetworks/none"
        refused = rig.ask("PUT", assignment(network), role_body(new_guid(), OPENAI_USER))
        assert error(refused)[:2] == (404, "ResourceNotFound")

    def test_lists_show_what_applies_at_a_scope(self, rig: Rig) -> None:
        group = rig.group()
        network = rig.network(group)
        mine = new_guid()
        for scope in (rig.base, group, network):
            rig.make(assignment(scope), role_body(mine, OPENAI_USER))
        rig.make(assignment(rig.group("two")), role_body(mine, OPENAI_USER))
        path = "/providers/Microsoft.Authorization/roleAssignments"

        def count(scope: str, wanted: str = "") -> int:
            query = {"$filter": wanted} if wanted else {}
            return len(rig.ask("GET", f"{scope}{path}", query=query).json()["value"])

        assert count(group) == 3
        assert count(group, "atScope()") == 2
        assert count(rig.base, f"principalId eq '{mine}'") == 4
        assert count(rig.base, f"principalId eq '{new_guid()}'") == 0

    def test_role_definitions_are_found_by_id_and_name(self, rig: Rig) -> None:
        path = "/providers/Microsoft.Authorization/roleDefinitions"
        assert rig.see(f"{path}/{SECRETS_USER}")["properties"]["roleName"] == "Key Vault Secrets User"
        named = rig.ask("GET", path, query={"$filter": "roleName eq 'Cognitive Services OpenAI User'"}).json()
        assert [role["name"] for role in named["value"]] == [OPENAI_USER]
        assert error(rig.ask("GET", f"{path}/{new_guid()}"))[:2] == (404, "RoleDefinitionDoesNotExist")


class TestAccess:
    def allows(self, rig: Rig, principal: str, scope: str, action: str) -> bool:
        return rig.inside(lambda: rig.access.allows(principal, rig.base + scope, action))

    def test_the_owner_manages_everything_and_reads_no_data(self, rig: Rig) -> None:
        assert self.allows(rig, OWNER, "/resourceGroups/rg", "Microsoft.Network/virtualNetworks/write")
        assert not self.allows(rig, OWNER, "/resourceGroups/rg", GET_SECRET)
        assert not self.allows(rig, OWNER, "/resourceGroups/rg", CHAT)
        assert not self.allows(
            rig, new_guid(), "/resourceGroups/rg", "Microsoft.Network/virtualNetworks/read"
        )

    def test_a_role_covers_its_scope_and_what_is_below(self, rig: Rig) -> None:
        rig.inside(lambda: rig.store.set_fact("role-delay-seconds", 0))
        group, principal = rig.group(), new_guid()
        account = rig.account(group)
        rig.make(assignment(account), role_body(principal, OPENAI_USER))
        assert self.allows(rig, principal, account, CHAT)
        assert self.allows(rig, principal.upper(), account.upper(), CHAT)
        assert not self.allows(rig, principal, account, GET_SECRET)
        assert not self.allows(
            rig, principal, account, "Microsoft.CognitiveServices/accounts/listKeys/action"
        )
        assert not self.allows(rig, principal, group, CHAT)

    def test_a_role_comes_and_goes_late(self, rig: Rig) -> None:
        rig.inside(lambda: rig.store.set_fact("role-delay-seconds", 600))
        group, principal = rig.group(), new_guid()
        path = assignment(group)
        rig.make(path, role_body(principal, SECRETS_USER))
        assert not self.allows(rig, principal, group, GET_SECRET)
        while not self.allows(rig, principal, group, GET_SECRET):
            pass
        rig.remove(path)
        assert self.allows(rig, principal, group, GET_SECRET)
        while self.allows(rig, principal, group, GET_SECRET):
            pass

    def test_data_actions_are_told_from_actions(self) -> None:
        assert is_data_action(CHAT)
        assert is_data_action(GET_SECRET)
        assert not is_data_action("Microsoft.KeyVault/vaults/secrets/write")
        assert not is_data_action("Microsoft.CognitiveServices/accounts/deployments/write")
        assert Access.__doc__ is not None


class TestWorkspaces:
    @staticmethod
    def body(**properties: Any) -> dict[str, Any]:
        return {"location": "southcentralus", "properties": {"sku": {"name": "PerGB2018"}, **properties}}

    def test_a_workspace_has_keys_and_comes_back_as_itself(self, rig: Rig) -> None:
        path = f"{rig.group()}/providers/Microsoft.OperationalInsights/workspaces/log"
        first = rig.make(path, self.body())["properties"]
        assert (first["retentionInDays"], first["provisioningState"]) == (30, "Succeeded")
        keys = rig.ask("POST", f"{path}/sharedKeys").json()
        assert set(keys) == {"primarySharedKey", "secondarySharedKey"}
        assert keys["primarySharedKey"] not in rig.ask("GET", path).text
        rig.remove(path)
        assert rig.ask("GET", path).status_code == 404
        assert rig.make(path, self.body())["properties"]["customerId"] == first["customerId"]
        assert rig.ask("POST", f"{path}/sharedKeys").json() == keys
        assert rig.ask("POST", f"{path}/regenerateSharedKey").json() != keys

    def test_a_retention_outside_the_plan_is_refused(self, rig: Rig) -> None:
        path = f"{rig.group()}/providers/Microsoft.OperationalInsights/workspaces/log"
        assert error(rig.ask("PUT", path, self.body(retentionInDays=7))) == (
            400,
            "InvalidParameter",
            "'RetentionInDays' property doesn't match the SKU limits. The value 7 must be between 30 and 730.",
        )
        assert rig.start(path, self.body(retentionInDays=90)).status_code == 201


class TestMonitoring:
    def workspace(self, rig: Rig, group: str) -> str:
        path = f"{group}/providers/Microsoft.OperationalInsights/workspaces/log"
        rig.make(path, TestWorkspaces.body())
        return rig.base + path

    @staticmethod
    def setting(target: str, name: str = "to-log") -> str:
        return f"{target}/providers/Microsoft.Insights/diagnosticSettings/{name}"

    @staticmethod
    def body(workspace: str, *categories: str, **words: Any) -> dict[str, Any]:
        logs = [{"category": category, "enabled": True} for category in categories]
        return {"properties": {"workspaceId": workspace, "logs": logs, **words}}

    def test_a_setting_is_answered_as_azure_does(self, rig: Rig) -> None:
        group = rig.group()
        workspace, account = self.workspace(rig, group), rig.account(group)
        body = self.body(workspace, "Audit", metrics=[{"category": "AllMetrics", "enabled": True}])
        reply = rig.ask("PUT", self.setting(account), body)
        assert reply.status_code == 200
        shown = reply.json()
        assert shown["id"] == (
            f"{rig.base}{account}".lower() + "/providers/microsoft.insights/diagnosticSettings/to-log"
        )
        assert shown["properties"]["logs"][0]["category"] == "Audit"
        assert shown["properties"]["storageAccountId"] is None
        assert rig.see(self.setting(account))["name"] == "to-log"

    def test_errors_are_flat(self, rig: Rig) -> None:
        account = rig.account(rig.group())
        missing = rig.ask("GET", self.setting(account))
        assert (missing.status_code, missing.json()["code"]) == (404, "ResourceNotFound")
        assert "error" not in missing.json()

    @pytest.mark.parametrize("category", ["Audits", "ContainerAppConsoleLogs"])
    def test_a_category_that_the_resource_has_not_is_refused(self, rig: Rig, category: str) -> None:
        group = rig.group()
        workspace, account = self.workspace(rig, group), rig.account(group)
        refused = rig.ask("PUT", self.setting(account), self.body(workspace, category))
        assert refused.status_code == 400
        assert refused.json() == {"code": "BadRequest", "message": f"Category '{category}' is not supported."}
        assert rig.ask("PUT", self.setting(account), self.body(workspace, "Audit")).status_code == 200

    def test_a_category_goes_to_one_place_once(self, rig: Rig) -> None:
        group = rig.group()
        workspace, account = self.workspace(rig, group), rig.account(group)
        every = self.body(workspace)
        every["properties"]["logs"] = [{"categoryGroup": "allLogs", "enabled": True}]
        rig.start(self.setting(account), every)
        assert error(rig.ask("PUT", self.setting(account, "two"), self.body(workspace, "Trace"))) == (
            409,
            "Conflict",
            f"Data sink '{workspace}' is already used in diagnostic setting 'to-log' for category 'Trace'. "
            "Data sinks can't be reused in different settings on the same category for the same resource.",
        )
        rig.start(self.setting(account), self.body(workspace, "Audit"))
        assert rig.ask("PUT", self.setting(account, "two"), self.body(workspace, "Trace")).status_code == 200

    def test_a_setting_needs_a_sink_that_is_there(self, rig: Rig) -> None:
        group = rig.group()
        account = rig.account(group)
        nowhere: dict[str, Any] = {"properties": {"logs": [{"category": "Audit", "enabled": True}]}}
        assert error(rig.ask("PUT", self.setting(account), nowhere)) == (
            400,
            "BadRequest",
            "At least one data sink needs to be specified.",
        )
        missing = f"{rig.base}{group}/providers/Microsoft.OperationalInsights/workspaces/log"
        assert error(rig.ask("PUT", self.setting(account), self.body(missing, "Audit"))) == (
            404,
            "ResourceNotFound",
            f"The Resource '{missing}' was not found.",
        )
        self.workspace(rig, group)
        assert rig.ask("PUT", self.setting(account), self.body(missing, "Audit")).status_code == 200

    def test_an_alert_on_a_metric_that_is_none_is_refused(self, rig: Rig) -> None:
        group = rig.group()
        account = rig.account(group)
        path = f"{group}/providers/Microsoft.Insights/metricAlerts/a"

        def body(metric: str, **words: Any) -> dict[str, Any]:
            criterion = {
                "criterionType": "StaticThresholdCriterion",
                "name": "c",
                "metricName": metric,
                "metricNamespace": "Microsoft.CognitiveServices/accounts",
                "operator": "GreaterThan",
                "threshold": 5,
                "timeAggregation": "Total",
                **words,
            }
            criteria = {
                "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [criterion],
            }
            return {
                "location": "global",
                "properties": {
                    "severity": 2,
                    "enabled": True,
                    "scopes": [rig.base + account],
                    "evaluationFrequency": "PT5M",
                    "windowSize": "PT5M",
                    "criteria": criteria,
                },
            }

        rig.inside(lambda: rig.store.set_fact("metrics-delay-seconds", 0))
        status, code, message = error(rig.ask("PUT", path, body("AzureOpenAIRequest")))
        assert (status, code) == (400, "BadRequest")
        assert message.startswith(
            "Couldn't find a metric named AzureOpenAIRequest. Make sure the name is correct."
        )
        assert rig.ask("PUT", path, body("AzureOpenAIRequest", skipMetricValidation=True)).status_code == 200
        assert rig.ask("PUT", path, body("AzureOpenAIRequests")).status_code == 200
        rig.inside(lambda: rig.store.set_fact("metrics-delay-seconds", 10**6))
        assert error(rig.ask("PUT", path, body("AzureOpenAIRequests")))[2].startswith(
            "Couldn't find a metric"
        )

    def test_an_action_group_lists_every_kind_of_receiver(self, rig: Rig) -> None:
        path = f"{rig.group()}/providers/Microsoft.Insights/actionGroups/people"
        email = {"name": "me", "emailAddress": "me@example.com", "useCommonAlertSchema": True}
        properties = {"groupShortName": "people", "enabled": True, "emailReceivers": [email]}
        shown = rig.make(path, {"location": "global", "properties": properties})["properties"]
        assert shown["emailReceivers"] == [{**email, "status": "Enabled"}]
        assert shown["smsReceivers"] == []


def test_laws_are_listed_once_with_what_they_protect_from() -> None:
    listed = laws()
    assert len({law.id for law in listed}) == len(listed)
    assert all(law.source and law.protects for law in listed)
    assert {"net-parallel", "cog-pe-accepted", "role-principal", "diag-sink", "rg-deleting"} <= {
        law.id for law in listed
    }
    assert all(key == kind.type.lower() for key, kind in KINDS.items())
