"""Microsoft.Insights: workbooks, the portal's pages of charts. Nothing draws them here."""

import uuid

from offline.arm import application_insights_laws as laws
from offline.arm.application_insights import InsightsKind
from offline.arm.errors import JSON
from offline.arm.identity_block import identity_block
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.store import Resource

TITLE_TAG = "hidden-title"
"""The tag in which Azure repeats the display name."""


class Workbook(InsightsKind):
    """A workbook, named by a GUID. Its content is written, and a plain GET shows none of it.

    Source: the recordings of Azure/azure-cli-extensions, extension application-insights.
    """

    type = "Microsoft.Insights/workbooks"
    create_seconds = 3  # assumed
    update_seconds = 3
    delete_seconds = 2
    has_state = False

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: workbook-name, workbook-twice."""
        try:
            uuid.UUID(write.id.name)
        except ValueError as cause:
            raise laws.WORKBOOK_NAME.broken(name=write.id.name) from cause
        for other in azure.store.of_type(self.type):
            if other.id.key != write.id.key and _place(other) == _place(
                Resource(id=write.id, body=write.body)
            ):
                raise laws.WORKBOOK_TWICE.broken()

    def accept(self, azure: Azure, write: Write) -> Resource:
        tags = write.body.get("tags")
        properties: JSON = {
            **write.properties,
            "userId": write.principal_id,
            "timeModified": azure.clock.stamp(),
            "revision": uuid.uuid4().hex,
        }
        body: JSON = {
            "kind": "shared",
            **write.body,
            "etag": f'"{uuid.uuid4()}"',
            "tags": {
                **(tags if isinstance(tags, dict) else {}),
                TITLE_TAG: properties.get("displayName"),
            },
            "properties": properties,
        }
        identity = identity_block(azure, write)
        if identity is not None:
            body["identity"] = identity
        return Resource(id=write.id, body=body)

    def shown(self, azure: Azure, resource: Resource) -> JSON:
        shown = super().shown(azure, resource)
        return {**shown, "properties": {**resource.properties, "serializedData": None}}


def _place(workbook: Resource) -> tuple[str, ...]:
    """Where a workbook stands for people: group, what it is about, and its display name."""
    properties = workbook.properties
    words = (workbook.id.group, properties.get("sourceId"), properties.get("displayName"))
    return tuple(str(word or "").lower() for word in words)


KINDS: tuple[Kind, ...] = (Workbook(),)
