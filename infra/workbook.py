"""The workbook: what the portal shows of the gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import applicationinsights

from config import names, workbook


@dataclass(frozen=True, kw_only=True)
class WorkbookArgs:
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    subscription_id: pulumi.Input[str]
    group: str
    """The resource group's name, whatever is known of it yet."""
    title: str
    workspace_id: pulumi.Input[str]
    account_ids: Sequence[pulumi.Input[str]]
    tags: Mapping[str, str]


class Workbook(pulumi.ComponentResource):
    """A page of charts over the workspace and the accounts' metrics.

    Children: the workbook, which Azure names by a GUID. Leaves alone: the logs that it asks (`observability`).
    """

    def __init__(self, name: str, args: WorkbookArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:workbook:Workbook", name, None, opts)
        applicationinsights.Workbook(
            name,
            resource_name_=pulumi.Output.from_input(args.subscription_id).apply(
                lambda subscription: names.workbook(subscription, args.group)
            ),
            resource_group_name=args.resource_group_name,
            location=args.location,
            kind=applicationinsights.WorkbookSharedTypeKind.SHARED,
            category="workbook",
            display_name=args.title,
            source_id=args.workspace_id,
            version="1.0",
            serialized_data=pulumi.Output.all(args.workspace_id, *args.account_ids).apply(
                lambda ids: workbook.render(ids[0], ids[1:])
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
