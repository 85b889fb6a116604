"""No secret stands in plaintext anywhere that somebody may look."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.cloud import Cloud, Stack

HELD = {"resources", "deleted", "facts"}
"""Tables of the offline Azure that hold secrets as Azure itself does: the accounts' keys, the vault's contents."""


def _secrets(stack: Stack) -> dict[str, str]:
    """Every secret of the system, with what it is."""
    outputs = stack.outputs()
    found = {"master key": str(outputs["masterKey"])}
    found |= {f"key of {name}": str(key) for name, key in outputs["applicationKeys"].items()}
    for account in stack.outputs()["resourceIds"]["accounts"].values():
        if stack.name == "dev":
            keys = stack.cloud.arm("POST", f"{account}/listKeys", "2025-06-01").json()
            found |= {f"{name} of {account.rsplit('/', 1)[-1]}": keys[name] for name in ("key1", "key2")}
    assert all(len(secret) >= 20 for secret in found.values())
    return found


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_no_secret_in_state_outputs_logs_config_process_arguments_or_what_azure_notes(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cloud = Cloud(tmp_path_factory.mktemp(name))
    cloud.start()
    try:
        stack = Stack(cloud, name)
        printed = stack.up().text
        client = stack.client()
        client.chat.completions.create(
            model=stack.outputs()["environment"]["LITELLM_MODEL"],
            messages=[{"role": "user", "content": "Who?"}],
        )
        secrets = _secrets(stack)
        places = {"what up printed": printed, "plain outputs": str(_plain_outputs(stack))}
        service = psutil.Process(cloud.record.pid)
        for process in (service, *service.children(recursive=True)):
            places[f"arguments of process {process.name()}"] = " ".join(process.cmdline())
        for file in (
            *cloud.home.stacks.rglob("*"),
            *cloud.home.apps.rglob("*"),
            *_copies(cloud),
            cloud.home.log,
        ):
            if file.is_file():
                places[str(file)] = file.read_text(errors="replace")
        places |= _notes(cloud)
        found = [
            (what, place)
            for what, secret in secrets.items()
            for place, text in places.items()
            if secret in text
        ]
        assert found == []
    finally:
        cloud.stop()


def _plain_outputs(stack: Stack) -> object:
    return stack.state()["checkpoint"]["latest"]["resources"][0].get("outputs")


def _copies(cloud: Cloud) -> list[Path]:
    """The stack files that the engine was given."""
    return list((cloud.home.path / "config").rglob("*"))


def _notes(cloud: Cloud) -> dict[str, str]:
    """What Azure writes down of its work, by table; the tables left out are what it holds in trust."""
    with closing(sqlite3.connect(cloud.home.database)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {"requests", "operations", "calls", "connections"} <= tables
        return {
            f"table {table}": str(database.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608 - its own tables
            for table in tables - HELD
        }
