"""The program run against mocks, and everything that it asked the engine for.

The mocks' own record knows names and inputs; the requests know parents, order, hooks and which values are secret:
so the monitor keeps the requests. Tests look at the finished record, outside the event loop, and therefore
cannot pass by never being awaited.
"""

import asyncio
import json
import runpy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import yaml
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import Stack

from config.settings import SECRETS

PROJECT = Path(__file__).parents[2]
NAMESPACE = "litellm-azure"
# A day on which no model of the stack files has retired.
TODAY = "2026-11-22"

SUBSCRIPTION = "00000000-0000-0000-0000-00000000005b"
TENANT = "00000000-0000-0000-0000-0000000000d1"
ACCOUNT_KEY = "account-key-in-clear-0123456789"
RANDOM = "random-in-clear-0123456789"

# azure-native takes `accountName` and gives `name` back: the types whose `name` the program goes on with.
NAMED_BY = {
    "ResourceGroup": "resourceGroupName",
    "VirtualNetwork": "virtualNetworkName",
    "Account": "accountName",
    "Vault": "vaultName",
    "PrivateZone": "privateZoneName",
    "PrivateEndpoint": "privateEndpointName",
}


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A resource as the program registered it."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]
    """Plain values; a secret one is wrapped in `Secret`."""
    after: frozenset[str]
    """The URNs that it depends on."""
    deleted_with: str
    retained: bool
    """Whether it stays when the program no longer names it."""
    replace_on: tuple[str, ...]
    before_create: tuple[str, ...]
    on_error: tuple[str, ...]

    @property
    def alone(self) -> bool:
        """Whether it has no parent but the stack."""
        return self.parent.split("::")[2] == "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Secret:
    """A value that went over the wire marked as a secret."""

    value: Any


@dataclass
class Program:
    """One run of the program."""

    registrations: list[Registration] = field(default_factory=list)
    hooks: dict[str, pulumi.ResourceHook] = field(default_factory=dict)
    error_hooks: dict[str, pulumi.ErrorHook] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    """What the stack exports; a secret one is wrapped in `Secret`."""

    def of(self, kind: str) -> list[Registration]:
        """The resources of a kind, such as `app:ContainerApp`."""
        return [found for found in self.registrations if found.type == f"azure-native:{kind}"]

    def one(self, kind: str) -> Registration:
        (found,) = self.of(kind)
        return found

    def by_urn(self, urn: str) -> Registration:
        return next(found for found in self.registrations if found.urn == urn)

    def within(self, found: Registration) -> Iterator[str]:
        """The URNs that a resource waits for, and all that those wait for."""
        seen: set[str] = set()
        pending = list(found.after)
        while pending:
            urn = pending.pop()
            if urn not in seen:
                seen.add(urn)
                yield urn
                pending += self.by_urn(urn).after


class Azure(mocks.Mocks):
    """Answers as azure-native does, as far as the program looks at the answer."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        state = dict(args.inputs)
        state["name"] = args.inputs.get(NAMED_BY.get(args.typ.rsplit(":", 1)[-1], ""), args.name)
        if args.typ == "random:index/randomPassword:RandomPassword":
            state["result"] = RANDOM
        if args.typ == "azure-native:app:ContainerApp":
            # A list of ids going in, a map coming out.
            ids = state["identity"]["userAssignedIdentities"]
            state["identity"] = {**state["identity"], "userAssignedIdentities": {found: {} for found in ids}}
        if args.typ == "azure-native:redisenterprise:RedisEnterprise":
            state["hostName"] = f"{state['clusterName']}.{state['location']}.redis.azure.net"
        if args.typ == "azure-native:keyvault:Secret":
            uri = f"https://{state['vaultName']}.vault.azure.net/secrets/{state['secretName']}"
            # A secret inside an input makes the engine mark the whole output of that name.
            state["properties"] = {
                rpc._special_sig_key: rpc._special_secret_sig,
                "value": {"secretUri": uri, "secretUriWithVersion": f"{uri}/1"},
            }
        return f"/id/of/{args.typ}/{args.name}", state

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        answers: dict[str, dict[Any, Any]] = {
            "azure-native:authorization:getClientConfig": {
                "clientId": "me",
                "objectId": "me",
                "subscriptionId": SUBSCRIPTION,
                "tenantId": TENANT,
            },
            "azure-native:managedidentity:getUserAssignedIdentity": {
                "principalId": "principal",
                "clientId": "client",
            },
            "azure-native:app:getManagedEnvironment": {
                "defaultDomain": "happy-hill-01234567.southcentralus.azurecontainerapps.io",
                "staticIp": "10.40.0.62",
            },
            "azure-native:cognitiveservices:listAccountKeys": {"key1": ACCOUNT_KEY, "key2": "other"},
        }
        return answers[args.token], []


class Recorder(mocks.MockMonitor):
    """The mocks' monitor, which also keeps the requests."""

    def __init__(self) -> None:
        super().__init__(Azure())
        self.program = Program()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  gRPC names it
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self.program.registrations.append(
                Registration(
                    urn=response.urn,
                    type=request.type,
                    name=request.name,
                    parent=request.parent,
                    custom=request.custom,
                    inputs=_plain(json_format.MessageToDict(request.object)),
                    after=frozenset(request.dependencies),
                    deleted_with=request.deletedWith,
                    retained=request.retainOnDelete,
                    replace_on=tuple(request.replaceOnChanges),
                    before_create=tuple(request.hooks.before_create),
                    on_error=tuple(request.hooks.on_error),
                )
            )
        return response


class Callbacks:
    """Stands where the engine's callback server would: the mocks have none, and hooks register with it."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._program.hooks[hook.name] = hook

    def register_error_hook(self, hook: pulumi.ErrorHook) -> None:
        self._program.error_hooks[hook.name] = hook


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return Secret(_plain(value["value"]))
        return {key: _plain(item) for key, item in value.items()}
    return value


def config_of(stack: str) -> dict[str, Any]:
    """The stack file's settings."""
    raw = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return {key.removeprefix(f"{NAMESPACE}:"): value for key, value in raw.items()}


def run(
    stack: str, changes: Mapping[str, Any] | None = None, encrypted: Collection[str] = SECRETS
) -> Program:
    """The program, with a stack file's settings and these changes to them, of which Pulumi stores some encrypted."""
    settings = {**config_of(stack), "catalogDate": TODAY, **(changes or {})}
    recorder = Recorder()
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.settings.set_root_resource(None)  # type: ignore[arg-type]  # or the last run's hooks stay on it
    pulumi.runtime.set_mocks(recorder.mocks, project=NAMESPACE, stack=stack, preview=False, monitor=recorder)
    SETTINGS.callbacks = Callbacks(recorder.program)
    pulumi.runtime.set_all_config(
        {
            f"{NAMESPACE}:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in settings.items()
        },
        [f"{NAMESPACE}:{key}" for key in encrypted],
    )

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        runpy.run_path(str(PROJECT / "__main__.py"))
        root = pulumi.runtime.get_root_resource()
        assert isinstance(root, Stack)
        return pulumi.Output.from_input(_outputs(root.outputs, recorder.program))

    program()
    return recorder.program


async def _outputs(exported: Mapping[str, Any], program: Program) -> None:
    for name, value in exported.items():
        output: pulumi.Output[Any] = pulumi.Output.from_input(value)
        found = await output.future()
        program.outputs[name] = Secret(found) if await output.is_secret() else found
