"""The proxy talks to nobody but the fabric, from its start to its stop: its system calls say so."""

import ipaddress
import re
from pathlib import Path

import pytest

from tests.cloud import Cloud, Stack
from tests.gateway.calls import KINDS, Gateway
from tests.tools import tool

CONNECT = re.compile(
    r'(?:connect|sendto)\(.*?sin6?_(?:port|addr).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"'
)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replicas of the service that is started next run under strace."""
    strace = tool("strace", "it is what watches the connections themselves")
    file = tmp_path / "connections.trace"
    monkeypatch.setenv(
        "OFFLINE_REPLICA_WRAPPER", f"{strace} -f -qq -e trace=connect,sendto,sendmsg -o {file}"
    )
    return file


@pytest.mark.parametrize("name", ["dev", "staging"])
def test_the_proxy_contacts_loopback_only(trace: Path, tmp_path: Path, name: str) -> None:
    """With a key and with none: a proxy without one asks the identity endpoint for its tokens."""
    cloud = Cloud(tmp_path)
    cloud.start()
    try:
        stack = Stack(cloud, name)
        stack.up()
        outputs = stack.outputs()
        gateway = Gateway(stack)
        for kind in KINDS:
            said = gateway.ask(kind, _model(stack.models(), kind))
            assert said.answered, said
        gateway.close()
    finally:
        cloud.stop()
    reached = {ipaddress.ip_address(address) for address in CONNECT.findall(trace.read_text())}
    assert reached, "the trace has seen the calls to the fabric"
    assert {str(address) for address in reached if not address.is_loopback} == set()
    hosts = {(host, verdict) for _, kind, host, _, verdict in cloud.store().connections() if kind == "app"}
    accounts = {f"{account}.openai.azure.com" for account in outputs["resourceIds"]["accounts"]}
    # Asked by the host, which resolves the app's secrets.
    vault = f"{outputs['resourceIds']['vault'].rsplit('/', 1)[-1]}.vault.azure.net"
    assert hosts == {(host, "private") for host in (*accounts, vault)}


def _model(models: list[str], kind: str) -> str:
    return next(model for model in models if ("embedding" in model) == (kind == "embeddings"))
