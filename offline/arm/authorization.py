"""Microsoft.Authorization: role assignments, role definitions and locks."""

import re
import uuid
from collections.abc import Mapping

from offline.arm.access import ROLE_ASSIGNMENT, ROLE_DELAY, revoke
from offline.arm.checks import LOCK
from offline.arm.errors import JSON, ArmError, Law
from offline.arm.general_laws import FILTER
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Route, RouteRequest, Write
from offline.arm.managed_identity import in_directory
from offline.arm.roles import ROLES, role_of
from offline.arm.store import Resource

ROLE_PRINCIPAL = Law(
    id="role-principal",
    status=400,
    code="PrincipalNotFound",
    message="Principal {principal} does not exist in the directory {tenant}. Check that you have the correct principal "
    "ID. If you are creating this principal and then immediately assigning a role, this error might be related to a "
    "replication delay. In this case, set the role assignment principalType property to a value, such as "
    "ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
    source="Azure/avdaccelerator#76, MicrosoftDocs/azure-docs#103085",
    protects="a role for an identity that was made a moment ago",
    remedy="Set `principalType` (ServicePrincipal for a managed identity): Azure then does not look for it in "
    "the directory.",
)
ROLE_PRINCIPAL_TYPE = Law(
    id="role-principal-type",
    status=400,
    code="UnmatchedPrincipalType",
    message="The PrincipalId '{principal}' has type 'ServicePrincipal' , which is different from specified "
    "PrinciaplType '{wanted}'.",
    source="Azure/modern-web-app-pattern-dotnet#129 (status unconfirmed)",
    protects="`User` for a managed identity, which Azure's SDKs send where no type is given",
    remedy="Set `principalType` to `ServicePrincipal` for a managed identity or an app registration, to `User` for a "
    "person.",
    unconfirmed=True,
)
ROLE_EXISTS = Law(
    id="role-exists",
    status=409,
    code="RoleAssignmentExists",
    message="The role assignment already exists. The ID of the conflicting role assignment is {other}.",
    source="public log (status unconfirmed)",
    protects="the same role twice under two names",
    remedy="Delete the other assignment, or import it: one principal has one role once at a scope.",
    unconfirmed=True,
)
ROLE_UPDATE = Law(
    id="role-update",
    status=400,
    code="RoleAssignmentUpdateNotPermitted",
    message="Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    source="docs role-based-access-control/troubleshooting; docs azure-resource-manager/bicep/scenarios-rbac (a name "
    "is one assignment's in the whole tenant); jetbrains/teamcity-azure-template#10",
    protects="a name that does not follow the principal and the scope: the identity is made anew, the assignment not",
    remedy="Give the assignment a name that is made from scope, role and principal, so that another principal is "
    "another assignment.",
)
ROLE_NAME = Law(
    id="role-name",
    status=400,
    code="InvalidRoleAssignmentId",
    message="The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
    source="Azure/Azure-Landing-Zones#3419, pulumi/pulumi-azure-native#625",
    protects="a readable name where Azure wants a GUID",
    remedy="The name is a GUID.",
)
ROLE_PRINCIPAL_GUID = Law(
    id="role-principal-guid",
    status=400,
    code="InvalidPrincipalId",
    message="The Principal ID '{principal}' is not valid. Principal ID must be a GUID.",
    source="Azure/azure-powershell#16627 (status unconfirmed)",
    protects="a resource id where Azure wants the principal's",
    remedy="Take the identity's `principalId`, not its resource id or client id.",
    unconfirmed=True,
)
ROLE_DEFINITION = Law(
    id="role-def",
    status=400,
    code="RoleDefinitionDoesNotExist",
    message="The specified role definition with ID '{role}' does not exist.",
    source="public log (status unconfirmed)",
    protects="a mistyped role",
    remedy="Correct the id of the role's definition; `az role definition list` shows them.",
    unconfirmed=True,
)


_ASSIGNED = re.compile(r"\s*(?:atScope\(\)|principalId\s+eq\s+'([^']*)'|assignedTo\('([^']*)'\))\s*", re.I)
_CLAUSE = re.compile(r"\s*(roleName|type)\s+eq\s+'([^']*)'\s*", re.I)


async def _definitions(azure: Azure, asked: RouteRequest) -> object:
    """Those of a name or a type, also both; all of them are built in.

    :raises ArmError: filter.
    """
    wanted = asked.query.get("$filter", "")
    clauses = [clause for clause in re.split(r"\s+and\s+", wanted) if clause not in ("", "atScope()")]
    found = [_CLAUSE.fullmatch(clause) for clause in clauses]
    if not all(found):
        raise FILTER.broken(filter=wanted)
    said = [(match.group(1).lower(), match.group(2)) for match in found if match is not None]
    return {
        "value": [
            role.definition(azure.subscription_id)
            for role in ROLES.values()
            if all({"rolename": role.name, "type": "BuiltInRole"}[word] == value for word, value in said)
        ]
    }


async def _definition(azure: Azure, asked: RouteRequest) -> object:
    role = ROLES.get(asked.words["role"].lower())
    if role is None:
        raise ArmError(
            404,
            ROLE_DEFINITION.code,
            ROLE_DEFINITION.message.format(role=asked.words["role"].replace("-", "")),
            law=ROLE_DEFINITION.id,
        )
    return role.definition(azure.subscription_id)


class RoleAssignment(Kind):
    """A role for a principal at a scope. It takes effect late, and ends late."""

    type = ROLE_ASSIGNMENT
    reads = frozenset({"$filter"})
    create_seconds = 2
    update_seconds = 2
    delete_seconds = 4
    synchronous = True
    has_state = False
    located = False
    system_data = False
    groups = False
    routes = (
        Route(
            method="GET",
            path="{scope...}/providers/Microsoft.Authorization/roleDefinitions",
            answer=_definitions,
            reads=frozenset({"$filter"}),
        ),
        Route(
            method="GET",
            path="{scope...}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            answer=_definition,
        ),
    )

    def check(self, azure: Azure, write: Write) -> None:
        principal = str(write.properties.get("principalId", ""))
        if not _is_guid(write.id.name):
            raise ROLE_NAME.broken(name=write.id.name)
        if not _is_guid(principal):
            raise ROLE_PRINCIPAL_GUID.broken(principal=principal)
        if role_of(write.properties) is None:
            named = str(write.properties.get("roleDefinitionId", "")).rsplit("/", 1)[-1]
            raise ROLE_DEFINITION.broken(role=named.replace("-", ""))
        if write.existing is not None:
            before = str(write.existing.properties.get("principalId", ""))
            if before.lower() != principal.lower():
                raise ROLE_UPDATE.broken()
            return
        if any(other.id.name.lower() == write.id.name.lower() for other in azure.store.of_type(self.type)):
            # At another scope: a name is one assignment's in the whole tenant.
            raise ROLE_UPDATE.broken()
        wanted, known = write.properties.get("principalType"), in_directory(azure.store, principal)
        if known and wanted not in (None, "", "ServicePrincipal"):
            raise ROLE_PRINCIPAL_TYPE.broken(principal=principal.replace("-", ""), wanted=wanted)
        if not wanted and not known and principal.lower() != write.principal_id.lower():
            raise ROLE_PRINCIPAL.broken(principal=principal.replace("-", ""), tenant=azure.tenant_id)
        self._check_twin(azure, write, principal)

    def _check_twin(self, azure: Azure, write: Write, principal: str) -> None:
        for other in azure.store.of_type(self.type):
            if (
                other.id.scope is not None
                and write.id.scope is not None
                and other.id.scope.key == write.id.scope.key
                and str(other.properties.get("principalId", "")).lower() == principal.lower()
                and role_of(other.properties) == role_of(write.properties)
            ):
                raise ROLE_EXISTS.broken(other=other.id.name.replace("-", ""))

    def accept(self, azure: Azure, write: Write) -> Resource:
        role = role_of(write.properties)
        now = azure.clock.stamp()
        before = write.existing.properties if write.existing is not None else {}
        properties = {
            "principalType": before.get("principalType", "ServicePrincipal"),
            "condition": None,
            "conditionVersion": None,
            "description": None,
            "delegatedManagedIdentityResourceId": None,
            **write.properties,
            "roleDefinitionId": f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Authorization"
            f"/roleDefinitions/{role.guid if role is not None else ''}",
            "scope": write.id.scope.text if write.id.scope is not None else "/",
            "createdOn": before.get("createdOn", now),
            "createdBy": before.get("createdBy", write.principal_id),
            "updatedOn": now,
            "updatedBy": write.principal_id,
        }
        private: JSON = (
            write.existing.private
            if write.existing is not None
            else {"effective": azure.clock.due(self.create_seconds + ROLE_DELAY.virtual(azure.store))}
        )
        return Resource(id=write.id, body={**write.body, "properties": properties}, private=private)

    def select(
        self, azure: Azure, scope: ResourceId, found: list[Resource], query: Mapping[str, str]
    ) -> list[Resource]:
        """Those at the scope, above it and below; `atScope()` leaves out those below.

        :raises ArmError: filter.
        """
        wanted = query.get("$filter", "")
        listed = [
            assignment
            for assignment in azure.store.of_type(self.type)
            if assignment.id.scope is not None
            and (
                scope.within(assignment.id.scope)
                or (assignment.id.scope.within(scope) and "atscope()" not in wanted.lower())
            )
        ]
        for clause in re.split(r"\s+and\s+", wanted) if wanted else ():
            match = _ASSIGNED.fullmatch(clause)
            if match is None:
                raise FILTER.broken(filter=wanted)
            principal = str(match.group(1) or match.group(2) or "").lower()
            listed = [a for a in listed if principal in ("", str(a.properties.get("principalId")).lower())]
        return listed

    def missing(self, resource_id: ResourceId) -> ArmError:
        return ArmError(
            404,
            "RoleAssignmentNotFound",
            f"The role assignment '{resource_id.name.replace('-', '')}' is not found.",
        )

    def removed(self, azure: Azure, resource: Resource) -> None:
        revoke(azure.store, azure.clock, resource)
        azure.store.remove(resource.id)


class ManagementLock(Kind):
    """A lock at a scope; everything below inherits it. The resource manager itself enforces it."""

    type = LOCK
    create_seconds = 1
    update_seconds = 1
    delete_seconds = 1
    synchronous = True
    has_state = False
    located = False
    groups = False


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


KINDS: tuple[Kind, ...] = (RoleAssignment(), ManagementLock())
