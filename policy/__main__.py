"""Guardrails as a Pulumi policy pack: `pulumi preview --policy-pack policy`.

Mandatory, so that a broken rule stops a preview and an `up`; `--policy-pack-config policy/advisory.json` makes them
warnings, for a stack to try things out in.
"""

import sys
from datetime import date
from pathlib import Path

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

# The engine starts the pack as a folder, beside which the program's catalog lies.
sys.path.insert(0, str(Path(__file__).parent.parent))

from policy.rules import RULES, Props, Rule
from policy.stack_rules import STACK_RULES, Resource, StackRule

AS_OF = PolicyConfigSchema(properties={"asOf": {"type": "string"}})
"""The day that models are judged by, such as 2026-11-22; today when left out."""


asked: dict[str, Props] = {}
"""Every resource's inputs by its URN: a stack rule is shown what Azure answers, not what the program asked for."""


def of_resource(rule: Rule) -> ResourceValidationPolicy:
    """A rule as the engine asks it."""

    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        asked[args.urn] = args.props
        if args.resource_type in rule.types:
            day = args.get_config().get("asOf")
            today = date.fromisoformat(day) if day else date.today()
            for what in rule.broken(args.props, today):
                report_violation(what, args.urn)

    return ResourceValidationPolicy(
        name=rule.name, description=rule.description, validate=validate, config_schema=AS_OF
    )


def of_stack(rule: StackRule) -> StackValidationPolicy:
    """A rule of a whole stack as the engine asks it."""

    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        resources = [
            Resource(
                urn=found.urn,
                type=found.resource_type,
                props=asked.get(found.urn, found.props),
                named_by={
                    name: [other.urn for other in others]
                    for name, others in found.property_dependencies.items()
                },
            )
            for found in args.resources
        ]
        for what, urn in rule.broken(resources):
            report_violation(what, urn)

    return StackValidationPolicy(name=rule.name, description=rule.description, validate=validate)


if __name__ == "__main__":
    PolicyPack(
        name="litellm-azure",
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=[*map(of_resource, RULES), *map(of_stack, STACK_RULES)],
    )
