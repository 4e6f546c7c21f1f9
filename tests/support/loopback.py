"""A real HTTP server on the loopback interface, for as long as a test speaks to it."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

POLL_S = 0.01


class Handler(BaseHTTPRequestHandler):
    """Answers, and says nothing of it."""

    def do_GET(self) -> None:
        self.get()

    def do_POST(self) -> None:
        self.post()

    def do_PATCH(self) -> None:
        self.patch()

    def get(self) -> None:
        """Answer `GET`."""
        self.answer(405)

    def post(self) -> None:
        """Answer `POST`."""
        self.answer(405)

    def patch(self) -> None:
        """Answer `PATCH`."""
        self.answer(405)

    def answer(self, status: int, content: bytes = b"") -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def content(self) -> bytes:
        """Read what was sent."""
        return self.rfile.read(int(self.headers["content-length"]))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


class LoopbackServer(ThreadingHTTPServer):
    """Listens on a free port; a class of its own has what a test looks at."""

    # As many as a load opens at once.
    request_queue_size = 256

    def __init__(self, handler: type[Handler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        """Of its root, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"


Server = TypeVar("Server", bound=LoopbackServer)


@contextmanager
def serving(server: Server) -> Generator[Server]:
    """Answer in a thread of its own."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL_S,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
