"""MJPEG for programs that show a camera's address, and connections with a deadline, over the `websockets` server."""

import asyncio
import contextlib
import logging
import socket
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage
from websockets.http11 import Response
from websockets.protocol import State

from likeness.errors import OutputError
from likeness.web.codes import Role
from likeness.web.preview import Preview
from likeness.web.security_headers import SECURITY_HEADERS, harden

log = logging.getLogger(__name__)

# For a request to come and for its answer to leave.
HANDSHAKE_S = 10.0
# A system lets a program have 1,024 files and connections, and the show wants to open files, too.
MOST_CONNECTIONS = 400
# A program that takes nothing for so long is let go.
PATIENCE_S = 10.0
MOST_STREAMS = 8
BOUNDARY = "picture"
STREAM_KIND = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
METHODS = ("GET", "HEAD")
# The system would keep megabytes for a slow program, seconds of pictures that are old when they come.
_SEND_BUFFER = 1 << 17


class TimedConnection(ServerConnection):
    """A connection that is cut where its request or its answer takes more than 10 s. Event loop's thread.

    It is cut at once where the server has hundreds already, so that nobody takes all the files that the show may open.
    A request that `websockets` does not read, such as a POST with a body, gets an answer before the end.

    `websockets` has one deadline for both, which would end a stream; give `serve` this class as `create_connection`
    and `open_timeout=None`.

    Attributes:
        role: what the page at the other end may do, once it is let in.
    """

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.role: Role = "view"
        self._deadline: asyncio.TimerHandle | None = None
        self._method: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to count."""
        super().connection_made(transport)
        # Every connection has a task there, also one that has asked for nothing yet.
        if len(self.server.handler_tasks) > MOST_CONNECTIONS:
            self.transport.abort()
            return
        self._deadline = self.loop.call_later(HANDSHAKE_S, self._cut)

    def data_received(self, data: bytes) -> None:
        """Note the method of the request, which is the first word of all."""
        if self._method is None:
            self._method = data[:16].partition(b" ")[0]
        super().data_received(data)

    def send_data(self) -> None:
        """Send what is due; before the end of a connection whose request was not read, say why."""
        unread = self.request is None and isinstance(self.protocol.handshake_exc, InvalidMessage)
        if self._method and unread:
            known = self._method.decode("ascii", "replace") in METHODS
            response = _refuse(HTTPStatus.BAD_REQUEST, "no request that is answered") if known else refuse_method()
            # Once; what comes after it, such as the body, is read and dropped.
            self._method = b""
            self.transport.write(response.serialize())
        super().send_data()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting."""
        self.allow_long()
        super().connection_lost(exc)

    def allow_long(self) -> None:
        """Let the answer take as long as it does."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        # A socket that is open keeps itself alive with pings.
        if self.protocol.state is not State.OPEN:
            self.transport.abort()


class MjpegStreams:
    """Streams the preview as MJPEG from within `process_request`. All of it on the server's event loop.

    A program that is slow gets fewer pictures, always the newest; one that takes nothing for 10 s is let go.

    Args:
        preview: makes the pictures.
        most: how many may look at once.
    """

    def __init__(self, preview: Preview, most: int = MOST_STREAMS) -> None:
        self._preview, self._most = preview, most
        self._open: set[ServerConnection] = set()

    async def serve(self, connection: ServerConnection, width: int, rate: float) -> Response:
        """Stream until the program goes; `process_request` returns what this returns.

        Args:
            connection: that asked.
            width: of the pictures in px, see `Preview.next_picture`.
            rate: pictures a second, at most.

        Returns:
            A response that nobody gets any more, or a refusal where too many look already.
        """
        if len(self._open) >= self._most:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, f"{self._most} programs look on already\n")
        if isinstance(connection, TimedConnection):
            connection.allow_long()
        self._open.add(connection)
        try:
            await self._stream(connection, width, rate)
        # TimeoutError is an OSError: of a program that takes nothing, or is gone.
        except (OSError, OutputError) as error:
            log.debug("a stream ended: %s", error)
        finally:
            self._open.discard(connection)
            connection.transport.abort()
        await connection.wait_closed()
        return connection.respond(HTTPStatus.OK, "")

    def close(self) -> None:
        """End all streams."""
        for connection in tuple(self._open):
            connection.transport.abort()

    async def _stream(self, connection: ServerConnection, width: int, rate: float) -> None:
        """Write pictures until the connection is gone.

        Raises:
            OSError: where the program takes nothing.
            OutputError: where the preview is closed.
        """
        transport = connection.transport
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        transport.write(_head())
        gone = asyncio.ensure_future(connection.wait_closed())
        number = -1
        try:
            while not gone.done():
                coming = asyncio.ensure_future(self._preview.next_picture(width, number, rate))
                # A show that is frozen draws nothing new, and whoever leaves then must not be kept.
                await asyncio.wait((coming, gone), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    return
                number, jpeg = coming.result()
                if transport.is_closing():
                    return
                transport.write(_part(jpeg))
                async with asyncio.timeout(PATIENCE_S):
                    await connection.drain()
        finally:
            gone.cancel()


def refuse_method() -> Response:
    """Return the refusal of a request that would change something: the desk is played by its socket."""
    words = f"{' and '.join(METHODS)} alone, without a body"
    return _refuse(HTTPStatus.METHOD_NOT_ALLOWED, words, ("Allow", ", ".join(METHODS)))


def _refuse(status: HTTPStatus, words: str, *headers: tuple[str, str]) -> Response:
    content = f"{words}\n".encode()
    about = (("Connection", "close"), ("Content-Type", "text/plain"), ("Content-Length", str(len(content))))
    return harden(Response(status.value, status.phrase, Headers([*about, *headers]), content))


def _head() -> bytes:
    """Return the first lines of a stream, which ends when its connection does."""
    headers = (
        ("Content-Type", STREAM_KIND),
        ("Cache-Control", "no-store"),
        ("Connection", "close"),
        *SECURITY_HEADERS,
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n--{BOUNDARY}\r\n".encode()


def _part(jpeg: bytes) -> bytes:
    """Return a picture with its headers and the boundary after it: a browser shows it only once that has come."""
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return head.encode() + jpeg + f"\r\n--{BOUNDARY}\r\n".encode()
