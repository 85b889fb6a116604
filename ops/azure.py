"""What is in Azure, by id. Reads only."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from azure.mgmt.resource.resources import ResourceManagementClient

from ops.deployment import Export, subscription

DONE = frozenset({"succeeded", "failed", "canceled"})
"""Where a provisioningState comes to rest."""

OnWait = Callable[[str], None]


class AzureError(Exception):
    """Azure did not say what there is; the text says why and what to do."""


@dataclass(frozen=True)
class Found:
    """A resource as Azure shows it."""

    id: str
    """In Azure's own spelling."""
    state: str
    """Its provisioningState; `Succeeded` for types that have none."""

    @property
    def well(self) -> bool:
        return self.state.lower() == "succeeded"


class Azure:
    """A subscription, as whoever is signed in sees it: the same sign-in as azure-native's (ARM_* or AZURE_*
    variables, a managed identity, `az login`).

    :param patience: seconds that one resource may take to come to rest.
    """

    def __init__(self, subscription: str, *, patience: float) -> None:
        self.subscription = subscription
        self._client = ResourceManagementClient(_credential(), subscription)
        self._patience = patience

    def look(self, arm_id: str, api_version: str) -> Found | None:
        """What is there now; None when nothing is.

        :raises AzureError: no sign-in, or no permission to read it.
        """
        try:
            resource = self._client.resources.get_by_id(arm_id, api_version=api_version)
        except ResourceNotFoundError:
            return None
        except ClientAuthenticationError as refusal:
            raise AzureError(
                f"Signing in to Azure failed: {refusal.message}\nRun `az login`, or set ARM_CLIENT_ID, "
                "ARM_CLIENT_SECRET and ARM_TENANT_ID, as for `pulumi up`."
            ) from None
        except HttpResponseError as refusal:
            code = refusal.error.code if refusal.error is not None else refusal.status_code
            raise AzureError(f"Azure does not show {arm_id} ({code}): {refusal.message}") from None
        properties = resource.properties if isinstance(resource.properties, dict) else {}
        return Found(resource.id or arm_id, str(properties.get("provisioningState") or "Succeeded"))

    def at_rest(self, arm_id: str, api_version: str, on_wait: OnWait) -> Found | None:
        """What is there once no operation runs on it.

        :param on_wait: is told the state at every look that finds one running.
        :raises AzureError: it did not come to rest in time.
        """
        until = time.monotonic() + self._patience
        for pause in _pauses():
            found = self.look(arm_id, api_version)
            if found is None or found.state.lower() in DONE:
                return found
            if time.monotonic() > until:
                raise AzureError(
                    f"{arm_id} is still {found.state} after {self._patience / 60:g} minutes. "
                    "Run this again when Azure is done with it."
                )
            on_wait(found.state)
            time.sleep(pause)
        raise AssertionError("the pauses have no end")


def subscription_of(export: Export) -> str:
    """The subscription of a stack: the state's own, else the one that azure-native would work in.

    :raises AzureError: neither the state nor the surroundings name one.
    """
    named = (
        subscription(export)
        or os.environ.get("ARM_SUBSCRIPTION_ID")
        or os.environ.get("AZURE_SUBSCRIPTION_ID")
    )
    if named is None and shutil.which("az"):
        asked = ["az", "account", "show", "--query", "id", "--output", "tsv"]
        named = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    if not named:
        raise AzureError(
            "The stack holds nothing yet that would tell its subscription. "
            "Set ARM_SUBSCRIPTION_ID, or run `az login`, as for `pulumi up`."
        )
    return named


def _pauses() -> Iterator[float]:
    """Seconds between looks: soon at first, then as rarely as azure-native itself."""
    pause = 0.25
    while True:
        yield pause
        pause = min(10.0, pause * 2)


def _credential() -> TokenCredential:
    given = {name: os.environ.get(f"ARM_{name}") for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")}
    tenant, client, secret = given.values()
    if tenant and client and secret:
        return ClientSecretCredential(tenant, client, secret)
    return DefaultAzureCredential()
