"""What Azure Container Apps refuses: the laws of environments and apps.

Found in public issue threads, documentation and logs, 2026-11; `unconfirmed` marks a status, code or text for which no
source was found.
"""

from offline.arm.errors import Law

# Environments ------------------------------------------------------------------------------------------------

ENV_DELEGATION = Law(
    id="env-delegation",
    status=400,
    code="ManagedEnvironmentSubnetDelegationError",
    message="The subnet of the environment must be delegated to the service 'Microsoft.App/environments'.",
    source="MicrosoftDocs/azure-docs#119379, kommodity-io/kommodity#440",
    protects="an environment with workload profiles needs its subnet handed over to it",
    remedy="Delegate the subnet to `Microsoft.App/environments`.",
    unconfirmed=True,
)
ENV_SIZE = Law(
    id="env-size",
    status=400,
    code="ManagedEnvironmentInvalidNetworkConfiguration",
    message="The environment network configuration is invalid: Provided subnet must have a size of at least /{size}",
    source="microsoft/azure-container-apps#425",
    protects="a subnet cannot grow once the environment is in it",
    remedy="Make the subnet larger before the environment is in it: /27 with workload profiles, /23 without.",
    unconfirmed=True,
)
ENV_SUBNET_MISSING = Law(
    id="env-subnet-missing",
    status=400,
    code="ManagedEnvironmentInvalidNetworkConfiguration",
    message="The environment network configuration is invalid: {reason}",
    source="microsoft/azure-container-apps#1220, #786, #1534",
    protects="the environment reads the subnet when it is made, not later",
    remedy="See that the subnet's id is right, and let the environment wait for the subnet.",
)
NO_ADDRESS_PREFIX = "The subnet and its addressPrefix could not be found."
NO_NETWORK = "Invalid vnet resource ID provided, or the virtual network could not be found."
ENV_SUBNET_SHARED = Law(
    id="env-subnet-shared",
    status=400,
    code="ManagedEnvironmentSubnetInUse",
    message="The subnet '{subnet}' is already in use by the managed environment '{owner}'.",
    source="public deployment notes of four repositories",
    protects="an environment wants a subnet of its own",
    remedy="Give the environment a subnet of its own. After the delete of another environment in it, wait for up "
    "to an hour or take a new subnet.",
    unconfirmed=True,
)
ENV_BUSY = Law(
    id="env-busy",
    status=409,
    code="ManagedEnvironmentOperationInProgress",
    message="Cannot modify Container Apps environment {name} because another operation is in progress.",
    source="microsoft/azure-container-apps#1112, #701",
    protects="a second write waits for the first",
    remedy="Wait for the first write, and try again.",
    unconfirmed=True,
)
ENV_FAILED = Law(
    id="env-failed",
    status=400,
    code="ManagedEnvironmentNotProvisioned",
    message="The environment '{id}' has not been provisioned successfully.",
    source="microsoft/azure-container-apps#868, #1208, #1778 (status 400)",
    protects="no app goes into an environment that is not whole",
    remedy="Look at the environment's own error, and write it again (a changed tag is enough) or make it anew.",
)
ENV_HAS_APPS = Law(
    id="env-has-apps",
    status=409,
    code="ManagedEnvironmentHasContainerApps",
    message="The specified environment {name} cannot be deleted because it still contains {count} ContainerApps",
    source="microsoft/azure-container-apps#1012",
    protects="apps go before their environment",
    remedy="Delete the apps in it first.",
)

ENV_NETWORK_CHANGE = Law(
    id="env-net-change",
    status=200,
    code="",
    message="The environment keeps the network, the subnet and the zone redundancy that it was made with: a change of "
    "them is answered with success and ignored.",
    source="microsoft/azure-container-apps#851, pulumi/pulumi-azure-native#2577, Azure/azure-powershell#19329",
    protects="taking an environment for moved that stands where it stood",
    remedy="Replace the environment (`replace_on_changes`), with another name or after its delete.",
    silent=True,
)
# No law here is ManagedEnvironmentV1SubnetDelegationNotAllowed, which refuses any update of an old consumption-only
# environment in a delegated subnet (microsoft/azure-container-apps#1799, kommodity-io/kommodity#439). No such
# environment can be made any more: in a network of one's own, every new one is of the second generation and wants the
# delegation (microsoft/azure-container-apps#1646, kommodity-io/kommodity#440). Nothing here is older than that.

# Apps --------------------------------------------------------------------------------------------------------

APP_NAME = Law(
    id="app-name",
    status=400,
    code="ContainerAppInvalidName",
    message=(
        "Invalid Container App name '{name}'. A name must consist of lower case alphanumeric characters or '-', "
        "start with an alphabetic character, and end with an alphanumeric character and cannot have '--'. "
        "The length must not be more than 32 characters."
    ),
    source="MicrosoftDocs/azure-docs#95762",
    protects="the name is part of a host name",
    remedy="Lower case letters, digits and single hyphens, 2 to 32 of them.",
    unconfirmed=True,
)
APP_ENVIRONMENT_INVALID = Law(
    id="app-environment",
    status=400,
    code="InvalidManagedEnvironmentId",
    message="Invalid ManagedEnvironmentId value '{id}'.",
    source="microsoft/azure-container-apps#194",
    protects="an app lives in an environment",
    remedy="Set `environmentId` to the id of a `Microsoft.App/managedEnvironments`.",
)
APP_ENVIRONMENT_MISSING = Law(
    id="app-environment-missing",
    status=404,
    code="ManagedEnvironmentNotFound",
    message="The environment '{id}' could not be found.",
    source="Azure/container-apps-deploy-action#84 (the code)",
    protects="the environment exists before the app",
    remedy="Let the app wait for its environment.",
    unconfirmed=True,
)
APP_BUSY = Law(
    id="app-busy",
    status=409,
    code="ContainerAppOperationInProgress",
    message=(
        "Cannot modify a container app '{name}' because there is an active provisioning operation in progress."
    ),
    source="microsoft/azure-container-apps#1731",
    protects="a second write waits for the roll to end",
    remedy="Wait for the roll to end, and try again.",
    unconfirmed=True,
)
APP_SECRET = Law(
    id="app-secret",
    status=400,
    code="ContainerAppSecretInvalid",
    message=(
        "Invalid Request: Container app secret(s) with name(s) '{names}' are invalid: value or keyVaultUrl and "
        "identity should be provided."
    ),
    source="pulumi/pulumi-azure-native#2673, #2807, Azure-Samples/langfuse-on-azure#12",
    protects="an empty value is no value",
    remedy="Give the secret a value that is not empty, or `keyVaultUrl` and `identity` together.",
    unconfirmed=True,
)
APP_SECRET_NAME = Law(
    id="app-secret-name",
    status=400,
    code="ContainerAppInvalidSecretName",
    message=(
        "Secret name has an invalid value '{name}'. A value must consist of lower case alphanumeric characters, "
        "'-', and must start and end with an alphanumeric character. The length must not be more than 253 "
        "characters."
    ),
    source="Azure/container-apps-deploy-action#116",
    protects="a secret's name is a Kubernetes name",
    remedy="Lower case letters, digits and hyphens.",
)
APP_SECRET_REF = Law(
    id="app-secretref",
    status=400,
    code="ContainerAppSecretRefNotFound",
    message="SecretRef '{secret}' defined for container '{container}' not found.",
    source="pulumi/pulumi-azure-native#1715",
    protects="what the template names is among the app's secrets",
    remedy="Add the secret to `configuration.secrets`, or correct its name.",
    unconfirmed=True,
)
APP_KEY_VAULT_REFERENCE = Law(
    id="app-kv-ref",
    status=400,
    code="InvalidParameterValueInContainerTemplate",
    message=(
        "The following field(s) are either invalid or missing. Field 'configuration.secrets' is invalid with "
        'details: \'Invalid value: "{secret}": Unable to get value using Managed identity {identity} for secret '
        "{secret}. Error: unable to fetch secret '{secret}' using Managed identity '{identity}'';."
    ),
    source="microsoft/azure-container-apps#1159, #1174, #739",
    protects="role, network path and secret stand before the app: all three fail with this text",
    remedy="Three things stand before the app: the role Key Vault Secrets User for its identity (and some "
    "minutes), the way to the vault (private endpoint, zone, link), and the secret itself. Then run it "
    "again.",
)
APP_CPU = Law(
    id="app-cpu",
    status=400,
    code="ContainerAppInvalidResourceTotal",
    message=(
        "The total requested CPU and memory resources for this application (CPU: {cpu}, memory: {memory}) is "
        "invalid. Total CPU and memory for all containers defined in a Container App must add up to one of the "
        "following CPU - Memory combinations: {legal}"
    ),
    source="Azure/bicep-types-az#1924, Azure/bicep#10821",
    protects="memory is twice the cores, in steps of a quarter core",
    remedy="Memory in Gi is twice the cores: 0.25 and 0.5Gi, up to 4 and 8Gi.",
    unconfirmed=True,
)
APP_MOUNT = Law(
    id="app-mount",
    status=400,
    code="ContainerAppInvalidMountPath",
    message=(
        "Invalid Request: Invalid mount path was given. mountPath is required when mounting volume '{volume}'. "
        "mountPath must not contain ':'."
    ),
    source="hashicorp/terraform-provider-azurerm#29419",
    protects="a mount at / would hide the image",
    remedy="Mount the volume at a folder, not at `/`, without a colon in its path.",
)
APP_PORT = Law(
    id="app-port",
    status=400,
    code="ContainerAppInvalidIngressTargetPort",
    message="Invalid Request: Ingress targetPort '{port}' is invalid. It must be between 1 and 65535.",
    source="none found; the limit is from the documentation of ingress",
    protects="traffic needs a port to go to",
    remedy="Set `targetPort` to the port that the container listens on.",
    unconfirmed=True,
)
APP_IDENTITY = Law(
    id="app-identity",
    status=400,
    code="ContainerAppIdentityNotAssigned",
    message="Invalid Request: The identity '{identity}' is not assigned to the container app '{name}'.",
    source="none found",
    protects="a secret or registry can only use an identity that the app carries",
    remedy="Add the identity to the app's `identity.userAssignedIdentities`.",
    unconfirmed=True,
)
APP_SECRETS_REVISION = Law(
    id="app-secrets-revision",
    status=200,
    code="",
    message="Secrets are no part of a revision: a changed one is stored, no revision is made, and replicas that run go "
    "on with the old value until they are restarted.",
    source="docs container-apps/manage-secrets; docs container-apps/revisions, application-scope changes",
    protects="a rotated key or another config file that reaches nobody",
    remedy="Write something into the template that changes with the secrets, such as a digest, or restart the "
    "revision.",
    silent=True,
)
APP_REVISION_SUFFIX = Law(
    id="app-revision-suffix",
    status=400,
    code="InvalidParameterValueInContainerTemplate",
    message=(
        "The following field(s) are either invalid or missing. Field 'template.revisionsuffix' is invalid with "
        "details: 'Invalid value: \"{suffix}\": revision with suffix {suffix} already exists.';."
    ),
    source="general knowledge",
    protects="a fixed suffix allows one template only",
    remedy="Leave the suffix out, or change it with every template.",
    unconfirmed=True,
)

APP_VOLUME = Law(
    id="app-volume",
    status=201,
    code="",
    message="A volume whose name has an upper-case letter, a dot or an underscore is accepted. Its revision never "
    "starts, and after a quarter of an hour the operation fails by app-expired, without a word about the name.",
    source="microsoft/azure-container-apps#545, MicrosoftDocs/azure-docs#123092",
    protects="a name that Kubernetes does not take, which nobody says",
    remedy="Name volumes with lower-case letters, digits and dashes.",
    silent=True,
)

# A revision that does not come up: the operation's failure -----------------------------------------------------

APP_IMAGE = Law(
    id="app-image",
    status=400,
    code="ContainerAppOperationError",
    message=(
        "Failed to provision revision for container app '{name}'. Error details: The following field(s) are "
        "either invalid or missing. Field 'template.containers.{container}.image' is invalid with details: "
        "'Invalid value: \"{image}\": {reason}';.."
    ),
    source="Azure-Samples/call-center-voice-agent-accelerator#3",
    protects="image and tag exist and may be pulled",
    remedy="See that image and tag exist, and that the app's identity may pull from the registry.",
)
APP_EXPIRED = Law(
    id="app-expired",
    status=400,
    code="ContainerAppOperationError",
    message="Failed to provision revision for container app '{name}'. Error details: Operation expired.",
    source="Azure/terraform-azure-container-apps#53, Azure-Samples/tutor#118",
    protects="a revision whose probes never pass takes no traffic; the old one keeps it",
    remedy="Read the replica's log: the container ends, or its probes ask another port or path than it answers "
    "on, or too soon.",
)
