"""What the applications are given."""

import pytest

from config.client import dotenv, environment
from config.parsing import parse
from tests.settings.stacks import CHAT, CLAUDE, DAY, EMBEDDING, settings, stack

URL = "https://gateway.example.com"


def test_the_notes_application_finds_every_variable_that_it_reads() -> None:
    assert environment(parse(stack("dev"), DAY), URL) == {
        "LITELLM_API_BASE": URL,
        "LITELLM_MODEL": "gpt-4o-2024-08-06",
        "LITELLM_EMBEDDING_MODEL": "text-embedding-3-small",
        "AZURE_OPENAI_ENDPOINT": "https://ai-idha-sbx-scus-001.openai.azure.com/",
        "AZURE_OPENAI_DEPLOYMENT": "gpt-4o-2024-08-06",
        "AZURE_OPENAI_MODEL": "gpt-4o",
        "AZURE_OPENAI_API_VERSION": "2024-08-01-preview",
    }


def test_clients_ask_for_the_alias_and_azure_knows_the_deployment() -> None:
    variables = environment(settings(deployments=[{**CHAT, "alias": "best"}]), URL)
    assert (variables["LITELLM_MODEL"], variables["AZURE_OPENAI_DEPLOYMENT"]) == ("best", "chat")


def test_the_direct_way_leads_to_azure_even_where_another_provider_comes_first() -> None:
    variables = environment(
        settings(deployments=[CLAUDE, CHAT], providerKeys={"ANTHROPIC_API_KEY": "sk-ant-0123456789"}), URL
    )
    assert (variables["LITELLM_MODEL"], variables["AZURE_OPENAI_DEPLOYMENT"]) == ("claude", "chat")


def test_a_gateway_of_embeddings_promises_no_chat_model() -> None:
    variables = environment(settings(deployments=[EMBEDDING]), URL)
    assert "LITELLM_MODEL" not in variables
    assert "AZURE_OPENAI_DEPLOYMENT" not in variables


@pytest.mark.parametrize(
    ("value", "line"),
    [
        pytest.param("sk-AZaz09_", "LITELLM_API_KEY=sk-AZaz09_", id="plain"),
        pytest.param("a b", "LITELLM_API_KEY='a b'", id="a space ends a value"),
        pytest.param("a#b", "LITELLM_API_KEY='a#b'", id="a hash begins a comment"),
        pytest.param("a$HOME", "LITELLM_API_KEY='a$HOME'", id="a dollar is a variable"),
        pytest.param('a"b', "LITELLM_API_KEY='a\"b'", id="a double quote opens one"),
        pytest.param("a\\n", "LITELLM_API_KEY='a\\n'", id="a backslash would be read as a line break"),
    ],
)
def test_values_are_quoted_where_they_would_be_read_otherwise(value: str, line: str) -> None:
    assert dotenv({"LITELLM_API_KEY": value}).splitlines()[-1] == line


def test_a_value_that_no_file_can_carry_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="LITELLM_API_KEY") as caught:
        dotenv({"LITELLM_API_KEY": "hunter2\n'"})
    assert "hunter2" not in str(caught.value)


def test_every_variable_is_explained() -> None:
    variables = {**environment(parse(stack("dev"), DAY), URL), "LITELLM_API_KEY": "sk-x"}
    lines = dotenv(variables).splitlines()
    assert [line.startswith("# ") for line in lines] == [True, False] * len(variables)
