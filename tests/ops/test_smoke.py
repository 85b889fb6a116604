"""`python -m ops smoke` on deployed gateways, well and broken, with the real LiteLLM.

Shows: what a user is told to look at fits what was done to the gateway, and goes away when that is undone. Does not
show: Azure's and GitHub's own networks.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from offline import control
from offline.arm import addresses
from tests.cloud import Cloud, Stack
from tests.ops import commands

CHAT, EMBEDDINGS = "gpt-4o-2024-08-06", "text-embedding-3-small"
ACCOUNT = "ai-idha-sbx-scus-001"
CALLS = ("models", "chat", "stream", "embedding")


@pytest.fixture(scope="module")
def stand_ins() -> bool:
    """Every call here is answered by LiteLLM."""
    return False


@pytest.fixture(scope="module")
def dev(cloud: Cloud) -> Stack:
    """With an application that may ask for one model alone, and one that may ask once a minute."""
    deployed = Stack(cloud, "dev")
    deployed.up(values=_settings())
    return deployed


@pytest.fixture(scope="module")
def staging(cloud: Cloud) -> Stack:
    deployed = Stack(cloud, "staging")
    deployed.up()
    return deployed


def _settings(*, models: tuple[str, ...] = (CHAT,), generation: int = 1) -> dict[str, object]:
    applications = [
        {"name": "default", "generation": generation},
        {"name": "chats", "models": list(models)},
        {"name": "slow", "requestsPerMinute": 1},
    ]
    return {"litellm-azure:applications": applications}


def _write(stack: Stack, values: Mapping[str, object]) -> None:
    """Bring the stack's file up to date, and deploy nothing."""
    stack.command("preview", values=values)


def _smoke(
    stack: Stack, *words: str, well: bool = True, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What it says for programs."""
    done = commands.run(stack, "smoke", "--json", *words, fails=not well, environment=environment)
    assert "sk-" not in done.stdout + done.stderr, "no key is shown"
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _causes(told: Mapping[str, Any]) -> dict[str, str]:
    """Why each call failed, of those that did; each of the causes has a next step."""
    found = {call["call"]: call["cause"] for call in told["calls"] if call["cause"] is not None}
    assert set(told["next"]) == set(found.values())
    return found


def test_every_kind_of_call_is_answered(dev: Stack) -> None:
    told = _smoke(dev)
    said = {call["call"]: call["said"] for call in told["calls"]}
    assert list(said) == list(CALLS)
    assert said["models"] == f"{CHAT}, {EMBEDDINGS}"
    assert said["chat"].startswith(f"southcentralus/{CHAT}, ")
    assert "pieces, the first after" in said["stream"]
    assert said["embedding"] == f"southcentralus/{EMBEDDINGS}, 1536 dimensions"
    assert all(call["seconds"] > 0 for call in told["calls"])
    assert told["next"] == {}


def test_a_person_reads_the_same_in_a_table(dev: Stack) -> None:
    shown = commands.run(dev, "smoke").stdout
    rows = [line.split()[:2] for line in shown.splitlines() if line.startswith(CALLS[1:])]
    assert rows == [["chat", CHAT], ["stream", CHAT], ["embedding", EMBEDDINGS]]
    assert "1536 dimensions" in " ".join(shown.split())


def test_an_application_is_asked_about_what_it_may_use(dev: Stack) -> None:
    told = _smoke(dev, "--application", "chats")
    assert [call["call"] for call in told["calls"]] == ["models", "chat", "stream"]
    assert told["calls"][0]["said"] == CHAT
    assert told["leftOut"] == ["embedding: chats may use no model that embeds"]


def test_an_internal_gateway_answers_in_its_network_alone(staging: Stack) -> None:
    network = staging.outputs()["resourceIds"]["network"]
    inside = _smoke(staging, environment=staging.cloud.environment(network))
    assert _causes(inside) == {}

    by_proxy = _smoke(staging, well=False)
    assert _causes(by_proxy) == {"models": "a proxy on the way did not reach it"}
    assert "SMOKE_RUNNER" in by_proxy["next"]["a proxy on the way did not reach it"]
    assert len(by_proxy["leftOut"]) == 3, "a gateway that is not reached is asked once"

    directly = {name: value for name, value in staging.cloud.engine().items() if "proxy" not in name.lower()}
    by_name = _smoke(staging, well=False, environment=directly)
    assert _causes(by_name) == {"models": "the name does not resolve"}
    assert "virtual network alone" in by_name["next"]["the name does not resolve"]


def test_the_name_of_a_public_gateway_is_its_environments(dev: Stack) -> None:
    """No network is told to be the only one that knows it."""
    directly = {name: value for name, value in dev.cloud.engine().items() if "proxy" not in name.lower()}
    told = _smoke(dev, well=False, environment=directly)
    assert _causes(told) == {"models": "the name does not resolve"}
    assert "pulumi refresh --stack dev" in told["next"]["the name does not resolve"]


def test_a_certificate_that_nobody_vouches_for(dev: Stack) -> None:
    known = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    strange = {name: value for name, value in dev.cloud.engine().items() if name not in known}
    told = _smoke(dev, well=False, environment=strange)
    assert _causes(told) == {"models": "the certificate is not trusted"}
    assert "python -m offline run --" in told["next"]["the certificate is not trusted"]


def test_a_proxy_that_does_not_run(dev: Stack) -> None:
    nobody = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    told = _smoke(dev, well=False, environment={**dev.cloud.engine(), **nobody})
    assert _causes(told) == {"models": "the connection was refused"}
    assert "HTTPS_PROXY" in told["next"]["the connection was refused"]


def test_an_address_that_the_ingress_does_not_admit(dev: Stack) -> None:
    store = dev.cloud.store()
    store.set_fact(addresses.PERSON_ADDRESS_FACT, "198.51.100.7")
    told = _smoke(dev, well=False)
    store.set_fact(addresses.PERSON_ADDRESS_FACT, addresses.PERSON_ADDRESS)
    assert set(_causes(told).values()) == {"the ingress does not let you in"}
    assert "ingress.allow" in told["next"]["the ingress does not let you in"]
    assert _causes(_smoke(dev)) == {}


@contextmanager
def _answering(stack: Stack, deployment: str, answer: str) -> Iterator[None]:
    """A deployment that answers something else."""
    fault = {"account": ACCOUNT, "deployment": deployment, "answer": answer}
    control.fault(stack.cloud.record, "deployment", fault)
    yield
    control.clear_faults(stack.cloud.record)


@pytest.mark.parametrize(
    ("answer", "cause", "step"),
    [
        ("401", "Azure OpenAI does not know the gateway's key", "pulumi refresh --stack dev"),
        ("403", "the gateway came to the account's public side", "pulumi refresh --stack dev"),
        ("404", "the deployment is not there", "five minutes"),
        ("429", "the account's limit is reached", "raise it in the settings"),
        (
            "500",
            "an error of the gateway or of Azure OpenAI",
            "logs show --resource-group rg-idha-sbx-scus-001 --name ca-idha-sbx-scus-001",
        ),
    ],
)
def test_what_azure_openai_answers_is_told_from_what_the_gateway_does(
    dev: Stack, answer: str, cause: str, step: str
) -> None:
    with _answering(dev, EMBEDDINGS, answer):
        told = _smoke(dev, well=False)
    assert _causes(told) == {"embedding": cause}
    assert step in told["next"][cause]
    (embedding,) = [call for call in told["calls"] if call["call"] == "embedding"]
    assert embedding["said"].startswith(f"{answer}: ")


def test_what_passes_is_waited_for(dev: Stack) -> None:
    """As after an up: a new role or deployment takes Azure minutes. One call of three is struck."""
    fault = {"account": ACCOUNT, "deployment": CHAT, "answer": "404", "times": 1}
    control.fault(dev.cloud.record, "deployment", fault)
    once = _smoke(dev, well=False)
    assert _causes(once) == {"chat": "the deployment is not there"}
    control.fault(dev.cloud.record, "deployment", fault)
    told = _smoke(dev, "--within", "1")
    control.clear_faults(dev.cloud.record)
    assert _causes(told) == {}
    assert told["rounds"] == 2


def test_a_model_that_hangs(dev: Stack) -> None:
    with _answering(dev, EMBEDDINGS, "hang"):
        told = _smoke(dev, "--timeout", "3", well=False)
    assert _causes(told) == {"embedding": "no answer in time"}
    assert "--timeout" in told["next"]["no answer in time"]


def test_the_applications_own_limit(dev: Stack) -> None:
    """The list of models counts too."""
    told = _smoke(dev, "--application", "slow", well=False)
    assert "the application's limit is reached" in _causes(told).values()
    assert "requestsPerMinute" in told["next"]["the application's limit is reached"]


def test_settings_that_were_not_deployed(dev: Stack) -> None:
    """The stack's file opens one more model to the application; the gateway has not heard of it."""
    _write(dev, _settings(models=(CHAT, EMBEDDINGS)))
    told = _smoke(dev, "--application", "chats", well=False)
    assert _causes(told) == {
        "models": "other models than the settings name",
        "embedding": "the application may not use the model",
    }
    assert told["calls"][0]["said"] == f"not served: {EMBEDDINGS}"
    _write(dev, _settings())


def test_a_link_that_is_gone(staging: Stack) -> None:
    """Of the account's zone: what the gateway is told, not what the caller is."""
    network = staging.outputs()["resourceIds"]["network"]
    zones = [
        link.id.text
        for link in staging.cloud.store().of_type("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
        if "privatelink." in link.id.text and "stg" in link.id.text
    ]
    assert zones
    inside = staging.cloud.environment(network)
    for link in zones:
        staging.cloud.arm("DELETE", link, "2024-06-01").raise_for_status()
    told = _smoke(staging, well=False, environment=inside)
    assert set(_causes(told).values()) == {"the gateway came to the account's public side"}
    staging.refresh()
    staging.up()
    assert _causes(_smoke(staging, environment=inside)) == {}


def test_a_model_that_has_retired(dev: Stack) -> None:
    control.fault(dev.cloud.record, "retire", {"model": "gpt-4o", "version": "2024-08-06"})
    told = _smoke(dev, well=False)
    control.clear_faults(dev.cloud.record)
    assert _causes(told) == {"chat": "the model has retired", "stream": "the model has retired"}
    assert "config/catalog.yaml" in told["next"]["the model has retired"]


# Nothing to call -------------------------------------------------------------------------------------------------


def _refused(stack: Stack, *words: str) -> str:
    return " ".join(commands.run(stack, "smoke", *words, fails=True).stderr.split())


def test_a_stack_that_was_never_deployed(cloud: Cloud) -> None:
    prod = Stack(cloud, "prod")
    _write(prod, {})
    assert "Deploy it first: pulumi up --stack prod" in _refused(prod)


def test_a_stack_that_is_not_there(dev: Stack) -> None:
    missing = Stack(dev.cloud, "elsewhere")
    assert "no stack named 'elsewhere' found" in _refused(missing)


def test_an_application_that_is_not_there(dev: Stack) -> None:
    _write(dev, _settings())
    assert "there is: default, chats, slow" in _refused(dev, "--application", "nobody")


def test_an_application_that_was_not_deployed_yet(dev: Stack) -> None:
    _write(dev, {"litellm-azure:applications": [{"name": "default"}, {"name": "new"}]})
    assert "has no key in the stack" in _refused(dev, "--application", "new")


def test_settings_that_are_wrong(dev: Stack) -> None:
    _write(dev, {"litellm-azure:apiVersion": "yesterday"})
    assert "litellm-azure:apiVersion" in _refused(dev)


# Last, because a generation of a key only rises -------------------------------------------------------------------


def test_a_key_that_the_gateway_has_not_got(dev: Stack) -> None:
    """Somebody has written another into the vault, and a revision has come up since."""
    secret = f"{dev.outputs()['resourceIds']['vault']}/secrets/application-key-default-1"
    written = {"properties": {"value": "sk-somebody-elses-0123456789abcdef"}}
    dev.cloud.arm("PUT", secret, "2024-11-01", written).raise_for_status()
    larger = {"litellm-azure:gateway": {"minReplicas": 1, "maxReplicas": 4}}
    dev.up(values={**_settings(), **larger})
    told = _smoke(dev, well=False)
    assert set(_causes(told).values()) == {"the gateway does not know the key"}
    assert "raise the application's generation" in told["next"]["the gateway does not know the key"]

    assert dev.up(values={**_settings(), **larger}).changes == {}, "nothing to do, as it is told"
    dev.up(values={**_settings(generation=2), **larger})
    assert _causes(_smoke(dev)) == {}
