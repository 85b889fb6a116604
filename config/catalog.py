"""The models: what exists, in which SKU, and until when. The facts are in `catalog.yaml`, with their date.

A lifecycle is judged as of a day that the caller names, so that nothing here changes on the day a model retires
unless somebody asks with that day.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from config.schema import Sku

# A GA model is spoken of this long before it goes: about one planning quarter.
NOTICE_DAYS = 90


class Kind(StrEnum):
    """What a model does: it decides which calls it answers."""

    CHAT = "chat"
    EMBEDDING = "embedding"


class Status(StrEnum):
    """As Microsoft's page on retirements calls it."""

    GA = "ga"
    LEGACY = "legacy"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Lifecycle(_Entry):
    """Where a version stands on a day."""

    status: Status
    retires: date
    message: str = ""
    """What to say about it; empty when there is nothing to do."""

    @property
    def retired(self) -> bool:
        return self.status is Status.RETIRED


class Successor(_Entry):
    """What to use instead."""

    model: str
    version: str


class Version(_Entry):
    """One version of a model."""

    model: str
    version: str
    kind: Kind
    status: Status
    retires: date
    skus: tuple[Sku, ...] = Field(min_length=1)
    successor: Successor | None = None

    @property
    def base_model(self) -> str:
        """Its name in LiteLLM's price list (1.106.2): with the version for chat, without for embeddings."""
        return f"azure/{self.model}" if self.kind is Kind.EMBEDDING else f"azure/{self.model}-{self.version}"

    def lifecycle(self, today: date) -> Lifecycle:
        """Its status on a day. Past the retirement date it is retired, whatever the file says."""
        status = Status.RETIRED if today >= self.retires else self.status
        return Lifecycle(status=status, retires=self.retires, message=self._message(status, today))

    def _message(self, status: Status, today: date) -> str:
        what = f"{self.model} {self.version}"
        match status:
            case Status.RETIRED:
                return f"{what} retired on {self.retires}: it answers no call and cannot be created.{self._instead}"
            case Status.DEPRECATED:
                return (
                    f"{what} is deprecated: it retires on {self.retires}, and a subscription that has never had it "
                    f"cannot create it.{self._instead}"
                )
            case _ if (self.retires - today).days <= NOTICE_DAYS:
                return f"{what} retires on {self.retires}.{self._instead}"
            case _:
                return ""

    @property
    def _instead(self) -> str:
        """The line to change; two when no newer version of the same model is left."""
        if self.successor is None:
            return ""
        model = "" if self.successor.model == self.model else f"model: {self.successor.model} and "
        return f' Write {model}version: "{self.successor.version}"'


class Model(_Entry):
    """A model by name, with the versions that can be pinned."""

    kind: Kind
    versions: Mapping[str, Version] = Field(min_length=1)


class Catalog(_Entry):
    """All models that the settings may name."""

    as_of: date
    models: Mapping[str, Model]

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> "Catalog":
        """The file, read once."""
        return Catalog.parse((Path(__file__).parent / "catalog.yaml").read_text(encoding="utf-8"))

    @staticmethod
    def parse(text: str) -> "Catalog":
        raw: Any = yaml.safe_load(text)
        for name, model in raw["models"].items():
            model["versions"] = {
                number: {**version, "model": name, "version": number, "kind": model["kind"]}
                for number, version in model["versions"].items()
            }
        return Catalog.model_validate(raw)

    def find(self, model: str, version: str) -> Version | None:
        """A version of a model, or None when the catalog has no such thing."""
        known = self.models.get(model)
        return known.versions.get(version) if known else None
