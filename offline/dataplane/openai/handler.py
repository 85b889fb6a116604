"""The handler behind an account's hosts: who calls, from where, what for, and then the model's answer."""

import asyncio
import json
import logging
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from offline.arm import models
from offline.arm.cognitive_lists import DEPLOYMENT, REGIONAL_SUFFIX
from offline.arm.errors import JSON, ArmError
from offline.arm.models import Model, catalog
from offline.arm.regions import REGIONS, region
from offline.arm.store import Resource, Store
from offline.arrival import Arrival
from offline.dataplane.authorizer import Authorizer
from offline.dataplane.firewall import judge
from offline.dataplane.openai import arguments, chat, disturbances, embeddings, laws, responses
from offline.dataplane.openai.limits import Limits
from offline.dataplane.openai.paths import ACTIONS, OPERATION_IDS, Asked, is_v1, read
from offline.dataplane.openai.refusals import argument
from offline.dataplane.openai.words import Answerer, prompt_tokens
from offline.tokens import TokenError, Tokens

logger = logging.getLogger(__name__)

AUDIENCES = ("https://cognitiveservices.azure.com", "https://ai.azure.com")

PACE_SECONDS = 0.01
"""Between the chunks of a stream, so that one sees it stream."""


@dataclass(frozen=True, kw_only=True)
class _Call:
    """A request that was let in."""

    account: Resource
    arrival: Arrival
    principal_id: str | None
    """None where a key opened the door."""

    @property
    def region(self) -> str:
        return REGIONS.get(region(str(self.account.body.get("location", ""))), "")


class OpenAI:
    """Answers for every account.

    :param pace: seconds between the chunks of a stream.
    """

    def __init__(
        self, store: Store, *, tokens: Tokens, access: Authorizer, pace: float = PACE_SECONDS
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._access = access
        self._pace = pace
        self._limits = Limits(store)
        self._memory = responses.Memory()

    async def handle(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        headers = {
            "apim-request-id": str(uuid.uuid4()),
            "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
            "x-content-type-options": "nosniff",
        }
        if "x-ms-client-request-id" in request.headers:
            headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
        try:
            answer = await self._answer(request, arrival, headers)
        except ArmError as refusal:
            answer = web.json_response(
                refusal.body(), status=refusal.status, headers={**headers, **refusal.headers}
            )
        self._store.note_call(arrival.caller.name, arrival.host, request.method, request.path, answer.status)
        return answer

    async def _answer(
        self, request: web.BaseRequest, arrival: Arrival, headers: dict[str, str]
    ) -> web.StreamResponse:
        account = self._store.get(arrival.resource_id) if arrival.resource_id is not None else None
        if account is None:
            raise laws.PATH.broken()
        if arrival.host.endswith(REGIONAL_SUFFIX):
            raise laws.REGIONAL_HOST.broken()
        self._check_network(account, arrival)
        call = _Call(account=account, arrival=arrival, principal_id=self._authenticate(request, account))
        headers["x-ms-region"] = call.region
        asked = read(request.method, request.path, request.query.get("api-version"))
        action = ACTIONS[asked.operation]
        if call.principal_id is not None and not self._access.allows(call.principal_id, account.id, action):
            raise laws.DATA_ACTION.broken()
        match asked.operation:
            case "models":
                return web.json_response({"object": "list", "data": self._models()}, headers=headers)
            case "model":
                return web.json_response(self._model(asked.item), headers=headers)
            case "response":
                found = (
                    self._memory.forget(account.id.name, asked.item)
                    if request.method == "DELETE"
                    else self._memory.get(account.id.name, asked.item)
                )
                return web.json_response(found, headers=headers)
        body = await _json(request)
        name = asked.deployment or str(body.get("model") or "")
        await self._disturb(request, call, name, asked)
        deployment = self._store.get(account.id.child("deployments", name)) if name else None
        if deployment is None or deployment.state in ("Creating", "Failed", "Deleting"):
            raise laws.DEPLOYMENT.broken()
        return await self._ask(request, call, asked, deployment, body, headers)

    # The door ------------------------------------------------------------------------------------------------

    def _check_network(self, account: Resource, arrival: Arrival) -> None:
        match judge(self._store, account, arrival):
            case "disabled":
                raise laws.PUBLIC_OFF.broken()
            case "denied":
                raise laws.FIREWALL.broken()

    def _authenticate(self, request: web.BaseRequest, account: Resource) -> str | None:
        """Object id of the principal; None for a key.

        :raises ArmError: neither a key nor a token opens this account.
        """
        key = request.headers.get("api-key") or request.headers.get("Ocp-Apim-Subscription-Key")
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        bearer = bearer.strip() if scheme.lower() == "bearer" else ""
        if not key and bearer and is_v1(request.path) and bearer.count(".") != 2:
            # Azure documents the key as a bearer token for v1, because OpenAI's clients send theirs so.
            key = bearer
        if key:
            if account.properties.get("disableLocalAuth") is True:
                raise laws.KEYS_OFF.broken()
            known = (account.private.get("key1"), account.private.get("key2"))
            if not any(
                isinstance(own, str) and secrets.compare_digest(own.encode(), key.encode()) for own in known
            ):
                raise laws.KEY.broken()
            return None
        try:
            return self._tokens.verify(bearer, *AUDIENCES).principal_id
        except TokenError as problem:
            raise laws.TOKEN.broken() from problem

    # Models --------------------------------------------------------------------------------------------------

    def _models(self) -> list[JSON]:
        return [self._shown(model) for model in catalog().models]

    def _model(self, wanted: str) -> JSON:
        for model in catalog().models:
            if wanted in (model.name, f"{model.name}-{model.version}"):
                return self._shown(model)
        raise laws.PATH.broken()

    def _shown(self, model: Model) -> JSON:
        retired = models.is_retired(self._store, model)
        return {
            "id": f"{model.name}-{model.version}" if model.talks else model.name,
            "object": "model",
            "created_at": 0,
            "status": "succeeded",
            "lifecycle_status": "deprecated" if retired else "generally-available",
            "capabilities": {
                "chat_completion": model.talks,
                "embeddings": not model.talks,
                "completion": False,
                "fine_tune": False,
                "inference": True,
            },
        }

    # Calls of a deployment -----------------------------------------------------------------------------------

    async def _disturb(self, request: web.BaseRequest, call: _Call, name: str, asked: Asked) -> None:
        """:raises ArmError: a fault is set for this deployment."""
        struck = disturbances.strike(self._store, call.account.id.name, name)
        if struck is None:
            return
        match struck.answer:
            case "410":
                model = self._deployed(call, name)
                raise laws.RETIRED.broken(
                    name=model.name if model else name, version=model.version if model else ""
                )
            case "429":
                raise self._too_many(call, name, name, asked, struck.retry_after or 1, struck.retry_after)
            case "refused":
                if request.transport is not None:
                    request.transport.abort()
                raise laws.SERVER.broken()
            case "hang":
                # Until the caller gives up: the fabric then cancels this.
                await asyncio.Event().wait()
            case _:
                raise disturbances.LAWS[struck.answer].broken()

    def _deployed(self, call: _Call, name: str) -> Model | None:
        deployment = self._store.get(call.account.id.child("deployments", name))
        return _model_of(deployment) if deployment is not None else None

    @staticmethod
    def _too_many(
        call: _Call, deployment: str, model: str, asked: Asked, seconds: int, retry_after: int | None
    ) -> ArmError:
        error = laws.RATE_LIMIT.broken(
            deployment=deployment,
            model=model,
            region=call.region,
            operation=OPERATION_IDS.get(asked.operation, "ChatCompletions_Create"),
            version=asked.api_version,
            seconds=seconds,
        )
        if retry_after is not None:
            error.headers["Retry-After"] = str(retry_after)
        return error

    async def _ask(
        self,
        request: web.BaseRequest,
        call: _Call,
        asked: Asked,
        deployment: Resource,
        body: JSON,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        model = _model_of(deployment)
        if models.is_retired(self._store, model):
            raise laws.RETIRED.broken(name=model.name, version=model.version)
        if asked.operation == "other" or model.talks == (asked.operation == "embeddings"):
            raise laws.OPERATION.broken(operation=asked.verb, model=model.name)
        answerer = Answerer(
            deployment=deployment.id.name,
            model=model,
            account=call.account.id.name,
            region=call.region,
            private=call.arrival.private,
        )
        headers |= {
            "x-ms-deployment-name": deployment.id.name,
            "azureml-model-session": f"d{int(answerer.fingerprint[3:7], 16) % 1000:03d}-{model.version or '1'}",
            "x-request-id": str(uuid.uuid4()),
        }
        if asked.operation == "embeddings":
            inputs = arguments.embeddings(body, model)
            self._spend(call, asked, deployment, model, sum(len(str(item)) // 4 + 1 for item in inputs))
            return web.json_response(
                embeddings.embed(body, inputs, model), headers=headers | self._limits.headers(deployment)
            )
        if asked.operation == "chat":
            arguments.chat(body, model)
            self._check_context(model, body.get("messages"), body, "max_completion_tokens", "max_tokens")
            completion = chat.complete(body, answerer)
            self._spend(
                call, asked, deployment, model, completion.prompt_tokens + completion.completion_tokens
            )
            headers |= self._limits.headers(deployment)
            if body.get("stream") is True:
                return await self._stream(request, chat.chunks(completion), headers)
            return web.json_response(chat.whole(completion), headers=headers)
        arguments.responses(body, model)
        self._check_context(model, body.get("input"), body, "max_output_tokens")
        response = responses.respond(body, answerer, self._memory)
        usage = response["usage"]
        assert isinstance(usage, dict)
        self._spend(call, asked, deployment, model, int(usage["total_tokens"]))
        headers |= self._limits.headers(deployment)
        if body.get("stream") is True:
            return await self._stream(request, responses.events(response), headers)
        return web.json_response(response, headers=headers)

    def _spend(self, call: _Call, asked: Asked, deployment: Resource, model: Model, tokens: int) -> None:
        """:raises ArmError: the deployment's capacity is used up."""
        seconds = self._limits.spend(deployment, tokens)
        if seconds is not None:
            raise self._too_many(call, deployment.id.name, model.name, asked, seconds, seconds)

    @staticmethod
    def _check_context(model: Model, messages: object, body: JSON, *limits: str) -> None:
        """:raises ArmError: more than the model can read."""
        wanted = next((body[name] for name in limits if isinstance(body.get(name), int)), 0)
        tokens = prompt_tokens(messages)
        if tokens + (wanted if isinstance(wanted, int) else 0) > model.context:
            raise laws.CONTEXT.broken(limit=model.context, tokens=tokens)

    async def _stream(
        self, request: web.BaseRequest, parts: Iterator[bytes], headers: dict[str, str]
    ) -> web.StreamResponse:
        stream = web.StreamResponse(headers={**headers, "Content-Type": "text/event-stream; charset=utf-8"})
        await stream.prepare(request)
        for part in parts:
            await stream.write(part)
            await asyncio.sleep(self._pace)
        await stream.write_eof()
        return stream


def _model_of(deployment: Resource) -> Model:
    named = deployment.properties.get("model")
    assert isinstance(named, dict)
    model = catalog().find(str(named.get("name")), str(named.get("version")))
    assert model is not None, f"{DEPLOYMENT} {deployment.id} has a model that is not in the catalog"
    return model


async def _json(request: web.BaseRequest) -> JSON:
    """:raises ArmError: the body is no JSON object."""
    try:
        body = json.loads(await request.read())
    except ValueError as problem:
        raise argument(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
        ) from problem
    if not isinstance(body, dict):
        raise argument("The request's body is not a JSON object.")
    return body
