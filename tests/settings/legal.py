"""Hypothesis strategies: raw settings that are legal, far beyond those that somebody would think of."""

from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

from config.catalog import Catalog, Kind, Version
from config.names import REGION_SHORT_NAMES

VERSIONS: list[Version] = [
    version for model in Catalog.load().models.values() for version in model.versions.values()
]


def words(longest: int) -> st.SearchStrategy[str]:
    return st.from_regex(rf"[a-z][a-z0-9]{{1,{longest - 1}}}", fullmatch=True)


@st.composite
def addresses(draw: st.DrawFn) -> dict[str, str]:
    """A /24 of 10/8, cut into two subnets that don't touch."""
    base = IPv4Network((10 << 24 | draw(st.integers(0, 2**16 - 1)) << 8, 24))
    gateway = draw(st.sampled_from(list(base.subnets(new_prefix=draw(st.sampled_from([25, 26, 27]))))))
    free = [subnet for subnet in base.subnets(new_prefix=27) if not subnet.overlaps(gateway)]
    return {
        "addressSpace": str(base),
        "gatewaySubnet": str(gateway),
        "privateEndpointSubnet": str(draw(st.sampled_from(free))),
    }


@st.composite
def deployments(draw: st.DrawFn, regions: list[str]) -> list[dict[str, Any]]:
    """Several models, some of them in several regions under one alias."""
    found: list[dict[str, Any]] = []
    versions = draw(
        st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=4, unique_by=lambda v: (v.model, v.version))
    )
    for number, version in enumerate(versions):
        # Two at most, so that all tries of a call fit into the ingress's 240 s.
        places = draw(st.lists(st.sampled_from(regions), min_size=1, max_size=2, unique=True))
        alias = draw(st.none() | st.just(f"alias{number}"))
        for region in places:
            found.append(
                {
                    "name": f"{version.model}-{number}",
                    "model": version.model,
                    "version": version.version,
                    "sku": str(draw(st.sampled_from(version.skus))),
                    "capacity": draw(st.integers(1, 1000)),
                    "region": region,
                    **({"alias": alias} if alias else {}),
                    **draw(api_version(version.kind)),
                }
            )
    return found


def api_version(kind: Kind) -> st.SearchStrategy[dict[str, str]]:
    choices = st.sampled_from(
        ["2024-08-01-preview", "2024-10-21", "2025-03-01-preview", "2025-04-01-preview", "v1"]
    )
    return st.just({}) | st.fixed_dictionaries({"apiVersion": choices})


@st.composite
def raw_settings(draw: st.DrawFn) -> dict[str, Any]:
    """A legal stack."""
    regions = draw(st.lists(st.sampled_from(sorted(REGION_SHORT_NAMES)), min_size=1, max_size=3, unique=True))
    cores = draw(st.integers(2, 16)) / 4
    fewest = draw(st.integers(0, 5))
    return {
        "workload": draw(words(6)),
        "environment": draw(words(4)),
        "regions": [{"name": name, "instance": f"{draw(st.integers(0, 999)):03}"} for name in regions],
        "authentication": draw(st.sampled_from(["key", "entra"])),
        "deployments": draw(deployments(regions)),
        "network": draw(addresses()),
        "gateway": {
            "cpu": cores,
            "minReplicas": fewest,
            "maxReplicas": draw(st.integers(max(fewest, 1), 20)),
        },
        "generation": draw(st.integers(1, 99)),
        "alerts": draw(
            st.sampled_from([{"enabled": False}, {"enabled": True, "emails": ["oncall@example.com"]}])
        ),
        "budget": draw(
            st.sampled_from(
                [{"amount": 0}, {"amount": 9, "startDate": "2026-11-01", "emails": ["owner@example.com"]}]
            )
        ),
    }
