"""Health server of a guard: `/health` on a port of this machine, which answers also while the show is dead."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from likeness.errors import InputError
from likeness.web.access import Access

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
# Who connects and asks nothing is let go.
PATIENCE_S = 5.0


@contextmanager
def serving_health(port: int, answer: Callable[[], tuple[bool, str]]) -> Iterator[int]:
    """Serve `/health` while within, on threads of its own; give the port, 0 where none is wanted.

    Requests are judged as those of the desk on this machine are: a web page in its browser is not let in.

    Args:
        port: to listen on; 0 for none.
        answer: returns whether all is well, and the reasons as JSON; any thread.

    Raises:
        InputError: where the port is taken.
    """
    if not port:
        yield 0
        return
    try:
        server = ThreadingHTTPServer((HOST, port), _handler(Access(HOST, port, names=()), answer))
    except OSError as error:
        raise InputError(f"--health-port {port} cannot be opened ({error.strerror}); choose another") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="health server", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Headers:
    """Headers as `Access` reads them."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._headers = handler.headers

    def get_all(self, key: str) -> list[str]:
        return self._headers.get_all(key) or []


def _handler(access: Access, answer: Callable[[], tuple[bool, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            """Answer a question."""
            verdict = access.judge(self.path, _Headers(self), self.client_address[0], method=self.command)
            if verdict.role is None:
                self._send(verdict.status, verdict.text, verdict.headers)
            elif self.path.partition("?")[0] != "/health":
                self._send(HTTPStatus.NOT_FOUND, "there is nothing but /health here\n")
            else:
                well, text = answer()
                status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
                self._send(status, text, (("Content-Type", "application/json"), ("Cache-Control", "no-store")))

        def do_HEAD(self) -> None:
            """Answer as GET does, without the content."""
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Write no line for each question."""

        def version_string(self) -> str:
            """Name no program."""
            return "likeness"

        def _send(self, status: HTTPStatus, text: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
            content = text.encode()
            self.send_response(status)
            for name, value in (*headers, ("Content-Length", str(len(content))), ("Connection", "close")):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    return Handler
