"""The gateway itself: the LiteLLM proxy as a container app."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_azure_native import app

from config.settings import Gateway as GatewaySettings
from infra.environment import CONSUMPTION
from infra.vault import StoredSecret

# The image's own port. The template names no other, so whoever runs it may choose one by HOST and PORT.
PORT = 4000

CONFIG_FOLDER = "/etc/litellm"
CONFIG_FILE = "config.yaml"
CONFIG_SECRET = "litellm-config"  # noqa: S105  the secret's name; what it holds is no secret

# Our own part of LiteLLM. It lies beside no config: LiteLLM would read a file there twice, and not as a module.
MODULES_FOLDER = "/etc/litellm-modules"
MODULES = tuple(sorted((Path(__file__).parent.parent / "gateway").glob("*.py")))
APPLICATIONS_FILE = "applications.json"

# Neither calls a model nor wants a key. /health does both.
LIVE = "/health/liveliness"
READY = "/health/readiness"


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    environment_id: pulumi.Input[str]
    domain: pulumi.Input[str]
    identity_id: pulumi.Input[str]
    identity_visible: bool
    """Whether LiteLLM itself asks for tokens. If not, the identity only fetches the app's secrets."""
    settings: GatewaySettings
    config: str
    """LiteLLM's config file."""
    applications: str
    """What our own part of LiteLLM is told: `applications.json`."""
    variables: Mapping[str, pulumi.Input[str]]
    """Its environment, as far as that is no secret."""
    secrets: Mapping[str, StoredSecret]
    """The rest, by variable."""
    allow: Sequence[str]
    """The ranges that callers come from; empty where the network decides."""
    after: Sequence[pulumi.Resource]
    """Links, roles and endpoints: Azure reads the secrets while it takes the app, through all of these. Models too,
    with their own: a revision that serves can answer."""
    tags: Mapping[str, str]


class Gateway(pulumi.ComponentResource):
    """LiteLLM, configured. Named as Azure names the app.

    Children: the container app. Leaves alone: everything it talks to.
    """

    id: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:gateway:Gateway", name, None, opts)
        modules = {
            APPLICATIONS_FILE: args.applications,
            **{file.name: file.read_text() for file in MODULES},
        }
        gateway = app.ContainerApp(
            name,
            container_app_name=name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            environment_id=args.environment_id,
            workload_profile_name=CONSUMPTION,
            identity=app.ManagedServiceIdentityArgs(
                type=app.ManagedServiceIdentityType.USER_ASSIGNED, user_assigned_identities=[args.identity_id]
            ),
            # waived 2b585559-a78e-4cc4-b1aa-fb169d2f6b96: callers show keys of their own, which LiteLLM checks.
            # Container Apps would ask them for a token of Entra's, and the clients of OpenAI have none
            configuration=app.ConfigurationArgs(
                active_revisions_mode=app.ActiveRevisionsMode.SINGLE,
                max_inactive_revisions=10,
                identity_settings=[
                    app.IdentitySettingsArgs(
                        identity=args.identity_id,
                        lifecycle=app.IdentitySettingsLifeCycle.MAIN
                        if args.identity_visible
                        else app.IdentitySettingsLifeCycle.NONE,
                    )
                ],
                # waived Azure.ContainerApp.ExternalIngress: callers are outside of the environment
                # waived Azure.ContainerApp.RestrictIngress in staging, prod: an internal environment has no other way
                # in than the network, and there the security group decides
                ingress=_ingress(args.allow),
                secrets=[
                    app.SecretArgs(name=CONFIG_SECRET, value=args.config),
                    *(app.SecretArgs(name=_secret(file), value=text) for file, text in modules.items()),
                    *(
                        app.SecretArgs(name=secret.name, key_vault_url=secret.uri, identity=args.identity_id)
                        for secret in args.secrets.values()
                    ),
                ],
            ),
            template=app.TemplateArgs(
                containers=[_container(args, modules)],
                # waived Azure.ContainerApp.Storage: what is mounted is config, read and never written
                volumes=[
                    app.VolumeArgs(
                        name="config",
                        storage_type=app.StorageType.SECRET,
                        # Without the list Azure mounts every secret of the app.
                        secrets=[app.SecretVolumeItemArgs(secret_ref=CONFIG_SECRET, path=CONFIG_FILE)],
                    ),
                    app.VolumeArgs(
                        name="modules",
                        storage_type=app.StorageType.SECRET,
                        secrets=[
                            app.SecretVolumeItemArgs(secret_ref=_secret(file), path=file) for file in modules
                        ],
                    ),
                ],
                scale=app.ScaleArgs(
                    min_replicas=args.settings.min_replicas,
                    max_replicas=args.settings.max_replicas,
                    rules=[
                        app.ScaleRuleArgs(
                            name="calls",
                            http=app.HttpScaleRuleArgs(
                                metadata={"concurrentRequests": str(args.settings.concurrent_requests)}
                            ),
                        )
                    ],
                ),
                # LiteLLM finishes its streams after SIGTERM, for as long as it is let.
                termination_grace_period_seconds=args.settings.termination_grace_seconds,
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.id = gateway.id
        self.url = pulumi.Output.concat("https://", name, ".", args.domain)
        self.register_outputs({"id": self.id, "url": self.url})


def _ingress(allow: Sequence[str]) -> app.IngressArgs:
    return app.IngressArgs(
        # True in an internal environment too: it means "from outside the environment", which the network is.
        external=True,
        target_port=PORT,
        transport=app.IngressTransportMethod.AUTO,
        allow_insecure=False,
        traffic=[app.TrafficWeightArgs(latest_revision=True, weight=100)],
        sticky_sessions=app.IngressStickySessionsArgs(affinity=app.Affinity.NONE),
        ip_security_restrictions=[
            app.IpSecurityRestrictionRuleArgs(
                name=f"allow-{number}", ip_address_range=found, action=app.Action.ALLOW
            )
            for number, found in enumerate(allow, start=1)
        ]
        or None,
    )


def _secret(file: str) -> str:
    """The app's secret that holds a file of ours, as Container Apps lets it be called: `module-call-log-py`."""
    return f"module-{file.replace('_', '-').replace('.', '-')}"


def _container(args: GatewayArgs, modules: Mapping[str, str]) -> app.ContainerArgs:
    return app.ContainerArgs(
        name="litellm",
        image=args.settings.reference,
        args=["--config", f"{CONFIG_FOLDER}/{CONFIG_FILE}"],
        env=[
            *(app.EnvironmentVarArgs(name=name, value=value) for name, value in args.variables.items()),
            app.EnvironmentVarArgs(name="PYTHONPATH", value=MODULES_FOLDER),
            *(app.EnvironmentVarArgs(name=name, secret_ref=kept.name) for name, kept in args.secrets.items()),
            # A change of secrets alone makes no revision, a changed template does: these two change with them.
            app.EnvironmentVarArgs(
                name="CONFIG_DIGEST", value=_digest("\n".join((args.config, *modules.values())))
            ),
            app.EnvironmentVarArgs(
                name="SECRETS_DIGEST",
                value=pulumi.Output.all(*(secret.version for secret in args.secrets.values())).apply(
                    lambda versions: _digest("\n".join(versions))
                ),
            ),
        ],
        resources=app.ContainerResourcesArgs(cpu=args.settings.cpu, memory=args.settings.memory_text),
        volume_mounts=[
            app.VolumeMountArgs(volume_name="config", mount_path=CONFIG_FOLDER),
            app.VolumeMountArgs(volume_name="modules", mount_path=MODULES_FOLDER),
        ],
        probes=[
            # Up to a minute to start: LiteLLM takes 6 to 8 s on a core of its own, and longer on a quarter of one.
            _probe(app.Type.STARTUP, LIVE, initial=3, period=6, timeout=5, failures=10),
            # Slow to give up: a replica busy with streams must not be shot.
            _probe(app.Type.LIVENESS, LIVE, initial=10, period=20, timeout=15, failures=5),
            _probe(app.Type.READINESS, READY, initial=1, period=5, timeout=5, failures=3),
        ],
    )


def _probe(
    kind: app.Type, path: str, *, initial: int, period: int, timeout: int, failures: int
) -> app.ContainerAppProbeArgs:
    """One probe. Azure's default timeout of 1 s is too short for a busy proxy."""
    return app.ContainerAppProbeArgs(
        type=kind,
        http_get=app.ContainerAppProbeHttpGetArgs(path=path, port=PORT, scheme=app.Scheme.HTTP),
        initial_delay_seconds=initial,
        period_seconds=period,
        timeout_seconds=timeout,
        failure_threshold=failures,
        success_threshold=1,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
