"""The web server: one port for the desk, OSCQuery, the status and the preview."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from likeness.web.access import Access, without_code
from likeness.web.bind_port import bind_port
from likeness.web.codes import Codes, Role
from likeness.web.desk import Desk
from likeness.web.oscquery import OscQuery
from likeness.web.site import STREAM, Answer, Site, respond
from likeness.web.stream import METHODS, STREAM_KIND, MjpegStreams, TimedConnection, refuse_method
from likeness.web.take_socket import TAKE, TakeSocket

log = logging.getLogger(__name__)

# What a port scanner sends is not worth a line of the log.
QUIET = logging.getLogger("likeness.web.server.connections")
QUIET.setLevel(logging.CRITICAL)

SOCKET = "/socket"
# A page sends sixty faders in one message.
LONGEST_MESSAGE_BYTES = 64 << 10
CLOSING_S = 1.0


@dataclass(frozen=True)
class Services:
    """What the server offers.

    Args:
        desk: for pages' sockets.
        site: answers plain requests.
        oscquery: for other sockets.
        streams: of pictures.
        take: for machines that follow the show; None where it cannot be followed.
    """

    desk: Desk
    site: Site
    oscquery: OscQuery
    streams: MjpegStreams
    take: TakeSocket | None = None


class WebServer:
    """Serves on a TCP port, on its own thread, from `start` to `close`.

    Every request is judged by `Access` before it is looked at. A socket on `/socket` is a page of the desk; one on
    `/take` is a machine that follows the show, one on any other path an OSCQuery listener. Nothing of the show waits
    for this thread.

    Args:
        make_services: called in `start` with the access, once the port is known.
        port: to listen on; where it is taken, the next free one is, unless `exact`. 0 takes any free one.
        host: address of the network interface.
        load_codes: returns the codes that other machines need; called where `host` is not this machine alone.
        exact: whether no other port will do.

    Attributes:
        port: after `start`, the one that was found.
        access: after `start`, who may do what, and the links to the desk.
    """

    def __init__(
        self,
        make_services: Callable[[Access], Services],
        port: int,
        *,
        host: str = "127.0.0.1",
        load_codes: Callable[[], Codes],
        exact: bool = False,
    ) -> None:
        self.port, self._host, self._exact = port, host, exact
        self._make_services, self._load_codes = make_services, load_codes
        self.access = Access("127.0.0.1", port, None)
        self._services: Services | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Bind the port and begin to serve.

        Raises:
            InputError: where no port is free or the host is not an address of this machine.
        """
        sock = bind_port(self._host, self.port, exact=self._exact)
        self.port = sock.getsockname()[1]
        try:
            # As bound: a name may stand for this machine alone.
            host = str(sock.getsockname()[0])
            self.access = Access(host, self.port, None if is_loopback(sock) else self._load_codes())
            self._services = self._make_services(self.access)
        except BaseException:
            sock.close()
            raise
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(self._loop, sock), name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close all connections and stop serving. Safe to call twice."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = self._loop = self._stop = None

    # All below runs on the server's own thread.

    def _run(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        try:
            loop.run_until_complete(self._serve(sock))
        finally:
            loop.run_until_complete(_cancel_tasks())
            loop.close()

    async def _serve(self, sock: socket.socket) -> None:
        assert self._stop is not None
        assert self._services is not None
        async with serve(
            self._serve_socket,
            sock=sock,
            process_request=self._answer_request,
            create_connection=TimedConnection,
            # `TimedConnection` does that, and lets streams go on.
            open_timeout=None,
            compression=None,
            max_size=LONGEST_MESSAGE_BYTES,
            close_timeout=CLOSING_S,
            server_header=None,
            logger=QUIET,
        ):
            await self._stop.wait()
            self._services.streams.close()

    async def _answer_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a plain request; None hands one for a WebSocket on to `_serve_socket`."""
        assert self._services is not None
        wants_socket = any("websocket" in each.lower() for each in request.headers.get_all("Upgrade"))
        verdict = self.access.judge(
            request.path, request.headers, peer_of(connection), socket=wants_socket, method=request.method
        )
        path = without_code(request.path)
        if verdict.role is None:
            response = respond(Answer(verdict.status, "", verdict.text.encode(), verdict.headers))
        elif request.method not in METHODS or (wants_socket and request.method != "GET"):
            response = refuse_method()
        elif wants_socket:
            return self._admit_socket(path, verdict.role, connection)
        elif request.method == "HEAD" and urlsplit(path).path == STREAM:
            # Nobody waits for the end of a stream.
            response = respond(Answer(HTTPStatus.OK, STREAM_KIND, b""))
        else:
            response = await self._services.site.answer(connection, path, request.headers, verdict.role)
        if request.method == "HEAD":
            response.body = b""
        return response

    def _admit_socket(self, path: str, role: Role, connection: ServerConnection) -> Response | None:
        assert self._services is not None
        take = self._services.take if path == TAKE else None
        if take is not None and role != "desk":
            # It has the paths of this machine's files, and more of the show than its pictures.
            alone = Answer(HTTPStatus.FORBIDDEN, "text/plain", b"following a show takes the code of its desk\n")
            return respond(alone)
        service = take or (self._services.desk if path == SOCKET else self._services.oscquery)
        if service.full:
            busy = Answer(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"as many as can be served are connected\n")
            return respond(busy)
        assert isinstance(connection, TimedConnection)
        connection.role = role
        return None

    async def _serve_socket(self, connection: ServerConnection) -> None:
        assert self._services is not None
        assert isinstance(connection, TimedConnection)
        assert connection.request is not None
        path = without_code(connection.request.path)
        if path == SOCKET:
            await self._services.desk.serve_client(connection, connection.role)
        elif path == TAKE and self._services.take is not None:
            await self._services.take.serve_shadow(connection)
        else:
            await self._services.oscquery.serve_listener(connection)


async def _cancel_tasks() -> None:
    """End what still runs on this loop, such as the desk's ticks."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def peer_of(connection: ServerConnection) -> str:
    """Return the address of the machine at the other end."""
    return str((connection.remote_address or ("unknown",))[0])


def is_loopback(sock: socket.socket) -> bool:
    """Return whether a bound socket is heard on this machine alone."""
    host = str(sock.getsockname()[0])
    return host.startswith("127.") or host == "::1"
