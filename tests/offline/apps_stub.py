"""The program of an image made up for tests: an HTTP server that tells what it was given.

`python apps_stub.py [--crash] [--never-ready] [--version TEXT]`
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STOPPING = threading.Event()


def option(name: str) -> str | None:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else None


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/ready":
            self.reply(503 if "--never-ready" in sys.argv else 200, {})
        elif path == "/stream":
            self.stream(int(query or 5))
        elif path == "/read":
            self.reply(200, {"text": Path(query).read_text()})
        elif path == "/slow":
            time.sleep(float(query))
            self.reply(200, {})
        elif path == "/die":
            os._exit(3)
        else:
            self.reply(
                200,
                {
                    "path": self.path,
                    "pid": os.getpid(),
                    "version": option("--version"),
                    "arguments": sys.argv[1:],
                    "environment": dict(os.environ),
                    "headers": dict(self.headers),
                },
            )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(200, {"length": len(body), "version": option("--version")})

    def reply(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def stream(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for index in range(count):
            line = f"data: {option('--version')} {index}\n\n".encode()
            self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.flush()
            time.sleep(0.05)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        print(format % args, flush=True)  # noqa: T201 - a program's log


class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True


def main() -> None:
    if "--crash" in sys.argv:
        sys.exit(7)
    if "--child" in sys.argv and os.fork() == 0:
        time.sleep(600)
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Answer)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.02)
    server.server_close()


if __name__ == "__main__":
    main()
