"""The commands of `pulumi` that other commands are made of."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import locks
from ops.deployment import Export

_EMPTY_ATTRIBUTES = "failed to load checkpoint: EOF"
"""Of a `file://` backend (seen on 3.255)."""


class StackError(Exception):
    """The engine refused; the text holds what it said and what to do."""


class LockedError(StackError):
    """Somebody else works on the stack, or did."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.holders = locks.holders(said)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack, as `pulumi` on PATH sees it."""

    name: str
    folder: Path
    """Where `Pulumi.yaml` and the stack's file are."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def export(self) -> Export:
        """:raises StackError: there is no such stack, or no way to it."""
        found: Export = json.loads(self._run("stack", "export"))
        return found

    def outputs(self) -> dict[str, Any]:
        """What the last `up` has printed, secrets included.

        :raises StackError: there is no such stack, or no way to it.
        """
        found: dict[str, Any] = json.loads(self._run("stack", "output", "--json", "--show-secrets"))
        return found

    def configuration(self) -> dict[str, str]:
        """The settings as the program gets them: by full key, as text, secrets included.

        :raises StackError: there is no such stack, or its secrets can't be decrypted.
        """
        told = json.loads(self._run("config", "--json", "--show-secrets"))
        return {key: entry["value"] for key, entry in told.items()}

    def replace(self, export: Export) -> None:
        """Put an edited export in the state's place.

        :raises LockedError: another process holds the stack.
        """
        self._run("stack", "import", stdin=json.dumps(export))

    def import_resources(self, wanted: Mapping[str, Any]) -> None:
        """Take resources that exist in Azure into the state. With none it only asks for the lock.

        :param wanted: as `pulumi import --file` reads it.
        :raises LockedError: another process holds the stack.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "import.json")
            file.write_text(json.dumps(wanted))
            self._run(
                *("import", "--file", str(file), "--yes", "--skip-preview"),
                *("--generate-code=false", "--protect=false"),
            )

    def preview(self) -> list[Mapping[str, Any]]:
        """The steps of the next `up`.

        :raises StackError: with what the program or the engine has against it.
        """
        done = self._done("preview", "--json")
        try:
            found: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise self._refusal(("preview",), done) from None
        if done.returncode != 0:
            raise StackError("\n".join(one["message"].strip() for one in found.get("diagnostics", ())))
        steps: list[Mapping[str, Any]] = found["steps"]
        return steps

    def cancel(self) -> None:
        """Take every lock of the stack away."""
        self._run("cancel", "--yes")

    def refresh(self) -> None:
        """Bring the state in line with Azure; the program is not run."""
        self._run("refresh", "--yes", "--skip-preview")

    def _run(self, *words: str, stdin: str | None = None) -> str:
        done = self._done(*words, stdin=stdin)
        if done.returncode != 0:
            raise self._refusal(words, done)
        return done.stdout

    def _done(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", "-C", str(self.folder), *words]
        # `cancel` takes the stack's name as an argument, and knows no --stack before 3.100.
        command += ["--stack", self.name, "--non-interactive", "--color", "never"]
        try:
            return subprocess.run(
                command,
                env=dict(self.environment),
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise StackError(
                "pulumi is not on PATH. Install it (https://www.pulumi.com/docs/install/), or go through "
                "`python -m offline run -- …` for an offline stack."
            ) from None

    def _refusal(self, words: Sequence[str], done: subprocess.CompletedProcess[str]) -> StackError:
        said = (done.stdout + done.stderr).strip()
        if locks.is_locked(said):
            return LockedError(said)
        if _EMPTY_ATTRIBUTES in said:
            return StackError(
                f"{said}\nAn engine was killed while it wrote the attributes of the state's file, and left them "
                f"empty. Remove .pulumi/stacks/<project>/{self.name}.json.attrs in the backend's folder (the state "
                "itself is whole), and log in with `?metadata=skip` at the end of the folder's URL: "
                "then no such file is written."
            )
        return StackError(f"`pulumi {' '.join(words)}` failed:\n{said}")
