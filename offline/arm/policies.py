"""Azure Policy, as far as it denies.

Policies are a fact of the subscription, in Azure's own language of rules: `{"name", "if"}`, whose effect is deny. Of
that language there is `allOf`, `anyOf` and `not`, and conditions on a `field`: `type`, `name`, `location`, `kind`,
`tags['…']`, and aliases of single properties. Source: docs governance/policy/concepts/definition-structure-policy-rule.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from offline.arm.errors import JSON, Law
from offline.arm.ids import ResourceId
from offline.arm.store import Store

POLICIES_FACT = "subscription.policies"
"""Store fact: list of `{"name", "if"}` in the language of Azure Policy; what `if` fits is denied."""

POLICY = Law(
    id="policy",
    status=403,
    code="RequestDisallowedByPolicy",
    message="Resource '{name}' was disallowed by policy. Policy identifiers: '{identifiers}'.",
    source="microsoft/vscode-apimanagement#348",
    protects="a resource that the owners of the subscription do not allow: public access, a region, a missing tag",
    remedy="Read the policy that the text names, and set what it asks for; or ask its owner for an exemption.",
)
POLICY_RULE = Law(
    id="policy-rule",
    status=400,
    code="InvalidPolicyRule",
    message="Failed to parse policy rule: '{why}'.",
    source="docs governance/policy/troubleshoot: the code; Azure says so when a policy is written",
    protects="a policy that this offline Azure cannot judge, and would otherwise pass over",
    unconfirmed=True,
)


def _like(value: str | None, wanted: Any) -> bool:
    parts = str(_folded(wanted)).split("*")
    return value is not None and re.fullmatch(".*".join(map(re.escape, parts)), value) is not None


def _folded(value: object) -> str | None:
    """Azure compares without regard to case, and a truth value as its word."""
    if value is None:
        return None
    return (str(value) if not isinstance(value, bool) else json.dumps(value)).lower()


Test = Callable[[str | None, Any], bool]

_TESTS: Mapping[str, Test] = {
    "equals": lambda value, wanted: value == _folded(wanted),
    "notEquals": lambda value, wanted: value != _folded(wanted),
    "in": lambda value, wanted: value in [_folded(item) for item in wanted],
    "notIn": lambda value, wanted: value not in [_folded(item) for item in wanted],
    "like": _like,
    "notLike": lambda value, wanted: not _like(value, wanted),
    "exists": lambda value, wanted: (value is not None) == (_folded(wanted) == "true"),
}
"""By the word of a condition: whether a field's value, folded, is as it says."""


def check(store: Store, resource_id: ResourceId, resource_type: str, body: JSON) -> None:
    """Judge a resource as it would be.

    :raises ArmError: policy; policy-rule.
    """
    policies = store.fact(POLICIES_FACT)
    for policy in policies if isinstance(policies, list) else []:
        fields: JSON = {**body, "type": resource_type, "name": resource_id.name, "id": resource_id.text}
        if not _fits(policy["if"], fields):
            continue
        base = f"/subscriptions/{resource_id.subscription}/providers/Microsoft.Authorization"
        words = {
            part: {"name": policy["name"], "id": f"{base}/{part[0].lower()}{part[1:]}s/{policy['name']}"}
            for part in ("policyAssignment", "policyDefinition")
        }
        error = POLICY.broken(name=resource_id.name, identifiers=json.dumps([words], separators=(",", ":")))
        error.extra["target"] = resource_id.name
        raise error


def _fits(rule: Any, fields: JSON) -> bool:
    match rule:
        case {"allOf": [*rules]}:
            return all(_fits(inner, fields) for inner in rules)
        case {"anyOf": [*rules]}:
            return any(_fits(inner, fields) for inner in rules)
        case {"not": dict(inner)}:
            return not _fits(inner, fields)
        case {"field": str(name), **conditions} if len(conditions) == 1:
            test = _TESTS.get(str(next(iter(conditions))))
            if test is not None:
                return test(_folded(_value(name, fields)), next(iter(conditions.values())))
    raise POLICY_RULE.broken(
        why=f"{json.dumps(rule)}: this offline Azure knows allOf, anyOf, not, and field with one of {', '.join(_TESTS)}"
    )


def _value(name: str, fields: JSON) -> object:
    """What a field stands for; None when the resource has no such thing.

    :raises ArmError: policy-rule.
    """
    if name in ("type", "name", "id", "location", "kind", "tags"):
        return fields.get(name)
    tag = re.fullmatch(r"tags(?:\['(.+)'\]|\[(.+)\]|\.(.+))", name)
    if tag is not None:
        tags = fields.get("tags")
        return tags.get(tag[1] or tag[2] or tag[3]) if isinstance(tags, dict) else None
    if "/" not in name or "[" in name:
        raise POLICY_RULE.broken(why=f"this offline Azure does not know the field '{name}'")
    alias, prefix = name.lower(), f"{fields['type']}/".lower()
    if not alias.startswith(prefix):
        return None
    steps = name[len(prefix) :].split(".")
    # An alias leaves `properties` out; what stands beside them (sku, identity) is named the same way.
    below = _walk(fields.get("properties"), steps)
    return below if below is not None else _walk(fields, steps)


def _walk(body: object, steps: list[str]) -> object:
    for step in steps:
        if not isinstance(body, dict):
            return None
        body = next((value for key, value in body.items() if str(key).lower() == step.lower()), None)
    return body
