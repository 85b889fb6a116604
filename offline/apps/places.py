"""Where an app lives: its environment, as stored."""

from dataclasses import dataclass

from offline.arm.container_app_template import App, fields, text
from offline.arm.ids import ResourceId
from offline.arm.store import Store

PERSON_ADDRESS_FACT = "person-address"
PERSON_ADDRESS = "203.0.113.10"
"""The public address that a person's commands come from, for address lists: from a range kept for documentation."""


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
    outbound_address: str
    """Where its apps' calls to the internet seem to come from."""


def environment_of(store: Store, app: App) -> Environment:
    """The environment of an app; an empty one when it is gone."""
    environment_id = app.environment_id
    resource = store.get(environment_id)
    properties = resource.properties if resource is not None else {}
    network = fields(properties.get("vnetConfiguration"))
    subnet = text(network.get("infrastructureSubnetId"))
    parent = ResourceId(subnet).parent if subnet else None
    private = resource.private if resource is not None else {}
    return Environment(
        id=resource.id if resource is not None else environment_id,
        default_domain=text(properties.get("defaultDomain")).lower(),
        internal=network.get("internal") is True,
        public=text(properties.get("publicNetworkAccess")) != "Disabled",
        network_id=parent.text if parent is not None else None,
        outbound_address=text(private.get("outboundAddress")),
    )


def person_address(store: Store) -> str:
    """The address of a person's commands; a fact of the store may say another one."""
    told = store.fact(PERSON_ADDRESS_FACT)
    return told if isinstance(told, str) else PERSON_ADDRESS
