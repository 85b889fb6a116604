"""Guards of the gateway's own calls of Azure OpenAI, which a real LiteLLM makes."""

from tests.guards.guard import Guard, Scene
from tests.guards.settings import CHECKS
from tests.guards.stage import CHAT, SMALL_EMBEDDING

BEFORE_RESPONSES = "2024-10-21"
"""An API version that has no Responses."""

SERVING = Scene(does="a first `up` with LiteLLM", settings={"gateway": {}})
SAME = Scene(does="an `up` without a change", after=SERVING)
ASKED = Scene(does="a question", after=SAME, asks="chat")
OLD_VERSION = Scene(
    does="an API version without Responses, and a question by Responses",
    after=ASKED,
    settings={"apiVersion": BEFORE_RESPONSES},
    asks="responses",
)
NATIVE = Scene(
    does="native Responses of an API version that has none",
    after=OLD_VERSION,
    settings={"deployments": [{**CHAT, "responses": "native"}, SMALL_EMBEDDING]},
    problem="apiVersion",
    asks="responses",
)

GUARDS = (
    Guard(
        law="app-expired",
        what="a startup probe that bears how long LiteLLM takes",
        file="infra/gateway.py",
        old="STARTUP, LIVE, initial=3, period=6, timeout=5, failures=10)",
        new="STARTUP, LIVE, initial=1, period=1, timeout=1, failures=1)",
        scene=SAME,
        shows="Error details: Operation expired.",
    ),
    Guard(
        law="openai-data-action",
        what="the role that calls models, on every account",
        file="__main__.py",
        old="accounts={found.account.name: found.id for found in accounts if settings.keyless},",
        new="accounts={},",
        scene=ASKED,
        shows="does not have access to API/Operation",
    ),
    Guard(
        law="openai-public-off",
        what="a private zone for the accounts' own names",
        file="infra/dns.py",
        old='    "privatelink.openai.azure.com",\n',
        scene=ASKED,
        from_start=True,
        shows="Public access is disabled",
    ),
    Guard(
        law="openai-responses-version",
        what="Responses go over chat completions where the API version has none",
        file="config/litellm.py",
        old="use_chat_completions_api=True if bridged else None,",
        scene=OLD_VERSION,
        shows="enabled only for api-version 2025-03-01-preview and later",
    ),
    Guard(
        law="openai-responses-version",
        what="models are checked: Responses",
        file=CHECKS,
        old="    models.responses,\n",
        scene=NATIVE,
        shows="enabled only for api-version 2025-03-01-preview and later",
    ),
)
