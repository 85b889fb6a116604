"""Guards that refuse a setting before anything is made: what Azure would say to it."""

from datetime import date

from offline.arm import models
from tests.guards.first import FIRST
from tests.guards.guard import Guard, Scene
from tests.guards.stage import CHAT, LARGE_EMBEDDING, SMALL_EMBEDDING, deployment

RETIRED_DAY = date(2027, 6, 1)
GPT_4O = deployment("old", "gpt-4o", "2024-08-06", sku="Standard")

CHECKS = "config/checks/__init__.py"


def _network(**ranges: str) -> dict[str, object]:
    plan = {
        "addressSpace": "10.40.0.0/24",
        "gatewaySubnet": "10.40.0.0/26",
        "privateEndpointSubnet": "10.40.0.64/27",
    }
    return {"network": {**plan, **ranges}}


def _deployments(*more: dict[str, object]) -> dict[str, object]:
    return {"deployments": [CHAT, SMALL_EMBEDDING, LARGE_EMBEDDING, *more]}


OVERLAP = Scene(
    does="subnets that overlap",
    settings=_network(privateEndpointSubnet="10.40.0.32/27"),
    problem="network.privateEndpointSubnet",
)
OUTSIDE = Scene(
    does="a subnet outside its network",
    settings=_network(privateEndpointSubnet="10.41.0.64/27"),
    problem="network.privateEndpointSubnet",
)
SMALL_GATEWAY = Scene(
    does="a gateway's subnet of 16 addresses",
    settings=_network(gatewaySubnet="10.40.0.0/28"),
    problem="network.gatewaySubnet",
)
FULL = Scene(
    does="more endpoints than their subnet has addresses",
    settings={
        **_network(privateEndpointSubnet="10.40.0.64/29"),
        "regions": [{"name": name} for name in ("eastus2", "southcentralus", "westus3")],
        "deployments": [
            {**CHAT, "region": name, "alias": name} for name in ("eastus2", "southcentralus", "westus3")
        ],
    },
    problem="network.privateEndpointSubnet",
)
LONG_NAMES = Scene(does="names too long", settings={"workload": "guardedlong"}, problem="workload")
NOWHERE = Scene(
    does="a region misspelt", settings={"regions": [{"name": "estus"}]}, problem="regions[0].name"
)
NO_SUCH_VERSION = Scene(
    does="a version that the model does not have",
    after=FIRST,
    settings=_deployments(deployment("extra", "gpt-5.1", "2020-01-01")),
    problem="deployments[3].version",
)
NO_SUCH_SKU = Scene(
    does="a SKU that the model is not sold in",
    after=FIRST,
    settings=_deployments(deployment("extra", "gpt-5.4-mini", "2026-03-17", sku="Standard")),
    problem="deployments[3].sku",
)
NO_SKU = Scene(
    does="a deployment without a SKU",
    after=FIRST,
    settings=_deployments({"name": "extra", "model": "gpt-5.4-mini", "version": "2026-03-17", "capacity": 1}),
    problem="deployments[3].sku",
)
CAPITALS = Scene(
    does="two deployments that differ in capitals",
    after=FIRST,
    settings=_deployments({**CHAT, "name": "Chat", "alias": "other"}),
    problem="deployments[3].name",
)
ODD_PAIR = Scene(
    does="memory that is not twice the cores",
    after=FIRST,
    settings={"gateway": {"image": "registry.example.com/proxy:v1", "cpu": 1, "memory": "3Gi"}},
    problem="gateway.memory",
)
SHORT_LOGS = Scene(
    does="logs kept for a week",
    after=FIRST,
    settings={"logs": {"retentionDays": 7}},
    problem="logs.retentionDays",
)
RETIRED = Scene(
    does="a new deployment of a retired model",
    after=FIRST,
    settings={**_deployments(GPT_4O), "catalogDate": RETIRED_DAY.isoformat()},
    facts={models.AS_OF_FACT: RETIRED_DAY.isoformat()},
    told="retired on",
)

GUARDS = (
    Guard(
        law="net-overlap",
        what="the address plan is checked: apart",
        file=CHECKS,
        old="    surroundings.addresses,\n",
        scene=OVERLAP,
    ),
    Guard(
        law="net-outside",
        what="the address plan is checked: inside",
        file=CHECKS,
        old="    surroundings.addresses,\n",
        scene=OUTSIDE,
    ),
    Guard(
        law="env-size",
        what="the address plan is checked: large enough",
        file=CHECKS,
        old="    surroundings.addresses,\n",
        scene=SMALL_GATEWAY,
    ),
    Guard(
        law="net-subnet-full",
        what="the address plan is checked: room for every endpoint",
        file=CHECKS,
        old="    surroundings.addresses,\n",
        scene=FULL,
    ),
    Guard(
        law="kv-name",
        what="names are checked",
        file=CHECKS,
        old="    naming.lengths,\n",
        scene=LONG_NAMES,
        shows="'vaultName' does not match expression",
    ),
    Guard(
        law="location-unknown",
        what="regions are checked",
        file=CHECKS,
        old="    naming.regions,\n",
        scene=NOWHERE,
    ),
    Guard(
        law="cog-model-unknown",
        what="models are checked: version",
        file=CHECKS,
        old="    models.known,\n",
        scene=NO_SUCH_VERSION,
    ),
    Guard(
        law="cog-sku",
        what="models are checked: SKU",
        file=CHECKS,
        old="    models.known,\n",
        scene=NO_SUCH_SKU,
    ),
    Guard(
        law="cog-sku",
        what="models are checked: complete",
        file=CHECKS,
        old="    models.complete,\n",
        scene=NO_SKU,
    ),
    Guard(
        law="existing",
        what="models are checked: names",
        file=CHECKS,
        old="    models.named_once,\n",
        scene=CAPITALS,
        shows="cannot create already existing resource",
    ),
    Guard(
        law="app-cpu",
        what="the gateway's size is checked",
        file=CHECKS,
        old="    gateway.size,\n",
        scene=ODD_PAIR,
    ),
    Guard(
        law="workspace-retention",
        what="bounds of the logs' retention",
        file="config/schema.py",
        old="retention_days: Whole = Field(30, ge=30, le=730,",
        new="retention_days: Whole = Field(30,",
        scene=SHORT_LOGS,
    ),
    Guard(
        law="cog-model-deprecated",
        what="a retired model stops its own creation",
        file="infra/openai.py",
        old='hooks=retirement.hooks(f"{name}-{deployment.name}", message) if message else None,',
        scene=RETIRED,
    ),
)
