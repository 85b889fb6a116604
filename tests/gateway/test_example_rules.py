"""The rules of both examples: when they go past the gateway, when they do not, and how they come back.

The other end is a stub that misbehaves on demand, because the real gateway cannot be told to break a stream
after its second word. That the examples work with the real one is in `test_examples.py`.
"""

import subprocess
from collections.abc import Iterator

import pytest

from tests.gateway import example_programs
from tests.gateway.conversation import Conversation
from tests.gateway.stub import Stub, answers, breaks_after, ends_after, hangs, refuses

COOL_OFF = "0.3"
"""Of most tests: they want the gateway back soon."""
LONG_COOL_OFF = "3"
"""Of those that ask during it."""
WHOLE = "{}: one two three"
STOPPED_PAGE = (
    "<html><title>Azure Container App - Unavailable</title>Error 404 - This Container App is stopped"
)


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub().running() as running:
        yield running


@pytest.fixture(scope="module", params=example_programs.LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def environment(stub: Stub) -> dict[str, str]:
    return {
        **example_programs.bare_environment(),
        "LITELLM_API_BASE": stub.url,
        "LITELLM_API_KEY": "sk-of-the-application",
        "LITELLM_MODEL": "the-alias",
        "LITELLM_COOL_OFF": COOL_OFF,
        "LITELLM_TIMEOUT": "1",
        "AZURE_OPENAI_ENDPOINT": f"{stub.url}/",  # with a slash, as Azure gives it
        "AZURE_OPENAI_DEPLOYMENT": "the-deployment",
        "AZURE_OPENAI_API_VERSION": "2024-08-01-preview",
        "AZURE_OPENAI_API_KEY": "key-of-the-account",
    }


@pytest.fixture(scope="module")
def running(stub: Stub, language: str) -> Iterator[Conversation]:
    with Conversation(example_programs.command(language), environment(stub)) as started:
        yield started


@pytest.fixture
def patient(stub: Stub, language: str) -> Iterator[Conversation]:
    """A program that leaves a dead gateway alone for long enough to look at it."""
    stub.reset()
    surroundings = {**environment(stub), "LITELLM_COOL_OFF": LONG_COOL_OFF}
    with Conversation(example_programs.command(language), surroundings) as started:
        yield started


@pytest.fixture
def chat(stub: Stub, running: Conversation) -> Conversation:
    """A program for which the gateway is up, whatever the test before has done."""
    stub.reset()
    while running.ask("ready?").by != "the gateway":
        pass
    stub.reset()
    return running


def test_the_gateway_is_asked_with_the_alias_and_the_applications_key(stub: Stub, chat: Conversation) -> None:
    reply = chat.ask("Who?")
    assert (reply.text, reply.by) == (WHOLE.format("gateway"), "the gateway")
    assert [seen.headers["authorization"] for seen in stub.gateway.seen] == ["Bearer sk-of-the-application"]
    assert stub.azure.seen == []


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        pytest.param(refuses(502, "bad gateway"), "status 502", id="502"),
        pytest.param(refuses(503, "no healthy upstream"), "status 503", id="503"),
        pytest.param(refuses(504, "stream timeout"), "status 504", id="504"),
        pytest.param(refuses(404, STOPPED_PAGE, "text/html"), "status 404, the app is stopped", id="stopped"),
        pytest.param(hangs, "no answer in time", id="silence"),
        pytest.param(breaks_after(0), "no connection", id="broken before the first word"),
        pytest.param(ends_after(0), "the answer ended before it began", id="ended before the first word"),
    ],
)
def test_a_gateway_that_is_down_costs_no_answer(
    stub: Stub, chat: Conversation, behaviour: object, reason: str
) -> None:
    stub.gateway.behaviour = behaviour  # type: ignore[assignment]  # a table of callables reads better than a cast
    reply = chat.ask("Who?")
    assert (reply.text, reply.by) == (WHOLE.format("azure"), "Azure OpenAI")
    assert reply.said[0] == f"the gateway is down ({reason})"
    assert len(stub.gateway.seen) == 1


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(400, id="the question is wrong"),
        pytest.param(401, id="the key is wrong"),
        pytest.param(403, id="the key may not"),
        pytest.param(404, id="no such model"),
        pytest.param(429, id="the limit is reached"),
        pytest.param(500, id="the gateway failed at it"),
    ],
)
def test_a_refusal_is_an_answer_and_is_not_taken_elsewhere(
    stub: Stub, chat: Conversation, status: int
) -> None:
    # Azure's own words, handed on by a gateway that answers: still the gateway's answer.
    stub.gateway.behaviour = refuses(
        status, '{"error": {"message": "Public access is disabled.", "code": "no"}}'
    )
    reply = chat.ask("Who?")
    assert reply.text is None
    assert reply.said[-1].startswith(f"failed: status {status}")
    assert len(stub.gateway.seen) == 1
    assert stub.azure.seen == []


@pytest.mark.parametrize("behaviour", [breaks_after(2), ends_after(2)], ids=["broken", "ended"])
def test_a_stream_that_breaks_past_its_first_word_is_reported_and_not_repeated(
    stub: Stub, chat: Conversation, behaviour: object
) -> None:
    stub.gateway.behaviour = behaviour  # type: ignore[assignment]  # as above
    reply = chat.ask("Who?")
    assert (reply.text, reply.by) == ("one two ", None)
    assert reply.said == ("failed: the answer broke off after 8 characters; it is not asked again",)
    assert stub.azure.seen == []


def test_azure_is_asked_with_the_deployment_the_version_and_its_own_key(
    stub: Stub, chat: Conversation
) -> None:
    stub.gateway.behaviour = refuses(503, "")
    chat.ask("Who?")
    (seen,) = stub.azure.seen
    assert seen.path == "/openai/deployments/the-deployment/chat/completions"
    assert seen.query == "api-version=2024-08-01-preview"
    assert seen.headers["api-key"] == "key-of-the-account"
    assert "sk-of-the-application" not in str(seen.headers)


def test_azures_api_without_versions_is_asked_at_its_own_path(stub: Stub, language: str) -> None:
    stub.reset()
    stub.gateway.behaviour = refuses(503, "")
    done = subprocess.run(
        [*example_programs.command(language), "Who?"],
        env={**environment(stub), "AZURE_OPENAI_API_VERSION": "v1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == WHOLE.format("azure") + "\n"
    (seen,) = stub.azure.seen
    assert (seen.path, seen.query) == ("/openai/v1/chat/completions", "")
    assert seen.headers["authorization"] == "Bearer key-of-the-account"
    assert b'"the-deployment"' in seen.body


def test_while_the_gateway_is_down_it_is_left_in_peace_and_then_returned_to(
    stub: Stub, patient: Conversation
) -> None:
    stub.gateway.behaviour = refuses(503, "")
    replies = [patient.ask("Who?") for _ in range(5)]
    assert [reply.by for reply in replies] == ["Azure OpenAI"] * 5
    assert [reply.said[0].startswith("the gateway is down") for reply in replies] == [True, *[False] * 4]
    assert len(stub.gateway.seen) == 1, "five questions within the cool-off ask the dead gateway once"
    stub.gateway.behaviour = answers
    while (reply := patient.ask("Back?")).by != "the gateway":
        assert reply.text == WHOLE.format("azure")
    assert reply.said[0] == "the gateway is back"


def test_a_gateway_that_is_back_early_answers_where_azure_cannot_be_reached(
    stub: Stub, patient: Conversation
) -> None:
    """A laptop: Azure's account is private, so the gateway is the only way there is."""
    private = '{"error": {"code": "403", "message": "Public access is disabled. Please configure private endpoint."}}'
    stub.azure.behaviour = refuses(403, private)
    stub.gateway.behaviour = refuses(503, "")
    reply = patient.ask("Who?")
    assert reply.said[-1] == (
        "failed: the gateway: status 503; "
        "Azure OpenAI: status 403, the account is private and this is outside its network"
    )
    stub.gateway.behaviour = answers
    assert patient.ask("And now?").by == "the gateway"
    assert len(stub.azure.seen) == 2, "the second question came within the cool-off, so Azure was asked first"


def test_one_question_on_the_command_line_streamed_or_whole(stub: Stub, language: str) -> None:
    stub.reset()
    for words in (["Who?"], ["--whole", "Who?"]):
        done = subprocess.run(
            [*example_programs.command(language), *words],
            env=environment(stub),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, WHOLE.format("gateway") + "\n")
        assert done.stderr == "chat: answered by the gateway\n"


def test_a_missing_variable_is_named(stub: Stub, language: str) -> None:
    without = {name: value for name, value in environment(stub).items() if name != "LITELLM_API_KEY"}
    done = subprocess.run(
        [*example_programs.command(language), "Who?"],
        env=without,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "chat: LITELLM_API_KEY is not set; examples/README.md says where it comes from\n"


def test_without_a_way_to_azure_the_gateways_failure_is_said(stub: Stub, language: str) -> None:
    stub.reset()
    stub.gateway.behaviour = refuses(503, "")
    alone = {name: value for name, value in environment(stub).items() if not name.startswith("AZURE_")}
    done = subprocess.run(
        [*example_programs.command(language), "Who?"], env=alone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "chat: failed: the gateway: status 503"
