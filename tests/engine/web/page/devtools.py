"""One connection of Chromium's DevTools protocol, over a socket."""

import contextlib
import json
import time
from typing import Any

from websockets.sync.client import ClientConnection, connect

ANSWER_S = 30.0


class DevTools:
    """One connection to the browser or a page; events are kept as they come between answers."""

    def __init__(self, url: str) -> None:
        self._opened = contextlib.ExitStack()
        connection = connect(url, max_size=None, max_queue=None, open_timeout=ANSWER_S)
        self._socket: ClientConnection = self._opened.enter_context(connection)
        self._number = 0

    def close(self) -> None:
        self._opened.close()

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; a refusal raises."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        deadline = time.monotonic() + ANSWER_S
        while True:
            message = json.loads(self._socket.recv(timeout=max(0.01, deadline - time.monotonic())))
            if message.get("id") == self._number:
                assert "error" not in message, f"{method}: {message['error']}"
                return dict(message["result"])
            self.keep(message)

    def pump(self) -> None:
        """Take what has come meanwhile."""
        with contextlib.suppress(TimeoutError):
            while True:
                self.keep(json.loads(self._socket.recv(timeout=0)))

    def keep(self, message: dict[str, Any]) -> None:
        """Take an event."""
