"""The few refusals of Azure that time alone cures, tried again a bounded number of times.

What ordering can exclude is ordered; this is for the rest. Each row names the code as Azure sends it; anything
else fails at once. Sources are public issue threads, 2026-11.

A delete in `pulumi destroy` is tried again only when the program is there to be asked: `pulumi destroy --run-program`,
or PULUMI_RUN_PROGRAM=true. Without it Azure's refusal ends the destroy, and the next one goes on from there.
"""

import asyncio
import re
from dataclasses import dataclass

import pulumi

# Seconds between tries: about ten minutes in all, which is how long a role may take to arrive.
WAITS = (2, 5, 10, 20, 40, 60, 120, 150, 200)

HOOK = "passing-refusals"


@dataclass(frozen=True)
class Passing:
    """A refusal that passes."""

    code: str
    why: str
    """What it is, and where it was seen."""
    text: str = ""
    """Part of its message, where the code alone says too little."""
    only: frozenset[str] = frozenset({"create", "update", "delete"})


PASSING = (
    Passing(
        "AccountProvisioningStateInvalid",
        "the network provider still sees the account as Accepted, seconds after it succeeded "
        "(hashicorp/terraform-provider-azurerm#31712)",
    ),
    Passing(
        "RequestConflict",
        "another write under the same account: deletes of neighbours run side by side (Azure-Samples/tutor#117)",
    ),
    Passing(
        "InvalidParameterValueInContainerTemplate",
        "a role on the secret has not arrived yet (microsoft/azure-container-apps#1174)",
        text="Unable to get value using Managed identity",
    ),
    Passing(
        "InUseSubnetCannotBeDeleted",
        "a deleted environment's link to the subnet goes minutes later (terraform-provider-azurerm's source)",
        only=frozenset({"delete"}),
    ),
    Passing("ManagedEnvironmentSubnetInUse", "the environment that was there before still holds the subnet"),
    Passing(
        "CannotDeleteResource",
        "Azure still counts children that are gone: links of a zone, deployments of an account "
        "(Azure/azure-cli#15010, DefangLabs/pulumi-defang#245)",
        text="nested resources exist",
        only=frozenset({"delete"}),
    ),
)

# An operation that Azure accepted and then failed: the resource exists, so creating it again is refused ("cannot
# create already existing resource") and would drop it from the state. The next `up` updates it instead. The text is
# how the engine (3.255, plugin.InitError) writes such an error, and no other.
_HALF_MADE = re.compile(r"\d+ errors? occurred:|resource init failed")


def passing(operation: str, error: str) -> Passing | None:
    """Which row an error is; None when trying again would be of no use."""
    if operation == "create" and _HALF_MADE.match(error):
        return None
    return next(
        (
            row
            for row in PASSING
            if operation in row.only and re.search(rf"\b{row.code}\b", error) and row.text in error
        ),
        None,
    )


async def try_again(args: pulumi.ErrorHookArgs) -> bool:
    """The engine's question after each failure, `errors` newest first: once more?"""
    tries = len(args.errors)
    if not args.errors or tries > len(WAITS) or not passing(args.failed_operation, args.errors[0]):
        return False
    await asyncio.sleep(WAITS[tries - 1])
    return True


def install() -> None:
    """Give every Azure resource of this stack the hook. Call it before the first one is made."""
    hook = pulumi.ErrorHook(HOOK, try_again)

    def attach(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("azure-native:"):
            return None
        args.opts.hooks = pulumi.ResourceHookBinding.merge(
            args.opts.hooks, pulumi.ResourceHookBinding(on_error=[hook])
        )
        return pulumi.ResourceTransformationResult(props=args.props, opts=args.opts)

    pulumi.runtime.register_stack_transformation(attach)
