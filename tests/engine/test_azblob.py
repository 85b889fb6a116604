"""State in Azure Blob storage (`azblob://`), signed in to with a token and no key, as far as Azurite is Azure's.

Azurite is Microsoft's own stand-in for a storage account (npm install azurite@3.37.0), and large: it is not installed
here. AZURITE names its program `azurite-blob`.

Shows: the engine keeps a stack there with nothing but a token of Entra's, and what only reads makes requests that only
read. Does not show: roles, which Azurite does not judge; Azure's own storage.
"""

import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cloud import Cloud

VARIABLE = "AZURITE"
PATIENCE = 240.0
"""Seconds until Azurite has to listen: it is a large program, and others may want the processor too."""

ACCOUNT, CONTAINER = "devstoreaccount1", "state"
PROGRAM = """
import pulumi
import pulumi_random as random
pulumi.export("password", random.RandomPassword("password", length=20).result)
"""


class Storage:
    """A storage account with one container, and a stack that is kept in it."""

    def __init__(self, cloud: Cloud, program: str, folder: Path) -> None:
        self.folder, self._log = folder, folder / "azurite.log"
        certificate, key = _certificate(folder)
        self._bundle = folder / "bundle.pem"
        surroundings = cloud.environment()
        roots = Path(surroundings["SSL_CERT_FILE"]).read_text()
        self._bundle.write_text(f"{roots}\n{certificate.read_text()}")
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.port: int = held.getsockname()[1]
        url = f"azblob://{CONTAINER}?storage_account={ACCOUNT}&domain=localhost:{self.port}&protocol=https"
        self._environment = {
            **surroundings,
            "SSL_CERT_FILE": str(self._bundle),
            "PULUMI_BACKEND_URL": url,
            "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        }
        words = ["--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(folder / "data")]
        words += ["--oauth", "basic", "--cert", str(certificate), "--key", str(key), "--disableTelemetry"]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [program, *words, "--skipApiVersionCheck"], stdout=log, stderr=subprocess.STDOUT
            )
        (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)

    def make_container(self) -> None:
        """As `az storage container create --auth-mode login` does."""
        self._wait()
        tenant = self._environment["AZURE_TENANT_ID"]
        form = {
            "grant_type": "client_credentials",
            "client_id": self._environment["AZURE_CLIENT_ID"],
            "client_secret": self._environment["AZURE_CLIENT_SECRET"],
            "scope": "https://storage.azure.com/.default",
        }
        trusted = ssl.create_default_context(cafile=str(self._bundle))
        with httpx.Client(verify=trusted, proxy=self._environment["HTTPS_PROXY"]) as entra:
            told = entra.post(f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token", data=form)
        headers = {"Authorization": f"Bearer {told.json()['access_token']}", "x-ms-version": "2024-11-04"}
        with httpx.Client(verify=trusted, trust_env=False, headers=headers) as storage:
            place = f"https://localhost:{self.port}/{ACCOUNT}/{CONTAINER}"
            storage.put(place, params={"restype": "container"}).raise_for_status()

    def pulumi(self, *words: str) -> str:
        done = subprocess.run(
            ["pulumi", "-C", str(self.folder), "--non-interactive", "--color", "never", *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of each that came, as Azurite logs them."""
        return re.findall(r'"([A-Z]+) (\S+) HTTP/1.1"', self._log.read_text())

    def holds(self, text: str) -> bool:
        """Whether it stands in any blob, as it lies on the disk."""
        files = [file for file in (self.folder / "data").rglob("*") if file.is_file()]
        return any(text.encode() in file.read_bytes() for file in files)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert time.monotonic() < until, self._log.read_text()
                assert self._process.poll() is None, self._log.read_text()
                time.sleep(0.1)  # between two looks
            else:
                return


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Of localhost, by itself: without TLS no client sends a token."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "certificate.pem").write_bytes(made.public_bytes(encoding))
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def storage(cloud: Cloud, scratch: Path) -> Iterator[Storage]:
    program = os.environ.get(VARIABLE)
    if not program:
        pytest.skip(f"{VARIABLE} does not name azurite-blob: npm install azurite@3.37.0")
    made = Storage(cloud, program, scratch)
    try:
        made.make_container()
        yield made
    finally:
        made.stop()


def test_a_stack_is_kept_with_a_token_and_what_only_reads_writes_nothing(storage: Storage) -> None:
    storage.pulumi("stack", "init", "dev")
    storage.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    written = {path.partition("?")[0] for method, path in storage.requests() if method == "PUT"}
    assert any(path.endswith("stacks%2Ftiny%2Fdev.json") for path in written)
    assert any("locks%2F" in path for path in written), "an up locks the stack"

    before = len(storage.requests())
    assert "2 unchanged" in storage.pulumi("preview", "--stack", "dev")
    assert "[secret]" in storage.pulumi("stack", "output", "--stack", "dev")
    made = {method for method, _ in storage.requests()[before:]}
    assert made == {"GET", "HEAD"}

    password = storage.pulumi("stack", "output", "password", "--show-secrets", "--stack", "dev").strip()
    assert len(password) == 20
    assert storage.holds("tiny-dev")
    assert not storage.holds(password)
