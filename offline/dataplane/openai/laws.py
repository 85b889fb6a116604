"""Laws of Azure OpenAI's data plane: who may call a model, from where, and how much of it."""

from offline.arm.errors import Law

KEY = Law(
    id="openai-key",
    status=401,
    code="401",
    message="Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
    "an active subscription and use a correct regional API endpoint for your resource.",
    source="SciSharp/BotSharp#386",
    protects="a key that was rotated, or is another account's",
    remedy="Read the account's keys again (`listKeys`), and see that endpoint and key are of the same account.",
)
TOKEN = Law(
    id="openai-token",
    status=401,
    code="",
    message="Unauthorized. Access token is missing, invalid, audience is incorrect "
    "(https://cognitiveservices.azure.com), or have expired.",
    source="run-llama/llama_index#12484",
    protects="a token for another service, or an old one",
    remedy="Ask for the scope `https://cognitiveservices.azure.com/.default`, and again before the token expires.",
    flat=True,
)
DATA_ACTION = Law(
    id="openai-data-action",
    status=401,
    code="PermissionDenied",
    message="Principal does not have access to API/Operation.",
    source="microsoft/semantic-kernel#10020; newer surfaces name the data action, microsoft/ai-agent-evals#43",
    protects="an identity without a data role: Owner and Contributor of the account are none",
    remedy="Assign the role Cognitive Services OpenAI User on the account, and give it some minutes. A token that was "
    "issued before goes on without it.",
)
KEYS_OFF = Law(
    id="openai-keys-off",
    status=403,
    code="AuthenticationTypeDisabled",
    message="Key based authentication is disabled for this resource.",
    source="public logs (5 files)",
    protects="a key for an account that is keyless (`disableLocalAuth`)",
    remedy="Call it with a token of Microsoft Entra, or allow keys on the account.",
)
PUBLIC_OFF = Law(
    id="openai-public-off",
    status=403,
    code="403",
    message="Public access is disabled. Please configure private endpoint.",
    source="TabularEditor/TabularEditor3#1557; newer: Traffic is not from an approved private endpoint (public log)",
    protects="a call from outside of an account that is closed, and one from inside whose name resolves to the public "
    "address",
    remedy="Call it from the network of its private endpoint, and see that the private DNS zone "
    "`privatelink.openai.azure.com` is linked to that network.",
)
FIREWALL = Law(
    id="openai-firewall",
    status=403,
    code="403",
    message="Access denied due to Virtual Network/Firewall rules.",
    source="Azure-Samples/azure-sql-db-chatbot#3",
    protects="a call from an address that no rule admits",
    remedy="Add the address, or the subnet, to the account's `networkAcls`, or come by its private endpoint.",
    headers={"policy-id": "ThrowExceptionDueToTrafficDenied"},
)
REGIONAL_HOST = Law(
    id="openai-regional-host",
    status=403,
    code="403",
    message="A Virtual Network is configured for this resource. Please use the correct endpoint for making requests. "
    "Check https://aka.ms/cogsvc-vnet for more details.",
    source="continuedev/continue#12547",
    protects="a region's own host, for an account that answers under its own name",
    remedy="Use `https://SUBDOMAIN.openai.azure.com/`, which is the account's `endpoint`.",
)
DEPLOYMENT = Law(
    id="openai-deployment",
    status=404,
    code="DeploymentNotFound",
    message="The API deployment for this resource does not exist. If you created the deployment within the last 5 "
    "minutes, please wait a moment and try again.",
    source="chatboxai/chatbox#646",
    protects="calling a model by its own name where the deployment has another, and calling one too soon",
    remedy="Call the deployment's name, not the model's; after a new deployment, try again for some minutes.",
)
PATH = Law(
    id="openai-path",
    status=404,
    code="404",
    message="Resource not found",
    source="sinaptik-ai/pandas-ai#297",
    protects="a wrong path, or an api-version that is missing or unknown on it",
    remedy="Give the base URL without a path to clients that add `/openai/deployments/…` themselves, and an "
    "api-version that Azure knows.",
)
API_VERSION = Law(
    id="openai-api-version",
    status=400,
    code="BadRequest",
    message="API version not supported",
    source="public logs (4 files; code unconfirmed)",
    protects="a dated api-version on `/openai/v1`, which knows `preview` and `latest` only",
    remedy="Leave the api-version out on `/openai/v1`.",
    unconfirmed=True,
)
RESPONSES_VERSION = Law(
    id="openai-responses-version",
    status=400,
    code="BadRequest",
    message="Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later",
    source="Aider-AI/aider#4029",
    protects="the Responses API with an older api-version",
)
OPERATION = Law(
    id="openai-operation",
    status=400,
    code="OperationNotSupported",
    message="The {operation} operation does not work with the specified model, {model}. Please choose different model "
    "and try again. You can learn more about which models can be used with each operation here: "
    "https://go.microsoft.com/fwlink/?linkid=2197993.",
    source="BerriAI/litellm#11505",
    protects="asking an embedding model to chat, or the other way round",
)
RETIRED = Law(
    id="openai-retired",
    status=410,
    code="ModelDeprecated",
    message="The model '{name}', version '{version}', has been retired and no longer answers.",
    source="docs ai-foundry/openai/concepts/model-retirements: 410 (code and text unconfirmed)",
    protects="a deployment whose model version has retired: it is still there, and answers no more",
    remedy="Deploy a version that lives, before the day that the catalog names; callers keep the deployment's name.",
    unconfirmed=True,
)
CONTEXT = Law(
    id="openai-context-length",
    status=400,
    code="context_length_exceeded",
    message="This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} "
    "tokens. Please reduce the length of the messages.",
    source="docs ai-foundry/openai: the code (text unconfirmed)",
    protects="a prompt, and the answer that it asks for, longer than the model reads",
    unconfirmed=True,
    extra={"type": "invalid_request_error", "param": "messages"},
)
RATE_LIMIT = Law(
    id="openai-rate-limit",
    status=429,
    code="RateLimitReached",
    message="Your requests to {deployment} for {model} in {region} have exceeded the token rate limit for your current "
    "AIServices S0 pricing tier. This request was for {operation} under Azure OpenAI API version {version}. "
    "Please retry after {seconds} seconds.",
    source="icereed/paperless-gpt#814 (the text of 2025 and later); Retry-After can be missing "
    "(openai/openai-python#937)",
    protects="more tokens a minute than the deployment's capacity",
    remedy="Wait for as long as Retry-After or the text says, raise the deployment's capacity, or spread the calls "
    "over more deployments.",
    headers={"policy-id": "DeploymentRatelimit-Token"},
)
CONTENT_FILTER = Law(
    id="openai-content-filter",
    status=400,
    code="content_filter",
    message="The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
    "modify your prompt and retry. To learn more about our content filtering policies please read our documentation: "
    "https://go.microsoft.com/fwlink/?linkid=2198766",
    source="openai/openai-dotnet#55, compl-ai/compl-ai#20",
    protects="a prompt that the account's content filter refuses; asking again does not help",
    extra={
        "type": None,
        "param": "prompt",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {
                "hate": {"filtered": False, "severity": "safe"},
                "jailbreak": {"filtered": True, "detected": True},
                "self_harm": {"filtered": False, "severity": "safe"},
                "sexual": {"filtered": False, "severity": "safe"},
                "violence": {"filtered": False, "severity": "safe"},
            },
        },
    },
)
SERVER = Law(
    id="openai-server-error",
    status=500,
    code="InternalServerError",
    message="The server had an error processing your request. Sorry about that! You can retry your request, or contact "
    "us through an Azure support request if you keep seeing this error.",
    source="status and text as clients quote them",
    protects="one region, or one deployment, that fails for a while",
    unconfirmed=True,
)
