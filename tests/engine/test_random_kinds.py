"""What the random provider draws, and that its shapes are those of the SDK that programs are written with."""

import base64
import inspect
import re
import uuid
from collections.abc import Callable

import bcrypt
import pulumi_random
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline.random_kinds import KINDS, SPECIAL, Properties


def kind_of(name: str) -> str:
    return f"random:index/{name[0].lower()}{name[1:]}:{name}"


def draw(name: str, **inputs: object) -> tuple[str, Properties]:
    """What a new resource of these inputs is."""
    kind = KINDS[kind_of(name)]
    return kind.create(kind.with_defaults(inputs))


def names(function: Callable[..., object]) -> set[str]:
    """The parameters of one of the SDK's functions, as the engine spells them."""
    return {
        re.sub(r"_(\w)", lambda found: found[1].upper(), name)
        for name in inspect.signature(function).parameters
        if name != "__self__"
    }


@pytest.mark.parametrize(
    "name", [name for name in dir(pulumi_random) if re.fullmatch(r"Random\w+(?<!Args)", name)]
)
def test_shapes_are_the_sdks(name: str) -> None:
    """A program may set every input that its SDK knows, and read every output."""
    kind = KINDS[kind_of(name)]
    module = inspect.getmodule(getattr(pulumi_random, name))
    assert set(kind.fields) == names(getattr(pulumi_random, f"{name}Args").__init__)
    # An SDK without a state class for a type has no outputs beside its inputs and id.
    assert set(kind.fields) | set(kind.computed) == names(getattr(module, f"_{name}State").__init__)


COUNTS = st.integers(min_value=0, max_value=5)


@given(length=st.integers(20, 60), lower=COUNTS, upper=COUNTS, numeric=COUNTS, special=COUNTS)
def test_text_holds_the_least_numbers_of_each(
    length: int, lower: int, upper: int, numeric: int, special: int
) -> None:
    """A password has its length, at least what was asked of each kind of character, and no others."""
    _, outputs = draw(
        "RandomString", length=length, minLower=lower, minUpper=upper, minNumeric=numeric, minSpecial=special
    )
    text = outputs["result"]
    assert len(text) == length
    assert sum(character.islower() for character in text) >= lower
    assert sum(character.isupper() for character in text) >= upper
    assert sum(character.isdigit() for character in text) >= numeric
    assert sum(character in SPECIAL for character in text) >= special
    assert all(character.isalnum() or character in SPECIAL for character in text)


@pytest.mark.parametrize(
    ("inputs", "allowed"),
    [
        pytest.param({"special": False}, r"[A-Za-z0-9]{40}", id="no special characters"),
        pytest.param(
            {"overrideSpecial": "_", "lower": False, "upper": False}, r"[0-9_]{40}", id="own specials"
        ),
        pytest.param({"number": False, "special": False}, r"[A-Za-z]{40}", id="numeric by its old name"),
    ],
)
def test_text_is_made_of_what_is_allowed(inputs: Properties, allowed: str) -> None:
    """A kind of character that is switched off does not appear."""
    assert re.fullmatch(allowed, draw("RandomString", length=40, **inputs)[1]["result"])


def test_a_long_password_has_the_hash_of_what_bcrypt_reads() -> None:
    """bcrypt reads 72 bytes: a longer password is no error."""
    _, outputs = draw("RandomPassword", length=80)
    assert bcrypt.checkpw(outputs["result"][:72].encode(), outputs["bcryptHash"].encode())


def test_an_id_says_the_same_in_every_notation() -> None:
    """One number, four spellings, each with the prefix; the id has none."""
    id_, outputs = draw("RandomId", byteLength=5, prefix="p-")
    drawn = base64.urlsafe_b64decode(id_ + "=" * (-len(id_) % 4))
    assert outputs == {
        "b64Url": f"p-{id_}",
        "b64Std": f"p-{base64.b64encode(drawn).decode()}",
        "hex": f"p-{drawn.hex()}",
        "dec": f"p-{int.from_bytes(drawn)}",
    }


def test_a_uuid7_carries_version_variant_and_the_order_of_time() -> None:
    """RFC 9562."""
    first, second = (uuid.UUID(draw("RandomUuid7")[0]) for _ in range(2))
    assert (first.int >> 76 & 0xF, first.variant) == (7, uuid.RFC_4122)
    assert first.int >> 80 <= second.int >> 80


def test_a_shuffle_goes_round_until_it_has_enough() -> None:
    """More results than inputs repeat them, each round in full."""
    _, outputs = draw("RandomShuffle", inputs=["a", "b", "c"], resultCount=7)
    assert len(outputs["results"]) == 7
    assert {*outputs["results"][:3]} == {*outputs["results"][3:6]} == {"a", "b", "c"}


def test_a_seed_repeats() -> None:
    """The same seed draws the same."""
    drawn = {draw("RandomInteger", min=0, max=10**9, seed="s")[0] for _ in range(3)}
    assert len(drawn) == 1


@pytest.mark.parametrize(
    ("name", "inputs", "imported"),
    [
        pytest.param("RandomPassword", {"length": 12}, lambda id_, out: out["result"], id="password"),
        pytest.param("RandomString", {"length": 12}, lambda id_, out: id_, id="string"),
        pytest.param(
            "RandomId", {"byteLength": 7, "prefix": "a,b-"}, lambda id_, out: f"a,b-,{id_}", id="id"
        ),
        pytest.param("RandomBytes", {"length": 9}, lambda id_, out: out["base64"], id="bytes"),
        pytest.param("RandomUuid", {}, lambda id_, out: id_, id="uuid"),
        pytest.param("RandomInteger", {"min": 1, "max": 9}, lambda id_, out: f"{id_},1,9", id="integer"),
    ],
)
def test_what_is_imported_is_what_was_drawn(
    name: str, inputs: Properties, imported: Callable[[str, Properties], str]
) -> None:
    """`pulumi import` brings back id, inputs and outputs, so that the next preview shows no change."""
    kind = KINDS[kind_of(name)]
    id_, outputs = draw(name, **inputs)
    assert kind.read is not None
    read_id, read_inputs, read_outputs = kind.read(imported(id_, outputs))
    assert read_id == id_
    assert read_inputs == inputs
    # A hash has salt of its own; `number` and `numeric` follow from the defaults.
    drawn = {key: value for key, value in outputs.items() if key not in {"bcryptHash", "number", "numeric"}}
    assert drawn == {key: value for key, value in read_outputs.items() if key != "bcryptHash"}
