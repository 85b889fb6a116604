"""From a raw mapping to a typed object, past every bad value: each is reported, and a legal one stands in for it.

So that a stack file with three mistakes is told about three, in one go, and the rules that look at several
values together still run over the rest.
"""

import copy
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from config.problems import ABSENT, HIDDEN, UNKNOWN, Problem, nearest
from config.words import RULE

Loc = tuple[int | str, ...]
M = TypeVar("M", bound=BaseModel)


def mend(model: type[M], raw: Mapping[str, object]) -> tuple[M, list[Problem]]:
    """The object, and everything that had to be replaced to get it."""
    data = _plain(raw)
    problems: list[Problem] = []
    while True:
        try:
            return model.model_validate(data), problems
        except ValidationError as error:
            found = _innermost([(_real(model, detail), detail) for detail in error.errors(include_url=False)])
            known = [problem.key for problem in problems]
            for loc, detail in found:
                # A second round may stumble over a stand-in of the first.
                if not any(within(path(loc), key) or within(key, path(loc)) for key in known):
                    problems.append(_problem(model, loc, detail))
            # From the back, so that taking an item out of a list moves none that is still to be mended.
            for loc in reversed(list(dict.fromkeys(loc for loc, _ in found))):
                _replace(model, data, loc)


def _plain(value: Any) -> Any:
    """A copy that can be mended: dicts and lists, whatever the caller's mappings and sequences were."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _innermost(found: list[tuple[Loc, ErrorDetails]]) -> list[tuple[Loc, ErrorDetails]]:
    """A list whose items are all wrong is also called too short: the items are what is wrong."""
    inner = {loc[:length] for loc, _ in found for length in range(len(loc))}
    return [(loc, detail) for loc, detail in found if loc not in inner]


def within(key: str, other: str) -> bool:
    """Whether a key is another or lies inside it: `network.addressSpace` in `network`."""
    return key == other or key.startswith((f"{other}.", f"{other}["))


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
    named = False
    for part in loc:
        if isinstance(part, int) or named:
            named = False
            continue
        info = _fields(section).get(part)
        if info is None:
            return None, section
        inner = _section_of(info.annotation)
        if inner is None:
            return info, section
        section, named = inner, _is_open(info)
    return info, section


def _is_open(info: FieldInfo | None) -> bool:
    """Whether the keys below a field are the user's own: `contentFilters.strict`."""
    return info is not None and get_origin(info.annotation) is dict


def _real(model: type[BaseModel], detail: ErrorDetails) -> Loc:
    """Where the value stands. Pydantic adds parts that are no keys of the stack file, such as `[key]`."""
    kept: list[int | str] = []
    section: type[BaseModel] | None = model
    named = False
    for part in detail["loc"]:
        if isinstance(part, str) and named:
            named = False
        elif isinstance(part, str):
            if section is None:
                break
            info = _fields(section).get(part)
            section = _section_of(info.annotation) if info else None
            named = _is_open(info)
        kept.append(part)
    return tuple(kept)


def _replace(model: type[BaseModel], data: Any, loc: Loc) -> None:
    """Take the bad value out, or put one in that is always legal."""
    holder = data
    for part in loc[:-1]:
        holder = holder[part]
    last = loc[-1]
    info, section = _field(model, loc)
    if info is not None and info.is_required() and info.examples and isinstance(last, str):
        holder[last] = copy.deepcopy(info.examples[0])
    elif isinstance(last, int) and info is not None and _section_of(info.annotation):
        holder[last] = {name: field.examples[0] for name, field in _fields(section).items() if field.examples}
    else:
        del holder[last]


def _problem(model: type[BaseModel], loc: Loc, detail: ErrorDetails) -> Problem:
    info, section = _field(model, loc)
    if detail["type"] == "extra_forbidden":
        return _unknown(section, loc)
    if detail["type"] == "missing":
        what = info.description if info and info.description else "a value"
        return Problem(key=path(loc), value=ABSENT, allowed=what, next=f"add {loc[-1]}")
    secret = info is not None and "SecretStr" in str(info.annotation)
    allowed, step = _explained(section, info, detail)
    return Problem(key=path(loc), value=HIDDEN if secret else detail["input"], allowed=allowed, next=step)


def _unknown(section: type[BaseModel], loc: Loc) -> Problem:
    """An unknown key, with the nearest right one. Its value may be anything, a secret too: it is not shown."""
    names = list(_fields(section))
    return Problem(
        key=path(loc),
        value=UNKNOWN,
        allowed=", ".join(names),
        next=nearest(str(loc[-1]), names) or "remove it",
    )


def _explained(section: type[BaseModel], info: FieldInfo | None, detail: ErrorDetails) -> tuple[str, str]:
    """Pydantic's error in our words: what is allowed, what to do."""
    context = detail.get("ctx", {})
    what = info.description if info and info.description else "a legal value"
    match detail["type"]:
        case kind if kind == RULE:
            return str(context["allowed"]), str(context["next"])
        case "enum" | "literal_error":
            choices = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            return f"one of {', '.join(choices)}", nearest(str(detail["input"]), choices) or f"choose: {what}"
        case "string_pattern_mismatch":
            return f"text of the form {context['pattern']}", f"correct it: {what}"
        case "model_type" | "dict_type":
            inside = _section_of(info.annotation) if info else None
            names = f": {', '.join(_fields(inside))}" if inside else ""
            return f"keys and values{names}", f"indent them below {path(detail['loc'])}"
        case "tuple_type" | "list_type":
            return "a list", f"write each with a dash: {what}"
        case "too_short" | "string_too_short":
            return "at least one", f"add one: {what}"
        case kind if kind in _IN_WORDS:
            return _IN_WORDS[kind].format(**context), f"correct it: {what}"
        case _:
            return str(detail["msg"]).removeprefix("Input should be "), f"correct it: {what}"


_IN_WORDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "greater_than_equal": "{ge:g} or more",
    "less_than_equal": "{le:g} or less",
    "date_parsing": "a date such as 2026-11-22",
    "date_type": "a date such as 2026-11-22",
    "date_from_datetime_parsing": "a date such as 2026-11-22",
    "date_from_datetime_inexact": "a date such as 2026-11-22",
}
