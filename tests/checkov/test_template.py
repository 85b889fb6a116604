"""A template says what was sent: type, full name, scope, and the body as it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline.arm.store import Store
from tests.checkov.template import JSON, Template

GROUP = "/subscriptions/s/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
SECRET = f"{VAULT}/secrets/key"
SETTING = f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/log"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Some requests, as the resource manager notes them."""
    made = Store(tmp_path / "azure.sqlite")
    requests: tuple[tuple[str, str, JSON, int], ...] = (
        (GROUP, "2024-03-01", {"location": "eastus2"}, 201),
        (VAULT, "2024-11-01", {"properties": {"enableSoftDelete": False}}, 201),
        (VAULT, "2024-11-01", {"properties": {"enableSoftDelete": True}}, 200),
        (VAULT, "2024-11-01", {"properties": {"enableSoftDelete": "no"}}, 400),
        (SECRET, "2024-11-01", {"properties": {"contentType": "[text]"}}, 201),
        (SETTING, "2021-05-01-preview", {"properties": {"logs": []}}, 200),
    )
    for path, version, body, status in requests:
        made.note_request("PUT", path, version, body, status)
    yield made
    made.close()


def test_a_resource_is_its_path_and_the_last_body_that_was_taken(store: Store) -> None:
    ids = [found.lower() for found in (GROUP, VAULT, SECRET, SETTING)]
    assert list(Template.of(store, ids).resources.values()) == [
        {
            "type": "Microsoft.Resources/resourceGroups",
            "apiVersion": "2024-03-01",
            "name": "rg",
            "location": "eastus2",
        },
        {
            "type": "Microsoft.KeyVault/vaults",
            "apiVersion": "2024-11-01",
            "name": "kv",
            "properties": {"enableSoftDelete": True},
        },
        {
            "type": "Microsoft.KeyVault/vaults/secrets",
            "apiVersion": "2024-11-01",
            "name": "kv/key",
            "properties": {"contentType": "[text]"},
        },
        {
            "type": "Microsoft.Insights/diagnosticSettings",
            "apiVersion": "2021-05-01-preview",
            "name": "log",
            "scope": VAULT,
            "properties": {"logs": []},
        },
    ]


def test_what_was_never_sent_is_missed(store: Store) -> None:
    with pytest.raises(KeyError, match="vaults/other"):
        Template.of(store, [f"{GROUP}/providers/Microsoft.KeyVault/vaults/other"])


def test_an_edit_leaves_the_first_one_as_it_was(store: Store) -> None:
    template = Template.of(store, [VAULT])
    changed = template.changed(lambda resources: resources[VAULT]["properties"].clear())
    assert changed.resources[VAULT]["properties"] == {}
    assert template.resources[VAULT]["properties"] == {"enableSoftDelete": True}


def test_a_text_in_brackets_is_written_as_text_and_not_as_an_expression(store: Store, tmp_path: Path) -> None:
    Template.of(store, [SECRET]).write(tmp_path, "one")
    (written,) = json.loads((tmp_path / "one.json").read_text())["resources"]
    assert written["properties"]["contentType"] == "[[text]"
