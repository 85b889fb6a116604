"""Copies of stack files, so that an offline run never touches the checkout.

The engine writes a passphrase's salt into the stack file that it is given, and `pulumi stack init` knows no
`--config-file`. So a folder of the home holds a copy of the project file, which names the program's folder (`main`),
and of the stack files. The stack is made from there (the state knows only project and stack names); commands that are
given in the checkout get the copy by `--config-file`.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from offline.home import Home, write_private


class StackError(Exception):
    """The stack can't be prepared; the text says why and what to do."""


def prepare(
    home: Home,
    project: Path,
    stack: str,
    environment: Mapping[str, str],
    values: Mapping[str, object] | None = None,
) -> Path:
    """Bring the copy of a stack's file up to date, and make the stack when there is none yet.

    Secrets that were set in the copy stay.

    :param project: folder of the Pulumi program.
    :param environment: what `offline run` sets; the stack is made in its backend.
    :param values: configuration laid over the file's, by full key (`project:key`).
    :returns: the copy, for `--config-file`.
    :raises StackError: no such stack file, or the engine refuses to make the stack.
    """
    tracked = project / f"Pulumi.{stack}.yaml"
    if not tracked.exists():
        raise StackError(f"{tracked} does not exist; a stack file is named Pulumi.<stack>.yaml")
    program = yaml.safe_load((project / "Pulumi.yaml").read_text())
    folder = home.path / "config" / str(program["name"])
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / "Pulumi.yaml", yaml.safe_dump(_from_elsewhere(program, project), sort_keys=False))

    copy: Path = folder / tracked.name
    known = yaml.safe_load(copy.read_text()) if copy.exists() else {}
    wanted = yaml.safe_load(tracked.read_text())
    wanted["config"] = {**_secrets(known), **wanted.get("config", {}), **(values or {})}
    if "encryptionsalt" in known:
        wanted["encryptionsalt"] = known["encryptionsalt"]
    write_private(copy, yaml.safe_dump(wanted, sort_keys=False))
    if not _exists(home, program["name"], stack):
        _make(folder, stack, environment)
    return copy


def _from_elsewhere(program: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """A project file that means the same in another folder."""
    runtime = program["runtime"]
    if isinstance(runtime, dict) and "virtualenv" in runtime.get("options", {}):
        environment = str(project.absolute() / runtime["options"]["virtualenv"])
        runtime = {**runtime, "options": {**runtime["options"], "virtualenv": environment}}
    return {**program, "runtime": runtime, "main": str(project.absolute() / program.get("main", ""))}


def _secrets(known: Mapping[str, Any]) -> dict[str, Any]:
    """What `pulumi config set --secret` has put into the copy: encrypted for this home, it can stand nowhere else."""
    return {key: value for key, value in known.get("config", {}).items() if _holds_secret(value)}


def _holds_secret(value: object) -> bool:
    """Whether it is a secret, or an object that `--path` has put one into."""
    return isinstance(value, dict) and ("secure" in value or any(map(_holds_secret, value.values())))


def _exists(home: Home, project: str, stack: str) -> bool:
    return (home.stacks / ".pulumi" / "stacks" / project / f"{stack}.json").exists()


def _make(folder: Path, stack: str, environment: Mapping[str, str]) -> None:
    made = subprocess.run(
        ["pulumi", "stack", "init", stack, "--non-interactive", "--no-select"],
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0 and "already exists" not in made.stderr:
        raise StackError(f"The engine could not make the stack {stack!r}:\n{made.stderr.strip()}")
