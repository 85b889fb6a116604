"""What stands in for an image."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offline import images

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "image",
    [
        "ghcr.io/berriai/litellm:v{version}",
        "ghcr.io/berriai/litellm:main-v{version}-stable",
        "ghcr.io/berriai/litellm-database:v{version}",
        "ghcr.io/berriai/litellm-non_root:v{version}@" + DIGEST,
        "ghcr.io/berriai/litellm@" + DIGEST,
        "ghcr.io/berriai/litellm:main-stable",
    ],
)
def test_litellm_images_are_known(image: str) -> None:
    assert images.is_litellm(image.format(version=images.locked_version()))


@pytest.mark.parametrize("image", ["docker.io/library/nginx:1.27", "ghcr.io/berriai/other:v1", "litellm"])
def test_other_images_are_placeholders(image: str) -> None:
    assert images.prepare(image) is None


@pytest.mark.parametrize("tag", ["v1.80.0", "main-v1.99.1-stable", "v{version}.rc.1", "v{version}-nightly"])
def test_another_version_is_refused_with_what_to_do(tag: str) -> None:
    named = tag.format(version=images.locked_version())
    with pytest.raises(images.ImageUnavailableError, match=rf"runs LiteLLM .* the tag says {named}; pin v"):
        images.prepare(f"ghcr.io/berriai/litellm:{named}")


def test_a_litellm_that_cannot_be_installed_is_an_image_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda *_, **__: sys.executable)
    with pytest.raises(images.ImageUnavailableError, match="could not install LiteLLM"):
        images.prepare("ghcr.io/berriai/litellm:main-stable")


def test_the_real_litellm_is_installed_with_what_the_image_has() -> None:
    image = images.prepare(f"ghcr.io/berriai/litellm:v{images.locked_version()}")
    assert image is not None
    code = "import prisma, prometheus_client, opentelemetry.sdk, azure.identity"
    subprocess.run([image.programs / "python", "-c", code], check=True)
