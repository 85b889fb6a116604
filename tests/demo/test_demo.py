"""`make demo` as a person runs it: interrupted wherever they like, run again, and run once more."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from offline import daemon
from offline.arm.store import Store
from offline.home import Home
from tests.cloud import ROOT, clean_environment


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to run the demo from: its home and its .env lie here, not in the checkout."""
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    daemon.stop(Home(folder / ".offline"))


def _start(place: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "demo"],
        cwd=place,
        env={**clean_environment(), "PYTHONPATH": str(ROOT), "COLUMNS": "140"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _interrupted_at(place: Path, marker: str, *, deployed: int = 0) -> str:
    """Run until a line holds the marker and so many resources are in Azure, press Ctrl-C twice, return what it said."""
    demo = _start(place)
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if marker in line:
            break
    while deployed and _resources(place) < deployed:
        assert demo.poll() is None, "".join(said)
        time.sleep(0.02)
    for _ in range(2):
        os.killpg(demo.pid, signal.SIGINT)
    said.append(demo.communicate(timeout=120)[0])
    text = "".join(said)
    assert demo.returncode == 130, text
    assert "Traceback" not in text
    assert "make demo" in text, "it says how to go on"
    return text


def _killed(place: Path, *, deployed: int) -> None:
    """Kill demo and engine, as a machine without memory would, once so many resources are in Azure."""
    demo = _start(place)
    while _resources(place) < deployed:
        assert demo.poll() is None, demo.communicate()[0]
        time.sleep(0.02)
    engines = [
        child for child in psutil.Process(demo.pid).children(recursive=True) if child.name() == "pulumi"
    ]
    assert engines, "there is no engine to kill"
    for engine in engines:
        engine.kill()
    demo.kill()
    demo.communicate(timeout=60)
    psutil.wait_procs(engines, timeout=60)


def _resources(place: Path) -> int:
    store = Store(Home(place / ".offline").database)
    try:
        # A security group's rules come with it, all at once.
        return sum(
            not found.type.lower().endswith("/securityrules") for found in store.below("/subscriptions")
        )
    finally:
        store.close()


def _whole(place: Path) -> str:
    demo = _start(place)
    text = demo.communicate(timeout=300)[0]
    assert demo.returncode == 0, text
    return text


def test_the_demo_survives_every_interruption_and_ends_with_a_streamed_answer(place: Path) -> None:
    """In order of a run: while it prepares, starts, begins to deploy, and in the middle and near the end of `up`.

    Twice it is killed, which leaves what the engine began unseen, and its lock.
    """
    _interrupted_at(place, "1/5")
    _interrupted_at(place, "2/5")
    _interrupted_at(place, "3/5")
    _interrupted_at(place, "3/5", deployed=8)
    _killed(place, deployed=20)
    _interrupted_at(place, "3/5", deployed=30)
    _killed(place, deployed=36)
    text = _whole(place)
    assert "An earlier run was cut short" in text
    assert "deployment gpt-4o-2024-08-06" in text
    assert "through its private endpoint" in text
    assert "model_list:" in text, "the generated config is shown"
    assert "python -m offline status" in text, "what to do next is said"


def test_the_readme_shows_what_the_demo_prints(place: Path) -> None:
    """Its sample, line by line."""
    sample = (ROOT / "README.md").read_text().split("<!-- demo -->")[1].split("<!-- /demo -->")[0]
    printed = _whole(place)
    missing = [
        line for line in sample.splitlines() if line.strip("` ") not in ("", "text") and line not in printed
    ]
    assert missing == []


def test_run_again_it_reports_no_changes_and_is_back_soon(place: Path) -> None:
    begun = time.monotonic()
    text = _whole(place)
    assert re.search(r"\d+ unchanged", text)
    assert " created" not in text
    took = time.monotonic() - begun
    print(f"the demo came back after {took:.1f} s")  # noqa: T201 - to compare with the promise
    # 20 s is the promise on a machine that does nothing else; here the other tests run beside it.
    assert took < 40


def test_the_clients_environment_is_for_its_owner_alone_and_git_ignores_it(place: Path) -> None:
    file = place / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    variables = dict(
        line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and line[0] != "#"
    )
    assert variables["LITELLM_API_KEY"].startswith("sk-")
    assert variables["LITELLM_API_BASE"].startswith("http://localhost:")
    assert variables["AZURE_OPENAI_ENDPOINT"] == "https://ai-idha-sbx-scus-001.openai.azure.com/"
    ignored = subprocess.run(["git", "check-ignore", ".env"], cwd=ROOT, capture_output=True, check=False)
    assert ignored.returncode == 0
