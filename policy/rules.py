"""The rules: what one resource must be like. Pure functions of a resource's inputs, as azure-native spells them.

A rule yields what is wrong, each in a sentence that says what to change. An input that is not known yet raises
`UnknownValueError`; the engine then asks again before the resource is made.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError

from config.catalog import Catalog

Props = Mapping[str, Any]

ACCOUNT: Final = "azure-native:cognitiveservices:Account"
DEPLOYMENT: Final = "azure-native:cognitiveservices:Deployment"
VAULT: Final = "azure-native:keyvault:Vault"
ROLE: Final = "azure-native:authorization:RoleAssignment"
ROLE_DEFINITION: Final = "azure-native:authorization:RoleDefinition"
APP: Final = "azure-native:app:ContainerApp"
ENVIRONMENT: Final = "azure-native:app:ManagedEnvironment"

TAGGED: Final = frozenset(
    {
        ACCOUNT,
        VAULT,
        APP,
        ENVIRONMENT,
        "azure-native:resources:ResourceGroup",
        "azure-native:network:VirtualNetwork",
        "azure-native:network:NetworkSecurityGroup",
        "azure-native:network:PrivateEndpoint",
        "azure-native:privatedns:PrivateZone",
        "azure-native:privatedns:VirtualNetworkLink",
        "azure-native:managedidentity:UserAssignedIdentity",
        "azure-native:operationalinsights:Workspace",
        "azure-native:monitor:ActionGroup",
        "azure-native:monitor:MetricAlert",
        "azure-native:applicationinsights:Workbook",
    }
)
"""Types that take tags, as far as a gateway has them."""
TAGS: Final = ("workload", "environment", "managed-by")

# Azure built-in roles that may do everything, or give such rights away; learn.microsoft.com.
WIDE_ROLES: Final[Mapping[str, str]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)(_\d+)?$")


@dataclass(frozen=True)
class Rule:
    """What must hold of the resources of some types."""

    name: str
    description: str
    types: frozenset[str]
    broken: Callable[[Props, date], Iterator[str]]
    """What is wrong with a resource, judged as of a day."""


def _private(props: Props, today: date) -> Iterator[str]:
    if props.get("properties", {}).get("publicNetworkAccess") != "Disabled":
        yield "It can be reached from the internet. Write public_network_access: Disabled, and give it an endpoint."


def _role_based(props: Props, today: date) -> Iterator[str]:
    if props["properties"].get("enableRbacAuthorization") is not True:
        yield "Access policies decide who reads it. Write enable_rbac_authorization: True."


def _purge_protected(props: Props, today: date) -> Iterator[str]:
    if props["properties"].get("enablePurgeProtection") is not True:
        yield "Whoever deletes it can purge it, keys and all. Write enable_purge_protection: True."


def _narrow(props: Props, today: date) -> Iterator[str]:
    role = WIDE_ROLES.get(str(props["roleDefinitionId"]).rpartition("/")[2].lower())
    if role is not None:
        yield f"{role} may do everything. Give the role that is for this one thing."
    try:
        scope = str(props["scope"])
    except UnknownValueError:
        return  # What it is for has yet to be made; asked again before the role is.
    if "/providers/" not in scope:
        yield f"It reaches all of {scope}. Give it on the one resource that it is for."


def _no_wildcard(props: Props, today: date) -> Iterator[str]:
    for permission in props.get("permissions", ()):
        for action in (*permission.get("actions", ()), *permission.get("dataActions", ())):
            if "*" in action:
                yield f"It allows {action}, and so what nobody has thought of yet. List the actions."


def _pinned(props: Props, today: date) -> Iterator[str]:
    for container in props["template"]["containers"]:
        image = container["image"]
        tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
        if "@sha256:" not in image and (not tag or "latest" in tag):
            yield f"{image} is another image tomorrow. Name the tag of one version, or its digest."


def _encrypted(props: Props, today: date) -> Iterator[str]:
    if props["configuration"].get("ingress", {}).get("allowInsecure") is not False:
        yield "It answers without TLS. Write allow_insecure: False."


def _tagged(props: Props, today: date) -> Iterator[str]:
    missing = [tag for tag in TAGS if not props.get("tags", {}).get(tag)]
    if missing:
        yield f"It lacks the tags {', '.join(missing)}: nobody can say whose it is. Give it the stack's tags."


def _by_reference(props: Props, today: date) -> Iterator[str]:
    for container in props["template"]["containers"]:
        for variable in container.get("env", ()):
            if _SECRET_NAME.search(variable["name"]) and "value" in variable:
                yield f"{variable['name']} is written out. Keep it in the vault, and name it by secret_ref."


def _alive(props: Props, today: date) -> Iterator[str]:
    model, catalog = props["properties"]["model"], Catalog.load()
    version = catalog.find(model["name"], str(model.get("version", "")))
    if version is None:
        yield f"{model['name']} {model.get('version', '')} is not in config/catalog.yaml. Add it with its dates."
        return
    told = catalog.lifecycle(version, today, props["sku"]["name"]).message
    if told:
        yield told


RULES: Final = (
    Rule(
        "private-account", "Accounts are reached by private endpoints alone", frozenset({ACCOUNT}), _private
    ),
    Rule("private-vault", "Vaults are reached by private endpoints alone", frozenset({VAULT}), _private),
    Rule("vault-roles", "Roles decide who reads a vault", frozenset({VAULT}), _role_based),
    Rule("vault-purge-protection", "A deleted vault can be had back", frozenset({VAULT}), _purge_protected),
    Rule("narrow-roles", "A role is for one thing, on one thing", frozenset({ROLE}), _narrow),
    Rule(
        "no-wildcard-roles", "A custom role lists what it allows", frozenset({ROLE_DEFINITION}), _no_wildcard
    ),
    Rule("pinned-images", "An image is one version", frozenset({APP}), _pinned),
    Rule("tls", "Calls are encrypted", frozenset({APP}), _encrypted),
    Rule("tags", "A resource says whose it is", TAGGED, _tagged),
    Rule("secrets-by-reference", "No secret is in a template", frozenset({APP}), _by_reference),
    Rule("living-models", "No model is deprecated or retired", frozenset({DEPLOYMENT}), _alive),
)
