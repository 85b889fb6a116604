"""One question to the deployed gateway, as an application asks it."""

import time
from collections.abc import Mapping

import openai
from openai.types.chat import ChatCompletionUserMessageParam
from rich.console import Console

from config import client


class NoAnswerError(Exception):
    """The gateway did not answer; the text says how and what to look at."""


def stream(console: Console, base_url: str, key: str, model: str, question: str) -> None:
    """Print the answer while it arrives.

    :raises NoAnswerError: no answer came.
    """
    console.print(f"  [bold]You[/]      {question}")
    console.print(f"  [bold]{model}[/]", end="  ")
    started = time.monotonic()
    first: float | None = None
    message: ChatCompletionUserMessageParam = {"role": "user", "content": question}
    with openai.OpenAI(base_url=base_url, api_key=key, max_retries=1, timeout=60) as gateway:
        try:
            for chunk in gateway.chat.completions.create(model=model, messages=[message], stream=True):
                text = chunk.choices[0].delta.content if chunk.choices else None
                if text:
                    first = first or time.monotonic() - started
                    console.print(text, end="", style="green", markup=False)
        except openai.OpenAIError as problem:
            raise NoAnswerError(
                f"\nThe gateway at {base_url} did not answer: {problem}\nLook at: python -m offline status"
            ) from None
    console.print()
    if first is None:
        raise NoAnswerError(
            f"The gateway at {base_url} sent an empty stream. Look at: python -m offline status"
        )
    console.print(
        f"  first token after {first:.2f} s, done after {time.monotonic() - started:.2f} s", style="dim"
    )


def dotenv(variables: Mapping[str, str], *, key: str) -> str:
    """The applications' environment, key included."""
    return client.dotenv({**variables, client.KEY: key})
