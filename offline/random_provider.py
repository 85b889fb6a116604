"""The `random` provider, as the engine sees it: Check, Diff, Create, Read, Delete of what random_kinds knows.

Stands in for the official plugin where that cannot be downloaded; the program and its SDK are the same.
"""

from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from offline.plugin_server import (
    UNKNOWN,
    Context,
    PluginServicer,
    from_struct,
    has_unknown,
    secret,
    serve,
    to_struct,
)
from offline.random_kinds import KINDS, Field, Kind

_TYPE_NAMES = {int: "a whole number", bool: "true or false", str: "text", dict: "a map", list: "a list"}


class RandomProvider(PluginServicer):
    """One answer a call; keeps nothing: the engine's state is all there is to a random value."""

    async def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        kind = await _kind(request.urn, context)
        failures = [
            provider_pb2.CheckFailure(property=name, reason=f"{name} {reason}")
            for name, reason in _problems(kind, from_struct(request.news))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    async def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        kind = await _kind(request.urn, context)
        old = kind.with_defaults(from_struct(request.old_inputs))
        new = kind.with_defaults(from_struct(request.news))
        changed = [name for name in kind.fields if old.get(name) != new.get(name)]
        detail = {
            name: provider_pb2.PropertyDiff(kind=_how(name in old, name in new), inputDiff=True)
            for name in changed
            if name not in request.ignoreChanges
        }
        outcome = provider_pb2.DiffResponse.DIFF_SOME if detail else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=outcome,
            replaces=list(detail),
            diffs=list(detail),
            detailedDiff=detail,
            hasDetailedDiff=True,
        )

    async def Create(
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        kind = await _kind(request.urn, context)
        inputs = kind.with_defaults(from_struct(request.properties))
        if request.preview:
            return provider_pb2.CreateResponse(
                properties=to_struct(inputs | dict.fromkeys(kind.computed, UNKNOWN))
            )
        id_, computed = kind.create(inputs)
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(_marked(kind, inputs | computed)))

    async def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        kind = await _kind(request.urn, context)
        if request.properties.fields:
            # Nothing outside the state could have changed.
            known = _marked(kind, from_struct(request.properties))
            return provider_pb2.ReadResponse(
                id=request.id, properties=to_struct(known), inputs=request.inputs
            )
        name = _type(request.urn).rpartition(":")[2]
        if kind.read is None:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"a {name} cannot be imported")
        try:
            id_, inputs, computed = kind.read(request.id)
        except ValueError as error:
            # The id of a password is the password: it is not repeated.
            await context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, f"this is not the id of a {name} to import: {error}"
            )
        return provider_pb2.ReadResponse(
            id=id_,
            properties=to_struct(_marked(kind, kind.with_defaults(inputs) | computed)),
            inputs=to_struct(inputs),
        )

    async def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> Empty:
        return Empty()


def _type(urn: str) -> str:
    """`urn:pulumi:stack::project::parent$type::name` → type."""
    return urn.split("::")[2].rpartition("$")[2]


async def _kind(urn: str, context: Context) -> Kind:
    kind = KINDS.get(_type(urn))
    if kind is None:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the offline random provider has no {_type(urn)}")
    return kind


def _how(before: bool, after: bool) -> provider_pb2.PropertyDiff.Kind.ValueType:
    if not before:
        return provider_pb2.PropertyDiff.ADD_REPLACE
    return provider_pb2.PropertyDiff.UPDATE_REPLACE if after else provider_pb2.PropertyDiff.DELETE_REPLACE


def _marked(kind: Kind, outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: secret(value) if name in kind.secret else value for name, value in outputs.items()}


def _problems(kind: Kind, inputs: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(name, "is not an input of this resource") for name in inputs if name not in kind.fields]
    for name, known in kind.fields.items():
        value = inputs.get(name)
        if value is None:
            found += [(name, "is required")] if known.required else []
        elif not has_unknown(value) and (reason := _problem(known, value)):
            found.append((name, reason))
    if found or has_unknown(inputs):
        return found
    return kind.problems(kind.with_defaults(inputs))


def _problem(known: Field, value: object) -> str | None:
    # Python counts a bool as an int; Pulumi does not.
    if not isinstance(value, known.type) or (known.type is int and isinstance(value, bool)):
        return f"must be {_TYPE_NAMES[known.type]}"
    if known.least is not None and isinstance(value, int) and value < known.least:
        return f"must be at least {known.least}, is {value}"
    return None


if __name__ == "__main__":
    serve(lambda: RandomProvider(version("pulumi-random")))
