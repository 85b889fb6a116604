"""ARM resource ids: case does not matter, structure does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResourceId:
    """`/subscriptions/{s}[/resourceGroups/{g}][/providers/{namespace}/{type}/{name}…]`, also as an extension.

    An extension resource (role assignment, diagnostic setting, lock) hangs below another id: the last
    `providers` segment is its own, all that stands before is `scope`.
    """

    text: str

    @property
    def key(self) -> str:
        """What two spellings of the same id share."""
        return self.text.lower()

    @property
    def _segments(self) -> list[str]:
        return self.text.strip("/").split("/")

    def _after(self, word: str) -> str | None:
        segments = self._segments
        for index, segment in enumerate(segments[:-1]):
            if segment.lower() == word:
                return segments[index + 1]
        return None

    @property
    def subscription(self) -> str | None:
        return self._after("subscriptions")

    @property
    def group(self) -> str | None:
        """Name of the resource group."""
        return self._after("resourcegroups")

    @property
    def group_id(self) -> "ResourceId | None":
        return ResourceId("/" + "/".join(self._segments[:4])) if self.group is not None else None

    @property
    def _provider_at(self) -> int | None:
        at = [i for i, segment in enumerate(self._segments) if segment.lower() == "providers"]
        return at[-1] if at else None

    @property
    def type(self) -> str:
        """`Microsoft.Network/virtualNetworks/subnets`; groups and subscriptions are `Microsoft.Resources/…`."""
        at = self._provider_at
        if at is None:
            return "Microsoft.Resources/" + ("resourceGroups" if self.group is not None else "subscriptions")
        rest = self._segments[at + 1 :]
        return "/".join([rest[0], *rest[1::2]])

    @property
    def name(self) -> str:
        return self._segments[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the resource and of its parents of the same provider, outermost first."""
        at = self._provider_at
        return (self.name,) if at is None else tuple(self._segments[at + 3 :: 2])

    @property
    def parent(self) -> "ResourceId | None":
        """The resource that this one is nested in, within its provider; None at the top."""
        return ResourceId("/" + "/".join(self._segments[:-2])) if len(self.names) > 1 else None

    @property
    def scope(self) -> "ResourceId | None":
        """What stands before the last `providers`: the group, or the resource that an extension hangs on."""
        at = self._provider_at
        return ResourceId("/" + "/".join(self._segments[:at])) if at else None

    def child(self, type_segment: str, name: str) -> "ResourceId":
        return ResourceId(f"{self.text}/{type_segment}/{name}")

    def within(self, other: "ResourceId | str") -> bool:
        """True for the other id itself and for everything below it."""
        key = other.lower() if isinstance(other, str) else other.key
        return self.key == key or self.key.startswith(key.rstrip("/") + "/")

    def __str__(self) -> str:
        return self.text
