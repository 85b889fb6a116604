"""The laws of Key Vault: the control plane's, then the data plane's."""

from collections.abc import Callable

import pytest

from tests.laws.azure import Azure
from tests.laws.refused import Refused

Expect = Callable[[str], Refused]


@pytest.mark.law("kv-deleted-name")
def test_a_deleted_vault_keeps_its_name(azure: Azure, refused: Expect) -> None:
    group = azure.group()
    vault = azure.vault(group)
    azure.delete(vault)
    with refused("kv-deleted-name"):
        azure.put(vault, azure.vault_body())
    azure.put(vault, azure.vault_body(createMode="recover"))
