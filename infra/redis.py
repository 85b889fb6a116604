"""Azure Managed Redis: what the gateway's replicas know of each other."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import redisenterprise

from config.settings import Redis as RedisSettings
from infra.dns import REDIS_ZONE
from infra.endpoint import PrivateAccess, PrivateEndpoint, PrivateEndpointArgs
from infra.observability import REDIS_LOGS, Watched

PORT = 10000
"""Azure Managed Redis' only one."""


@dataclass(frozen=True, kw_only=True)
class RedisArgs:
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    settings: RedisSettings
    access: PrivateAccess
    endpoint_name: str
    user: pulumi.Input[str]
    """The object id of who may use it: also its name there."""
    tags: Mapping[str, str]


class Redis(pulumi.ComponentResource):
    """A private Redis that takes tokens and no keys. Named as Azure names the cluster.

    Children: the cluster, its one database, the user's access, its private endpoint. Leaves alone: what is kept in it.
    """

    id: pulumi.Output[str]
    variables: Mapping[str, pulumi.Input[str]]
    """What the user's environment says of it."""
    watched: Mapping[str, Watched]
    """What there is to log of it."""

    def __init__(self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:redis:Redis", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        cluster = redisenterprise.RedisEnterprise(
            name,
            cluster_name=name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            sku=redisenterprise.SkuArgs(name=args.settings.sku),
            high_availability=redisenterprise.HighAvailability.ENABLED
            if args.settings.high_availability
            else redisenterprise.HighAvailability.DISABLED,
            minimum_tls_version=redisenterprise.TlsVersion.TLS_VERSION_1_2,
            public_network_access=redisenterprise.PublicNetworkAccess.DISABLED,
            tags=args.tags,
            opts=mine,
        )
        database = redisenterprise.Database(
            name,
            # The only name that Azure takes.
            database_name="default",
            cluster_name=cluster.name,
            resource_group_name=args.resource_group_name,
            client_protocol=redisenterprise.Protocol.ENCRYPTED,
            port=PORT,
            # LiteLLM counts by scripts over several keys, and a cluster refuses those whose keys lie apart (CROSSSLOT;
            # docs redis/choose-clustering-policy).
            clustering_policy=redisenterprise.ClusteringPolicy.NO_CLUSTER,
            # Everything in it has a time to live, and is worth less than what comes next.
            eviction_policy=redisenterprise.EvictionPolicy.VOLATILE_LRU,
            access_keys_authentication=redisenterprise.AccessKeysAuthentication.DISABLED,
            opts=mine,
        )
        redisenterprise.AccessPolicyAssignment(
            name,
            # Letters and digits only.
            access_policy_assignment_name="gateway",
            cluster_name=cluster.name,
            database_name=database.name,
            resource_group_name=args.resource_group_name,
            access_policy_name="default",
            user=redisenterprise.AccessPolicyAssignmentPropertiesUserArgs(object_id=args.user),
            opts=mine,
        )
        PrivateEndpoint(
            args.endpoint_name,
            PrivateEndpointArgs(
                access=args.access,
                target_id=cluster.id,
                group="redisEnterprise",
                zones=(REDIS_ZONE,),
                tags=args.tags,
            ),
            opts=mine,
        )
        self.id = cluster.id
        self.variables = {
            "REDIS_URL": pulumi.Output.concat("rediss://", cluster.host_name, f":{PORT}"),
            "REDIS_USERNAME": args.user,
        }
        self.watched = {
            name: Watched(id=cluster.id, logs=()),
            f"{name}-default": Watched(id=database.id, logs=REDIS_LOGS, metrics=()),
        }
        self.register_outputs({"id": self.id})
