"""Microsoft.Resources: resource groups, whose delete takes everything in them along."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping

from offline.arm.errors import JSON, ArmError, Law
from offline.arm.general_laws import RG_BLOCKED, RG_DELETING, RG_MISSING
from offline.arm.held_subnets import release
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.listing import asked_for, passes
from offline.arm.operations import remove_tree
from offline.arm.store import Resource

NAME_INVALID = Law(
    id="rg-name",
    status=400,
    code="InvalidResourceGroup",
    message="The provided resource group name '{name}' has these invalid characters: '{bad}'. "
    "The name can only be a letter, digit, '-', '.', '(', ')' or '_'.",
    source="docs azure-resource-manager/management/resource-name-rules (text unconfirmed)",
    protects="a group name with a space or a slash in it",
    unconfirmed=True,
)


class ResourceGroup(Kind):
    """A resource group. Its members are deleted as Azure does it: all at once, the refused ones again later."""

    type = "Microsoft.Resources/resourceGroups"
    reads = frozenset({"$filter"})
    synchronous = True
    deletes_synchronously = False
    create_seconds = 2.8
    update_seconds = 0.6
    delete_seconds = 26
    system_data = False
    state_after_refused_delete = "Succeeded"

    def busy_scopes(self, azure: Azure, resource_id: ResourceId, properties: JSON) -> tuple[ResourceId, ...]:
        """What runs inside a group keeps nobody from tagging or deleting it."""
        return ()

    def check(self, azure: Azure, write: Write) -> None:
        name = write.id.name
        if write.existing is not None and write.existing.state == "Deleting":
            raise RG_DELETING.broken(rg=name)
        bad = "".join(sorted({char for char in name if not (char.isalnum() or char in "-._()")}))
        if bad or len(name) > 90 or name.endswith("."):
            raise NAME_INVALID.broken(name=name, bad=bad or ".")

    def select(
        self, azure: Azure, scope: ResourceId, found: list[Resource], query: Mapping[str, str]
    ) -> list[Resource]:
        """Those with a tag, where one is asked for."""
        wanted = asked_for(query)
        return [group for group in found if passes(group.body, group.id, wanted)]

    def missing(self, resource_id: ResourceId) -> ArmError:
        return RG_MISSING.broken(rg=resource_id.name)

    async def unprovision(self, azure: Azure, resource: Resource) -> None:
        refused: set[str] = set()
        while members := _members(azure, resource.id):
            await _let_finish(azure, resource.id)
            release(azure.store, resource.id)
            deletable, refused_now = _sorted(azure, members)
            if not deletable:
                inside = _children(azure, members)
                deletable, _ = _sorted(azure, inside)
            if not deletable:
                refused = refused_now
                break
            seconds = max(azure.kinds[member.type.lower()].delete_seconds for member in deletable)
            await asyncio.gather(
                azure.clock.sleep(seconds),
                *(azure.kinds[member.type.lower()].unprovision(azure, member) for member in deletable),
            )
            with azure.store.together():
                for member in deletable:
                    current = azure.store.get(member.id)
                    if current is not None:
                        remove_tree(azure, azure.kinds[member.type.lower()], current)
        if refused:
            raise RG_BLOCKED.broken(rg=resource.id.name, ids=",".join(sorted(refused)), tracking=uuid.uuid4())


def _members(azure: Azure, group_id: ResourceId) -> list[Resource]:
    """The resources of a group that are nobody's child and hang on nothing."""
    return [
        resource
        for resource in azure.store.below(group_id)
        if resource.id.parent is None
        and resource.id.scope is not None
        and resource.id.scope.key == group_id.key
        if azure.kinds[resource.type.lower()].groups
    ]


def _children(azure: Azure, members: Iterable[Resource]) -> list[Resource]:
    return [
        child
        for member in members
        for child in azure.store.below(member.id)
        if child.id.parent is not None and azure.kinds[child.type.lower()].groups
    ]


def _sorted(azure: Azure, wanted: Iterable[Resource]) -> tuple[list[Resource], set[str]]:
    """Those that their service lets go now, and the ids of the others."""
    deletable: list[Resource] = []
    refused: set[str] = set()
    for resource in wanted:
        try:
            azure.kinds[resource.type.lower()].check_delete(azure, resource)
        except ArmError:
            refused.add(resource.id.text)
        else:
            deletable.append(resource)
    return deletable, refused


async def _let_finish(azure: Azure, group_id: ResourceId) -> None:
    """Wait until nothing else runs inside the group."""
    while any(
        running.resource.within(group_id) and running.resource.key != group_id.key
        for running in azure.store.unfinished()
    ):
        await azure.clock.sleep(1)


KINDS: tuple[Kind, ...] = (ResourceGroup(),)
