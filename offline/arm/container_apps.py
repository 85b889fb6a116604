"""Azure Container Apps: environments, apps, and the revisions and replicas that the host keeps."""

import ipaddress
import re
import secrets
import uuid

from offline.arm import container_apps_laws as laws
from offline.arm.addresses import new_outbound_address, outbound_address
from offline.arm.container_app_defaults import filled_configuration, filled_template, split_secrets
from offline.arm.container_app_template import App, entries, fields, text
from offline.arm.container_apps_checks import check_app
from offline.arm.errors import JSON, ArmError
from offline.arm.held_subnets import HELD, held, hold
from offline.arm.identity_block import identity_block
from offline.arm.ids import ResourceId
from offline.arm.kinds import Azure, Kind, Write
from offline.arm.store import Resource

ENVIRONMENT = "Microsoft.App/managedEnvironments"
APP = "Microsoft.App/containerApps"
DELEGATION = "Microsoft.App/environments"
WORKLOAD_PROFILES_SIZE = 27
CONSUMPTION_ONLY_SIZE = 23
_WORDS = (
    "ambitious",
    "blackhill",
    "calmsea",
    "delightful",
    "greenriver",
    "happyhill",
    "icygrass",
    "kindpond",
)
_APP_NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]$|[a-z]$")
VERIFICATION_FACT = "custom-domain-verification-id"


class ManagedEnvironment(Kind):
    """An environment. Its network is judged when it is made, and never again: a changed one is ignored."""

    type = ENVIRONMENT
    create_seconds = 103  # 53 to 181, n=10
    update_seconds = 18
    delete_seconds = 450  # 300 to 600 by hand: microsoft/azure-container-apps#430
    creating_state = "Waiting"
    updating_state = "UpgradeRequested"
    busy = laws.ENV_BUSY
    secret_paths = (
        "properties.appLogsConfiguration.logAnalyticsConfiguration.sharedKey",
        "properties.appInsightsConfiguration.connectionString",
        "properties.daprAIConnectionString",
        "properties.daprAIInstrumentationKey",
        "properties.customDomainConfiguration.certificatePassword",
        "properties.customDomainConfiguration.certificateValue",
    )

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: env-subnet-missing, env-delegation, env-size, env-subnet-shared."""
        subnet_id = _subnet_id(write.properties)
        if write.existing is not None or not subnet_id:
            return
        subnet = azure.store.get(subnet_id)
        network = ResourceId(subnet_id).parent
        if subnet is None or network is None or azure.store.get(network) is None:
            raise laws.ENV_SUBNET_MISSING.broken(reason=laws.NO_NETWORK)
        prefix = text(subnet.properties.get("addressPrefix"))
        if not prefix:
            raise laws.ENV_SUBNET_MISSING.broken(reason=laws.NO_ADDRESS_PREFIX)
        delegations = {
            text(fields(entry.get("properties")).get("serviceName") or entry.get("serviceName")).lower()
            for entry in entries(subnet.properties.get("delegations"))
        }
        if DELEGATION.lower() not in delegations:
            raise laws.ENV_DELEGATION.broken()
        profiles = entries(write.properties.get("workloadProfiles"))
        size = WORKLOAD_PROFILES_SIZE if profiles else CONSUMPTION_ONLY_SIZE
        if ipaddress.ip_network(prefix, strict=False).prefixlen > size:
            raise laws.ENV_SIZE.broken(size=size)
        for other in azure.store.of_type(ENVIRONMENT):
            if other.id.key != write.id.key and _subnet_id(other.properties).lower() == subnet_id.lower():
                raise laws.ENV_SUBNET_SHARED.broken(subnet=subnet_id, owner=other.id.text)
        gone = held(azure.store).get(subnet_id.lower())
        if gone is not None:
            raise laws.ENV_SUBNET_SHARED.broken(subnet=subnet_id, owner=gone.owner)

    def accept(self, azure: Azure, write: Write) -> Resource:
        before = write.existing
        asked = write.properties
        old = before.properties if before is not None else {}
        network = (
            fields(old.get("vnetConfiguration"))
            if before is not None
            else fields(asked.get("vnetConfiguration"))
        )
        internal = network.get("internal") is True
        region = text(write.body.get("location"))
        private: JSON = before.private if before is not None else {"outboundAddress": new_outbound_address()}
        generated: JSON = {
            "defaultDomain": old.get("defaultDomain")
            or f"{secrets.choice(_WORDS)}-{secrets.token_hex(4)}.{region}.azurecontainerapps.io",
            "staticIp": old.get("staticIp")
            or (_address_in(azure, network) if internal else private["outboundAddress"]),
            "eventStreamEndpoint": f"https://{region}.azurecontainerapps.dev{write.id.text}/eventstream",
        }
        defaults: JSON = {
            "zoneRedundant": False,
            "kedaConfiguration": {"version": "2.17.2"},
            "daprConfiguration": {"version": "1.13.6-msft.6"},
            "peerAuthentication": {"mtls": {"enabled": False}},
            "peerTrafficConfiguration": {"encryption": {"enabled": False}},
            "publicNetworkAccess": "Disabled" if internal else "Enabled",
            "infrastructureResourceGroup": f"ME_{write.id.name}_{write.id.group}_{region}"[:63],
        }
        properties: JSON = {**defaults, **asked, **generated}
        # Fixed when the environment is made: Azure answers 200 and ignores a change (law env-net-change).
        for fixed in ("vnetConfiguration", "zoneRedundant", "infrastructureResourceGroup"):
            if fixed in old:
                properties[fixed] = old[fixed]
            elif before is not None and fixed == "vnetConfiguration":
                properties.pop(fixed, None)
        properties["customDomainConfiguration"] = {
            **fields(asked.get("customDomainConfiguration")),
            "customDomainVerificationId": _verification_id(azure),
        }
        return Resource(
            id=write.id,
            body={**write.body, **_identity(azure, write, private), "properties": properties},
            private=private,
        )

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        """:raises ArmError: env-has-apps."""
        apps = [app for app in azure.store.of_type(APP) if App(app).environment_id.key == resource.id.key]
        if apps:
            raise laws.ENV_HAS_APPS.broken(name=resource.id.name, count=len(apps))

    def removed(self, azure: Azure, resource: Resource) -> None:
        """Its association link keeps the subnet for a while longer."""
        super().removed(azure, resource)
        subnet_id = _subnet_id(resource.properties)
        if subnet_id:
            until = HELD.due(azure.store, azure.clock)
            hold(azure.store, ResourceId(subnet_id), owner=resource.id.text, until=until)


class ContainerApp(Kind):
    """An app. Its operation ends when the new revision serves, or has failed."""

    type = APP
    create_seconds = 28  # 17 to 45, n=10
    update_seconds = 18
    delete_seconds = 10
    creating_state = "InProgress"
    updating_state = "InProgress"
    busy = laws.APP_BUSY
    secret_paths = ("properties.configuration.secrets[].value",)

    def check(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: app-name, app-environment, env-failed, app-secret and the others that need no call."""
        if not _APP_NAME.match(write.id.name):
            raise laws.APP_NAME.broken(name=write.id.name)
        self._check_environment(azure, write)
        check_app(App(self.accept(azure, write)))

    async def check_late(self, azure: Azure, write: Write) -> None:
        """:raises ArmError: app-kv-ref."""
        await azure.apps.check_secrets(self.accept(azure, write))

    def accept(self, azure: Azure, write: Write) -> Resource:
        before = write.existing
        asked = write.properties
        environment_id = text(asked.get("environmentId")) or text(asked.get("managedEnvironmentId"))
        environment = azure.store.get(environment_id) if environment_id else None
        domain = text(environment.properties.get("defaultDomain")) if environment is not None else ""
        outbound = outbound_address(environment)
        private = dict(before.private) if before is not None else {}
        configuration, values = split_secrets(
            fields(asked.get("configuration")), fields(private.get("secrets"))
        )
        private["secrets"] = values
        outputs = ("latestRevisionName", "latestReadyRevisionName", "latestRevisionFqdn", "runningStatus")
        kept: JSON = (
            {name: before.properties[name] for name in outputs if name in before.properties} if before else {}
        )
        properties: JSON = {
            "workloadProfileName": "Consumption",
            **asked,
            **kept,
            "environmentId": environment_id,
            "managedEnvironmentId": environment_id,
            "configuration": filled_configuration(configuration, write.id.name, domain),
            "template": filled_template(fields(asked.get("template"))),
            "outboundIpAddresses": [outbound] if outbound else [],
            "customDomainVerificationId": _verification_id(azure),
            "eventStreamEndpoint": (
                f"https://{text(write.body.get('location'))}.azurecontainerapps.dev{write.id.text}/eventstream"
            ),
        }
        identity = _identity(azure, write, private)
        return Resource(
            id=write.id, body={**write.body, **identity, "properties": properties}, private=private
        )

    async def provision(self, azure: Azure, resource: Resource) -> JSON:
        """:raises ArmError: app-kv-ref, app-image, app-expired."""
        return await azure.apps.roll(resource)

    async def unprovision(self, azure: Azure, resource: Resource) -> None:
        await azure.apps.stop_app(resource)

    @staticmethod
    def _check_environment(azure: Azure, write: Write) -> None:
        properties = write.properties
        environment_id = text(properties.get("environmentId")) or text(properties.get("managedEnvironmentId"))
        if ResourceId(environment_id or "/").type.lower() != ENVIRONMENT.lower():
            raise laws.APP_ENVIRONMENT_INVALID.broken(id=environment_id)
        environment = azure.store.get(environment_id)
        if environment is None:
            raise laws.APP_ENVIRONMENT_MISSING.broken(id=environment_id)
        if environment.state != "Succeeded":
            raise laws.ENV_FAILED.broken(id=environment_id)


class _MadeByTheHost(Kind):
    """A type that is only read: it comes and goes with its app."""

    has_state = False
    located = False
    system_data = False

    def check(self, azure: Azure, write: Write) -> None:
        raise self._read_only()

    def check_delete(self, azure: Azure, resource: Resource) -> None:
        raise self._read_only()

    def _read_only(self) -> ArmError:
        return ArmError(
            405, "MethodNotAllowed", f"Resources of type '{self.type}' are made by their container app."
        )


class ContainerAppRevision(_MadeByTheHost):
    """A revision, as it was rolled out."""

    type = f"{APP}/revisions"


class ContainerAppReplica(_MadeByTheHost):
    """A replica, as it is now."""

    type = f"{APP}/revisions/replicas"


async def _list_secrets(azure: Azure, app: Resource, asked: JSON) -> object:
    """listSecrets: names and typed-in values; a vault's values are not shown."""
    return {
        "value": [
            {"name": secret.name, "value": secret.value}
            if secret.url is None
            else {"name": secret.name, "keyVaultUrl": secret.url, "identity": secret.identity}
            for secret in App(app).secrets
        ]
    }


ContainerApp.actions = {"listSecrets": _list_secrets}

KINDS: tuple[Kind, ...] = (
    ManagedEnvironment(),
    ContainerApp(),
    ContainerAppRevision(),
    ContainerAppReplica(),
)


# What Azure adds -----------------------------------------------------------------------------------------------------


def _subnet_id(properties: JSON) -> str:
    return text(fields(properties.get("vnetConfiguration")).get("infrastructureSubnetId"))


def _address_in(azure: Azure, network: JSON) -> str:
    """An internal environment's load balancer: the last usable address of the subnet."""
    subnet = azure.store.get(text(network.get("infrastructureSubnetId")))
    if subnet is None:
        return ""
    addresses = ipaddress.ip_network(text(subnet.properties.get("addressPrefix")), strict=False)
    return str(addresses.broadcast_address - 1)


def _verification_id(azure: Azure) -> str:
    """The same for a whole subscription."""
    known = azure.store.fact(VERIFICATION_FACT)
    if isinstance(known, str):
        return known
    made = secrets.token_hex(32).upper()
    azure.store.set_fact(VERIFICATION_FACT, made)
    return made


def _identity(azure: Azure, write: Write, private: JSON) -> JSON:
    """What the body says of identities; the app's own also gets a client id, for its tokens."""
    found = identity_block(azure, write)
    if found is not None and "principalId" in found:
        private.setdefault("systemClientId", str(uuid.uuid4()))
    return {"identity": found or {"type": "None"}}
