"""The original note's config file and its variants, in the real proxy, against the offline Azure.

`WRITE_DOCS=1` makes the last test write the table of `docs/the-note.md` instead of holding it against what was
seen.
"""

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import Stack
from tests.gateway import note_table, note_variants, proxy
from tests.gateway.note_table import ANSWERED, HEALTHY
from tests.gateway.note_variants import VARIANTS
from tests.gateway.stub import Seen, Stub

AT_ONCE = 3
"""Proxies that start side by side; each takes a core for some seconds."""
WRONG_KEY = "Access denied due to invalid subscription key or wrong API endpoint."
WRONG_AUDIENCE = (
    "Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com)"
)


@pytest.fixture(scope="module")
def recorders() -> Iterator[dict[str, Stub]]:
    """In Azure's place for the entries whose requests are looked at byte by byte, one for each of two files."""
    with Stub().running() as fixed, Stub().running() as no_mode:
        yield {"entries": fixed, "no mode": no_mode}


@pytest.fixture(scope="module")
def inside(dev: Stack) -> dict[str, str]:
    """The environment of a process beside the gateway: its network, and the account's real key."""
    ids = dev.outputs()["resourceIds"]
    (account,) = ids["accounts"].values()
    surroundings = dev.cloud.environment(network=ids["network"])
    ways = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy")
    trust = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    key = dev.cloud.arm("POST", f"{account}/listKeys", "2025-06-01").json()["key1"]
    return {**{name: surroundings[name] for name in (*ways, *trust)}, note_variants.KEY_VARIABLE: key}


@pytest.fixture(scope="module")
def runs(
    inside: dict[str, str], recorders: dict[str, Stub], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, note_table.Seen]:
    """What every variant answered, by its row."""
    folder = tmp_path_factory.mktemp("proxies")

    surroundings = inside | proxy.modules(note_variants.dev(), folder / "modules", secrets.token_urlsafe(32))

    def run(name: str, config: note_variants.Config | Path) -> dict[str, note_table.Seen]:
        rows = [variant for variant in VARIANTS if variant.file == name]
        with (
            proxy.running(config, folder / name.replace(" ", "-"), surroundings) as started,
            ThreadPoolExecutor(len(rows)) as callers,
        ):
            if name in recorders:
                for path, body in note_table.calls(note_variants.RECORDED):
                    started.ask("POST", path, body)
            answers = list(callers.map(lambda row: note_table.ask(started, row.model), rows))
        return {row.what: answer for row, answer in zip(rows, answers, strict=True)}

    files = note_variants.files({name: f"{stub.url}/" for name, stub in recorders.items()})
    with ThreadPoolExecutor(AT_ONCE) as starters:
        found = starters.map(run, files.keys(), files.values())
        return {what: answer for answers in found for what, answer in answers.items()}


def _row(
    runs: dict[str, note_table.Seen], file: str, model: str = note_variants.DEPLOYMENT
) -> note_table.Seen:
    (what,) = [variant.what for variant in VARIANTS if (variant.file, variant.model) == (file, model)]
    return runs[what]


def test_the_notes_own_file_fails_for_every_kind_of_call(runs: dict[str, note_table.Seen]) -> None:
    """`${NAME}` is no reference to LiteLLM: Azure gets that text as the key."""
    seen = _row(runs, "note")
    assert seen.chat.startswith("401")
    assert WRONG_KEY in seen.chat
    assert seen.streamed == seen.chat
    assert WRONG_AUDIENCE in seen.responses
    assert seen.health == "unhealthy"


def test_the_generated_file_answers_every_kind_of_call(runs: dict[str, note_table.Seen]) -> None:
    assert _row(runs, "generated") == note_table.Seen(ANSWERED, ANSWERED, ANSWERED, HEALTHY)


def test_with_the_key_fixed_chat_works_and_responses_give_the_teams_error(
    runs: dict[str, note_table.Seen],
) -> None:
    """The state that the note describes: works for one, "audience is incorrect" for another."""
    seen = _row(runs, "entries")
    assert (seen.chat, seen.streamed, seen.health) == (ANSWERED, ANSWERED, HEALTHY)
    assert seen.responses.startswith("401")
    assert WRONG_AUDIENCE in seen.responses


def test_deployment_id_is_what_makes_chat_work_without_the_prefix(runs: dict[str, note_table.Seen]) -> None:
    assert WRONG_AUDIENCE in _row(runs, "entries", "no deployment_id").chat
    assert (
        "API deployment for this resource does not exist"
        in _row(runs, "entries", "unknown deployment_id").chat
    )


def test_with_the_prefix_no_call_is_refused_for_its_audience(runs: dict[str, note_table.Seen]) -> None:
    """What is left for Responses is the age of the api-version, and the bridge gets over that."""
    for model in ("prefix", "prefix alone"):
        seen = _row(runs, "entries", model)
        assert (seen.chat, seen.streamed, seen.health) == (ANSWERED, ANSWERED, HEALTHY)
        assert "enabled only for api-version 2025-03-01-preview and later" in seen.responses
    assert _row(runs, "entries", "bridged") == note_table.Seen(ANSWERED, ANSWERED, ANSWERED, HEALTHY)


def test_a_deployment_with_a_name_of_its_own_needs_the_prefix(runs: dict[str, note_table.Seen]) -> None:
    """Without it LiteLLM finds no provider for the name and drops the entry at its start, in silence."""
    assert _row(runs, "entries", "name of our own").health == "not there"


def test_mode_azure_changes_no_byte_where_the_note_has_it(
    runs: dict[str, note_table.Seen], recorders: dict[str, Stub]
) -> None:
    assert _row(runs, "no mode") == _row(runs, "entries")
    with_mode, without = (
        [_request(seen) for seen in recorders[file].azure.seen if seen.body]
        for file in ("entries", "no mode")
    )
    assert len(with_mode) >= 3
    assert with_mode == without


def test_mode_azure_among_the_parameters_is_sent_to_azure_which_refuses_it(
    runs: dict[str, note_table.Seen],
) -> None:
    assert "Unrecognized request argument supplied: mode" in _row(runs, "entries", "mode inside").chat


def test_the_block_spoils_a_key_that_is_read_after_it(runs: dict[str, note_table.Seen]) -> None:
    """A reference in the file is resolved before the block is; LiteLLM's own look at the variable comes after."""
    assert _row(runs, "block").chat == ANSWERED
    assert _row(runs, "entries", "no api_key").chat == ANSWERED
    assert WRONG_KEY in _row(runs, "block", "no api_key").chat


def test_without_the_prefix_the_key_goes_out_as_a_bearer_token_at_the_start(
    runs: dict[str, note_table.Seen], recorders: dict[str, Stub], inside: dict[str, str]
) -> None:
    assert runs
    asked = [seen for seen in recorders["entries"].azure.seen if seen.path == "/v1/models"]
    assert asked
    assert {seen.headers["authorization"] for seen in asked} == {
        f"Bearer {inside[note_variants.KEY_VARIABLE]}"
    }


def test_every_line_of_the_note_has_its_place_in_the_generated_file() -> None:
    """Three lines of the entry and one switch differ, each for a reason that the page gives."""
    note, ours = note_variants.note(), note_variants.generated()
    (entry,) = [found for found in ours["model_list"] if found["model_name"] == note_variants.DEPLOYMENT]
    assert _changed(note["model_list"][0]["litellm_params"], entry["litellm_params"]) == {
        "model": "azure/gpt-4o-2024-08-06",
        "api_key": "os.environ/AZURE_OPENAI_API_KEY",
    }
    assert _changed(note["litellm_settings"], ours["litellm_settings"]) == {"set_verbose": False}
    assert "environment_variables" not in ours


def test_the_table_of_the_page_is_what_was_seen(runs: dict[str, note_table.Seen]) -> None:
    table = note_table.render(runs)
    if os.environ.get("WRITE_DOCS"):
        note_table.write(table)
    assert note_table.written() == table, "run with WRITE_DOCS=1 to write docs/the-note.md anew"


def _request(seen: Seen) -> tuple[str, str, dict[str, str], bytes]:
    """A request without what tells two servers or two runs of the same request apart."""
    headers = {name: value for name, value in seen.headers.items() if name != "host"}
    return seen.path, seen.query, headers, seen.body


def _changed(theirs: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    return {key: ours[key] for key, value in theirs.items() if ours[key] != value}
