"""The proxy talks to nobody but the fabric, from its start to its stop: its system calls say so."""

import ipaddress
import re
import shutil
from pathlib import Path

import pytest

from tests.cloud import Cloud, Stack

CONNECT = re.compile(
    r'(?:connect|sendto)\(.*?sin6?_(?:port|addr).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"'
)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replicas of the service that is started next run under strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed; it is what watches the connections themselves")
    file = tmp_path / "connections.trace"
    monkeypatch.setenv("OFFLINE_REPLICA_WRAPPER", f"strace -f -qq -e trace=connect,sendto,sendmsg -o {file}")
    return file


def test_the_proxy_contacts_loopback_only(trace: Path, tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    cloud.start()
    try:
        stack = Stack(cloud, "dev")
        stack.up()
        client = stack.client()
        model = stack.outputs()["environment"]["LITELLM_MODEL"]
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Who?"}])
        client.responses.create(model=model, input="Who?")
    finally:
        cloud.stop()
    reached = {ipaddress.ip_address(address) for address in CONNECT.findall(trace.read_text())}
    assert reached, "the trace has seen the calls to the fabric"
    assert {str(address) for address in reached if not address.is_loopback} == set()
    store = cloud.store()
    hosts = {(host, verdict) for _, kind, host, _, verdict in store.connections() if kind == "app"}
    assert hosts == {
        ("ai-idha-sbx-scus-001.openai.azure.com", "private"),
        (
            "kv-idha-sbx-scus-001.vault.azure.net",
            "private",
        ),  # asked by the host, which resolves the app's secrets
    }
