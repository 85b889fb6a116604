"""What is read out of the offline Azure's record of an `up`."""

from pathlib import Path

import pytest

from bench.record import Operation, RecordError, operations
from tests.bench.made_up import (
    ACCOUNT,
    APP,
    ENDPOINT,
    ENVIRONMENT,
    GROUP,
    IDENTITY,
    NETWORK,
    VAULT,
    ZONE,
    Record,
)


@pytest.fixture
def record(scratch: Path) -> Record:
    return Record(scratch / "azure.db", speed=10)


def read(record: Record, *known: str) -> dict[str, Operation]:
    return {operation.id.text: operation for operation in operations(record.store, record.speed, known)}


def test_time_is_azures_and_begins_with_the_first_request(record: Record) -> None:
    record.made(GROUP, 0, 3, synchronous=True)
    record.made(NETWORK, 4, 11)
    group, network = operations(record.store, record.speed)
    assert (group.id.text, network.id.text) == (GROUP, NETWORK)
    assert [group.begun, group.ended] == pytest.approx([0, 3])
    assert [network.begun, network.ended, network.azure] == pytest.approx([4, 11, 7])


def test_what_was_refused_first_took_only_the_last_attempts_time(record: Record) -> None:
    """A retry is waiting: counted as work, it would make the necessary chain longer, and the ratio better."""
    record.made(ENDPOINT, 20, 51, refused_at=5)
    found = read(record)[ENDPOINT]
    assert [found.begun, found.attempt, found.seconds] == pytest.approx([0, 15, 31])
    assert found.refusals == 1


def test_what_the_service_gives_out_is_known_from_what_was_asked(record: Record) -> None:
    record.made(GROUP, 0, 1)
    record.made(
        IDENTITY,
        2,
        5,
        body={"location": "eastus2"},
        outputs={"principalId": "11111111-aaaa", "tenantId": "99999999-dddd", "state": "Succeeded"},
    )
    record.made(VAULT, 3, 22, outputs={"vaultUri": "https://kv.vault.azure.net/1"})
    found = read(record, "99999999-dddd")
    assert found[IDENTITY].produced == {"11111111-aaaa"}
    assert found[VAULT].produced == frozenset(), "its own name makes it predictable"


def test_who_shows_a_text_later_has_it_from_the_first(record: Record) -> None:
    """An app shows its identity's principal, and did not bring it into the world."""
    record.made(IDENTITY, 0, 3, outputs={"principalId": "11111111-aaaa"})
    record.made(APP, 4, 30, outputs={"principalId": "11111111-aaaa"})
    found = read(record)
    assert found[IDENTITY].produced == {"11111111-aaaa"}
    assert found[APP].produced == frozenset()


def test_what_was_sent_before_is_nobodys_output(record: Record) -> None:
    record.made(NETWORK, 0, 7, body={"properties": {"addressSpace": "10.40.0.0/24"}})
    record.made(ENVIRONMENT, 8, 100, outputs={"space": "10.40.0.0/24", "staticIp": "10.40.9.62"})
    assert read(record)[ENVIRONMENT].produced == {"10.40.9.62"}


def test_a_hidden_value_is_part_of_what_was_told(record: Record) -> None:
    """The record of requests leaves secrets out; that a secret holds the account's key is why it came after it."""
    secret = f"{VAULT}/secrets/key"
    record.made(ACCOUNT, 0, 25, private={"key1": "0123456789abcdef"})
    record.made(secret, 26, 28, private={"versions": [{"value": "0123456789abcdef"}]}, synchronous=True)
    found = read(record)
    assert found[ACCOUNT].produced == {"0123456789abcdef"}
    assert "0123456789abcdef" in found[secret].told


def test_another_case_of_the_same_id_is_the_same_resource(record: Record) -> None:
    """azure-native writes some providers in lower case when it looks."""
    record.made(ZONE, 0, 35)
    for answer in record.store.noted:
        object.__setattr__(answer, "path", answer.path.replace("Microsoft", "microsoft"))
    assert read(record)[ZONE].seconds == pytest.approx(35)


def test_an_unfinished_up_is_no_measurement(record: Record) -> None:
    with pytest.raises(RecordError, match="nothing was made"):
        operations(record.store, 1)
    record.made(GROUP, 0, 3, status="Failed")
    with pytest.raises(RecordError, match="has no good end"):
        operations(record.store, 1)
