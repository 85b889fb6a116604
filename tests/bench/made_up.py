"""A made-up `up`: the record of it, and operations without one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.record import Operation
from offline.arm.errors import JSON
from offline.arm.ids import ResourceId
from offline.arm.store import Answered, OperationRow, Resource, Store

GROUP = "/subscriptions/s/resourceGroups/rg"
IN_GROUP = f"{GROUP}/providers"
NETWORK = f"{IN_GROUP}/Microsoft.Network/virtualNetworks/net"
ENDPOINT = f"{IN_GROUP}/Microsoft.Network/privateEndpoints/pep"
ZONE = f"{IN_GROUP}/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
ACCOUNT = f"{IN_GROUP}/Microsoft.CognitiveServices/accounts/ai"
VAULT = f"{IN_GROUP}/Microsoft.KeyVault/vaults/kv"
IDENTITY = f"{IN_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/id"
ENVIRONMENT = f"{IN_GROUP}/Microsoft.App/managedEnvironments/cae"
APP = f"{IN_GROUP}/Microsoft.App/containerApps/ca"


def operation(
    id: str, *told: str, begun: float = 0, ended: float = 1, produced: Sequence[str] = (), refused: float = 0
) -> Operation:
    """An operation that speaks of those texts.

    :param refused: seconds that were lost to refusals before the accepted attempt.
    """
    return Operation(
        id=ResourceId(id),
        begun=begun,
        attempt=begun + refused,
        ended=ended,
        azure=ended - begun - refused,
        refusals=1 if refused else 0,
        told=frozenset(text.lower() for text in (id, *told)),
        produced=frozenset(text.lower() for text in produced),
    )


class Noted(Store):
    """A store whose requests came at the times that a test says."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.noted: list[Answered] = []

    def answered(self) -> list[Answered]:
        return self.noted


@dataclass
class Record:
    """Writes what the offline Azure would have noted."""

    path: Path
    speed: float = 1.0
    """Azure's seconds in one of the record's."""
    start: float = 1_000_000.0

    def __post_init__(self) -> None:
        self.store = Noted(self.path)

    def made(
        self,
        id: str,
        begun: float,
        ended: float,
        *,
        body: JSON | None = None,
        outputs: JSON | None = None,
        private: JSON | None = None,
        refused_at: float | None = None,
        synchronous: bool = False,
        status: str = "Succeeded",
    ) -> None:
        """A resource that was asked for and made; times in Azure's seconds.

        :param outputs: properties beside those of the body.
        :param refused_at: a PUT was refused then, and tried again at `begun`.
        """
        written = body or {}
        if refused_at is not None:
            self._answered(refused_at, "GET", id, 404)
            self._answered(refused_at, "PUT", id, 400, written)
        self._answered(begun, "GET", id, 404)
        if not synchronous:
            self._answered(begun, "PUT", id, 201, written)
        properties = written.get("properties")
        self.store.put(
            Resource(
                id=ResourceId(id),
                body={
                    **written,
                    "properties": {
                        **(properties if isinstance(properties, Mapping) else {}),
                        **(outputs or {}),
                    },
                },
                private=private or {},
            )
        )
        self.store.put_operation(
            OperationRow(
                id=id,
                resource=ResourceId(id),
                verb="create",
                status=status,
                due=self._at(ended),
                started=self._at(begun),
                ended=self._at(ended),
            )
        )
        if synchronous:
            self._answered(ended, "PUT", id, 201, written)
        self._answered(ended, "GET", id, 200)

    def _at(self, seconds: float) -> float:
        return self.start + seconds / self.speed

    def _answered(
        self, seconds: float, method: str, path: str, status: int, body: JSON | None = None
    ) -> None:
        self.store.noted.append(
            Answered(at=self._at(seconds), method=method, path=path, body=body or {}, status=status)
        )
