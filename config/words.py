"""The kinds of value that settings are made of, each named once with its rule and an example.

A rule here looks at one value alone; what has to fit together is in `checks/`. Values that Pulumi has turned
into another type on the way are taken back where nothing was lost: `pulumi config set` stores text, and the
engine reads an unquoted `2024-08-06` as a time (seen with 3.255).
"""

import ipaddress
import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

RULE = "rule"
"""The type of our own errors inside pydantic; their context holds `allowed` and `next`."""


def refuse(allowed: str, next_step: str) -> PydanticCustomError:
    """An error that says what is allowed and what to do."""
    return PydanticCustomError(RULE, "{allowed}", {"allowed": allowed, "next": next_step})


_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)(T00:00:00Z| 00:00:00 \+0000 UTC)")


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and (midnight := _MIDNIGHT.fullmatch(value)):
        return midnight.group(1)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # pydantic would take true for 1
        raise refuse("a number", "write a number")
    return value


def _matches(pattern: str, allowed: str, next_step: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise refuse(allowed, next_step)
        return value

    return AfterValidator(check)


def _network(value: str) -> str:
    if "/" not in value:
        raise refuse("an IPv4 range such as 10.40.0.0/24", f"say how long it is: {value}/24")
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise refuse(
            "an IPv4 range such as 10.40.0.0/24, its host bits zero", _nearest_range(value)
        ) from error
    return str(network)


def _nearest_range(value: str) -> str:
    try:
        return f"did you mean {ipaddress.IPv4Network(value, strict=False)}?"
    except ValueError:
        return "write it as address/length"


def _caller_range(value: str) -> str:
    checked = _network(value if "/" in value else f"{value}/32")
    if checked.endswith("/0"):
        raise refuse(
            "the ranges that callers come from, not the whole internet",
            "list your offices' and pipelines' addresses; for everybody else put a front door before the gateway",
        )
    return checked


def _dated(value: str) -> str:
    """A version that begins with a date begins with one of the calendar."""
    if value[0].isdigit():
        try:
            date.fromisoformat(value[:10])
        except ValueError as error:
            raise refuse("a dated version: this day is in no calendar", "correct the date") from error
    return value


def _first_of_month(value: date) -> date:
    if value.day != 1:
        raise refuse("the first day of a month, such as 2026-11-01", f"did you mean {value.replace(day=1)}?")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[int, BeforeValidator(_number)]
Decimal = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]

NamePart = Annotated[
    Text,
    _matches(
        r"[a-z][a-z0-9]{1,11}",
        "2 to 12 lower-case letters and digits, starting with a letter",
        "shorten it, and leave dashes out: the name's other parts bring them",
    ),
]
RegionName = Annotated[
    Text,
    _matches(
        r"[a-z]+[0-9]?",
        "a region's name as Azure's API writes it, such as southcentralus",
        "see `az account list-locations`",
    ),
]
Instance = Annotated[
    Text,
    _matches(
        r"[0-9]{3}",
        'three digits, such as "001"',
        'write it in quotes: "001"; without them YAML reads a number',
    ),
]
DeploymentName = Annotated[
    Text,
    _matches(
        r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])",
        "2 to 64 letters, digits, dots, dashes and underscores, a letter or digit at both ends",
        "rename the deployment",
    ),
]
ContentFilterName = Annotated[
    Text,
    _matches(
        # Azure's own begin with Microsoft. and are not ours to write.
        r"(?!Microsoft\.)[A-Za-z0-9][A-Za-z0-9_-]{0,62}",
        "1 to 63 letters, digits, dashes and underscores, starting with a letter or digit",
        "rename the filter, and where deployments name it",
    ),
]
Alias = Annotated[
    Text,
    _matches(
        r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}",
        "letters, digits and . _ : / - (no *: LiteLLM would take it for every model)",
        "choose the model name that clients will send",
    ),
]
ApiVersion = Annotated[
    Text,
    _matches(
        r"v1|preview|latest|\d{4}-\d\d-\d\d(-preview)?",
        "a dated version such as 2025-04-01-preview, or v1",
        "see learn.microsoft.com, Azure OpenAI API version lifecycle",
    ),
    AfterValidator(_dated),
]
VariableName = Annotated[
    Text,
    _matches(
        # By its ending it is none that the container, its host or a proxy in between reads for itself.
        r"[A-Z][A-Z0-9_]{0,58}(KEY|TOKEN)",
        "an environment variable's name in capitals, digits and _ that ends in KEY or TOKEN, such as ANTHROPIC_API_KEY",
        "name it after the provider and what it holds",
    ),
]
ApplicationName = Annotated[
    Text,
    _matches(
        r"[a-z]([a-z0-9]|-(?!-)){0,30}[a-z0-9]",
        "2 to 32 lower-case letters, digits and single dashes, starting with a letter",
        "name it as its team does: it is part of a secret's name and of the gateway's log",
    ),
]
PrincipalId = Annotated[
    Text,
    _matches(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "an object id of Entra ID, in lower case, such as 0b9e6c52-1f0d-4f0e-9d0f-3f5f7c0a4a11",
        "see `az ad sp show --id … --query id`; an application's (client) id is another one",
    ),
]
Range = Annotated[Text, AfterValidator(_network)]
CallerRange = Annotated[Text, AfterValidator(_caller_range)]
Memory = Annotated[
    Text, _matches(r"\d+(\.\d+)?Gi", 'gibibytes, such as "2Gi"', 'write it with its unit: "2Gi"')
]
Positive = Annotated[Whole, Field(ge=1)]
MailAddress = Annotated[
    Text,
    _matches(
        r"[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "a mail address such as gateway-oncall@example.com",
        "write one address an item",
    ),
]
WebhookName = Annotated[
    Text,
    _matches(
        r"[a-z]([a-z0-9]|-(?!-)){0,30}[a-z0-9]",
        "2 to 32 lower-case letters, digits and single dashes, starting with a letter",
        "name it after who is woken by it: Azure's portal shows the name",
    ),
]
MonthStart = Annotated[date, BeforeValidator(_text), AfterValidator(_first_of_month)]
