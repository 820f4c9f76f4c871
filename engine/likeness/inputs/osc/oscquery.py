"""OSCQuery: parameters as JSON over HTTP and their changes over WebSockets, for programs that discover controls."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from likeness.errors import InputError
from likeness.inputs.osc.packet import encode
from likeness.inputs.osc.subscriptions import UPDATE_S, Args, target_feedback
from likeness.parameters.describe import oscquery_tree
from likeness.parameters.store import ParamStore

# What a port scanner sends is not worth a line of the log.
QUIET = logging.getLogger("likeness.inputs.osc.oscquery.connections")
QUIET.setLevel(logging.CRITICAL)

# [OSCQuery proposal, "Attributes"]
ATTRIBUTES = frozenset(
    {"FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "TAGS", "CLIPMODE", "CRITICAL"}
)
EXTENSIONS = {"ACCESS": True, "VALUE": True, "RANGE": True, "DESCRIPTION": True, "UNIT": True, "LISTEN": True}
# A command is a word and an address.
LONGEST_COMMAND_BYTES = 4096
MOST_LISTENERS = 32
# The show's status, beside the address space.
STATUS = "/status"
CLOSING_S = 1.0


class OscQueryServer:
    """Serves on a TCP port, on its own thread, from `start` to `close`. It only reads; values are set by OSC.

    `GET /` returns the whole tree, `GET /walk/speed` a part of it, `GET /walk/speed?VALUE` one attribute,
    `GET /?HOST_INFO` the port of OSC, and `GET /status` the show's status. A WebSocket on the same port takes
    `{"COMMAND": "LISTEN", "DATA": "/walk/speed"}` and `IGNORE`, and sends OSC messages when targets change
    [OSCQuery proposal].

    Args:
        store: where parameters live.
        port: to listen on; 0 takes a free one, see `port` after `start`.
        host: address of the network interface.
        osc: the host and port of the OSC input.
        name: of this program.
        status: returns the show's status as JSON.
    """

    def __init__(
        self,
        store: ParamStore,
        port: int,
        *,
        host: str = "127.0.0.1",
        osc: tuple[str, int],
        name: str = "likeness",
        status: Callable[[], str] = lambda: "{}",
    ) -> None:
        self.port, self._host = port, host
        self._store, self._status = store, status
        self._info: dict[str, object] = {"NAME": name, "EXTENSIONS": EXTENSIONS, "OSC_TRANSPORT": "UDP"}
        self._info["OSC_PORT"] = osc[1]
        if osc[0] not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound; clients keep to the address they found
            self._info["OSC_IP"] = osc[0]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._listeners = 0

    def start(self) -> None:
        """Bind the port and begin to serve.

        Raises:
            InputError: where the port is taken or the host is not an address of this machine.
        """
        try:
            family, _, _, _, address = socket.getaddrinfo(self._host, self.port, type=socket.SOCK_STREAM)[0]
            sock = socket.create_server(address[:2], family=family)
        except (OSError, OverflowError, UnicodeError) as error:
            raise InputError(
                f"OSCQuery: port {self.port} on {self._host} cannot be opened ({error}); close the program that has "
                "it, or choose another with --oscquery-port"
            ) from error
        self.port = sock.getsockname()[1]
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(self._loop, sock), name="oscquery", daemon=True)
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
            loop.close()

    async def _serve(self, sock: socket.socket) -> None:
        assert self._stop is not None
        async with serve(
            self._serve_listener,
            sock=sock,
            process_request=self._answer_request,
            compression=None,
            max_size=LONGEST_COMMAND_BYTES,
            close_timeout=CLOSING_S,
            logger=QUIET,
        ):
            await self._stop.wait()

    def _answer_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a plain request; None hands one for a WebSocket on to `_serve_listener`."""
        if "websocket" in request.headers.get("Upgrade", "").lower():
            if self._listeners < MOST_LISTENERS:
                return None
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_LISTENERS} programs listen already\n")
        url = urlsplit(request.path)
        if url.path == STATUS:
            return _json_response(connection, HTTPStatus.OK, self._status())
        status, content = answer(oscquery_tree(self._store), self._info, unquote(url.path), url.query)
        return _json_response(connection, status, "" if content is None else json.dumps(content))

    async def _serve_listener(self, connection: ServerConnection) -> None:
        """Carry out one listener's commands and send it changes, until it disconnects."""
        wanted: dict[str, Args | None] = {}
        self._listeners += 1
        updates = asyncio.ensure_future(self._send_changes(connection, wanted))
        try:
            async for text in connection:
                command, address = _parse_command(text)
                if command == "LISTEN" and address.strip("/").replace("/", ".", 1) in self._store:
                    wanted.setdefault(address)
                elif command == "IGNORE":
                    wanted.pop(address, None)
        except ConnectionClosed:
            pass
        finally:
            updates.cancel()
            self._listeners -= 1

    async def _send_changes(self, connection: ServerConnection, wanted: dict[str, Args | None]) -> None:
        try:
            while True:
                await asyncio.sleep(UPDATE_S)
                now = target_feedback(self._store) if wanted else {}
                for address in wanted.keys() & now.keys():
                    _, args = now[address]
                    if wanted[address] != args:
                        wanted[address] = args
                        # A program that reads slowly delays nobody but itself, and then gets the newest value.
                        await connection.send(encode(address, *args))
        except ConnectionClosed:
            return


def answer(
    tree: Mapping[str, Any], info: Mapping[str, object], path: str, query: str
) -> tuple[HTTPStatus, Mapping[str, object] | None]:
    """Return the status and the JSON for a request.

    Args:
        tree: the whole address space.
        info: about the host.
        path: an OSC address.
        query: after the question mark: an attribute, or HOST_INFO.
    """
    if query == "HOST_INFO":
        return HTTPStatus.OK, info
    node = tree
    for part in path.strip("/").split("/") if path.strip("/") else ():
        if part not in node.get("CONTENTS", {}):
            return HTTPStatus.NOT_FOUND, None
        node = node["CONTENTS"][part]
    if not query:
        return HTTPStatus.OK, node
    if query not in ATTRIBUTES:
        return HTTPStatus.BAD_REQUEST, None
    if query not in node:
        return HTTPStatus.NO_CONTENT, None
    return HTTPStatus.OK, {query: node[query]}


def _json_response(connection: ServerConnection, status: HTTPStatus, text: str) -> Response:
    response = connection.respond(status, text)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _parse_command(text: str | bytes) -> tuple[str, str]:
    """Return the word and the address of a listener's command; two empty texts where it is none."""
    try:
        command = json.loads(text)
    except ValueError:
        return "", ""
    if not isinstance(command, dict):
        return "", ""
    return str(command.get("COMMAND", "")), str(command.get("DATA", ""))
