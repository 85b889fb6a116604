"""The azure-native provider, as the engine sees it: it turns inputs into ARM requests and waits for what follows.

A stand-in for the official plugin where that cannot be downloaded; the program and its SDK are the same. It talks to
whatever Azure the environment leads to, by Azure's own names. What it does when is copied from pulumi-azure-native
3.29, `provider/pkg/provider/provider.go`; the one difference is that a property which the SDK does not know is
refused, where azure-native drops it without a word.
"""

import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, NoReturn

import grpc
import httpx
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

from offline.azure_native import defaults, functions, names
from offline.azure_native.client import AcceptedError, AzureClient, Endpoints, SignIn, unless_missing
from offline.azure_native.diff import (
    CREATE_BEFORE_DELETE,
    Difference,
    carried_over,
    differences,
)
from offline.azure_native.errors import AzureError, CancelledError, TimedOutError
from offline.azure_native.preview import preview
from offline.plugin_server import UNKNOWN, Context, PluginServicer, from_struct, serve, to_struct
from offline.schema import layout, resources, translate
from offline.schema.resources import ResourceType
from offline.schema.validate import check_inputs

Values = dict[str, Any]

_FAILURES = (AzureError, CancelledError, TimedOutError, httpx.HTTPError)
_GROUPS_API = "2024-03-01"
_STABLE = ("name", "location")
"""Outputs that an update does not change, and so are known in its preview."""

_LOCATION_OPTIONAL = frozenset({"network", "privatedns", "cognitiveservices"})
"""Modules whose types Azure's specification allows without a location; the service then refuses it itself."""

_NO_LOCATION = (
    "missing required property 'location'. Either set it explicitly or configure it with "
    "'pulumi config set azure-native:location <value>'."
)
_NO_CREDENTIALS = (
    "azure-native is not signed in: {} not set. The offline provider signs in as a service principal; "
    "`python -m offline run -- …` sets its variables."
)
_SETTINGS = {
    "tenantId": "ARM_TENANT_ID",
    "clientId": "ARM_CLIENT_ID",
    "clientSecret": "ARM_CLIENT_SECRET",
    "subscriptionId": "ARM_SUBSCRIPTION_ID",
}
_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class AzureNative(PluginServicer):
    """One engine's provider. Calls for different resources run side by side.

    :param endpoints: where Azure is, for a test that has one of its own.
    """

    supports_autonaming = True

    def __init__(self, version: str, endpoints: Endpoints | None = None) -> None:
        super().__init__(version)
        self._endpoints = endpoints or Endpoints()
        self._config: dict[str, str] = {}
        self._client: AzureClient | None = None
        self._locations: dict[str, str] = {}

    async def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        variables = {key.rpartition(":")[2]: value for key, value in request.variables.items()}
        arguments = {key: _text(value) for key, value in from_struct(request.args).items()}
        self._config = {key: value for key, value in {**variables, **arguments}.items() if value != UNKNOWN}
        self._client, self._locations = None, {}
        return await super().Configure(request, context)

    async def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        resource = await _resource(request.urn, context)
        olds, news = from_struct(request.olds), _without_nulls(from_struct(request.news))
        self._fill_name(resource, request, olds, news)
        failures = []
        if "location" in layout.of(resource).inputs.fields and news.get("location") is None:
            location = olds.get("location") or await self._default_location(news)
            if location is not None:
                news["location"] = location
            elif resource.module not in _LOCATION_OPTIONAL:
                failures.append(provider_pb2.CheckFailure(property="location", reason=_NO_LOCATION))
        news.setdefault("azureApiVersion", resource.api_version)
        failures += [
            provider_pb2.CheckFailure(property=problem.path, reason=problem.reason)
            for problem in check_inputs(resource.token, news)
        ]
        return provider_pb2.CheckResponse(inputs=to_struct(news), failures=failures)

    async def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        resource = await _resource(request.urn, context)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        found = differences(resource, _without_nulls(old), _without_nulls(new), from_struct(request.olds))
        replaces = [one.path for one in found if one.replaces]
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaces,
            diffs=[one.path for one in found],
            detailedDiff={one.path: _detail(one) for one in found},
            hasDetailedDiff=bool(found),
            deleteBeforeReplace=bool(replaces) and not old.get(CREATE_BEFORE_DELETE, False),
        )

    async def Create(
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        resource = await _resource(request.urn, context)
        inputs = _without_nulls(from_struct(request.properties))
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(preview(resource, inputs)))
        client = await self._signed_in(context)
        arm_id, body = translate.to_arm(resource, inputs, client.sign_in.subscription_id)
        id = arm_id.text
        try:
            existing = await client.found(id, resource.api_version)
            if existing is not None and not defaults.is_as_made(resource, existing):
                await context.abort(
                    grpc.StatusCode.UNKNOWN, f"cannot create already existing resource '{id}'"
                )
            _maintain(resource, body, {})
            answer = await client.put(id, resource.api_version, body, at_most=request.timeout)
            id = str(answer.get("id") or id)
            answer = await client.get(id, resource.api_version)
        except AcceptedError as error:
            await self._abort_partial(resource, id, request.properties, error, context)
        except _FAILURES as error:
            await _abort(error, context)
        return provider_pb2.CreateResponse(id=id, properties=to_struct(translate.from_arm(resource, answer)))

    async def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        resource = await _resource(request.urn, context)
        client = await self._signed_in(context)
        try:
            body = await client.get(request.id, resource.api_version)
        except AzureError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return provider_pb2.ReadResponse(id="")
            await _abort(error, context)
        except httpx.HTTPError as error:
            await _abort(error, context)
        outputs = translate.from_arm(resource, body)
        inputs, olds = from_struct(request.inputs), from_struct(request.properties)
        if inputs:
            before, now = (
                translate.projected(resource, translate.without_unset_subresources(resource, inputs, shown))
                for shown in (olds, outputs)
            )
            inputs = carried_over(inputs, before, now)
        else:
            try:
                inputs = translate.inputs_of(resource, request.id, body)
            except ValueError as error:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return provider_pb2.ReadResponse(
            id=request.id, properties=to_struct(outputs), inputs=to_struct(inputs)
        )

    async def Update(
        self, request: provider_pb2.UpdateRequest, context: Context
    ) -> provider_pb2.UpdateResponse:
        resource = await _resource(request.urn, context)
        inputs, olds = _without_nulls(from_struct(request.news)), from_struct(request.olds)
        if request.preview:
            known = {name: olds[name] for name in _STABLE if olds.get(name) is not None}
            return provider_pb2.UpdateResponse(properties=to_struct(preview(resource, inputs) | known))
        client = await self._signed_in(context)
        arm_id, body = translate.to_arm(resource, inputs, client.sign_in.subscription_id)
        id = arm_id.text
        try:
            if translate.unset_subresources(resource, body):
                _maintain(resource, body, await client.get(id, resource.api_version))
            await client.put(id, resource.api_version, body, at_most=request.timeout)
            answer = await client.get(id, resource.api_version)
        except AcceptedError as error:
            await self._abort_partial(resource, id, request.news, error, context)
        except _FAILURES as error:
            await _abort(error, context)
        return provider_pb2.UpdateResponse(properties=to_struct(translate.from_arm(resource, answer)))

    async def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> Empty:
        resource = await _resource(request.urn, context)
        client = await self._signed_in(context)
        try:
            if resource.type == "Microsoft.KeyVault/vaults/secrets":
                place = resource.parse(request.id) or {}
                await client.delete_secret(place["vaultName"], place["secretName"])
            elif (body := defaults.body_to_set_back(resource)) is not None:
                with unless_missing():
                    await client.put(request.id, resource.api_version, body, at_most=request.timeout)
            else:
                await client.delete(request.id, resource.api_version, at_most=request.timeout)
        except (AcceptedError, *_FAILURES) as error:
            await _abort(error, context)
        return Empty()

    async def Invoke(
        self, request: provider_pb2.InvokeRequest, context: Context
    ) -> provider_pb2.InvokeResponse:
        client = await self._signed_in(context)
        try:
            result = await functions.call(client, request.tok, from_struct(request.args))
        except functions.UnknownFunctionError as error:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))
        except KeyError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{request.tok}: missing argument {error}")
        except _FAILURES as error:
            await _abort(error, context)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))
        return response

    def _fill_name(
        self, resource: ResourceType, request: provider_pb2.CheckRequest, olds: Values, news: Values
    ) -> None:
        key = resource.name_parameter
        if news.get(key) is not None:
            return
        options = provider_pb2.CheckRequest.AutonamingOptions
        wish = request.autonaming if request.HasField("autonaming") else None
        if olds.get(key) is not None:
            name, random = olds[key], bool(olds.get(CREATE_BEFORE_DELETE, False))
        elif wish is not None and wish.mode == options.DISABLE:
            return
        elif wish is not None and (wish.mode == options.ENFORCE or resource.auto_name != "uuid"):
            name, random = wish.proposed_name, True
        else:
            name, random = names.automatic(resource, request.urn.rpartition("::")[2], request.randomSeed)
        news[key] = name
        if random:
            news[CREATE_BEFORE_DELETE] = True

    async def _default_location(self, inputs: Values) -> str | None:
        """The configured one, else the resource group's."""
        if self._config.get("location"):
            return self._config["location"]
        group = inputs.get("resourceGroupName")
        if group is None or group == UNKNOWN:
            return group
        if group not in self._locations and (client := self._maybe_signed_in()) is not None:
            id = f"/subscriptions/{client.sign_in.subscription_id}/resourceGroups/{group}"
            try:
                answer = await client.get(id, _GROUPS_API)
            except (AzureError, httpx.HTTPError):
                return None  # no such group yet: Check then says that a location is missing
            self._locations[group] = str(answer["location"])
        return self._locations.get(group)

    def _missing_settings(self) -> list[str]:
        return [variable for key, variable in _SETTINGS.items() if not self._setting(key)]

    def _setting(self, key: str) -> str:
        return self._config.get(key) or os.environ.get(_SETTINGS[key], "")

    def _maybe_signed_in(self) -> AzureClient | None:
        if self._client is None and not self._missing_settings():
            sign_in = SignIn(
                tenant_id=self._setting("tenantId"),
                client_id=self._setting("clientId"),
                client_secret=self._setting("clientSecret"),
                subscription_id=self._setting("subscriptionId"),
            )
            self._client = AzureClient(sign_in, self._endpoints, self.cancelled)
        return self._client

    async def _signed_in(self, context: Context) -> AzureClient:
        client = self._maybe_signed_in()
        if client is None:
            missing = ", ".join(self._missing_settings())
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, _NO_CREDENTIALS.format(missing))
        return client

    async def _abort_partial(
        self, resource: ResourceType, id: str, inputs: Struct, error: AcceptedError, context: Context
    ) -> NoReturn:
        """Fail, and tell the engine what is there all the same, so that the next update mends it."""
        client = await self._signed_in(context)
        reason = str(error)
        try:
            state = translate.from_arm(resource, await client.get(id, resource.api_version))
        except (AzureError, httpx.HTTPError) as unread:
            state, reason = {}, f"{reason}; resource created but read failed: {unread}"
        detail = provider_pb2.ErrorResourceInitFailed(
            id=id, properties=to_struct(state), reasons=[reason], inputs=inputs
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        await context.abort(grpc.StatusCode.UNKNOWN, reason)


async def _resource(urn: str, context: Context) -> ResourceType:
    token = urn.split("::")[2].rpartition("$")[2]
    resource = resources.by_token(token)
    if resource is None:
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED, f"the offline azure-native provider has no {token}"
        )
    return resource


async def _abort(error: Exception, context: Context) -> NoReturn:
    await context.abort(grpc.StatusCode.UNKNOWN, str(error) or type(error).__name__)


def _detail(one: Difference) -> provider_pb2.PropertyDiff:
    return provider_pb2.PropertyDiff(kind=_KINDS[one.change, one.replaces], inputDiff=True)


def _maintain(resource: ResourceType, body: Values, existing: Mapping[str, Any]) -> None:
    """Send lists of sub-resources that the program leaves out as Azure has them; empty where it has none."""
    for path in translate.unset_subresources(resource, body):
        translate.copy_subresource(path, existing, body)


def _text(value: object) -> str:
    """Settings come as text, all but text itself in JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _without_nulls(values: Values) -> Values:
    return {name: value for name, value in values.items() if value is not None}


if __name__ == "__main__":
    serve(lambda: AzureNative(version("pulumi-azure-native")))
