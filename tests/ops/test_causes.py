"""What was said, as it was seen, leads to the cause that it is told by; and every cause is told by something.

The texts of Azure are those of docs/azure-laws.md; LiteLLM's and Envoy's are as its tests here get them.
"""

import socket
import ssl

import httpx
import pytest

from config.settings import Visibility
from ops.causes import CAUSES, LONGEST, OTHER, OtherModels, Unanswered, cause_of

INTERNAL, EXTERNAL = Visibility.INTERNAL, Visibility.EXTERNAL


def _because(inner: Exception) -> httpx.ConnectError:
    """A failure of httpx, with the system's own error inside."""
    problem = httpx.ConnectError(f"{inner}")
    problem.__cause__ = inner
    return problem


def _error(message: str, code: str = "") -> str:
    return f'{{"error": {{"message": "{message}", "type": "None", "code": "{code}"}}}}'


SEEN: tuple[tuple[Unanswered | httpx.HTTPError, Visibility, str], ...] = (
    (_because(socket.gaierror(-2, "Name or service not known")), INTERNAL, "the name does not resolve"),
    (_because(socket.gaierror(8, "nodename nor servname")), EXTERNAL, "the name does not resolve"),
    (httpx.ProxyError("502 Bad Gateway"), INTERNAL, "a proxy on the way did not reach it"),
    (httpx.ProxyError("503 Service Unavailable"), EXTERNAL, "a proxy on the way did not reach it"),
    (
        httpx.ProxyError("407 Proxy Authentication Required"),
        INTERNAL,
        "a proxy on the way did not let it pass",
    ),
    (_because(ConnectionRefusedError(111, "Connection refused")), EXTERNAL, "the connection was refused"),
    (
        _because(ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")),
        EXTERNAL,
        "the certificate is not trusted",
    ),
    (httpx.ConnectTimeout("timed out"), INTERNAL, "no connection in time"),
    (httpx.ReadTimeout("timed out"), INTERNAL, "no answer in time"),
    (httpx.RemoteProtocolError("Server disconnected"), INTERNAL, "the connection broke"),
    (OtherModels("not served: gpt-5.1"), INTERNAL, "other models than the settings name"),
    (Unanswered(200, "<html>It works!</html>"), INTERNAL, "not LiteLLM's answer"),
    (
        Unanswered(400, _error("/chat/completions: Invalid model name passed in model=gpt-5.1")),
        INTERNAL,
        "the gateway does not know the model",
    ),
    (
        Unanswered(
            401, _error("The API key is wrong, or was revoked. Send the key of an application", "401")
        ),
        INTERNAL,
        "the gateway does not know the key",
    ),
    (
        Unanswered(401, _error("Access denied due to invalid subscription key or wrong API endpoint", "401")),
        INTERNAL,
        "Azure OpenAI does not know the gateway's key",
    ),
    (
        Unanswered(401, _error("Principal does not have access to API/Operation.", "401")),
        INTERNAL,
        "the gateway's identity has no role on the account",
    ),
    (
        Unanswered(
            401, _error("Unauthorized. Access token is missing, invalid, audience is incorrect", "401")
        ),
        INTERNAL,
        "Azure OpenAI does not take the gateway's token",
    ),
    (Unanswered(401, "Unauthorized"), INTERNAL, "a key or token was refused"),
    (
        Unanswered(
            403, _error("key not allowed to access model. This key can only access models=['a']", "403")
        ),
        INTERNAL,
        "the application may not use the model",
    ),
    (Unanswered(403, "RBAC: access denied"), EXTERNAL, "the ingress does not let you in"),
    (
        Unanswered(403, _error("Public access is disabled. Please configure private endpoint.", "403")),
        INTERNAL,
        "the gateway came to the account's public side",
    ),
    (
        Unanswered(403, _error("Key based authentication is disabled for this resource.", "403")),
        INTERNAL,
        "the account takes no keys",
    ),
    (Unanswered(403, "Forbidden"), INTERNAL, "the call is not allowed"),
    (
        Unanswered(404, _error("The API deployment for this resource does not exist.", "404")),
        INTERNAL,
        "the deployment is not there",
    ),
    (
        Unanswered(404, "<h1>Error 404 - This Container App is stopped or does not exist.</h1>"),
        EXTERNAL,
        "the environment knows no such app",
    ),
    (Unanswered(404, _error("Resource not found", "404")), INTERNAL, "not found"),
    (
        Unanswered(410, _error("The model 'gpt-4o' has been retired", "410")),
        INTERNAL,
        "the model has retired",
    ),
    (
        Unanswered(429, _error("Your requests to a have exceeded the token rate limit for your tier", "429")),
        INTERNAL,
        "the account's limit is reached",
    ),
    (
        Unanswered(429, _error("Rate limit exceeded for api_key: application-slow. Limit type: requests")),
        INTERNAL,
        "the application's limit is reached",
    ),
    (
        Unanswered(
            429, _error("No deployments available for selected model, Try again in 5 seconds.", "429")
        ),
        INTERNAL,
        "every deployment of the model is set aside",
    ),
    (Unanswered(429, "Too Many Requests"), INTERNAL, "too many calls"),
    (Unanswered(503, "no healthy upstream"), EXTERNAL, "no replica serves"),
    (Unanswered(500, _error("The server had an error", "500")), INTERNAL, OTHER.name),
)


@pytest.mark.parametrize(("problem", "visibility", "name"), SEEN, ids=[f"{one[2]}, {one[1]}" for one in SEEN])
def test_what_was_said_leads_to_its_cause(
    problem: Unanswered | httpx.HTTPError, visibility: Visibility, name: str
) -> None:
    cause, _ = cause_of(problem, visibility)
    assert cause.name == name


def test_every_cause_is_told_by_something() -> None:
    told = {id(cause_of(problem, visibility)[0]) for problem, visibility, _ in SEEN}
    assert [cause.name for cause in (*CAUSES, OTHER) if id(cause) not in told] == []


def test_every_next_step_can_be_filled_in() -> None:
    for cause in (*CAUSES, OTHER):
        step = cause.next.format(stack="prod", app="--name a", environment="--name e")
        assert "{" not in step
        assert step.endswith((".", "NAME", "a", "ingress", "staticIp", "prod")), step


def test_an_errors_message_is_shown_and_not_its_body() -> None:
    _, said = cause_of(Unanswered(404, _error("Resource not found", "404")), INTERNAL)
    assert said == "404: Resource not found"


def test_a_page_is_shown_without_its_markup_and_not_to_its_end() -> None:
    _, said = cause_of(Unanswered(404, f"<html><h1>Error</h1>{'long ' * 200}</html>"), INTERNAL)
    assert said.startswith("404: Error long long")
    assert len(said) <= LONGEST + 2
