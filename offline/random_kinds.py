"""The resources of the `random` package: inputs, limits, and what each makes, as data beside small functions.

Names, defaults and limits are those of pulumi-random 4.21 (terraform-provider-random 3.9), read from its SDK and
documentation. A `seed` gives the same result every time, but not the one that the official provider would give:
that depends on Go's generator.
"""

import base64
import random
import secrets
import string
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bcrypt

Properties = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One input: its type, its default (None: stays unset), its least value."""

    type: type
    required: bool = False
    default: bool | int | str | None = None
    least: int | None = None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One resource type. Every input's change replaces it: there is nothing random to keep otherwise."""

    fields: Mapping[str, Field]
    computed: tuple[str, ...]
    secret: tuple[str, ...] = ()
    create: Callable[[Properties], tuple[str, Properties]]
    """Inputs with their defaults → id and computed outputs."""
    read: Callable[[str], tuple[str, Properties, Properties]] | None = None
    """An id given to `pulumi import` → id, inputs, computed outputs. ValueError says what such an id looks like."""
    problems: Callable[[Properties], list[tuple[str, str]]] = field(default=lambda _inputs: [])
    """What is wrong between inputs that are right one by one: (property, reason)."""

    def with_defaults(self, inputs: Properties) -> Properties:
        """Inputs as the outputs show them."""
        return {
            name: inputs.get(name, known.default)
            for name, known in self.fields.items()
            if inputs.get(name, known.default) is not None
        }


SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
BCRYPT_READS = 72
"""bcrypt looks at no more bytes than these; newer libraries refuse a longer secret instead of cutting it."""


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode()[:BCRYPT_READS], bcrypt.gensalt(rounds=10)).decode()


def _characters(inputs: Properties) -> list[tuple[str, str]]:
    """The allowed characters: (input that sets the least number of them, characters)."""
    numeric = inputs["number"] if inputs["number"] is not True else inputs["numeric"]
    return [
        (least, characters)
        for allowed, least, characters in (
            (inputs["lower"], "minLower", string.ascii_lowercase),
            (inputs["upper"], "minUpper", string.ascii_uppercase),
            (numeric, "minNumeric", string.digits),
            (inputs["special"], "minSpecial", inputs.get("overrideSpecial") or SPECIAL),
        )
        if allowed
    ]


def _text(inputs: Properties) -> str:
    allowed = _characters(inputs)
    chosen = [secrets.choice(characters) for least, characters in allowed for _ in range(inputs[least])]
    everything = "".join(characters for _, characters in allowed)
    chosen += [secrets.choice(everything) for _ in range(inputs["length"] - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _text_problems(inputs: Properties) -> list[tuple[str, str]]:
    least = {name: inputs[name] for name in ("minLower", "minUpper", "minNumeric", "minSpecial")}
    found = []
    if sum(least.values()) > inputs["length"]:
        found.append(
            (
                "length",
                f"must be at least {' + '.join(least)} = {sum(least.values())}, is {inputs['length']}",
            )
        )
    allowed = dict(_characters(inputs))
    if not allowed:
        found.append(("lower", "at least one of lower, upper, numeric and special must be true"))
    found += [
        (name, "asks for characters that are not allowed")
        for name, count in least.items()
        if count and allowed and name not in allowed
    ]
    return found


def _text_fields() -> dict[str, Field]:
    return {
        "length": Field(type=int, required=True, least=1),
        **{
            name: Field(type=bool, default=True)
            for name in ("lower", "upper", "number", "numeric", "special")
        },
        **{
            name: Field(type=int, default=0, least=0)
            for name in ("minLower", "minUpper", "minNumeric", "minSpecial")
        },
        "overrideSpecial": Field(type=str),
    }


def _same_number(inputs: Properties, outputs: Properties) -> Properties:
    """`number` is the old name of `numeric`: both show the one that counts."""
    numeric = any(least == "minNumeric" for least, _ in _characters(inputs))
    return {**outputs, "number": numeric, "numeric": numeric}


def _password(inputs: Properties) -> tuple[str, Properties]:
    made = _text(inputs)
    return "none", _same_number(inputs, {"result": made, "bcryptHash": _hash(made)})


def _read_password(given: str) -> tuple[str, Properties, Properties]:
    return "none", {"length": len(given)}, {"result": given, "bcryptHash": _hash(given)}


def _string(inputs: Properties) -> tuple[str, Properties]:
    made = _text(inputs)
    return made, _same_number(inputs, {"result": made})


def _read_string(given: str) -> tuple[str, Properties, Properties]:
    return given, {"length": len(given)}, {"result": given}


def _id_outputs(drawn: bytes, prefix: str) -> tuple[str, Properties]:
    url = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    return url, {
        "b64Url": prefix + url,
        "b64Std": prefix + base64.b64encode(drawn).decode(),
        "hex": prefix + drawn.hex(),
        "dec": prefix + str(int.from_bytes(drawn)),
    }


def _id(inputs: Properties) -> tuple[str, Properties]:
    return _id_outputs(secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix", ""))


def _read_id(given: str) -> tuple[str, Properties, Properties]:
    prefix, _, url = given.rpartition(",")
    drawn = base64.b64decode(url + "=" * (-len(url) % 4), altchars=b"-_", validate=True)
    inputs: Properties = {"byteLength": len(drawn)} | ({"prefix": prefix} if prefix else {})
    return url, inputs, _id_outputs(drawn, prefix)[1]


def _bytes_outputs(drawn: bytes) -> Properties:
    return {"base64": base64.b64encode(drawn).decode(), "hex": drawn.hex()}


def _read_bytes(given: str) -> tuple[str, Properties, Properties]:
    drawn = base64.b64decode(given, validate=True)
    return "none", {"length": len(drawn)}, _bytes_outputs(drawn)


def _uuid(draw: Callable[[], uuid.UUID]) -> Kind:
    def create(_inputs: Properties) -> tuple[str, Properties]:
        made = str(draw())
        return made, {"result": made}

    def read(given: str) -> tuple[str, Properties, Properties]:
        return given, {}, {"result": str(uuid.UUID(given))}

    return Kind(fields=_KEEPERS, computed=("result",), create=create, read=read)


def _uuid7() -> uuid.UUID:
    """RFC 9562: 48 bits of milliseconds, then version, variant and 74 random bits."""
    drawn = secrets.randbits(80)
    value = (time.time_ns() // 1_000_000) << 80 | drawn
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def _draw(seed: str | None) -> random.Random:
    return random.Random(seed) if seed else secrets.SystemRandom()  # noqa: S311 - a seed asks for repetition


def _integer(inputs: Properties) -> tuple[str, Properties]:
    made = _draw(inputs.get("seed")).randint(inputs["min"], inputs["max"])
    return str(made), {"result": made}


def _read_integer(given: str) -> tuple[str, Properties, Properties]:
    result, least, most, *seed = given.split(",")
    inputs: Properties = {"min": int(least), "max": int(most)} | ({"seed": seed[0]} if seed else {})
    return result, inputs, {"result": int(result)}


def _integer_problems(inputs: Properties) -> list[tuple[str, str]]:
    if inputs["min"] > inputs["max"]:
        return [("min", f"must not be more than max = {inputs['max']}, is {inputs['min']}")]
    return []


_ADVERBS = "barely boldly calmly daily early fairly gladly highly kindly lightly mildly neatly newly openly"
_ADJECTIVES = "able brave bright calm clean eager fair fine fresh glad keen kind lucky proud quick rare"
_ANIMALS = "ant badger crane deer eagle finch goat hare ibex jay koala lark mole newt otter panda raven"


def _pet(inputs: Properties) -> tuple[str, Properties]:
    length = inputs["length"]
    words = [secrets.choice(_ADVERBS.split()) for _ in range(length - 2)]
    words += [secrets.choice(_ADJECTIVES.split())] if length > 1 else []
    words.append(secrets.choice(_ANIMALS.split()))
    if prefix := inputs.get("prefix"):
        words.insert(0, prefix)
    return inputs["separator"].join(words), {}


def _shuffle(inputs: Properties) -> tuple[str, Properties]:
    given = inputs["inputs"]
    wanted = inputs.get("resultCount", len(given))
    draw = _draw(inputs.get("seed"))
    results: list[str] = []
    while given and len(results) < wanted:
        results += draw.sample(given, len(given))
    return "-", {"results": results[:wanted]}


_KEEPERS: dict[str, Field] = {"keepers": Field(type=dict)}

KINDS: dict[str, Kind] = {
    "random:index/randomPassword:RandomPassword": Kind(
        fields=_KEEPERS | _text_fields(),
        computed=("result", "bcryptHash"),
        secret=("result", "bcryptHash"),
        create=_password,
        read=_read_password,
        problems=_text_problems,
    ),
    "random:index/randomString:RandomString": Kind(
        fields=_KEEPERS | _text_fields(),
        computed=("result",),
        create=_string,
        read=_read_string,
        problems=_text_problems,
    ),
    "random:index/randomId:RandomId": Kind(
        fields=_KEEPERS | {"byteLength": Field(type=int, required=True, least=1), "prefix": Field(type=str)},
        computed=("b64Url", "b64Std", "hex", "dec"),
        create=_id,
        read=_read_id,
    ),
    "random:index/randomBytes:RandomBytes": Kind(
        fields=_KEEPERS | {"length": Field(type=int, required=True, least=1)},
        computed=("base64", "hex"),
        secret=("base64", "hex"),
        create=lambda inputs: ("none", _bytes_outputs(secrets.token_bytes(inputs["length"]))),
        read=_read_bytes,
    ),
    "random:index/randomUuid:RandomUuid": _uuid(uuid.uuid4),
    "random:index/randomUuid4:RandomUuid4": _uuid(uuid.uuid4),
    "random:index/randomUuid7:RandomUuid7": _uuid(_uuid7),
    "random:index/randomInteger:RandomInteger": Kind(
        fields=_KEEPERS
        | {
            "min": Field(type=int, required=True),
            "max": Field(type=int, required=True),
            "seed": Field(type=str),
        },
        computed=("result",),
        create=_integer,
        read=_read_integer,
        problems=_integer_problems,
    ),
    "random:index/randomPet:RandomPet": Kind(
        fields=_KEEPERS
        | {
            "length": Field(type=int, default=2, least=1),
            "prefix": Field(type=str),
            "separator": Field(type=str, default="-"),
        },
        computed=(),
        create=_pet,
    ),
    "random:index/randomShuffle:RandomShuffle": Kind(
        fields=_KEEPERS
        | {
            "inputs": Field(type=list, required=True),
            "resultCount": Field(type=int, least=0),
            "seed": Field(type=str),
        },
        computed=("results",),
        create=_shuffle,
    ),
}
