"""Both example applications against the deployed gateway, which is stopped while they run.

They run inside the gateway's network, as an application would: the account that they fall back to has no public
access. The rules that no real gateway can be made to break on demand are in `test_example_rules.py`.
"""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import pytest

from tests.cloud import Stack
from tests.gateway import example_programs
from tests.gateway.conversation import Conversation, Reply

OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
PATIENCE = 60.0
CALLS = 5
"""That each program makes in each state of the gateway, at the least."""
NETWORKED = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
SIGNED_IN = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


def _environment(stack: Stack, gateway: str, names: tuple[str, ...]) -> dict[str, str]:
    """Of an application in the stack's network: what the stack prints, and its key for the gateway."""
    outputs = stack.outputs()
    surroundings = stack.cloud.environment(network=outputs["resourceIds"]["network"])
    return {
        **example_programs.bare_environment(),
        **{name: surroundings[name] for name in names},
        **outputs["environment"],
        "LITELLM_API_BASE": gateway,
        "LITELLM_API_KEY": stack.key(),
        "LITELLM_COOL_OFF": "0.5",
    }


def _account(stack: Stack) -> str:
    (account,) = stack.outputs()["resourceIds"]["accounts"].values()
    return str(account)


@dataclass
class Run:
    """A program that asks one question after the other until it is told to end."""

    chat: Conversation
    replies: list[Reply] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        while not self._end.is_set():
            self.replies.append(self.chat.ask(f"Question {len(self.replies)}: who answers?"))

    def wait(self, by: str) -> None:
        """Until this side has answered some more questions in a row."""
        start, deadline = len(self.replies), time.monotonic() + PATIENCE
        while [reply.by for reply in self.replies[start:][-CALLS:]] != [by] * CALLS:
            assert self._thread.is_alive(), self.replies[-3:]
            assert time.monotonic() < deadline, f"{by} has not answered: {self.replies[-3:]}"
            time.sleep(0.05)  # between two looks

    def end(self) -> None:
        self._end.set()
        self._thread.join(PATIENCE)


@pytest.fixture(scope="module")
def replies(dev: Stack) -> Iterator[Mapping[str, list[Reply]]]:
    """What each program got while the gateway was stopped and came up again, by language."""
    key = dev.cloud.arm("POST", f"{_account(dev)}/listKeys", "2025-06-01").json()["key1"]
    environment = {**_environment(dev, dev.base_url, NETWORKED), "AZURE_OPENAI_API_KEY": key}
    commands = {language: example_programs.command(language) for language in example_programs.LANGUAGES}
    runs = {language: Run(Conversation(command, environment)) for language, command in commands.items()}
    try:
        _each(runs, lambda run: run.wait("the gateway"))
        _stop_gateway(dev)
        _each(runs, lambda run: run.wait("Azure OpenAI"))
        _each(runs, lambda run: run.wait("the gateway"))
        _each(runs, Run.end)
        yield {language: run.replies for language, run in runs.items()}
    finally:
        for run in runs.values():
            run.end()
            run.chat.close()


def _stop_gateway(stack: Stack) -> None:
    """End its process in good order, as a platform does that needs the machine; it is started again after a while.

    In good order, because a stream that is cut off past its first word is reported, not saved, by design.
    """
    for replica in stack.app()["replicas"]:
        os.kill(replica["pid"], signal.SIGTERM)


def _each(runs: Mapping[str, Run], act: Callable[[Run], None]) -> None:
    for run in runs.values():
        act(run)


@pytest.mark.parametrize("language", example_programs.LANGUAGES)
def test_no_call_is_lost_while_the_gateway_is_stopped(
    replies: Mapping[str, list[Reply]], language: str
) -> None:
    lost = [
        reply
        for reply in replies[language]
        if reply.by is None or "private endpoint" not in (reply.text or "")
    ]
    assert lost == []


@pytest.mark.parametrize("language", example_programs.LANGUAGES)
def test_the_program_goes_direct_when_the_gateway_stops_and_returns_when_it_starts(
    replies: Mapping[str, list[Reply]], language: str
) -> None:
    assert [by for by, _ in groupby(reply.by for reply in replies[language])] == [
        "the gateway",
        "Azure OpenAI",
        "the gateway",
    ]
    said = [
        words for reply in replies[language] for words in reply.said if not words.startswith("answered by")
    ]
    assert [words.split(" (")[0] for words in said] == ["the gateway is down", "the gateway is back"]


@pytest.mark.parametrize("language", example_programs.LANGUAGES)
def test_on_a_keyless_stack_the_direct_way_is_the_applications_own_identity(
    deployed: Callable[[str], Stack], language: str
) -> None:
    """Nobody listens where the gateway should be, and no key is anywhere: the role decides."""
    staging = deployed("staging")
    environment = _environment(staging, "http://localhost:9", (*NETWORKED, *SIGNED_IN))
    assignment = f"{_account(staging)}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    with Conversation(example_programs.command(language), environment) as chat:
        refused = chat.ask("Who?")
        assert refused.said[-1].startswith("failed: status 401")
        staging.cloud.arm("PUT", assignment, "2022-04-01", _role(staging)).raise_for_status()
        try:
            deadline = time.monotonic() + PATIENCE
            while (reply := chat.ask("Who?")).by is None:
                assert time.monotonic() < deadline, reply
            assert reply.by == "Azure OpenAI"
            assert "private endpoint" in (reply.text or "")
        finally:
            staging.cloud.arm("DELETE", assignment, "2022-04-01").raise_for_status()


def _role(stack: Stack) -> dict[str, object]:
    credentials = stack.cloud.home.credentials()
    roles = f"/subscriptions/{credentials.subscription_id}/providers/Microsoft.Authorization/roleDefinitions"
    return {
        "properties": {
            "roleDefinitionId": f"{roles}/{OPENAI_USER}",
            "principalId": credentials.object_id,
            "principalType": "ServicePrincipal",
        }
    }
