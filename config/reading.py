"""From a raw mapping to a typed object, past every bad value: each is reported, and a legal one stands in for it.

So that a stack file with three mistakes is told about three, in one go, and the rules that look at several
values together still run over the rest.
"""

import copy
import difflib
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from config.problems import ABSENT, HIDDEN, Problem
from config.words import RULE

Loc = tuple[int | str, ...]
M = TypeVar("M", bound=BaseModel)


def mend(model: type[M], raw: Mapping[str, object]) -> tuple[M, list[Problem]]:
    """The object, and everything that had to be replaced to get it."""
    data: Any = copy.deepcopy(dict(raw))
    problems: list[Problem] = []
    while True:
        try:
            return model.model_validate(data), problems
        except ValidationError as error:
            details = error.errors(include_url=False)
            reported = {problem.key for problem in problems}
            for detail in details:
                problem = _problem(model, detail)
                if problem.key not in reported:
                    problems.append(problem)
                    reported.add(problem.key)
            for loc in dict.fromkeys(_real(model, detail) for detail in details):
                _replace(model, data, loc)


def path(loc: Loc) -> str:
    """`("deployments", 1, "sku")` as people write it: `deployments[1].sku`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _fields(model: Any) -> dict[str, FieldInfo]:
    """A section's fields by the name that the stack file uses."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a field holds: `Network`, or `Region` out of `tuple[Region, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is not None:
        return next((found for arg in get_args(annotation) if (found := _section_of(arg))), None)
    return None


def _field(model: type[BaseModel], loc: Loc) -> tuple[FieldInfo | None, type[BaseModel]]:
    """The field that a location is in, and the section that has it."""
    section: type[BaseModel] = model
    info: FieldInfo | None = None
    for part in loc:
        if isinstance(part, int):
            continue
        info = _fields(section).get(part)
        if info is None:
            return None, section
        inner = _section_of(info.annotation)
        if inner is None:
            return info, section
        section = inner
    return info, section


def _real(model: type[BaseModel], detail: ErrorDetails) -> Loc:
    """Where the value stands: pydantic adds parts for unions and dict keys, which are no keys of the stack file."""
    loc: Loc = detail["loc"]
    kept: list[int | str] = []
    section: type[BaseModel] | None = model
    for part in loc:
        if section is None and not isinstance(part, int):
            break
        kept.append(part)
        if isinstance(part, str) and section is not None:
            info = _fields(section).get(part)
            section = _section_of(info.annotation) if info else None
    return tuple(kept)


def _replace(model: type[BaseModel], data: Any, loc: Loc) -> None:
    """Take the bad value out, or put one in that is always legal."""
    holder = data
    for part in loc[:-1]:
        holder = holder[part]
    last = loc[-1]
    info, section = _field(model, loc)
    if isinstance(last, int):
        if isinstance(holder, tuple):
            raise TypeError("raw settings hold lists, not tuples")
        holder[last] = {name: f.examples[0] for name, f in _fields(section).items() if f.is_required() and f.examples}
        if not holder[last]:
            holder.pop(last)
    elif info is not None and info.is_required() and info.examples:
        holder[last] = copy.deepcopy(info.examples[0])
    else:
        holder.pop(last, None)


def _problem(model: type[BaseModel], detail: ErrorDetails) -> Problem:
    loc = _real(model, detail)
    info, section = _field(model, loc)
    secret = info is not None and "Secret" in str(info.annotation)
    value: Any = HIDDEN if secret else detail["input"]
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(section, loc, detail["input"])
        case "missing":
            described = info.description if info and info.description else "a value"
            return Problem(key=path(loc), value=ABSENT, allowed=described, next=f"add {loc[-1]}")
        case kind if kind == RULE:
            return Problem(key=path(loc), value=value, allowed=context["allowed"], next=context["next"])
        case _:
            described = info.description if info and info.description else ""
            return Problem(key=path(loc), value=value, allowed=detail["msg"], next=described or "correct it")


def _unknown(section: type[BaseModel], loc: Loc, value: Any) -> Problem:
    """An unknown key, with the nearest right one. Its value may be anything, a secret too: it is not shown."""
    known = list(_fields(section))
    near = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
    step = f"did you mean {near[0]}?" if near else "remove it"
    return Problem(key=path(loc), value="an unknown key", allowed=", ".join(known), next=step)


__all__ = ["SecretStr", "mend", "path"]
