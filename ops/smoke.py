"""One call of every kind through a deployed gateway, as an application makes it."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

import httpx
from pydantic import BaseModel

from config.catalog import Kind
from config.parsing import from_engine, parse
from config.settings import Application, Settings, Visibility
from ops.causes import Cause, OtherModels, Unanswered, cause_of
from ops.stack import Stack

QUESTION = "Answer with the word OK."

MODELS, CHAT, STREAM, EMBEDDING = "models", "chat", "stream", "embedding"


Ask = Callable[[httpx.Client, "Gateway"], str]
"""A call; returns who answered with what."""


class SmokeError(Exception):
    """There is nothing that could be called; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """A deployed gateway as one of its applications knows it."""

    url: str
    visibility: Visibility
    application: str
    key: str = field(repr=False)
    ids: Mapping[str, str]
    """What is deployed, by the stack's output `resourceIds`."""
    names: frozenset[str]
    """The models that the key opens, by the settings."""
    chat: str | None
    """The first of them that chats."""
    embedding: str | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one call ended."""

    call: str
    model: str | None
    seconds: float
    said: str
    """Who answered with what, or what there was instead."""
    cause: Cause | None = None
    """Why it is not well; None when it is."""


@dataclass(frozen=True, kw_only=True)
class Report:
    gateway: Gateway
    outcomes: Sequence[Outcome]
    left_out: Sequence[str]
    """Calls that were not made, each with the reason."""
    rounds: int = 1
    """How often everything was asked; this is what came of the last."""

    @property
    def well(self) -> bool:
        return not self.wrong

    @property
    def wrong(self) -> list[str]:
        """The causes, in the order of the calls."""
        return [outcome.cause.name for outcome in self.outcomes if outcome.cause is not None]


def gateway_of(stack: Stack, application: str | None, today: date) -> Gateway:
    """Where the stack's gateway is, and what one application may ask it.

    :param application: the first of the settings when left out.
    :raises SmokeError: nothing is deployed, or there is no such application.
    :raises SettingsError: the stack's file is wrong.
    :raises StackError: there is no such stack, or no way to it.
    """
    outputs = stack.outputs()
    if "gatewayUrl" not in outputs:
        raise SmokeError(
            f"The stack {stack.name!r} has no gateway: its outputs name none. "
            f"Deploy it first: pulumi up --stack {stack.name}"
        )
    settings = parse(from_engine(stack.configuration()), today)
    chosen = _application(settings, application)
    keys: dict[str, str] = outputs["applicationKeys"]
    if chosen.name not in keys:
        raise SmokeError(
            f"The application {chosen.name!r} is in the settings and has no key in the stack: it was added after the "
            f"last up. Deploy it first: pulumi up --stack {stack.name}"
        )
    groups = [group for group in settings.groups if not chosen.models or group.alias in chosen.models]
    first = {kind: next((group.alias for group in groups if group.kind is kind), None) for kind in Kind}
    return Gateway(
        url=outputs["environment"]["LITELLM_API_BASE"],
        visibility=settings.ingress.visibility,
        application=chosen.name,
        key=keys[chosen.name],
        ids={name: outputs["resourceIds"][name] for name in ("gateway", "environment")},
        names=frozenset(group.alias for group in groups),
        chat=first[Kind.CHAT],
        embedding=first[Kind.EMBEDDING],
    )


def _application(settings: Settings, name: str | None) -> Application:
    known = {application.name: application for application in settings.applications}
    if name is not None and name not in known:
        raise SmokeError(
            f"--application {name}: the settings name no such application; there is: {', '.join(known)}"
        )
    return known[name] if name is not None else settings.applications[0]


def smoke_until_well(
    gateway: Gateway, patience: float, within: float, on_call: Callable[[str], None]
) -> Report:
    """`smoke`, again and again while something is not well: a new role, name or deployment takes Azure minutes.

    :param within: seconds in which another round may begin; with none it is asked once.
    """
    until = time.monotonic() + within
    for rounds in itertools.count(1):
        report = replace(smoke(gateway, patience, on_call), rounds=rounds)
        pause = min(15.0, 2.0**rounds)
        if report.well or time.monotonic() + pause > until:
            return report
        on_call(f"{report.wrong[0]}; again in {pause:g} s")
        time.sleep(pause)
    raise AssertionError("the count has no end")


def smoke(gateway: Gateway, patience: float, on_call: Callable[[str], None]) -> Report:
    """Ask once for the models, a chat completion, a stream and an embedding.

    A gateway that is not reached at all is asked no more.

    :param patience: seconds for each call.
    :param on_call: is told what is asked next.
    """
    asked: list[Outcome] = []
    left_out: list[str] = []
    timeout = httpx.Timeout(patience, connect=min(patience, 10.0))
    headers = {"Authorization": f"Bearer {gateway.key}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=timeout) as client:
        for call, model, ask in (
            (MODELS, None, _models),
            (CHAT, gateway.chat, _chat),
            (STREAM, gateway.chat, _stream),
            (EMBEDDING, gateway.embedding, _embedding),
        ):
            if asked and asked[-1].cause is not None and asked[-1].cause.unreached:
                left_out.append(f"{call}: the gateway was not reached")
            elif call != MODELS and model is None:
                kind = "embeds" if call == EMBEDDING else "chats"
                left_out.append(f"{call}: {gateway.application} may use no model that {kind}")
            else:
                on_call(call)
                asked.append(_outcome(call, model, ask, client, gateway))
    return Report(gateway=gateway, outcomes=asked, left_out=left_out)


def _outcome(call: str, model: str | None, ask: Ask, client: httpx.Client, gateway: Gateway) -> Outcome:
    started = time.monotonic()
    cause = None
    try:
        said = ask(client, gateway)
    except (Unanswered, httpx.HTTPError) as problem:
        cause, said = cause_of(problem, gateway.visibility)
    seconds = time.monotonic() - started
    # Whoever stands in between may have sent anything back.
    return Outcome(
        call=call, model=model, seconds=seconds, said=said.replace(gateway.key, "[key]"), cause=cause
    )


def _models(client: httpx.Client, gateway: Gateway) -> str:
    served = {model.id for model in _read(client.get("/v1/models"), _Models).data}
    missing, further = sorted(gateway.names - served), sorted(served - gateway.names)
    if missing or further:
        differences = [f"not served: {', '.join(missing)}"] if missing else []
        differences += [f"not in the settings: {', '.join(further)}"] if further else []
        raise OtherModels("; ".join(differences))
    return ", ".join(sorted(served))


def _chat(client: httpx.Client, gateway: Gateway) -> str:
    answer = client.post("/v1/chat/completions", json=_question(gateway))
    told = _read(answer, _Completion)
    if not told.choices or not told.choices[0].message.content:
        raise Unanswered(200, f"an answer without text: {answer.text}")
    return f"{_who(answer)}, {told.usage.total_tokens} tokens"


def _stream(client: httpx.Client, gateway: Gateway) -> str:
    started = time.monotonic()
    first, pieces, ended = 0.0, 0, False
    with client.stream("POST", "/v1/chat/completions", json=_question(gateway, stream=True)) as answer:
        if answer.status_code != 200:
            answer.read()
            raise Unanswered(answer.status_code, answer.text)
        for event in _events(answer):
            if event == "[DONE]":
                ended = True
                break
            piece = _parsed(event, _Piece)
            if piece.error is not None:
                # Said after the status, because the model failed after the stream had begun.
                raise Unanswered(piece.error.status, event)
            if any(choice.delta.content for choice in piece.choices):
                first = first or time.monotonic() - started
                pieces += 1
    if not pieces or not ended:
        raise Unanswered(200, f"a stream that broke off after {pieces} pieces")
    return f"{_who(answer)}, {pieces} pieces, the first after {first:.2f} s"


def _embedding(client: httpx.Client, gateway: Gateway) -> str:
    answer = client.post("/v1/embeddings", json={"model": gateway.embedding, "input": [QUESTION]})
    told = _read(answer, _Embeddings)
    if not told.data or not told.data[0].embedding:
        raise Unanswered(200, f"an answer without a vector: {answer.text}")
    return f"{_who(answer)}, {len(told.data[0].embedding)} dimensions"


def _question(gateway: Gateway, **more: object) -> dict[str, object]:
    return {"model": gateway.chat, "messages": [{"role": "user", "content": QUESTION}], **more}


def _events(answer: httpx.Response) -> Iterator[str]:
    """The data of a stream's events."""
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield line.removeprefix("data: ")


def _who(answer: httpx.Response) -> str:
    """Region and deployment, out of LiteLLM's `alias/region/deployment`."""
    named: str = answer.headers.get("x-litellm-model-id", "")
    return named.partition("/")[2] or "the gateway"


# What is read of an answer; a gateway's that lacks it is somebody else's.


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


class _Text(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Text


class _Usage(BaseModel):
    total_tokens: int


class _Completion(BaseModel):
    choices: list[_Choice]
    usage: _Usage


class _Delta(BaseModel):
    delta: _Text


class _Error(BaseModel):
    code: int | str | None = None

    @property
    def status(self) -> int:
        """LiteLLM writes it as text, and other words where it knows none."""
        told = str(self.code)
        return int(told) if told.isdigit() else 500


class _Piece(BaseModel):
    choices: list[_Delta] = []
    error: _Error | None = None


class _Vector(BaseModel):
    embedding: list[float]


class _Embeddings(BaseModel):
    data: list[_Vector]


T = TypeVar("T", bound=BaseModel)


def _read(answer: httpx.Response, form: type[T]) -> T:
    if answer.status_code != 200:
        raise Unanswered(answer.status_code, answer.text)
    return _parsed(answer.text, form)


def _parsed(text: str, form: type[T]) -> T:
    try:
        return form.model_validate_json(text)
    except ValueError:
        raise Unanswered(200, text) from None
