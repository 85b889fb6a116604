"""Programs of a lock of their own, in the user's cache."""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from offline import images, installation
from offline.installation import Installation, InstallationError
from tests.checkov.tool import CHECKOV

LITELLM = Installation(package="litellm", title="LiteLLM", lock=images.LOCK)


def ended(pid: int) -> bool:
    """A process that nobody has asked for its exit status yet has ended all the same."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a script in uv's place."""

    def place(script: str) -> None:
        (tmp_path / "uv").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "uv").chmod(0o755)
        monkeypatch.setattr(shutil, "which", lambda *_, **__: str(tmp_path / "uv"))

    return place


@pytest.mark.parametrize("installed", [LITELLM, CHECKOV], ids=lambda one: one.title)
def test_every_package_of_a_lock_has_a_hash(installed: Installation) -> None:
    lock = installed.lock.read_text()
    packages = [line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert len(packages) > 50
    assert all(line.endswith("\\") for line in packages)
    asked = (installed.lock.parent / "requirements.in").read_text()
    assert f"=={installed.version}\n" in asked
    assert asked.startswith(installed.package)


def test_an_installation_that_was_cut_off_is_done_again_and_a_whole_one_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[list[str]] = []

    def cut_off(command: list[str], show: object, seconds: object) -> None:
        LITELLM.folder.mkdir()
        (LITELLM.folder / "half").touch()
        raise KeyboardInterrupt

    def install(command: list[str], show: object, seconds: object) -> tuple[int, list[str]]:
        steps.append(command)
        LITELLM.folder.mkdir(exist_ok=True)
        return 0, []

    monkeypatch.setattr(installation, "_run", cut_off)
    with pytest.raises(KeyboardInterrupt):
        LITELLM.prepare()
    monkeypatch.setattr(installation, "_run", install)
    LITELLM.prepare()
    assert len(steps) == 2
    assert "--require-hashes" in steps[1]
    assert not (LITELLM.folder / "half").exists()
    LITELLM.prepare()
    assert len(steps) == 2


def test_a_failed_installation_says_why(installer: Callable[[str], None]) -> None:
    installer("echo No route to host; exit 2")
    with pytest.raises(InstallationError, match=r"(?s)could not install LiteLLM \(exit status 2\).*No route"):
        LITELLM.prepare()
    assert not (LITELLM.folder / installation.COMPLETE).exists()


def test_one_that_goes_on_and_on_is_given_up_with_all_that_it_started(
    installer: Callable[[str], None], tmp_path: Path
) -> None:
    """A network that swallows everything: without an end the test run would stand still."""
    installer(f"sleep 600 & echo $! > {tmp_path / 'child'}; wait")
    patient = Installation(package="litellm", title="LiteLLM", lock=images.LOCK, seconds=1)
    started = time.monotonic()
    with pytest.raises(InstallationError, match="uv had not installed LiteLLM after 1 s; is there a way"):
        patient.prepare()
    assert time.monotonic() - started < 30
    assert ended(int((tmp_path / "child").read_text()))


def test_the_uv_of_make_is_found(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = cache / "litellm-azure" / "uv-0.13.9" / "bin" / "uv"
    own.parent.mkdir(parents=True)
    shutil.copy("/bin/sh", own)
    monkeypatch.setenv("PATH", str(cache / "nothing"))
    monkeypatch.setattr(sys, "executable", str(cache / "nothing" / "python"))
    assert installation._uv() == str(own)
