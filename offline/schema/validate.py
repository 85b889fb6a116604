"""Judges inputs before they are sent, and bodies when they arrive, by what the SDK knows of the types.

The real provider checks what is required, types, lengths, patterns and ranges; it drops a property that it does not
know without a word. That is the one thing done differently here: a misspelt property is refused.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from offline.schema import layout, limits, resources
from offline.schema.layout import Body, Layout
from offline.schema.resources import ResourceType
from offline.schema.shapes import Field, Fields, Type

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands in a preview for a value that nobody knows yet (`offline.plugin_server.UNKNOWN`, whose module is slow)."""

DROPPED = "azure-native drops unknown properties without a word"

_ALWAYS = frozenset({"id", "name", "type", "apiVersion", "etag", "systemData", "managedByExtended"})
"""What any client may send back of a resource that it has read."""

Fault = Literal["unknown", "missing", "type", "value"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one property."""

    path: str
    """`properties.networkAcls.ipRules[0].value`"""
    reason: str
    """A whole sentence, with the path in it."""
    fault: Fault


def check_inputs(token: str, inputs: Mapping[str, object]) -> list[Problem]:
    """Judge azure-native inputs. What is not known yet (UNKNOWN) is accepted everywhere.

    :raises LookupError: the offline Azure has no such type.
    """
    resource = resources.by_token(token)
    if resource is None:
        raise LookupError(f"the offline Azure has no {token}")
    body = layout.of(resource)
    owner = f"{resource.module}:{resource.name}"
    known = body.shapes.inputs
    problems = [
        *_Inputs(body).whole(owner, known, {k: v for k, v in inputs.items() if k != "azureApiVersion"}, ""),
        *_named(resource, inputs.get(resource.name_parameter), resource.name_parameter),
    ]
    if resource.name_parameter in known and inputs.get(resource.name_parameter) is None:
        problems.append(_missing(resource.name_parameter))
    return problems


def check_body(arm_type: str, api_version: str, body: Mapping[str, object]) -> list[Problem]:
    """Judge the body of a PUT, in ARM's shape.

    A property that is unknown is refused only where the api-version is the one that azure-native sends, because the
    SDK says nothing of the others. Read-only properties are ignored, as Azure does.

    :raises LookupError: the offline Azure has no such type.
    """
    resource = resources.by_type(arm_type)
    if resource is None:
        raise LookupError(f"the offline Azure has no {arm_type}")
    known = layout.of(resource)
    judge = _ArmBody(known, strict=api_version == resource.api_version)
    return list(judge.whole(f"{resource.module}:{resource.name}", known.inputs, known.outputs, body, ""))


def _named(resource: ResourceType, name: object, path: str) -> Iterator[Problem]:
    limit = limits.NAMES.get(f"{resource.module}:{resource.name}")
    broken = limit.broken_by(name) if limit is not None and name != UNKNOWN else None
    if broken is not None:
        yield Problem(path, f"'{path}' {broken}", "value")


def _missing(path: str) -> Problem:
    return Problem(path, f"missing required property '{path}'", "missing")


def _unknown(path: str, name: str, owner: str, known: list[str], why: str | None) -> Problem:
    near = nearest(name, known)
    reason = f"'{path}' is no property of {owner.rpartition(':')[2]}"
    reason += f" ({why})" if why else ""
    reason += f"; did you mean '{near}'?" if near is not None else ""
    return Problem(path, reason, "unknown")


def nearest(name: str, known: list[str]) -> str | None:
    """The known name that was probably meant: case and underscores do not matter."""

    def plain(text: str) -> str:
        return text.replace("_", "").lower()

    by_plain = {plain(one): one for one in known}
    found = difflib.get_close_matches(plain(name), list(by_plain), n=1, cutoff=0.6)
    return by_plain[found[0]] if found else None


def _scalar(type_: Type, value: object, path: str) -> Iterator[Problem]:
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int | float)
        and not isinstance(value, bool)
        and float(value).is_integer(),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
    }[type_.kind]
    if not fits:
        yield Problem(path, f"'{path}' should be of type '{type_.kind}' but got {_called(value)}", "type")
    elif type_.values and not type_.open and str(value).lower() not in (v.lower() for v in type_.values):
        allowed = ", ".join(repr(known) for known in type_.values)
        yield Problem(path, f"'{path}' is {value!r}, which is none of {allowed}", "value")


def _called(value: object) -> str:
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "an array"
    return "an object"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _fewest(options: list[list[Problem]]) -> list[Problem]:
    """Of a union: the reading that has least to complain about."""
    return min(options, key=len, default=[])


class _Inputs:
    """Walks azure-native inputs."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.module = body.resource.module

    def whole(self, owner: str, known: Fields, values: Mapping[str, object], path: str) -> Iterator[Problem]:
        for name, one in known.items():
            if one.required and values.get(name) is None:
                yield _missing(_join(path, name))
        for name, value in values.items():
            if value is None or name.startswith("__"):
                continue
            at = _join(path, name)
            if name not in known:
                yield _unknown(at, name, owner, list(known), DROPPED)
                continue
            yield from self.value(known[name].type, value, at)
            limit = limits.PROPERTIES.get((owner, name))
            broken = limit.broken_by(value) if limit is not None and value != UNKNOWN else None
            if broken is not None:
                yield Problem(at, f"'{at}' {broken}", "value")

    def value(self, type_: Type, value: object, path: str) -> Iterator[Problem]:
        if value == UNKNOWN or value is None or type_.kind == "any":
            return
        if type_.kind == "union":
            yield from _fewest([list(self.value(option, value, path)) for option in type_.options])
        elif type_.kind == "list":
            if not isinstance(value, list | tuple):
                yield Problem(path, f"'{path}' should be of type 'array' but got {_called(value)}", "type")
                return
            assert type_.of is not None
            for index, item in enumerate(value):
                yield from self.value(type_.of, item, f"{path}[{index}]")
        elif type_.kind in ("map", "object"):
            if not isinstance(value, Mapping):
                yield Problem(path, f"'{path}' should be of type 'object' but got {_called(value)}", "type")
            elif type_.kind == "map":
                assert type_.of is not None
                for key, item in value.items():
                    yield from self.value(type_.of, item, _join(path, key))
            else:
                assert type_.object is not None
                owner = f"{self.module}:{type_.object}"
                yield from self.whole(owner, self.body.shapes.objects[type_.object], value, path)
        else:
            yield from _scalar(type_, value, path)


_NOTHING = Layout({}, {})


class _ArmBody:
    """Walks a body in ARM's shape."""

    def __init__(self, body: Body, *, strict: bool) -> None:
        self.body = body
        self.module = body.resource.module
        self.strict = strict

    def whole(
        self, owner: str, inputs: Layout, outputs: Layout, values: Mapping[str, object], path: str
    ) -> Iterator[Problem]:
        yield from self.level(owner, inputs, outputs, None, values, path)
        for below in sorted(inputs.levels):
            inner, at = values.get(below), _join(path, below)
            if inner is None:
                inner = {}
            if isinstance(inner, Mapping):
                yield from self.level(owner, inputs, outputs, below, inner, at)
            else:
                yield Problem(at, f"'{at}' should be of type 'object' but got {_called(inner)}", "type")

    def level(
        self,
        owner: str,
        inputs: Layout,
        outputs: Layout,
        below: str | None,
        values: Mapping[str, object],
        path: str,
    ) -> Iterator[Problem]:
        """One object of the body: the resource's (or sub-resource's) own, or its `properties`."""
        known, shown = inputs.at(below), outputs.at(below)
        for name, (_, one) in known.items():
            if one.required and values.get(name) is None:
                yield _missing(_join(path, name))
        for name, value in values.items():
            at = _join(path, name)
            if name in known:
                yield from self.single(owner, known[name], shown.get(name), value, at)
            elif name in shown or (
                below is None and (name in _ALWAYS or name in inputs.levels | outputs.levels)
            ):
                continue  # read-only, or judged as a level of its own
            elif self.strict and name != "provisioningState" and value is not None:
                yield _unknown(at, name, owner, list(known), None)

    def single(
        self, owner: str, one: tuple[str, Field], shown: tuple[str, Field] | None, value: object, path: str
    ) -> Iterator[Problem]:
        name, field = one
        if layout.is_identities(name) and field.type.kind == "list":
            if value is not None and not isinstance(value, Mapping):
                yield Problem(path, f"'{path}' should be of type 'object' but got {_called(value)}", "type")
            return
        yield from self.value(field.type, shown[1].type if shown is not None else None, value, path)
        limit = limits.PROPERTIES.get((owner, name))
        broken = limit.broken_by(value) if limit is not None else None
        if broken is not None:
            yield Problem(path, f"'{path}' {broken}", "value")

    def value(self, type_: Type, shown: Type | None, value: object, path: str) -> Iterator[Problem]:
        if value is None or type_.kind == "any":
            return
        inside = shown.of if shown is not None and shown.kind == type_.kind else None
        if type_.kind == "union":
            yield from _fewest([list(self.value(option, None, value, path)) for option in type_.options])
        elif type_.kind == "list":
            if not isinstance(value, list | tuple):
                yield Problem(path, f"'{path}' should be of type 'array' but got {_called(value)}", "type")
                return
            assert type_.of is not None
            for index, item in enumerate(value):
                yield from self.value(type_.of, inside, item, f"{path}[{index}]")
        elif type_.kind in ("map", "object"):
            if not isinstance(value, Mapping):
                yield Problem(path, f"'{path}' should be of type 'object' but got {_called(value)}", "type")
            elif type_.kind == "map":
                assert type_.of is not None
                for key, item in value.items():
                    yield from self.value(type_.of, inside, item, _join(path, key))
            else:
                outputs = (
                    self.body.object(shown) if shown is not None and shown.kind == "object" else _NOTHING
                )
                owner = f"{self.module}:{type_.object}"
                yield from self.whole(owner, self.body.object(type_), outputs, value, path)
        else:
            yield from _scalar(type_, value, path)
