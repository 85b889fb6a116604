"""What Azure OpenAI offers (`models.yaml`), judged as of a day.

The day is today's, unless the store's fact says another: what is tried out here must not stop working on the day that
a model retires.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from offline.arm.store import Store

AS_OF_FACT = "catalog.as_of"
"""Store fact: the ISO date by which lifecycles are judged."""

HISTORY_FACT = "subscription.models"
"""Store fact: `name/version` of what the subscription has had."""

RETIRED_FACT = "catalog.retired"
"""Store fact: `name/version` of what was retired before its day, to see what happens then."""

QUOTA_FACT = "subscription.quota"
"""Store fact: limits by `region/sku/model`, where they differ from the ordinary ones."""

FORMAT = "OpenAI"


@dataclass(frozen=True, kw_only=True)
class Model:
    """One version of a model."""

    name: str
    version: str
    kind: Literal["chat", "reasoning", "embedding"]
    state: Literal["ga", "legacy", "deprecated"]
    retires: date
    skus: tuple[str, ...]
    context: int
    """Tokens that it reads at most."""
    output: int = 0
    """Tokens that it writes at most."""
    dimensions: int = 0
    deprecated: date | None = None
    default: bool = False

    @property
    def key(self) -> str:
        return f"{self.name}/{self.version}"

    @property
    def talks(self) -> bool:
        """Whether it chats; the others embed."""
        return self.kind != "embedding"

    @property
    def capabilities(self) -> dict[str, str]:
        """As the model list and a deployment show them."""
        if not self.talks:
            return {"embeddings": "true", "embeddingsMaxInputs": "2048"}
        shared = {
            "chatCompletion": "true",
            "responses": "true",
            "jsonObjectResponse": "true",
            "jsonSchemaResponse": "true",
            "maxContextToken": str(self.context),
            "maxOutputToken": str(self.output),
        }
        return shared if self.kind == "reasoning" else {**shared, "assistants": "true", "area": "US"}


@dataclass(frozen=True, kw_only=True)
class Catalog:
    models: tuple[Model, ...]
    quota: dict[str, int]
    history: frozenset[str]

    def named(self, name: str) -> list[Model]:
        return [model for model in self.models if model.name == name]

    def find(self, name: str, version: str | None) -> Model | None:
        """A version of a model; its default one when none is asked for."""
        for model in self.named(name):
            if model.version == version or (not version and model.default):
                return model
        return None


@cache
def catalog() -> Catalog:
    read = yaml.safe_load(Path(__file__).with_name("models.yaml").read_text())
    return Catalog(
        models=tuple(Model(**{**entry, "skus": tuple(entry["skus"])}) for entry in read["models"]),
        quota=read["quota"],
        history=frozenset(read["history"]),
    )


def as_of(store: Store) -> date:
    """The day by which lifecycles are judged."""
    fact = store.fact(AS_OF_FACT)
    return date.fromisoformat(fact) if isinstance(fact, str) else datetime.now(UTC).date()


def set_as_of(store: Store, day: date | None) -> None:
    """Judge by that day; None is today again."""
    store.set_fact(AS_OF_FACT, day.isoformat() if day is not None else None)


def retire(store: Store, name: str, version: str) -> None:
    """Retire a version now.

    :raises ValueError: there is no such version.
    """
    model = catalog().find(name, version)
    if model is None or not version:
        known = ", ".join(known.key for known in catalog().models)
        raise ValueError(f"No model is {name}/{version}; there is: {known}")
    store.set_fact(RETIRED_FACT, sorted({*_keys(store, RETIRED_FACT), model.key}))


def retired_on_demand(store: Store) -> list[str]:
    """`name/version` of those that `retire` has retired before their day."""
    return sorted(_keys(store, RETIRED_FACT))


def restore_retired(store: Store) -> None:
    """Let only dates retire models again."""
    store.set_fact(RETIRED_FACT, [])


def is_retired(store: Store, model: Model) -> bool:
    return as_of(store) >= model.retires or model.key in _keys(store, RETIRED_FACT)


def retired_since(store: Store, model: Model) -> date:
    """The day to tell."""
    return min(model.retires, as_of(store))


def has_had(store: Store, model: Model) -> bool:
    """Whether the subscription has had that very version, and so may go on creating it while it is deprecated."""
    history = _keys(store, HISTORY_FACT) if store.fact(HISTORY_FACT) is not None else catalog().history
    return model.key in history


def quota(store: Store, location: str, sku: str, model: Model) -> int:
    """What the subscription has of a SKU for a model in a region."""
    fact = store.fact(QUOTA_FACT)
    own = fact.get(f"{location}/{sku}/{model.name}") if isinstance(fact, dict) else None
    return own if isinstance(own, int) else catalog().quota[sku]


def _keys(store: Store, name: str) -> frozenset[str]:
    fact = store.fact(name)
    return frozenset(str(item) for item in fact) if isinstance(fact, list) else frozenset()
