"""The budget: who hears of it when the stack costs more than was meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pulumi
from pulumi_azure_native import consumption

# Percent of the amount, of what was spent and of what the month will come to by Azure's forecast. Azure takes five.
SPENT = (50, 80, 100)
FORECAST = (100, 120)


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    scope: pulumi.Input[str]
    """The id of what is paid for: the resource group."""
    amount: int
    start: date
    late: str | None
    """What to say where Azure would make no budget with this start."""
    emails: Sequence[str]
    group_ids: Sequence[pulumi.Input[str]]
    """Action groups that are told too."""


class BudgetStartError(Exception):
    """What the engine shows at the budget that cannot be."""


class Budget(pulumi.ComponentResource):
    """A monthly budget of the resource group. Named as Azure names it.

    Children: the budget. Leaves alone: spending, which it does not stop.
    """

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:budget:Budget", name, None, opts)
        consumption.Budget(
            name,
            budget_name=name,
            scope=args.scope,
            category=consumption.CategoryType.COST,
            amount=args.amount,
            time_grain=consumption.TimeGrainType.MONTHLY,
            time_period=consumption.BudgetTimePeriodArgs(start_date=f"{args.start.isoformat()}T00:00:00Z"),
            notifications={
                f"{kind.value}_GreaterThan_{percent}_Percent": consumption.NotificationArgs(
                    enabled=True,
                    operator=consumption.OperatorType.GREATER_THAN,
                    threshold=percent,
                    threshold_type=kind,
                    contact_emails=list(args.emails),
                    contact_groups=list(args.group_ids),
                )
                for kind, percents in (
                    (consumption.ThresholdType.ACTUAL, SPENT),
                    (consumption.ThresholdType.FORECASTED, FORECAST),
                )
                for percent in percents
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                # Azure refuses another start in place; under the same name the old one has to go first.
                replace_on_changes=["timePeriod.startDate"],
                delete_before_replace=True,
                hooks=_hooks(name, args.late) if args.late else None,
            ),
        )
        self.register_outputs({})


def _hooks(name: str, late: str) -> pulumi.ResourceHookBinding:
    """No creation at a time at which Azure refuses it; in a preview too, so that nothing else has begun."""

    def refuse(_args: pulumi.ResourceHookArgs) -> None:
        raise BudgetStartError(late)

    early = pulumi.ResourceHookOptions(on_dry_run=True)
    return pulumi.ResourceHookBinding(
        before_create=[pulumi.ResourceHook(f"late-budget-{name}", refuse, early)]
    )
