"""The laws of Azure OpenAI's data plane, through OpenAI's own client."""

import ssl
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient

from offline import control
from tests.laws.azure import REGION, Azure, account_body
from tests.laws.refused import Refused
from tests.offline.accounts import COGNITIVE, OPENAI_USER

Expect = Callable[[str], Refused]

VERSION = "2024-10-21"
HELLO: Any = [{"role": "user", "content": "Hello"}]


@dataclass(frozen=True)
class Model:
    """A deployed gpt-4o."""

    azure: Azure
    account: str
    key: str

    @property
    def host(self) -> str:
        return f"https://{self.account.rpartition('/')[2]}.openai.azure.com"

    def client(
        self,
        *,
        key: str | None = None,
        token: str | None = None,
        host: str | None = None,
        version: str = VERSION,
        network: str | None = None,
    ) -> openai.AzureOpenAI:
        """OpenAI's client, with the account's key where nothing else is said. It retries nothing."""
        return openai.AzureOpenAI(
            azure_endpoint=host or self.host,
            api_key=key or self.key if token is None else None,
            azure_ad_token=token,
            api_version=version,
            http_client=self._through(network),
            max_retries=0,
        )

    def undated(self, **query: str) -> openai.OpenAI:
        """The same client on the v1 path."""
        return openai.OpenAI(
            base_url=f"{self.host}/openai/v1/",
            api_key=self.key,
            http_client=self._through(None),
            default_query=query,
            max_retries=0,
        )

    def _through(self, network: str | None) -> openai.DefaultHttpxClient:
        options = self.azure.options(network=network)
        verify = ssl.create_default_context(cafile=options["connection_verify"])
        return openai.DefaultHttpxClient(proxy=options["proxies"]["https"], verify=verify)

    def by_hand(self) -> httpx.Client:
        return self.azure.caller(base_url=self.host, headers={"api-key": self.key})

    def says(self, client: openai.AzureOpenAI | None = None, model: str = "chat", **words: Any) -> str:
        """One answer of the deployment."""
        asked = {"messages": HELLO, **words}
        answer = (client or self.client()).chat.completions.create(model=model, **asked)
        return str(answer.choices[0].message.content)


def deploy(azure: Azure, account: str, name: str, model: str, version: str, capacity: int = 10) -> None:
    named = {"format": "OpenAI", "name": model, "version": version}
    azure.put(
        f"{account}/deployments/{name}",
        {"sku": {"name": "GlobalStandard", "capacity": capacity}, "properties": {"model": named}},
    )


def made(azure: Azure, group: str, **properties: Any) -> Model:
    account = azure.account(group, **properties)
    deploy(azure, account, "chat", "gpt-4o", "2024-11-20")
    client = azure.sdk(CognitiveServicesManagementClient)
    names = (group.rpartition("/")[2], account.rpartition("/")[2])
    keyless = properties.get("disableLocalAuth") is True
    return Model(azure, account, "" if keyless else str(client.accounts.list_keys(*names).key1))


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


@pytest.fixture(scope="module")
def model(azure: Azure, group: str) -> Model:
    """Open to the internet, with keys."""
    return made(azure, group)


@pytest.fixture
def faults(azure: Azure, model: Model) -> Iterator[Callable[..., None]]:
    """Make the deployment answer with an error."""

    def disturb(answer: str, **words: Any) -> None:
        name = model.account.rpartition("/")[2]
        control.fault(
            azure.cloud.record,
            "deployment",
            {"account": name, "deployment": "chat", "answer": answer, "times": 1, **words},
        )

    yield disturb
    control.clear_faults(azure.cloud.record)


# Who, and from where -------------------------------------------------------------------------------------------


@pytest.mark.law("openai-key")
def test_a_key_is_one_of_the_accounts_two(model: Model, refused: Expect) -> None:
    with refused("openai-key"):
        model.says(model.client(key="0" * 84))
    assert model.says()


@pytest.mark.law("openai-token", "openai-data-action")
def test_a_token_is_for_models_and_of_somebody_with_a_role(
    azure: Azure, model: Model, refused: Expect
) -> None:
    who = str(uuid.uuid4())
    for bad in (
        azure.token("https://management.azure.com/", who),
        azure.token(COGNITIVE, who, seconds=-1),
        "no.token.either",
    ):
        with refused("openai-token"):
            model.says(model.client(token=bad))
    good = model.client(token=azure.token(COGNITIVE, who))
    with refused("openai-data-action"):
        model.says(good)
    azure.grant(model.account, OPENAI_USER, who)
    assert model.says(good)


@pytest.mark.law("openai-keys-off")
def test_a_keyless_account_takes_tokens_alone(azure: Azure, group: str, refused: Expect) -> None:
    model = made(azure, group, disableLocalAuth=True)
    with refused("openai-keys-off"):
        model.says(model.client(key="0" * 84))
    who = str(uuid.uuid4())
    azure.grant(model.account, OPENAI_USER, who)
    assert model.says(model.client(token=azure.token(COGNITIVE, who)))


@pytest.mark.law("openai-public-off")
def test_a_closed_account_is_reached_through_its_endpoint(azure: Azure, group: str, refused: Expect) -> None:
    model = made(azure, group, publicNetworkAccess="Disabled")
    with refused("openai-public-off"):
        model.says()
    network = azure.private_path(group, model.account, "account", "privatelink.openai.azure.com")
    assert model.says(model.client(network=network))
    unlinked = azure.network(group, "vnet-unlinked")
    with refused("openai-public-off"):
        model.says(model.client(network=unlinked))


@pytest.mark.law("openai-firewall")
def test_an_accounts_rules_name_who_may_come(azure: Azure, group: str, refused: Expect) -> None:
    model = made(azure, group, networkAcls={"defaultAction": "Deny"})
    with refused("openai-firewall"):
        model.says()
    rules = {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]}
    azure.put(model.account, account_body(model.account.rpartition("/")[2], networkAcls=rules))
    assert model.says()


@pytest.mark.law("openai-regional-host")
def test_a_regions_own_host_leads_to_no_account_with_a_name(model: Model, refused: Expect) -> None:
    with refused("openai-regional-host"):
        model.says(model.client(host=f"https://{REGION}.api.cognitive.microsoft.com"))
    assert model.says(model.client(host=f"{model.host}/"))


# What for ------------------------------------------------------------------------------------------------------


@pytest.mark.law("openai-deployment")
def test_a_call_names_the_deployment_and_not_the_model(model: Model, refused: Expect) -> None:
    with refused("openai-deployment"):
        model.says(model="gpt-4o")
    assert model.says(model="chat")


@pytest.mark.law("openai-path", "openai-api-version", "openai-responses-version")
def test_a_path_and_its_version_fit(model: Model, refused: Expect) -> None:
    with refused("openai-path"):
        model.says(model.client(host=f"{model.host}/openai"))
    with refused("openai-path"):
        model.says(model.client(version="2020-01-01"))
    with refused("openai-api-version"):
        model.undated(**{"api-version": VERSION}).chat.completions.create(model="chat", messages=HELLO)
    assert model.undated().chat.completions.create(model="chat", messages=HELLO).choices
    with model.by_hand() as client:
        asked = {"model": "chat", "input": "Hello"}
        refused("openai-responses-version").by(
            client.post(f"/openai/responses?api-version={VERSION}", json=asked)
        )
        good = client.post("/openai/responses?api-version=2025-03-01-preview", json=asked)
        assert good.status_code == 200


@pytest.mark.law("openai-operation")
def test_a_model_does_what_it_is_for(azure: Azure, model: Model, refused: Expect) -> None:
    deploy(azure, model.account, "embed", "text-embedding-3-small", "1")
    with refused("openai-operation"):
        model.says(model="embed")
    with refused("openai-operation"):
        model.client().embeddings.create(model="chat", input="Hello")
    assert model.client().embeddings.create(model="embed", input="Hello").data


@pytest.mark.law("openai-context-length")
def test_a_prompt_fits_into_the_model(model: Model, refused: Expect) -> None:
    with refused("openai-context-length"):
        model.says(messages=[{"role": "user", "content": "word " * 130_000}])
    assert model.says(messages=[{"role": "user", "content": "word " * 1000}])


# How much, and how long ----------------------------------------------------------------------------------------


@pytest.mark.law("openai-retired")
def test_a_retired_version_answers_no_more(azure: Azure, model: Model, refused: Expect) -> None:
    deploy(azure, model.account, "old", "gpt-4o", "2024-08-06")
    assert model.says(model="old")
    control.fault(azure.cloud.record, "retire", {"model": "gpt-4o", "version": "2024-08-06"})
    try:
        with refused("openai-retired"):
            model.says(model="old")
        assert model.says(model="chat")
    finally:
        control.clear_faults(azure.cloud.record)


@pytest.mark.law("openai-rate-limit")
def test_a_deployment_has_so_many_tokens_a_minute(
    azure: Azure, model: Model, refused: Expect, faults: Callable[..., None]
) -> None:
    deploy(azure, model.account, "small", "gpt-4o", "2024-11-20", capacity=1)
    long: Any = [{"role": "user", "content": "word " * 1100}]
    with azure.fact("openai.limits", True), refused("openai-rate-limit"):
        model.says(model="small", messages=long)
    assert model.says(model="small", messages=long), "off again"
    faults("429", retry_after=7)
    with pytest.raises(openai.RateLimitError) as told:
        model.says()
    assert told.value.response.headers["Retry-After"] == "7"
    faults("429")
    with pytest.raises(openai.RateLimitError) as told:
        model.says()
    assert "Retry-After" not in told.value.response.headers


@pytest.mark.law("openai-content-filter", "openai-server-error")
def test_a_model_can_refuse_and_fail(model: Model, refused: Expect, faults: Callable[..., None]) -> None:
    """Both on demand alone: nothing is judged by what it says, and nothing fails by itself."""
    faults("filtered")
    with refused("openai-content-filter"):
        model.says()
    faults("500")
    with refused("openai-server-error"):
        model.says()
    assert model.says()
