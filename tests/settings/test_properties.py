"""What holds for every legal stack, and for everything else that somebody might write."""

import json
from ipaddress import IPv4Network
from typing import Any

import yaml
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from config import litellm
from config.names import broken_rule
from config.parsing import from_engine, parse
from config.problems import NAMESPACE
from tests.settings.legal import raw_settings
from tests.settings.stacks import DAY, problems

few = limits(max_examples=40, deadline=None)


@few
@given(raw_settings())
def test_every_name_of_a_legal_stack_is_one_that_azure_takes(raw: dict[str, Any]) -> None:
    parsed = parse(raw, DAY)
    names = parsed.all_names
    assert [broken_rule(kind, name) for kind, name in names] == [None] * len(names)
    assert len(set(names)) == len(names), "no two resources of a kind share a name"


@few
@given(raw_settings())
def test_subnets_of_a_legal_stack_lie_inside_and_apart(raw: dict[str, Any]) -> None:
    network = parse(raw, DAY).network
    gateway, endpoints = IPv4Network(network.gateway_subnet), IPv4Network(network.private_endpoint_subnet)
    assert gateway.subnet_of(IPv4Network(network.address_space))
    assert endpoints.subnet_of(IPv4Network(network.address_space))
    assert not gateway.overlaps(endpoints)


@few
@given(raw_settings())
def test_the_gateway_serves_exactly_the_deployments(raw: dict[str, Any]) -> None:
    """One entry a deployment, under its alias, at its account; ids that tell them apart."""
    parsed = parse(raw, DAY)
    written = yaml.safe_load(litellm.render(litellm.config(parsed)))["model_list"]
    expected = [
        (
            deployment.get("alias", deployment["name"]),
            f"azure/{deployment['name']}",
            f"https://{next(a.name for a in parsed.accounts if a.region == deployment['region'])}.openai.azure.com",
        )
        for deployment in raw["deployments"]
    ]
    assert [
        (
            entry["model_name"],
            entry["litellm_params"]["model"],
            entry["litellm_params"]["api_base"].rstrip("/"),
        )
        for entry in written
    ] == expected
    ids = [entry["model_info"]["id"] for entry in written]
    assert len(set(ids)) == len(ids)


@few
@given(raw_settings())
def test_accounts_and_groups_hold_every_deployment_once(raw: dict[str, Any]) -> None:
    parsed = parse(raw, DAY)
    in_accounts = [deployment for account in parsed.accounts for deployment in account.deployments]
    in_groups = [deployment for group in parsed.groups for deployment in group.members]
    assert len(in_accounts) == len(in_groups) == len(parsed.deployments)
    assert all(deployment in in_accounts and deployment in in_groups for deployment in parsed.deployments)


@few
@given(raw_settings())
def test_settings_survive_being_written_out_and_read_again(raw: dict[str, Any]) -> None:
    parsed = parse(raw, DAY)
    written = parsed.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert parse(written, DAY) == parsed


@few
@given(raw_settings())
def test_what_the_engine_hands_over_as_text_means_the_same(raw: dict[str, Any]) -> None:
    """The engine gives the program every value as text, objects and lists as JSON."""
    texts = {
        f"{NAMESPACE}:{key}": json.dumps(value) if isinstance(value, dict | list) else str(value)
        for key, value in raw.items()
    }
    assert parse(from_engine({**texts, "azure-native:location": "eastus2"}), DAY) == parse(raw, DAY)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@limits(max_examples=100, deadline=None)
@given(raw_settings(), st.data())
def test_anything_in_place_of_a_setting_is_accepted_or_refused_by_its_key(
    raw: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever is written where: no other exception, and every problem says where and what to do."""
    key: str | int = data.draw(
        st.sampled_from([*raw, "ingress", "tags", "vault", "masterKey", "providerKeys", "elsewhere"])
    )
    target: Any = raw
    inner = raw.get(str(key))
    if isinstance(inner, list | dict) and data.draw(st.booleans()):
        target = inner
        key = data.draw(st.sampled_from(list(range(len(inner))) if isinstance(inner, list) else list(inner)))
    target[key] = data.draw(anything)
    for problem in problems(raw).values():
        assert problem.key
        assert problem.allowed
        assert problem.next
        assert str(problem).startswith(f"{NAMESPACE}:{problem.key} is ")
