"""What runs in the place of a replica, whose own start is not under test here: answers 200 to everything."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Yes(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), _Yes).serve_forever()
