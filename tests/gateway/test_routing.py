"""The generated config in the real proxy, with two loopback servers in the places of two regions.

Shows: provisioned capacity is asked first, and what is paid by the token takes over; shares follow capacity; another
alias answers when all of one fail, and when a prompt is too long for it. Does not show: Azure's own refusals, which the
offline Azure knows better (`test_failover.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import yaml

from config import litellm
from config.settings import Settings
from tests.gateway import proxy
from tests.gateway.calls import request
from tests.gateway.stub import Behaviour, Side, Stub, answers, hangs, refuses
from tests.settings.stacks import CHAT, settings

KEY = "sk-0123456789abcdefABCDEF0123456789xyz"
HOME, OTHER = "eastus2", "westus3"
CHATS = ("chat", "stream", "responses", "messages")
AT_ONCE = 4

TOO_LONG = (
    '{"error": {"code": "context_length_exceeded", "message": "This model\'s maximum context length is 10 tokens. '
    'However, your messages resulted in 99 tokens."}}'
)
FAILURES: dict[str, Behaviour] = {
    **{status: refuses(int(status), f'{{"error": {{"code": "{status}", "message": "no"}}}}')
       for status in ("401", "403", "404", "410", "429", "500")},
    "no answer": hangs,
}  # fmt: skip


def _guarded(failure: str) -> str:
    """An alias of its own for each failure: one that has failed is known to, and shows nothing to the next."""
    return f"guarded-{failure.replace(' ', '-')}"


def _deployments() -> list[dict[str, object]]:
    """`apiVersion` is one whose Responses are bridged: the servers know chat completions alone."""
    bridged = {**CHAT, "apiVersion": "2024-10-21"}
    return [
        *({**bridged, "name": name, "sku": sku, "capacity": capacity, "region": region}
          for name in ("reserved", *(f"reserved-{failure}" for failure in FAILURES))
          for sku, capacity, region in (("GlobalStandard", 10, OTHER), ("ProvisionedManaged", 50, HOME))),
        {**bridged, "name": "shared", "capacity": 30, "region": HOME},
        {**bridged, "name": "shared", "capacity": 10, "region": OTHER},
        *({**bridged, "name": _guarded(failure), "region": HOME} for failure in (*FAILURES, "too long")),
        {**bridged, "name": "spare", "region": OTHER},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def parsed() -> Settings:
    deployments = [
        {**found, "name": str(found["name"]).replace(" ", "-"), "alias": str(found["name"]).replace(" ", "-")}
        for found in _deployments()
    ]
    return settings(
        regions=[{"name": HOME}, {"name": OTHER}],
        deployments=deployments,
        authentication="key",
        gateway={"requestTimeoutSeconds": 3},
        fallbacks={_guarded(failure): ["spare"] for failure in FAILURES},
        longContextFallbacks={_guarded("too long"): ["spare"]},
    )


@pytest.fixture(scope="module")
def regions() -> Iterator[dict[str, Stub]]:
    with Stub().running() as home, Stub().running() as other:
        yield {HOME: home, OTHER: other}


@pytest.fixture(scope="module")
def gateway(
    parsed: Settings, regions: dict[str, Stub], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """The proxy with our modules, as the container has them."""
    folder = tmp_path_factory.mktemp("proxy")
    file = yaml.safe_load(litellm.render(litellm.config(parsed)))
    for entry in file["model_list"]:
        entry["litellm_params"]["api_base"] = regions[entry["model_info"]["id"].split("/")[1]].url + "/"
    keys = {account.key_variable: "a key" for account in parsed.accounts}
    with (
        proxy.running(file, folder, keys | proxy.modules(parsed, folder / "modules", KEY)) as started,
        httpx.Client(
            base_url=started.url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False, timeout=60
        ) as client,
    ):
        yield client


@pytest.fixture
def home(regions: dict[str, Stub]) -> Iterator[Side]:
    """How the first region behaves; well again afterwards."""
    yield regions[HOME].azure
    regions[HOME].azure.behaviour = answers


@pytest.fixture
def ask(gateway: httpx.Client) -> Callable[[str, str], str]:
    """Which region answered a call; fails when none did."""

    def asked(kind: str, alias: str) -> str:
        path, body = request(kind, alias)
        answer = gateway.post(path, json=body)
        assert answer.status_code == 200, f"{kind}: {answer.text}"
        return str(answer.headers["x-litellm-model-id"].split("/")[1])

    return asked


def _all(ask: Callable[[str, str], str], alias: str) -> dict[str, str]:
    with ThreadPoolExecutor(AT_ONCE) as callers:
        return dict(zip(CHATS, callers.map(lambda kind: ask(kind, alias), CHATS), strict=True))


def test_provisioned_capacity_is_asked_first(ask: Callable[[str, str], str]) -> None:
    """It is paid for anyway; it is the second of its group in the settings."""
    assert {ask("chat", "reserved") for _ in range(12)} == {HOME}


@pytest.mark.parametrize("failure", FAILURES)
def test_what_is_paid_by_the_token_takes_over_from_it(
    ask: Callable[[str, str], str], home: Side, failure: str
) -> None:
    home.behaviour = FAILURES[failure]
    assert _all(ask, f"reserved-{failure}".replace(" ", "-")) == dict.fromkeys(CHATS, OTHER)


def test_shares_follow_capacity(ask: Callable[[str, str], str]) -> None:
    """Three to one: of 120 calls 90, give or take four times their spread."""
    with ThreadPoolExecutor(AT_ONCE) as callers:
        shares = Counter(callers.map(lambda _: ask("chat", "shared"), range(120)))
    assert abs(shares[HOME] - 90) < 20, shares


@pytest.mark.parametrize("failure", FAILURES)
def test_another_alias_answers_when_all_of_one_fail(
    ask: Callable[[str, str], str], home: Side, failure: str
) -> None:
    home.behaviour = FAILURES[failure]
    assert _all(ask, _guarded(failure)) == dict.fromkeys(CHATS, OTHER)


def test_another_alias_answers_a_prompt_that_is_too_long(ask: Callable[[str, str], str], home: Side) -> None:
    home.behaviour = refuses(400, TOO_LONG)
    assert _all(ask, _guarded("too long")) == dict.fromkeys(CHATS, OTHER)
