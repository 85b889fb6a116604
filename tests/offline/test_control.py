"""How a command tells that the service which runs is not the one that it knows."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from offline import control
from offline.home import ServiceRecord


@pytest.fixture
def older_service() -> Iterator[ServiceRecord]:
    """A service that knows no path at all."""

    class Older(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Older)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield ServiceRecord(
        pid=1, started=0, control_port=server.server_port, proxy_port=0, ingress_port=0, speed=1
    )
    server.shutdown()


def test_a_service_from_another_version_is_told_with_what_to_do(older_service: ServiceRecord) -> None:
    with pytest.raises(control.ControlError, match=r"another version .* offline stop"):
        control.judge_by(older_service, None)
