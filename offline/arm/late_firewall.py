"""A vault's network rules: Azure answers that they are changed, and goes by the old ones for a while."""

import time

from offline.arm.delays import Delay
from offline.arm.errors import JSON
from offline.arm.kinds import Azure
from offline.arm.store import Resource

SPREADING = Delay(fact="firewall-delay-seconds", seconds=30)
"""Half a minute to a quarter of an hour (docs key-vault/general/common-error-codes)."""

RULES = ("publicNetworkAccess", "networkAcls")


def spreading(azure: Azure, before: Resource, wanted: JSON) -> JSON:
    """The private part of a resource whose rules are written: with the old ones, which still count for a while.

    :param wanted: properties as they will be shown.
    """
    if all(before.properties.get(word) == wanted.get(word) for word in RULES):
        return before.private
    old = rules_in_force(before)
    rules = {word: old[word] for word in RULES if word in old}
    return {**before.private, "oldRules": {"until": SPREADING.due(azure.store, azure.clock), "rules": rules}}


def rules_in_force(target: Resource) -> JSON:
    """What a vault or an account goes by now, of its properties that say who gets in from outside."""
    old = target.private.get("oldRules")
    if isinstance(old, dict) and old["until"] > time.time():
        rules: JSON = old["rules"]
        return rules
    return target.properties
