"""The rules that look at a whole stack: what must fit together, whoever wrote it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from policy.rules import ACCOUNT, APP, DEPLOYMENT, ENVIRONMENT, VAULT, Props

DIAGNOSTIC_SETTING: Final = "azure-native:monitor:DiagnosticSetting"
CONFIG: Final = "litellm-config"
"""The app's secret that holds LiteLLM's config."""
WATCHED: Final = frozenset({ACCOUNT, VAULT, ENVIRONMENT, APP})
"""Types whose logs somebody will look for."""


@dataclass(frozen=True)
class Resource:
    """A resource of the stack, as far as a rule looks at it."""

    urn: str
    type: str
    props: Props
    """Its inputs."""
    named_by: Mapping[str, Sequence[str]]
    """The URNs that each of its properties comes from."""

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class StackRule:
    """What must hold of a stack."""

    name: str
    description: str
    broken: Callable[[Sequence[Resource]], Iterator[tuple[str, str]]]
    """(what is wrong, URN of where)"""


def _watched(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    told = {
        urn
        for found in resources
        if found.type == DIAGNOSTIC_SETTING
        for urn in found.named_by.get("resourceUri", ())
    }
    for found in resources:
        if found.type in WATCHED and found.urn not in told:
            yield (
                f"{found.name} has no diagnostic setting: its logs go nowhere. Watch it in Observability.",
                found.urn,
            )


def _keyless(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """A gateway that signs in by its identity, in front of an account that still takes keys."""
    identified = any(
        variable["name"] == "AZURE_CREDENTIAL"
        for app in resources
        if app.type == APP
        for container in app.props["template"]["containers"]
        for variable in container.get("env", ())
    )
    for found in resources:
        if identified and found.type == ACCOUNT and not found.props["properties"].get("disableLocalAuth"):
            yield (
                f"{found.name} still takes keys, which nobody needs. Write disable_local_auth: True.",
                found.urn,
            )


def _same_names(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """What the gateway's config names is deployed, in the account and under the name that it says; and the reverse."""
    gateways = [found for found in resources if found.type == APP]
    named = {
        place: (alias, found.urn)
        for found in gateways
        for secret in found.props["configuration"].get("secrets", ())
        if secret["name"] == CONFIG
        for place, alias in _named(yaml.safe_load(secret["value"]))
    }
    if not named:
        return
    accounts = {found.urn: str(found.props["accountName"]) for found in resources if found.type == ACCOUNT}
    deployed = {
        (accounts[urn], str(found.props["deploymentName"])): found.urn
        for found in resources
        if found.type == DEPLOYMENT
        # By where its account's name comes from: before the first `up` the engine calls the name itself unknown.
        for urn in found.named_by["accountName"]
        if urn in accounts
    }
    for account, name in named.keys() - deployed.keys():
        alias, gateway = named[account, name]
        yield (
            f"The gateway's config calls {alias} deployment {name} of {account}, and the stack has no such deployment: "
            "callers get 404. Deploy it, or drop the entry.",
            gateway,
        )
    for account, name in deployed.keys() - named.keys():
        yield (
            f"Deployment {name} of {account} is in no entry of the gateway's config: it is paid for and never called. "
            "Name it there, or drop it.",
            deployed[account, name],
        )


def _named(config: Any) -> Iterator[tuple[tuple[str, str], str]]:
    """(account, deployment) of every entry that is Azure's, with the name that clients use."""
    for entry in config["model_list"]:
        params = entry["litellm_params"]
        if params["model"].startswith("azure/"):
            account = params["api_base"].removeprefix("https://").partition(".")[0]
            yield (account, params["model"].removeprefix("azure/")), entry["model_name"]


STACK_RULES: Final = (
    StackRule("diagnostic-settings", "What has logs sends them to the workspace", _watched),
    StackRule("keyless-accounts", "Where the gateway has an identity, accounts take no keys", _keyless),
    StackRule("same-names", "Config and deployments name the same", _same_names),
)
