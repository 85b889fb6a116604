"""What pulumi-azure-native's Python SDK says of a resource: its inputs, its outputs, and the types within them.

Read from the SDK's source, class by class, because importing the network module alone takes longer than a whole
preview may. What was read is kept in the user's cache folder under the SDK's version, so that a running provider
neither imports nor parses it.
"""

import ast
import importlib.metadata
import importlib.util
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from offline import cache as shared
from offline.schema.resources import ResourceType

FORMAT = 1
"""Of the cached files; raise it when what they hold changes."""

Kind = Literal["string", "integer", "number", "boolean", "any", "list", "map", "object", "union"]


@dataclass(frozen=True)
class Type:
    """The type of a property, in no language's terms."""

    kind: Kind
    of: "Type | None" = None
    """Of the elements of a list or map."""
    object: str | None = None
    """Which of `Shapes.objects`."""
    values: tuple[str, ...] = ()
    """Of a string: the known ones."""
    open: bool = True
    """Of a string with known values: whether others are legal too."""
    options: tuple["Type", ...] = ()
    """Of a union."""


@dataclass(frozen=True)
class Field:
    """One property, by the name that Pulumi's engine knows it by."""

    type: Type
    required: bool


Fields = dict[str, Field]


@dataclass(frozen=True)
class Shapes:
    """All of one resource type. What an object looks like coming out has a name of its own: `SecurityRuleResponse`."""

    inputs: Fields
    outputs: Fields
    objects: dict[str, Fields] = field(default_factory=dict)


@cache
def sdk_version() -> str:
    """The installed SDK's version.

    :raises importlib.metadata.PackageNotFoundError: it is not installed.
    """
    return importlib.metadata.version("pulumi-azure-native")


def cache_folder() -> Path:
    """Where what was read from this SDK is kept."""
    return shared.cache() / f"azure-native-{sdk_version()}-{FORMAT}"


@cache
def of(resource: ResourceType) -> Shapes:
    """The shapes of a type; from the cache folder, else from the SDK's source.

    :raises LookupError: the SDK has no such resource.
    """
    file = cache_folder() / f"{resource.module}.{resource.name}.json"
    try:
        return _load(json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        # Missing, or cut short by something that died while writing it: read the source again.
        shapes = read(resource)
        _keep(file, shapes)
        return shapes


def read(resource: ResourceType) -> Shapes:
    """The shapes of a type, from the SDK's source.

    :raises LookupError: the SDK has no such resource.
    """
    return _Module.of(resource.module).resource(resource.name)


def _keep(file: Path, shapes: Shapes) -> None:
    """Write whole or not at all: several providers may do so at once. A cache that cannot be written is none."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as temporary:
            json.dump(asdict(shapes), temporary, separators=(",", ":"))
        Path(temporary.name).replace(file)
    except OSError:
        return


def _load(document: dict[str, Any]) -> Shapes:
    return Shapes(
        inputs=_load_fields(document["inputs"]),
        outputs=_load_fields(document["outputs"]),
        objects={name: _load_fields(fields) for name, fields in document["objects"].items()},
    )


def _load_fields(document: dict[str, Any]) -> Fields:
    return {name: Field(_load_type(one["type"]), one["required"]) for name, one in document.items()}


def _load_type(document: dict[str, Any]) -> Type:
    return Type(
        kind=document["kind"],
        of=_load_type(document["of"]) if document["of"] is not None else None,
        object=document["object"],
        values=tuple(document["values"]),
        open=document["open"],
        options=tuple(_load_type(option) for option in document["options"]),
    )


_PLAIN: dict[str, Kind] = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_WRAPPERS = {"Input", "Output", "Optional"}


class _Source:
    """One file of generated classes; each is parsed when it is asked for."""

    def __init__(self, file: Path) -> None:
        self.text = file.read_text(encoding="utf-8") if file.exists() else ""
        # A class ends where the next one begins, or the next one's decorators.
        starts = [
            (hit[1], hit.start()) for hit in re.finditer(r"^(?:class (\w+)|@)", self.text, re.MULTILINE)
        ]
        starts.append(("", len(self.text)))
        self._spans = {name: (start, end) for (name, start), (_, end) in pairwise(starts) if name}

    def __contains__(self, name: str) -> bool:
        return name in self._spans

    def parse(self, name: str) -> ast.ClassDef:
        """:raises LookupError: there is no such class."""
        start, end = self._spans[name]
        for node in ast.parse(self.text[start:end]).body:
            if isinstance(node, ast.ClassDef):
                return node
        raise LookupError(name)


class _Module:
    """A module of the SDK, such as `network`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._objects: dict[str, Fields] = {}

    @classmethod
    @cache
    def of(cls, name: str) -> "_Module":
        found = importlib.util.find_spec("pulumi_azure_native")
        if found is None or not found.submodule_search_locations:
            raise LookupError("pulumi_azure_native is not installed")
        folder = Path(found.submodule_search_locations[0]) / name
        if not folder.is_dir():
            raise LookupError(f"pulumi_azure_native has no module {name!r}")
        return cls(folder)

    @cached_property
    def _inputs(self) -> _Source:
        return _Source(self.folder / "_inputs.py")

    @cached_property
    def _outputs(self) -> _Source:
        return _Source(self.folder / "outputs.py")

    @cached_property
    def _enums(self) -> _Source:
        return _Source(self.folder / "_enums.py")

    def resource(self, name: str) -> Shapes:
        file = self.folder / f"{_snake(name)}.py"
        source = _Source(file)
        # A resource's own arguments are called …InitArgs where the plain name is a nested input's.
        arguments = next((found for found in (f"{name}InitArgs", f"{name}Args") if found in source), None)
        if arguments is None or name not in source:
            raise LookupError(f"pulumi_azure_native has no resource {name!r} in {file}")
        self._objects = {}
        inputs = self._fields(source.parse(arguments))
        outputs = self._fields(source.parse(name))
        return Shapes(inputs=inputs, outputs=outputs, objects=self._objects)

    def _fields(self, node: ast.ClassDef) -> Fields:
        """The properties of a class: each has a getter that carries its wire name and its type."""
        return {name: Field(self._type(returns), not _optional(returns)) for name, returns in _getters(node)}

    def _type(self, node: ast.expr) -> Type:
        match node:
            case ast.Subscript(value=value, slice=inner):
                name = _last_word(value)
                if name in _WRAPPERS:
                    return self._type(inner)
                if name == "Sequence":
                    return Type("list", of=self._type(inner))
                if name == "Mapping" and isinstance(inner, ast.Tuple):
                    return Type("map", of=self._type(inner.elts[1]))
                if name == "Union" and isinstance(inner, ast.Tuple):
                    return self._union([self._type(option) for option in inner.elts])
            case ast.Constant(value=str(text)):
                return self._named(text.rpartition(".")[2])
            case ast.Name() | ast.Attribute():
                word = _last_word(node)
                return Type(_PLAIN[word]) if word in _PLAIN else Type("any")
        raise LookupError(f"no type that is known: {ast.unparse(node)}")

    def _union(self, options: list[Type]) -> Type:
        """A plain string beside known values is an open enumeration."""
        known = tuple(value for option in options for value in option.values)
        if known and all(option.kind == "string" for option in options):
            return Type("string", values=known, open=True)
        return Type("union", options=tuple(options))

    def _named(self, name: str) -> Type:
        if name in self._enums:
            return Type("string", values=tuple(_values(self._enums.parse(name))), open=False)
        source = self._inputs if name in self._inputs else self._outputs
        if name not in source:
            raise LookupError(f"no class {name!r} in {self.folder}")
        key = name.removesuffix("Args")
        if key not in self._objects:
            self._objects[key] = {}  # a type may hold itself
            self._objects[key] = self._fields(source.parse(name))
        return Type("object", object=key)


def _getters(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for member in node.body:
        if not isinstance(member, ast.FunctionDef) or member.returns is None:
            continue
        for decorator in member.decorator_list:
            call = decorator.func if isinstance(decorator, ast.Call) else decorator
            if _last_word(call) != "getter":
                continue
            names = decorator.keywords if isinstance(decorator, ast.Call) else []
            wire = next((k.value.value for k in names if isinstance(k.value, ast.Constant)), member.name)
            yield str(wire), member.returns


def _optional(node: ast.expr) -> bool:
    """Whether a getter's type allows for nothing."""
    while isinstance(node, ast.Subscript) and _last_word(node.value) in _WRAPPERS:
        if _last_word(node.value) == "Optional":
            return True
        node = node.slice
    return False


def _values(node: ast.ClassDef) -> Iterator[str]:
    """The members of a generated enumeration."""
    for member in node.body:
        if isinstance(member, ast.Assign) and isinstance(member.value, ast.Constant):
            yield str(member.value.value)


def _last_word(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _snake(name: str) -> str:
    """`PublicIPAddress` -> `public_ip_address`, as the SDK names its files."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
