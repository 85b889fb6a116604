"""Renaming a deployment is one changed line, and costs no caller an answer."""

import threading
from collections import Counter

import openai

from tests.cloud import Stack

OLD = "gpt-4o-2024-08-06"
NEW = "gpt-4o-for-everyone"


class LightLoad:
    """Calls a model, a few times a second, until its name is gone or the test ends it; keeps what came back.

    That a name is gone is what the gateway itself says: one that cannot be asked has failed its callers.
    """

    def __init__(self, client: openai.OpenAI, model: str) -> None:
        self.answered: Counter[str] = Counter()
        self.failed: list[str] = []
        self.last = "nothing was called"
        """How it ended: `answered`, `gone`, or what went wrong."""
        self._client = client
        self._model = model
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "LightLoad":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while self.last != "gone" and not self._end.wait(0.2):
            self.last = self._call()

    def _call(self) -> str:
        try:
            answer = self._client.chat.completions.create(
                model=self._model, messages=[{"role": "user", "content": "Who?"}]
            )
        except openai.OpenAIError as problem:
            if not self._served():
                return "gone"
            self.failed.append(str(problem))
            return str(problem)
        self.answered[answer.model] += 1
        return "answered"

    def _served(self) -> bool:
        """Whether callers may still count on that name: once the new revision serves, the old name ends."""
        try:
            return self._model in {model.id for model in self._client.models.list()}
        except openai.OpenAIError:
            return True


def test_a_rename_is_one_line_and_loses_no_call(dev: Stack) -> None:
    client = dev.client()
    before = dev.app()["revision"]
    with LightLoad(client, OLD) as load:
        dev.edit("Pulumi.dev.yaml", f"name: {OLD}", f"name: {NEW}")
        changed = dev.up()
    assert load.failed == [], "callers of the old name get answers until the new revision serves"
    assert load.last in ("gone", "answered"), "the load ran to the end"
    assert sum(load.answered.values()) > 5
    assert changed.changes["create"] >= 1
    assert changed.changes["delete"] >= 1

    outputs = dev.outputs()
    assert NEW in outputs["models"]
    assert OLD not in outputs["models"]
    assert outputs["environment"]["LITELLM_MODEL"] == NEW
    assert outputs["environment"]["AZURE_OPENAI_DEPLOYMENT"] == NEW
    answer = client.chat.completions.create(model=NEW, messages=[{"role": "user", "content": "Who?"}])
    assert NEW in (answer.choices[0].message.content or "")
    assert dev.app()["revision"] != before
