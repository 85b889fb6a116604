"""Secrets of a stack under a key in Key Vault (`azurekeyvault://`), with the engine's own client.

Shows: what the provider writes into the stack's file, which rights on the key a run needs, how a stack gets there from
a passphrase and back, and what becomes of it when the key is rotated. Does not show: Key Vault itself.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from offline import engine
from offline.arm.store import Store
from offline.arrival import Handler
from offline.clock import Clock
from offline.dataplane.signin import SignIn
from offline.environment import of_a_caller
from offline.home import Home
from offline.network import Service
from offline.tokens import Tokens
from tests.engine.key_vault_keys import HOST, Keys
from tests.offline.services import PERSON, Running, running

SECRET = "correct-horse-battery"
PROGRAM = """
import pulumi
pulumi.export("given", pulumi.Config().require_secret("given"))
"""
KEY = f"azurekeyvault://{HOST}/keys/pulumi"


class Stack:
    """A stack of a program that hands its one secret on."""

    def __init__(self, folder: Path, net: Running, keys: Keys, name: str, *words: str) -> None:
        self.folder, self.name, self.keys = folder / name, name, keys
        self.folder.mkdir()
        (self.folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
        (self.folder / "__main__.py").write_text(PROGRAM)
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
        credentials = net.home.credentials()
        self.environment = {
            **ours,
            **engine.prepare().environment(net.home, ours),
            **of_a_caller(net.port(PERSON), net.home.bundle),
            "AZURE_TENANT_ID": credentials.tenant_id,
            "AZURE_CLIENT_ID": credentials.client_id,
            "AZURE_CLIENT_SECRET": credentials.client_secret,
            "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        }
        self.pulumi("stack", "init", *words)

    def pulumi(self, *words: str, fails: bool = False, passphrase: str | None = None) -> str:
        """A command on the stack, which knows no passphrase but this."""
        without = {key: value for key, value in self.environment.items() if "PASSPHRASE" not in key}
        done = subprocess.run(
            [
                "pulumi",
                "-C",
                str(self.folder),
                "--non-interactive",
                "--color",
                "never",
                *words,
                "-s",
                self.name,
            ],
            env={**without, **({"PULUMI_CONFIG_PASSPHRASE": passphrase} if passphrase else {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    def up(self) -> None:
        self.pulumi("config", "set", "--secret", "given", SECRET)
        self.pulumi("up", "--yes", "--skip-preview")

    def file(self) -> dict[str, object]:
        found: dict[str, object] = yaml.safe_load((self.folder / f"Pulumi.{self.name}.yaml").read_text())
        return found

    def given(self) -> str:
        found: str = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets"))["given"]
        return found


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[tuple[Running, Keys]]:
    """A fabric with sign-in, and a vault of one key behind it."""
    made: list[Keys] = []

    def handlers(home: Home, store: Store) -> dict[Service, Handler]:
        credentials = home.credentials()
        tokens = Tokens(home.signing_key, credentials.tenant_id)
        made.append(Keys(tokens, credentials.tenant_id))
        sign_in = SignIn(tokens, credentials, Clock(1000))
        return {"sign_in": sign_in.handle, "vault": made[0].handle}

    with running(tmp_path / "home", handlers) as net:
        net.put(
            f"/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/{HOST.partition('.')[0]}",
            {},
        )
        made[0].rotate()
        yield net, made[0]


def test_a_run_needs_to_decrypt_and_only_the_first_command_to_encrypt(
    keys: tuple[Running, Keys], tmp_path: Path
) -> None:
    net, vault = keys
    stack = Stack(tmp_path, net, vault, "prod", "--secrets-provider", KEY)
    assert stack.file()["secretsprovider"] == KEY
    assert "encryptedkey" in stack.file()
    assert "encryptionsalt" not in stack.file()
    assert "encrypt" in vault.asked

    vault.allowed = {"decrypt"}
    vault.asked.clear()
    stack.up()
    assert stack.given() == SECRET
    assert set(vault.asked) == {"decrypt"}
    state = (net.home.stacks / ".pulumi/stacks/tiny/prod.json").read_text()
    assert SECRET not in state

    vault.allowed = set()
    assert "keys/decrypt/action" in stack.pulumi("preview", fails=True)


def test_from_a_passphrase_to_the_key_and_back(keys: tuple[Running, Keys], tmp_path: Path) -> None:
    net, vault = keys
    old = "the old one"
    stack = Stack(tmp_path, net, vault, "staging", "--secrets-provider", KEY)
    stack.up()
    stack.pulumi("stack", "change-secrets-provider", "passphrase", passphrase=old)
    assert "encryptionsalt" in stack.file()
    assert "secretsprovider" not in stack.file() or stack.file()["secretsprovider"] == "passphrase"
    found = json.loads(stack.pulumi("stack", "output", "--json", "--show-secrets", passphrase=old))
    assert found["given"] == SECRET

    stack.pulumi("stack", "change-secrets-provider", KEY, passphrase=old)
    assert "encryptionsalt" not in stack.file()
    assert stack.given() == SECRET


def test_a_key_that_is_rotated_locks_out_a_stack_that_names_no_version(
    keys: tuple[Running, Keys], tmp_path: Path
) -> None:
    """What was encrypted does not say with which version, and the latest is asked to decrypt it."""
    net, vault = keys
    first = next(iter(vault.versions))
    loose = Stack(tmp_path, net, vault, "loose", "--secrets-provider", KEY)
    pinned = Stack(tmp_path, net, vault, "pinned", "--secrets-provider", f"{KEY}/{first}")
    for stack in (loose, pinned):
        stack.up()
    second = vault.rotate()
    assert "Decryption failed" in loose.pulumi("stack", "output", "--show-secrets", fails=True)
    assert pinned.given() == SECRET

    pinned.pulumi("stack", "change-secrets-provider", f"{KEY}/{second}")
    del vault.versions[first]
    assert pinned.given() == SECRET
