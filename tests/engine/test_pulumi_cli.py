"""Where the Pulumi CLI comes from. Nothing here reaches another machine."""

import io
import os
import platform
import sys
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from offline import pulumi_cli
from offline.pulumi_cli import EngineError

SYSTEM = "/usr/bin:/bin"


def install(folder: Path, *, version: str = "v3.255.0", host: bool = True) -> Path:
    """A folder with a CLI that says its version."""
    folder.mkdir(parents=True)
    for name in ("pulumi", "pulumi-language-python") if host else ("pulumi",):
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)
    return folder / "pulumi"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a PATH without Go and without a CLI."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(nothing))
    # A port where nothing listens: the loopback answers at once.
    monkeypatch.setattr(pulumi_cli, "RELEASE", "http://127.0.0.1:9/{version}-{system}-{machine}")
    return tmp_path / "cache" / "litellm-azure"


class Releases:
    """The official releases, as far as they are asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.body = b""

    def serve(self) -> ThreadingHTTPServer:
        releases = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                releases.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(releases.body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    """A place to download from, which has the CLI."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        for name in ("pulumi", "pulumi-language-python"):
            content = b"#!/bin/sh\necho v3.255.0\n"
            entry = tarfile.TarInfo(f"pulumi/{name}")
            entry.size, entry.mode = len(content), 0o755
            packed.addfile(entry, io.BytesIO(content))
    releases = Releases()
    releases.body = archive.getvalue()
    server = releases.serve()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    port = server.server_address[1]
    monkeypatch.setattr(
        pulumi_cli, "RELEASE", f"http://127.0.0.1:{port}/pulumi-{{version}}-{{system}}-{{machine}}.tar.gz"
    )
    yield releases
    server.shutdown()
    server.server_close()


def test_the_users_own_cli_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody has installed is used, and nothing else is made."""
    own = install(tmp_path / "own", version="v3.270.1")
    install(pulumi_cli.folder())
    monkeypatch.setenv("PATH", f"{own.parent}:{SYSTEM}")
    assert pulumi_cli.find() == own


@pytest.mark.parametrize(
    ("version", "host"),
    [
        pytest.param("v3.219.0", True, id="too old"),
        pytest.param("v3.270.1", False, id="cannot run Python programs"),
        pytest.param("nonsense", True, id="not Pulumi"),
    ],
)
def test_a_cli_that_cannot_do_it_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, host: bool
) -> None:
    """The kept one is used in its place."""
    own = install(tmp_path / "own", version=version, host=host)
    kept = install(pulumi_cli.folder())
    monkeypatch.setenv("PATH", f"{own.parent}:{SYSTEM}")
    assert pulumi_cli.find() == kept


def test_our_own_on_path_is_not_taken_for_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run inside a run finds the kept one as the kept one."""
    install(pulumi_cli.folder())
    assert pulumi_cli.of_the_user(f"{pulumi_cli.folder()}:{SYSTEM}") is None


def test_the_official_release_is_downloaded_once(
    releases: Releases, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs at a time share one download; a broken one before them is swept away."""
    monkeypatch.setenv("PATH", SYSTEM)
    (own_cache / f".pulumi-{pulumi_cli.VERSION}-abandoned").mkdir(parents=True)
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda _: pulumi_cli.find(), range(2)))
    assert found == [own_cache / f"pulumi-{pulumi_cli.VERSION}" / "bin" / "pulumi"] * 2
    assert os.access(found[0].parent / "pulumi-language-python", os.X_OK)
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    assert releases.asked == [f"/pulumi-{pulumi_cli.VERSION}-{sys.platform}-{machine}.tar.gz"]
    assert {entry.name for entry in own_cache.iterdir()} == {
        f"pulumi-{pulumi_cli.VERSION}",
        f".pulumi-{pulumi_cli.VERSION}.lock",
    }


def test_a_download_that_breaks_off_leaves_nothing(releases: Releases, own_cache: Path) -> None:
    """What is not whole is never found; the error says what happened on each way, and what to do."""
    releases.body = releases.body[: len(releases.body) // 2]
    with pytest.raises(
        EngineError, match=r"(?s)official release: .*Go is not installed.*Install one"
    ) as told:
        pulumi_cli.find()
    assert "https://www.pulumi.com/docs/install/" in str(told.value)
    assert [entry.name for entry in own_cache.iterdir()] == [f".pulumi-{pulumi_cli.VERSION}.lock"]


def test_without_any_way_the_error_says_what_to_install() -> None:
    """No internet and no Go: both reasons and the next step."""
    with pytest.raises(EngineError, match=r"(?s)Connection refused.*Go is not installed.*go\.dev/dl"):
        pulumi_cli.find()


def test_a_failed_build_tells_what_go_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler's own last words, not only that it failed."""
    go = tmp_path / "go" / "go"
    go.parent.mkdir()
    go.write_text("#!/bin/sh\necho 'go: downloading x v1' >&2\necho 'go: x@v1: 403 Forbidden' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:{SYSTEM}")
    with pytest.raises(EngineError, match=r"build from its Go modules: go: x@v1: 403 Forbidden"):
        pulumi_cli.find()
