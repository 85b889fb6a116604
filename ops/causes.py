"""Why a call of the gateway failed, and what to look at next.

Azure's own words are those of docs/azure-laws.md, which names where each was seen; LiteLLM's were seen with the proxy
(1.106.2). Somebody in between, a corporate proxy say, has words of its own: then the status alone decides.
"""

import json
import re
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum

import httpx

from config.settings import Visibility

LONGEST = 300
"""Characters of what was said that are shown."""


class Unanswered(Exception):  # noqa: N818 - what there was instead of an answer
    """An answer that is none: an error, or not what was asked for."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class OtherModels(Unanswered):
    """The gateway serves other models than the settings name."""

    def __init__(self, differences: str) -> None:
        super().__init__(200, differences)


class Failure(StrEnum):
    """Why there was no answer at all, in the order in which a call can fail."""

    NAME = "name"
    PROXY = "proxy"
    REFUSED = "refused"
    CONNECT = "connect"
    CERTIFICATE = "certificate"
    TIMEOUT = "timeout"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason, by which it is known, and the next step."""

    when: int | Failure
    """The status of the answer, or why there was none."""
    name: str
    next: str
    """With `{stack}`, and `{app}` and `{environment}` as the options of `az containerapp` that name them."""
    says: str = ""
    """A regular expression that what was said fits; every text fits none."""
    visibility: Visibility | None = None
    """The only kind of ingress that it is known at; None is both."""

    @property
    def unreached(self) -> bool:
        """Whether the gateway has not heard of the call: another one would fare no better."""
        return isinstance(self.when, Failure) and self.when not in (Failure.TIMEOUT, Failure.BROKEN)

    def fits(self, when: int | Failure, said: str, visibility: Visibility) -> bool:
        return (
            self.when == when
            and self.visibility in (None, visibility)
            and re.search(self.says, said, re.IGNORECASE) is not None
        )


_BRING_BACK = "`pulumi refresh --stack {stack}` and `pulumi up --stack {stack}` bring it back"

CAUSES = (
    # No answer.
    Cause(
        when=Failure.NAME,
        name="the name does not resolve",
        visibility=Visibility.INTERNAL,
        next="An internal gateway has a name in its own virtual network alone. Run this from there, or from a network "
        "that is peered with it and linked to its private zone. In a pipeline: set SMOKE_RUNNER to the label of a "
        "runner in such a network (docs/environments.md).",
    ),
    Cause(
        when=Failure.NAME,
        name="the name does not resolve",
        visibility=Visibility.EXTERNAL,
        next=f"The environment of the last up may be gone: {_BRING_BACK}.",
    ),
    Cause(
        when=Failure.PROXY,
        name="a proxy on the way did not reach it",
        says="50[234]",
        visibility=Visibility.INTERNAL,
        next="The call went to a proxy (HTTPS_PROXY), which finds no such host: an internal gateway has a name in its "
        "own virtual network alone. Run this from there, with the gateway's host in NO_PROXY. In a pipeline: set "
        "SMOKE_RUNNER to the label of a runner in such a network (docs/environments.md).",
    ),
    Cause(
        when=Failure.PROXY,
        name="a proxy on the way did not reach it",
        says="50[234]",
        visibility=Visibility.EXTERNAL,
        next="The call went to a proxy (HTTPS_PROXY), which finds no such host. The app or the environment of the last "
        f"up may be gone: {_BRING_BACK}.",
    ),
    Cause(
        when=Failure.PROXY,
        name="a proxy on the way did not let it pass",
        next="The call went to a proxy (HTTPS_PROXY), which answers in the gateway's place. Put the gateway's host "
        "into NO_PROXY, or ask those who run the proxy to let it pass.",
    ),
    Cause(
        when=Failure.REFUSED,
        name="the connection was refused",
        next="Nothing listens there: a proxy (HTTPS_PROXY) that does not run, or a private zone whose record is older "
        "than the environment. Compare the record with the environment's static IP: "
        "az containerapp env show {environment} --query properties.staticIp",
    ),
    Cause(
        when=Failure.CERTIFICATE,
        name="the certificate is not trusted",
        next="Somebody on the way reads TLS: give its root in SSL_CERT_FILE. Of an offline stack: run this through "
        "`python -m offline run --`.",
    ),
    Cause(
        when=Failure.CONNECT,
        name="no connection in time",
        next="Packets get lost on the way: a firewall, a missing peering, or a security group that does not let your "
        "network in on port 443 (the gateway's own admits the tag VirtualNetwork, or ingress.allow).",
    ),
    Cause(
        when=Failure.TIMEOUT,
        name="no answer in time",
        next="The gateway took the call and did not answer: raise --timeout, and look for the call in its log: "
        "az containerapp logs show {app}",
    ),
    Cause(
        when=Failure.BROKEN,
        name="the connection broke",
        next="Run it again; if it breaks again, look for restarts: az containerapp revision list {app}",
    ),
    # 200, and not what was asked for.
    Cause(
        when=200,
        name="other models than the settings name",
        says="^not (served|in the settings)",
        next="The settings were changed after the last up, or the latest revision did not come up and the one before "
        "serves: `pulumi up --stack {stack}`, then az containerapp revision list {app}",
    ),
    Cause(
        when=200,
        name="not LiteLLM's answer",
        next="Something else answers at that address, or the stream broke off: compare the image of the gateway with "
        "the setting gateway.image, and look into its log: az containerapp logs show {app}",
    ),
    # 400: LiteLLM itself.
    Cause(
        when=400,
        name="the gateway does not know the model",
        says="Invalid model name|model.*not found",
        next="The latest revision did not come up, and the one before serves: az containerapp revision list {app}",
    ),
    # 401.
    Cause(
        when=401,
        name="the gateway does not know the key",
        says="API key is wrong, or was revoked|No API key was sent|invalid_api_key",
        next="The key in the stack's state is another than the one that the gateway has from the vault: "
        "`pulumi up --stack {stack}` brings the state's into both. Where it finds nothing to do, somebody has written "
        "another into the vault: raise the application's generation, and again.",
    ),
    Cause(
        when=401,
        name="Azure OpenAI does not know the gateway's key",
        says="invalid subscription key",
        next=f"Somebody has regenerated the account's keys: {_BRING_BACK}.",
    ),
    Cause(
        when=401,
        name="the gateway's identity has no role on the account",
        says="does not have access to API/Operation|lacks the required data action|PermissionDenied",
        next=f"Cognitive Services OpenAI User on the account is missing, or was given minutes ago: {_BRING_BACK}. A "
        "token that was issued before goes on without the role, for up to a day.",
    ),
    Cause(
        when=401,
        name="Azure OpenAI does not take the gateway's token",
        says="audience is incorrect|token is missing",
        next="Compare the gateway's AZURE_CLIENT_ID with its identity, and LiteLLM's `model` with `azure/`: "
        "pulumi stack output litellmConfig --stack {stack}",
    ),
    Cause(
        when=401,
        name="a key or token was refused",
        next="Who refused it stands in the answer: the gateway (then it is the application's key) or Azure OpenAI "
        "(then the gateway's own).",
    ),
    # 403.
    Cause(
        when=403,
        name="the application may not use the model",
        says="key_model_access_denied|not allowed to access model",
        next="applications[].models in the settings and in the gateway differ: `pulumi up --stack {stack}`.",
    ),
    Cause(
        when=403,
        name="the ingress does not let you in",
        says="RBAC: access denied",
        next="Your public address is in no range of ingress.allow: call from one that is, or add yours and "
        "`pulumi up --stack {stack}`.",
    ),
    Cause(
        when=403,
        name="the gateway came to the account's public side",
        says="Public access is disabled|approved private endpoint|Virtual Network/Firewall",
        next="The account's name leads the gateway to its public address: the private endpoint, its zone or the zone's "
        f"link is gone. {_BRING_BACK}.",
    ),
    Cause(
        when=403,
        name="the account takes no keys",
        says="Key based authentication is disabled",
        next="Somebody has disabled local authentication of the account, or a key is left in the gateway's "
        f"environment: {_BRING_BACK}.",
    ),
    Cause(
        when=403,
        name="the call is not allowed",
        next="Who refused it stands in the answer: the ingress, the gateway or Azure OpenAI.",
    ),
    # 404, 410.
    Cause(
        when=404,
        name="the environment knows no such app",
        says="This Container App",
        next="The app is stopped, or is not open to callers outside of its environment: "
        f"az containerapp show {{app}} --query properties.configuration.ingress. If it was deleted: {_BRING_BACK}.",
    ),
    Cause(
        when=404,
        name="the deployment is not there",
        says="DeploymentNotFound|API deployment for this resource",
        next=f"Deleted, or made less than five minutes ago. If it was deleted: {_BRING_BACK}.",
    ),
    Cause(
        when=404,
        name="not found",
        next="Compare api_base and api_version: pulumi stack output litellmConfig --stack {stack}",
    ),
    Cause(
        when=410,
        name="the model has retired",
        next="Deploy a version that lives, under the same alias, and `pulumi up --stack {stack}`: config/catalog.yaml "
        "has the days.",
    ),
    # 429.
    Cause(
        when=429,
        name="the account's limit is reached",
        says="token rate limit|call rate limit|RateLimitReached",
        next="The deployment's capacity is used up for this minute: raise it in the settings, or add a deployment of "
        "the same alias in another region.",
    ),
    Cause(
        when=429,
        name="the application's limit is reached",
        says="Rate limit exceeded|rpm|requests per minute|max_parallel",
        next="applications[].requestsPerMinute: wait a minute, or ask with another: --application NAME",
    ),
    Cause(
        when=429,
        name="every deployment of the model is set aside",
        says="No deployments available",
        next="Each has failed a moment ago. Run it again: the next answer says with what.",
    ),
    Cause(
        when=429,
        name="too many calls",
        next="Wait a minute, and run it again.",
    ),
    # 5xx.
    Cause(
        when=503,
        name="no replica serves",
        says="upstream",
        next="None is ready: az containerapp replica list {app}, and why: az containerapp logs show {app}",
    ),
)

OTHER = Cause(
    when=0,
    name="an error of the gateway or of Azure OpenAI",
    next="The gateway's log has the call: az containerapp logs show {app}",
)


def cause_of(problem: Unanswered | httpx.HTTPError, visibility: Visibility) -> tuple[Cause, str]:
    """The first cause that fits, and what was said, short enough to be shown."""
    if isinstance(problem, Unanswered):
        when: int | Failure = problem.status
        whole, shown = problem.text, _shown(problem)
    else:
        inner = _innermost(problem)
        when = _failure(problem, inner)
        whole = shown = f"{inner}" or type(inner).__name__
    found = next((cause for cause in CAUSES if cause.fits(when, whole, visibility)), OTHER)
    return found, shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} …"


def _innermost(problem: BaseException) -> BaseException:
    """The error of the system that a library has wrapped, else the library's own."""
    inner: BaseException | None = problem
    while inner is not None and not isinstance(
        inner, socket.gaierror | ConnectionRefusedError | ssl.SSLError
    ):
        inner = inner.__cause__ or inner.__context__
    return inner or problem


def _failure(problem: httpx.HTTPError, inner: BaseException) -> Failure:
    for kind, failure in (
        (socket.gaierror, Failure.NAME),
        (ConnectionRefusedError, Failure.REFUSED),
        (ssl.SSLCertVerificationError, Failure.CERTIFICATE),
        (httpx.ProxyError, Failure.PROXY),
        (httpx.ConnectTimeout, Failure.CONNECT),
        (httpx.TimeoutException, Failure.TIMEOUT),
    ):
        if isinstance(inner, kind) or isinstance(problem, kind):
            return failure
    return Failure.BROKEN


def _shown(problem: Unanswered) -> str:
    """Status and message: of an error's body the message alone, of a page its text."""
    text = problem.text
    try:
        body = json.loads(text)
    except ValueError:
        text = re.sub(r"<[^>]+>", " ", text)
    else:
        error = body.get("error") if isinstance(body, dict) else None
        if isinstance(error, dict) and "message" in error:
            text = str(error["message"])
    said = " ".join(text.split())
    return said if problem.status == 200 else f"{problem.status}: {said}"
