"""What has to be over before what, and why: from what the requests say, and from Azure's laws.

Not from the program's own order, which is what the result is to be held against.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.chain import Apart, Edge
from bench.record import Operation
from offline.arm.access import DELAY_SECONDS, ROLE_ASSIGNMENT
from offline.arm.container_apps import APP, ENVIRONMENT
from offline.arm.ids import ResourceId
from offline.arm.network import SUBNET
from offline.arm.network_view import ENDPOINT
from offline.arm.private_endpoints import ACCEPTED_LAG, ACCOUNT, ZONE_GROUP

DEPLOYMENT = f"{ACCOUNT}/deployments"
SECRET = "Microsoft.KeyVault/vaults/secrets"  # noqa: S105  a resource type
LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"

LIES_IN = "data: lies in it"
NAMES = "data: names it"
OUTPUT = "data: holds what it gave out"

Operations = Sequence[Operation]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A law by which one resource has to be whole before another is asked for, though the request need not say so."""

    law: str
    first: str
    """ARM type."""
    then: str
    applies: Callable[[Operation, Operation, Operations], bool]
    """Whether it binds these two, among all."""
    lag: float = 0.0
    """Azure's seconds that the law takes beyond the first one's end."""


@dataclass(frozen=True, kw_only=True)
class OneAtATime:
    """A law by which siblings of a type must not be written at once."""

    law: str
    type: str


def _names(then: Operation, id: ResourceId) -> bool:
    return any(_about(text, id.key) for text in then.told)


def _target(first: Operation, then: Operation, _all: Operations) -> bool:
    """The endpoint leads to the account."""
    return _names(then, first.id)


def _inside_target(first: Operation, then: Operation, _all: Operations) -> bool:
    """The endpoint leads to the account that the deployment is in."""
    return first.id.parent is not None and _names(then, first.id.parent)


def _read_by(app: Operation, everything: Operations) -> list[Operation]:
    """The vault's secrets that an app refers to."""
    return [
        found
        for found in everything
        if found.id.type == SECRET
        and any(
            text.startswith("https://{}.vault.azure.net/secrets/{}".format(*found.id.names).lower())
            for text in app.told
        )
    ]


def _is_read(first: Operation, then: Operation, everything: Operations) -> bool:
    return first in _read_by(then, everything)


def _lets_read(first: Operation, then: Operation, everything: Operations) -> bool:
    """The role is on a secret that the app refers to, or above it."""
    scope = first.id.scope
    return scope is not None and any(secret.id.within(scope) for secret in _read_by(then, everything))


def _leads_to_read(first: Operation, then: Operation, everything: Operations) -> bool:
    """The endpoint leads to the vault of such a secret."""
    vaults = {secret.id.parent for secret in _read_by(then, everything)}
    return any(vault is not None and _names(first, vault) for vault in vaults)


def _names_what_leads(first: Operation, then: Operation, everything: Operations) -> bool:
    """The zone group gives such an endpoint its names."""
    return any(
        endpoint.id == first.id.parent and _leads_to_read(endpoint, then, everything)
        for endpoint in everything
        if endpoint.id.type == ENDPOINT
    )


def _shows_names(first: Operation, then: Operation, everything: Operations) -> bool:
    """The link shows the network the zone that such a zone group writes into."""
    return any(
        first.id.parent is not None
        and _names(group, first.id.parent)
        and _names_what_leads(group, then, everything)
        for group in everything
        if group.id.type == ZONE_GROUP
    )


RULES = (
    Rule(law="cog-pe-accepted", first=ACCOUNT, then=ENDPOINT, applies=_target, lag=ACCEPTED_LAG),
    # Or the other way round; then the deployments would wait for the endpoint, which takes longer.
    Rule(law="cog-pe-accepted", first=DEPLOYMENT, then=ENDPOINT, applies=_inside_target, lag=ACCEPTED_LAG),
    Rule(law="env-failed", first=ENVIRONMENT, then=APP, applies=_target),
    Rule(law="app-kv-ref", first=SECRET, then=APP, applies=_is_read),
    Rule(law="app-kv-ref", first=ROLE_ASSIGNMENT, then=APP, applies=_lets_read, lag=DELAY_SECONDS),
    Rule(law="app-kv-ref", first=ENDPOINT, then=APP, applies=_leads_to_read),
    Rule(law="app-kv-ref", first=ZONE_GROUP, then=APP, applies=_names_what_leads),
    Rule(law="app-kv-ref", first=LINK, then=APP, applies=_shows_names),
)

ONE_AT_A_TIME = (
    OneAtATime(law="net-parallel", type=SUBNET),
    OneAtATime(law="cog-parallel", type=DEPLOYMENT),
)


def edges(everything: Operations) -> list[Edge]:
    """All that has to be over before something else, by the keys of the resources' ids."""
    found = [edge for operation in everything for edge in _by_data(operation, everything)]
    found += [
        Edge(before=first.id.key, after=then.id.key, reason=rule.law, lag=rule.lag)
        for rule in RULES
        for first in everything
        if first.id.type == rule.first
        for then in everything
        if then.id.type == rule.then and rule.applies(first, then, everything)
    ]
    return found


def apart(everything: Operations) -> list[Apart]:
    """The sets of which only one may be written at a time."""
    sets: dict[tuple[str, str], list[str]] = {}
    for one in ONE_AT_A_TIME:
        for operation in everything:
            if operation.id.type == one.type and operation.id.parent is not None:
                sets.setdefault((one.law, operation.id.parent.key), []).append(operation.id.key)
    return [
        Apart(members=tuple(members), reason=law) for (law, _), members in sets.items() if len(members) > 1
    ]


def _by_data(then: Operation, everything: Operations) -> Iterator[Edge]:
    """What a request needs of others: where it lies, whom it names, and values that they alone have."""
    known = {operation.id.key: operation for operation in everything}
    for key, reason in _mentioned(then, known).items():
        yield Edge(before=key, after=then.id.key, reason=reason)
    for first in everything:
        if first.id != then.id and any(value in text for value in first.produced for text in then.told):
            yield Edge(before=first.id.key, after=then.id.key, reason=OUTPUT)


def _mentioned(then: Operation, known: Mapping[str, Operation]) -> dict[str, str]:
    """The resources of which a request speaks, each with how."""
    found: dict[str, str] = {}
    for text in then.told:
        # Of all ids that a text begins with, the longest is meant: each also begins with its group's.
        ids = [key for key in known if _about(text, key) and key != then.id.key]
        if ids:
            found[max(ids, key=len)] = NAMES
    above = (then.id.group_id, then.id.parent, then.id.scope)
    return found | {id.key: LIES_IN for id in above if id is not None and id.key in known and id != then.id}


def _about(text: str, key: str) -> bool:
    return text == key or text.startswith(f"{key}/")
