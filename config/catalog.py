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

    def status_on(self, today: date) -> Status:
        """Past the retirement date it is retired, whatever the file says."""
        return Status.RETIRED if today >= self.retires else self.status

    def __str__(self) -> str:
        return f"{self.model} {self.version}"


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

    def lifecycle(self, version: Version, today: date, sku: Sku | None = None) -> Lifecycle:
        """Where a version stands on a day, and what to write instead.

        :param sku: that the deployment is of, so that one which the other version lacks is spoken of too.
        """
        status = version.status_on(today)
        match status:
            case Status.RETIRED:
                message = f"{version} retired on {version.retires}: it answers no call and cannot be created."
            case Status.DEPRECATED:
                message = (
                    f"{version} is deprecated: it retires on {version.retires}, and a subscription that has never had "
                    f"it cannot create it."
                )
            case _ if (version.retires - today).days <= NOTICE_DAYS:
                message = f"{version} retires on {version.retires}."
            case _:
                message = ""
        successor = self.successor(version, today)
        if message and successor is not None:
            message = f"{message} Write {_lines(version, successor, sku)}"
        return Lifecycle(status=status, retires=version.retires, message=message)

    def successor(self, version: Version, today: date) -> Version | None:
        """What to use instead on a day: the one that the file names, or that one's own when it has retired too.

        Where that ends, the version of the same kind that lasts longest; None when none outlasts this one.
        """
        found: Version | None = version
        while found is not None and (found is version or found.status_on(today) is Status.RETIRED):
            found = self.find(found.successor.model, found.successor.version) if found.successor else None
        if found is not None:
            return found
        alike = [other for model in self.models.values() for other in model.versions.values()]
        later = [other for other in alike if other.kind is version.kind and other.retires > version.retires]
        alive = [other for other in later if other.status_on(today) is not Status.RETIRED]
        return max(alive, key=lambda other: other.retires, default=None)


def _lines(old: Version, new: Version, sku: Sku | None) -> str:
    """The lines to change: one while a newer version of the same model is left."""
    lines = [f'version: "{new.version}"']
    if new.model != old.model:
        lines.insert(0, f"model: {new.model}")
    if sku is not None and sku not in new.skus:
        reserved = "Provisioned" in sku
        lines.append(f"sku: {next((s for s in new.skus if ('Provisioned' in s) == reserved), new.skus[0])}")
    return " and ".join([", ".join(lines[:-1]), lines[-1]] if len(lines) > 1 else lines)
