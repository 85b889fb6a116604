"""How Azure OpenAI refuses. Three shapes: its gateway's, its models', and a flat one for tokens."""

from collections.abc import Mapping

from aiohttp import web

from offline.arm.errors import JSON


class RefusalError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: JSON, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self, headers: Mapping[str, str]) -> web.Response:
        return web.json_response(self.body, status=self.status, headers={**headers, **self.headers})


def gateway(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> RefusalError:
    return RefusalError(status, {"error": {"code": code, "message": message}}, headers)


def argument(message: str, *, param: str | None = None, code: str | None = None) -> RefusalError:
    """A 400 in OpenAI's own shape."""
    error: JSON = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return RefusalError(400, {"error": error})


def wrong_key() -> RefusalError:
    """Source: SciSharp/BotSharp#386."""
    return gateway(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource.",
    )


def bad_token() -> RefusalError:
    """Missing, expired, for another audience, or no token at all. Source: run-llama/llama_index#12484."""
    return RefusalError(
        401,
        {
            "statusCode": 401,
            "message": "Unauthorized. Access token is missing, invalid, audience is incorrect "
            "(https://cognitiveservices.azure.com), or have expired.",
        },
    )


def no_data_action() -> RefusalError:
    """Source: microsoft/semantic-kernel#10020."""
    return gateway(401, "PermissionDenied", "Principal does not have access to API/Operation.")


def key_auth_off() -> RefusalError:
    """Source: public logs (5 files)."""
    return gateway(
        403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource."
    )


def public_access_off() -> RefusalError:
    """Source: TabularEditor/TabularEditor3#1557."""
    return gateway(403, "403", "Public access is disabled. Please configure private endpoint.")


def regional_host() -> RefusalError:
    """A region's own host, for accounts that answer under their own name. Source: continuedev/continue#12547."""
    return gateway(
        403,
        "403",
        "A Virtual Network is configured for this resource. Please use the correct endpoint for making requests. "
        "Check https://aka.ms/cogsvc-vnet for more details.",
    )


def firewall() -> RefusalError:
    """Source: Azure-Samples/azure-sql-db-chatbot#3."""
    return gateway(
        403,
        "403",
        "Access denied due to Virtual Network/Firewall rules.",
        {"policy-id": "ThrowExceptionDueToTrafficDenied"},
    )


def no_such_path() -> RefusalError:
    """A wrong path, or an api-version that is missing or unknown. Source: sinaptik-ai/pandas-ai#297."""
    return gateway(404, "404", "Resource not found")


def version_not_supported() -> RefusalError:
    """A dated api-version on /openai/v1. Source: public logs (code unconfirmed)."""
    return gateway(400, "BadRequest", "API version not supported")


def responses_too_old() -> RefusalError:
    """Source: Aider-AI/aider#4029."""
    return gateway(
        400,
        "BadRequest",
        "Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later",
    )


def no_such_deployment() -> RefusalError:
    """Source: chatboxai/chatbox#646."""
    return gateway(
        404,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
        "please wait a moment and try again.",
    )


def wrong_operation(operation: str, model: str) -> RefusalError:
    """Source: BerriAI/litellm#11505."""
    return gateway(
        400,
        "OperationNotSupported",
        f"The {operation} operation does not work with the specified model, {model}. Please choose different model and "
        "try again. You can learn more about which models can be used with each operation here: "
        "https://go.microsoft.com/fwlink/?linkid=2197993.",
    )


def retired(name: str, version: str) -> RefusalError:
    """Documentation says 410; code and text are unconfirmed."""
    return gateway(
        410,
        "ModelDeprecated",
        f"The model '{name}', version '{version}', has been retired and no longer answers.",
    )


def rate_limit(
    deployment: str,
    model: str,
    region: str,
    operation: str,
    version: str,
    seconds: int,
    retry_after: int | None,
) -> RefusalError:
    """The text of 2025 and later (icereed/paperless-gpt#814). Retry-After can be missing (openai/openai-python#937)."""
    headers = {"policy-id": "DeploymentRatelimit-Token"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return gateway(
        429,
        "RateLimitReached",
        f"Your requests to {deployment} for {model} in {region} have exceeded the token rate limit for your current "
        f"AIServices S0 pricing tier. This request was for {operation} under Azure OpenAI API version {version}. "
        f"Please retry after {seconds} seconds.",
        headers,
    )


def server_error() -> RefusalError:
    """Status and text as clients quote them; unconfirmed."""
    return gateway(
        500,
        "InternalServerError",
        "The server had an error processing your request. Sorry about that! You can retry your request, or contact us "
        "through an Azure support request if you keep seeing this error.",
    )


def context_too_long(limit: int, tokens: int) -> RefusalError:
    """Code as documented; the text is unconfirmed."""
    return argument(
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} tokens. "
        "Please reduce the length of the messages.",
        param="messages",
        code="context_length_exceeded",
    )
