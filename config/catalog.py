"""The models: what exists, in which SKU, and until when. The facts are in `catalog.yaml`, with their date."""

from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from config.schema import Sku


class Kind(StrEnum):
    """What a model does: it decides which calls it answers."""

    CHAT = "chat"
    EMBEDDING = "embedding"


class Status(StrEnum):
    """As Microsoft's page "Model retirements" calls it."""

    GA = "ga"
    LEGACY = "legacy"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Lifecycle(Entry):
    """Where a version stands on a day."""

    status: Status
    retires: date
    message: str = ""
    """What to do about it; empty when there is nothing to do."""

    @property
    def retired(self) -> bool:
        return self.status is Status.RETIRED


class Version(Entry):
    model: str = ""
    version: str = ""
    status: Status
    retires: date
    skus: tuple[Sku, ...]
    successor: str = ""

    def lifecycle(self, today: date) -> Lifecycle:
        if today >= self.retires:
            return Lifecycle(status=Status.RETIRED, retires=self.retires, message=f"{self.model} {self.version} retired on {self.retires}")
        if self.status is Status.DEPRECATED:
            return Lifecycle(status=self.status, retires=self.retires, message=f"{self.model} {self.version} is deprecated and retires on {self.retires}")
        return Lifecycle(status=self.status, retires=self.retires)


class Model(Entry):
    kind: Kind
    versions: dict[str, Version]


class Catalog(Entry):
    as_of: date
    models: dict[str, Model] = Field(default_factory=dict)

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> "Catalog":
        raw: Any = yaml.safe_load((Path(__file__).parent / "catalog.yaml").read_text(encoding="utf-8"))
        for name, model in raw["models"].items():
            for number, version in model["versions"].items():
                version |= {"model": name, "version": number}
        return Catalog.model_validate(raw)

    def find(self, model: str, version: str) -> Version | None:
        known = self.models.get(model)
        return known.versions.get(version) if known else None
