"""The folder that holds one offline Azure (`OFFLINE_HOME`): where everything lies, and how to reach its service."""

import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who a person's commands sign in as, and the made-up tenant and subscription."""

    tenant_id: str
    subscription_id: str
    client_id: str
    object_id: str
    client_secret: str


@dataclass(frozen=True, kw_only=True)
class ServiceRecord:
    """How to reach the running service; written once it answers."""

    pid: int
    started: float
    """The process's start time, so that a reused pid is not taken for the service."""
    control_port: int
    proxy_port: int
    """The person's way into the fabric."""
    ingress_port: int
    """`http://localhost:<port>`: the first container app's ingress."""
    speed: float


class Home:
    """Paths of one offline Azure. Nothing is read or made until asked."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @classmethod
    def current(cls) -> "Home":
        """The one that OFFLINE_HOME names; else `.offline` in the working directory."""
        return cls(Path(os.environ.get("OFFLINE_HOME") or ".offline"))

    @property
    def database(self) -> Path:
        return self.path / "azure.db"

    @property
    def authority(self) -> Path:
        """Folder of the certificate authority: ca.pem, ca.key, bundle.pem."""
        return self.path / "ca"

    @property
    def bundle(self) -> Path:
        """Public roots and our own, in one file."""
        return self.authority / "bundle.pem"

    @property
    def log(self) -> Path:
        return self.path / "service.log"

    @property
    def pulumi(self) -> Path:
        """PULUMI_HOME of offline runs."""
        return self.path / "pulumi"

    @property
    def stacks(self) -> Path:
        """The state backend's folder."""
        return self.path / "stacks"

    @property
    def apps(self) -> Path:
        """One folder a replica: app/revision/replica."""
        return self.path / "apps"

    @property
    def caches(self) -> Path:
        """One folder a database of Redis: group/cluster/database."""
        return self.path / "caches"

    @property
    def signing_key(self) -> Path:
        return self.path / "signing.pem"

    def make(self) -> None:
        """Make the folder, readable by its owner alone."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        for folder in (self.authority, self.pulumi, self.stacks, self.apps, self.caches):
            folder.mkdir(exist_ok=True)

    def credentials(self) -> Credentials:
        """Made at the first call, the same ever after."""
        file = self.path / "credentials.json"
        if not file.exists():
            write_private(
                file,
                json.dumps(
                    asdict(
                        Credentials(
                            tenant_id=str(uuid.uuid4()),
                            subscription_id=str(uuid.uuid4()),
                            client_id=str(uuid.uuid4()),
                            object_id=str(uuid.uuid4()),
                            client_secret=secrets.token_urlsafe(32),
                        )
                    )
                ),
            )
        return Credentials(**json.loads(file.read_text()))

    def passphrase(self) -> str:
        """Passphrase of the state's secrets. Made at the first call, the same ever after."""
        file = self.path / "passphrase"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text()

    @property
    def _record(self) -> Path:
        return self.path / "service.json"

    def service(self) -> ServiceRecord | None:
        """The running service; None when there is none, also after a crash."""
        if not self._record.exists():
            return None
        record = ServiceRecord(**json.loads(self._record.read_text()))
        try:
            process = psutil.Process(record.pid)
            alive = (
                abs(process.create_time() - record.started) < 1 and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return None
        return record if alive else None

    def write_service(self, record: ServiceRecord) -> None:
        write_private(self._record, json.dumps(asdict(record)))

    def clear_service(self) -> None:
        self._record.unlink(missing_ok=True)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
    temporary.replace(file)
