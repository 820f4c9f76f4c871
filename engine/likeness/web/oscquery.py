"""OSCQuery: parameters as JSON over HTTP and their changes over WebSockets, for programs that discover controls."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from likeness.inputs.osc.packet import encode
from likeness.inputs.osc.subscriptions import UPDATE_S, Args, target_feedback
from likeness.parameters.describe import oscquery_tree
from likeness.parameters.store import ParamStore

# [OSCQuery proposal, "Attributes"]
ATTRIBUTES = frozenset(
    {"FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "TAGS", "CLIPMODE", "CRITICAL"}
)
EXTENSIONS = {"ACCESS": True, "VALUE": True, "RANGE": True, "DESCRIPTION": True, "UNIT": True, "LISTEN": True}
MOST_LISTENERS = 32
# Beyond it a listener's newest wish is not heard: parameters are fewer by far.
MOST_WANTED = 4096


class OscQuery:
    """Describes the show to programs, and tells listeners what changes. It only reads; values are set by OSC.

    `GET /` returns the whole tree, `GET /walk/speed` a part of it, `GET /walk/speed?VALUE` one attribute and
    `GET /?HOST_INFO` the port of OSC. A WebSocket takes `{"COMMAND": "LISTEN", "DATA": "/walk/speed"}` and `IGNORE`,
    and sends OSC messages when targets change [OSCQuery proposal]. The web server's thread.

    Args:
        store: where parameters live.
        osc: the host and port of the OSC input; None where there is none.
        name: of this program.
    """

    def __init__(self, store: ParamStore, osc: tuple[str, int] | None, name: str = "likeness") -> None:
        self._store = store
        self._info: dict[str, object] = {"NAME": name, "EXTENSIONS": EXTENSIONS, "OSC_TRANSPORT": "UDP"}
        if osc is not None:
            self._info["OSC_PORT"] = osc[1]
            # Where OSC is heard on every interface, clients keep to the address that they found.
            if osc[0] not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
                self._info["OSC_IP"] = osc[0]
        self._listeners = 0

    @property
    def full(self) -> bool:
        """Return whether no more listeners are taken."""
        return self._listeners >= MOST_LISTENERS

    def answer(self, path: str, query: str) -> tuple[HTTPStatus, str]:
        """Return the status and the JSON for a plain request."""
        status, content = answer(oscquery_tree(self._store), self._info, unquote(path), query)
        return status, "" if content is None else json.dumps(content)

    async def serve_listener(self, connection: ServerConnection) -> None:
        """Carry out one listener's commands and send it changes, until it disconnects."""
        wanted: dict[str, Args | None] = {}
        self._listeners += 1
        updates = asyncio.ensure_future(self._send_changes(connection, wanted))
        try:
            async for text in connection:
                command, address = _parse_command(text)
                if command == "LISTEN" and self._names_param(address) and len(wanted) < MOST_WANTED:
                    wanted.setdefault(address)
                elif command == "IGNORE":
                    wanted.pop(address, None)
        except ConnectionClosed:
            pass
        finally:
            updates.cancel()
            self._listeners -= 1

    def _names_param(self, address: str) -> bool:
        return address.strip("/").replace("/", ".", 1) in self._store

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


def _parse_command(text: str | bytes) -> tuple[str, str]:
    """Return the word and the address of a listener's command; two empty texts where it is none."""
    try:
        command = json.loads(text)
    except ValueError:
        return "", ""
    if not isinstance(command, dict):
        return "", ""
    return str(command.get("COMMAND", "")), str(command.get("DATA", ""))
