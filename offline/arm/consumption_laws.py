"""Laws of budgets. Their errors carry the status as code."""

from offline.arm.errors import Law

_SPECIFICATION = "Azure/azure-rest-api-specs, consumption.json, BudgetProperties (code and text unconfirmed)"

START = Law(
    id="budget-start",
    status=400,
    code="400",
    message="Invalid start date {start}: the start date of a monthly budget should not be prior to the current month "
    "and cannot be more than one year into the future.",
    source="hashicorp/terraform-provider-azurerm#12121 (rule; the text's wording unconfirmed)",
    protects="a budget whose fixed start date has passed, or lies far ahead, when a stack is made anew",
    remedy="Set the start date to the first of this month. Once the budget exists, leave it as it is: it may then lie "
    "in the past.",
    unconfirmed=True,
)
START_CHANGE = Law(
    id="budget-start-change",
    status=400,
    code="400",
    message="Start date of budgets cannot be updated. Please delete and create a new budget.",
    source="jpsnover/ai-triad-research#1697, Azure/CanadaPubSecALZ#317",
    protects="a start date that is computed from today's: the deployment fails in every month but the first",
    remedy="Write the start date down as configuration. To move it, replace the budget, which forgets its history.",
)
START_DAY = Law(
    id="budget-start-day",
    status=400,
    code="400",
    message="Invalid start date {start}: the start date must be first of the month and should be less than "
    "the end date.",
    source=_SPECIFICATION,
    protects="a budget that starts on the day of its deployment",
    unconfirmed=True,
)
NOTIFICATIONS = Law(
    id="budget-notifications",
    status=400,
    code="400",
    message="A budget can have up to five notifications, and {count} are given.",
    source=_SPECIFICATION,
    protects="a sixth threshold",
    unconfirmed=True,
)
