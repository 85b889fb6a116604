"""An offline Azure, and ways to ask it: Microsoft's SDKs, requests by hand, small programs."""

import ssl
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
from azure.core.credentials import TokenCredential
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.resource.resources import ResourceManagementClient

from offline import control
from offline.arm.ids import ResourceId
from offline.schema import resources
from offline.tokens import Tokens
from tests.cloud import Cloud, Result

REGION = "southcentralus"

VERSIONS = {
    "microsoft.resources": "2022-09-01",
    "microsoft.network": "2024-05-01",
    "microsoft.network/privatednszones": "2024-06-01",
    "microsoft.managedidentity": "2023-01-31",
    "microsoft.authorization": "2022-04-01",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.operationalinsights": "2023-09-01",
    "microsoft.insights/diagnosticsettings": "2021-05-01-preview",
    "microsoft.insights/metricalerts": "2018-03-01",
    "microsoft.insights/actiongroups": "2024-10-01-preview",
    "microsoft.cognitiveservices": "2025-06-01",
    "microsoft.keyvault": "2024-11-01",
    "microsoft.app": "2025-01-01",
}
"""api-versions by lower-case provider, or type where it has its own; of all others it is azure-native's."""

Client = TypeVar("Client")


class Azure:
    """One offline Azure. Paths may leave out the subscription, and what is asked takes Azure's own ways to its end."""

    def __init__(self, folder: Path, *, stand_ins: bool = False) -> None:
        self.cloud = Cloud(folder, stand_ins=stand_ins)
        self.cloud.start()
        self.base = f"/subscriptions/{self.cloud.home.credentials().subscription_id}"

    def stop(self) -> None:
        self.cloud.stop()

    # Microsoft's SDKs ----------------------------------------------------------------------------------------

    @cached_property
    def resources(self) -> ResourceManagementClient:
        """The SDK that can write a resource of any type."""
        return self.sdk(ResourceManagementClient)

    def sdk(self, client: Callable[..., Client], **words: Any) -> Client:
        """One of the azure-mgmt clients, signed in. It retries nothing, so that nothing is hidden.

        :param words: `credential`, `api_version` and what else it takes.
        """
        asked = {"credential": self.credential, **self.options(), **words}
        return client(subscription_id=self.base.rpartition("/")[2], **asked)

    def options(self, *, network: str | None = None) -> dict[str, Any]:
        """What every Azure SDK takes to get here.

        :param network: ask from inside of this virtual network.
        """
        record = self.cloud.record
        port = control.way_from(record, self.base + network) if network else record.proxy_port
        return {
            "proxies": {"https": f"http://127.0.0.1:{port}"},
            "connection_verify": str(self.cloud.home.bundle),
            "retry_total": 0,
        }

    @cached_property
    def credential(self) -> TokenCredential:
        """The one who owns the subscription."""
        who = self.cloud.home.credentials()
        return ClientSecretCredential(who.tenant_id, who.client_id, who.client_secret, **self.options())

    def token(self, audience: str, principal_id: str, *, seconds: int = 3600) -> str:
        """A token of somebody else, who has no role yet."""
        home = self.cloud.home
        tokens = Tokens(home.signing_key, home.credentials().tenant_id)
        client_id = str(uuid.uuid4())
        return tokens.issue(
            audience=audience, principal_id=principal_id, client_id=client_id, seconds=seconds
        )[0]

    def put(self, path: str, body: dict[str, Any], *, version: str | None = None) -> dict[str, Any]:
        """Write a resource, and wait for it; what is there then."""
        self.resources.resources.begin_create_or_update_by_id(
            self.base + path, body, api_version=version or api_version(path)
        ).result()
        return self.get(path, version=version)

    def get(self, path: str, *, version: str | None = None) -> dict[str, Any]:
        """What a GET shows."""
        found = self.resources.resources.get_by_id(self.base + path, api_version=version or api_version(path))
        return found.as_dict()

    def delete(self, path: str, *, version: str | None = None) -> None:
        """Delete a resource, and wait until it is gone."""
        self.resources.resources.begin_delete_by_id(
            self.base + path, api_version=version or api_version(path)
        ).result()

    # By hand -------------------------------------------------------------------------------------------------

    def rest(self, method: str, path: str, body: object = None, **words: Any) -> httpx.Response:
        """One request to the resource manager, and its very answer.

        :param words: `version`, or `headers`. A path with a query has its own version in it.
        """
        whole = path if path.startswith(("/subscriptions", "/providers", "https:")) else self.base + path
        version = words.pop("version", None) or api_version(path)
        query = None if "?" in path else {"api-version": version}
        return self._by_hand.request(method, whole, params=query, json=body, **words)

    @cached_property
    def _by_hand(self) -> httpx.Client:
        client = self.caller(base_url="https://management.azure.com")
        token = self.credential.get_token("https://management.azure.com/.default").token
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def caller(self, *, network: str | None = None, **words: Any) -> httpx.Client:
        """Any program on the internet, or inside a virtual network."""
        options = self.options(network=network)
        verify = ssl.create_default_context(cafile=options["connection_verify"])
        return httpx.Client(proxy=options["proxies"]["https"], verify=verify, timeout=30, **words)

    def secrets(self, vault: str, *, network: str | None = None) -> SecretClient:
        """A vault's data plane."""
        return SecretClient(
            f"https://{vault.rpartition('/')[2]}.vault.azure.net",
            self.credential,
            **self.options(network=network),
        )

    # What goes on --------------------------------------------------------------------------------------------

    @contextmanager
    def fact(self, name: str, value: object) -> Iterator[None]:
        """Something that is true of the subscription for a while."""
        store = self.cloud.store()
        before = store.fact(name)
        store.set_fact(name, value)
        try:
            yield
        finally:
            store.set_fact(name, before)
            store.close()

    @contextmanager
    def held(self, resource_type: str, *, name: str = "*", verb: str | None = None) -> Iterator[None]:
        """What is written in there is accepted, and does not end before this does; it can be read meanwhile.

        :param verb: create, update or delete; each of them when left out.
        """
        for one in ("create", "update", "delete") if verb is None else (verb,):
            words = {"type": resource_type, "name": name, "verb": one, "effect": "hang"}
            control.fault(self.cloud.record, "operation", words)
        try:
            yield
        finally:
            control.clear_faults(self.cloud.record)
            self.idle()

    def idle(self) -> None:
        """Wait until no operation runs."""
        while self.cloud.status()["operations"]:
            pass

    # Things that most tests start from -----------------------------------------------------------------------

    def group(self) -> str:
        """A resource group of a test's own."""
        path = f"/resourceGroups/rg-{uuid.uuid4().hex[:8]}"
        self.put(path, {"location": REGION})
        return path

    def account(self, group: str, **properties: Any) -> str:
        """An Azure OpenAI account with a new name."""
        name = f"ai-{uuid.uuid4().hex[:8]}"
        path = f"{group}/providers/Microsoft.CognitiveServices/accounts/{name}"
        self.put(path, account_body(name, **properties))
        return path

    def vault(self, group: str, **properties: Any) -> str:
        """A vault with a new name, whose roles decide."""
        path = f"{group}/providers/Microsoft.KeyVault/vaults/kv-{uuid.uuid4().hex[:8]}"
        self.put(path, self.vault_body(**properties))
        return path

    def vault_body(self, **properties: Any) -> dict[str, Any]:
        return {
            "location": REGION,
            "properties": {
                "tenantId": self.cloud.home.credentials().tenant_id,
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
                **properties,
            },
        }

    def network(self, group: str, name: str = "vnet", space: str = "10.0.0.0/16") -> str:
        path = f"{group}/providers/Microsoft.Network/virtualNetworks/{name}"
        self.put(path, {"location": REGION, "properties": {"addressSpace": {"addressPrefixes": [space]}}})
        return path

    def subnet(self, network: str, name: str, prefix: str, **properties: Any) -> str:
        path = f"{network}/subnets/{name}"
        self.put(path, {"properties": {"addressPrefix": prefix, **properties}})
        return path

    def endpoint_body(self, subnet: str, target: str, group_id: str) -> dict[str, Any]:
        """A private endpoint in a subnet, that leads to a target."""
        connection = {"privateLinkServiceId": self.base + target, "groupIds": [group_id]}
        return {
            "location": REGION,
            "properties": {
                "subnet": {"id": self.base + subnet},
                "privateLinkServiceConnections": [{"name": "link", "properties": connection}],
            },
        }

    def private_path(self, group: str, target: str, group_id: str, zone: str) -> str:
        """A network from which a target is reached through its private endpoint, by name."""
        network = self.network(group, f"vnet-{uuid.uuid4().hex[:8]}")
        subnet = self.subnet(network, "snet-pe", "10.0.0.0/24")
        providers = f"{group}/providers/Microsoft.Network"
        endpoint = f"{providers}/privateEndpoints/pe-{target.rpartition('/')[2]}"
        self.put(endpoint, self.endpoint_body(subnet, target, group_id))
        zone_path = f"{providers}/privateDnsZones/{zone}"
        self.put(zone_path, {"location": "global"})
        linked = {"virtualNetwork": {"id": self.base + network}, "registrationEnabled": False}
        self.put(f"{zone_path}/virtualNetworkLinks/link", {"location": "global", "properties": linked})
        configs = [{"name": "zone", "properties": {"privateDnsZoneId": self.base + zone_path}}]
        self.put(
            f"{endpoint}/privateDnsZoneGroups/default", {"properties": {"privateDnsZoneConfigs": configs}}
        )
        return network

    def identity(self, group: str) -> dict[str, Any]:
        """A user-assigned identity, as a GET shows it."""
        path = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{uuid.uuid4().hex[:8]}"
        return self.put(path, {"location": REGION})

    def grant(self, scope: str, role: str, principal_id: str | None = None) -> str:
        """Assign a role, by its definition's guid, to the owner or somebody else; it takes effect before this ends."""
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        definition = f"{self.base}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {
            "roleDefinitionId": definition,
            "principalId": principal_id or self.cloud.home.credentials().object_id,
            "principalType": "ServicePrincipal",
        }
        with self.fact("role-delay-seconds", 0):
            self.put(path, {"properties": properties})
        return path


def account_body(subdomain: str, **properties: Any) -> dict[str, Any]:
    return {
        "location": REGION,
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": subdomain, **properties},
    }


def api_version(path: str) -> str:
    """The api-version for a path's type."""
    _, _, inner = path.lower().rpartition("/providers/")
    provider, _, rest = inner.partition("/")
    if provider == path.lower() or "/providers/" not in path.lower():
        return VERSIONS["microsoft.resources"]
    known = VERSIONS.get(f"{provider}/{rest.split('/')[0]}") or VERSIONS.get(provider)
    if known is not None:
        return known
    sent = resources.by_type(ResourceId(path).type) or resources.by_type(
        ResourceId(path.rpartition("/")[0]).type
    )
    assert sent is not None, path
    return sent.api_version


class Program:
    """A Pulumi program of one file, run by the real engine.

    :param source: `__main__.py`, without its imports.
    """

    def __init__(self, azure: Azure, source: str) -> None:
        self._azure = azure
        self._folder = azure.cloud.folder / f"program-{uuid.uuid4().hex[:8]}"
        self._folder.mkdir()
        self._name = self._folder.name
        (self._folder / "Pulumi.yaml").write_text(f"name: {self._name}\nruntime: python\n")
        self.write(source)
        self.run("stack", "init", "dev")

    def write(self, source: str) -> None:
        """Change it."""
        (self._folder / "__main__.py").write_text(source)

    def up(self, *, fails: bool = False) -> str:
        """Deploy it; what the engine prints."""
        return self.run(
            "up", "--yes", "--skip-preview", "--stack", "dev", "--color", "never", fails=fails
        ).text

    def destroy(self, *, fails: bool = False) -> str:
        """Take it away."""
        words = ("destroy", "--yes", "--skip-preview", "--stack", "dev", "--color", "never")
        return self.run(*words, fails=fails).text

    def run(self, *words: str, fails: bool = False) -> Result:
        """Any other command of the engine."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", *words],
            cwd=self._folder,
            env=self._azure.cloud.engine(),
            capture_output=True,
            text=True,
            check=False,
        )
        text = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, text
        return Result(code=done.returncode, text=text)
