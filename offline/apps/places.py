"""Where an app lives: its environment, as stored."""

from dataclasses import dataclass

from offline.arm.container_app_template import App, fields, text
from offline.arm.ids import ResourceId
from offline.arm.store import Store


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What an app needs to know of its managed environment."""

    id: ResourceId
    default_domain: str
    internal: bool
    public: bool
    """False when public network access is disabled."""
    network_id: str | None
    """The virtual network that its apps' traffic leaves from; None without one."""


def environment_of(store: Store, app: App) -> Environment:
    """The environment of an app; an empty one when it is gone."""
    environment_id = app.environment_id
    resource = store.get(environment_id)
    properties = resource.properties if resource is not None else {}
    network = fields(properties.get("vnetConfiguration"))
    subnet = text(network.get("infrastructureSubnetId"))
    parent = ResourceId(subnet).parent if subnet else None
    return Environment(
        id=resource.id if resource is not None else environment_id,
        default_domain=text(properties.get("defaultDomain")).lower(),
        internal=network.get("internal") is True,
        public=text(properties.get("publicNetworkAccess")) != "Disabled",
        network_id=parent.text if parent is not None else None,
    )
