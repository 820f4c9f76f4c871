"""Socket of a take: what a show plays, sent to the machines that follow it over the web server."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

log = logging.getLogger(__name__)

TAKE = "/take"
# For a word after the greeting.
WORD_S = 10.0
# One machine that takes over, and one that takes over from that.
MOST_SHADOWS = 4
# Ten seconds at 60 frames a second, each with a face: who is further behind begins anew.
MOST_WAITING = 1200

# A message, or what makes one and may take its time.
Sendable = str | bytes | Callable[[], str | bytes]


class Led(Protocol):
    """A show that others may follow. Called on the web server's thread, and waits for nothing."""

    def greet(self) -> str:
        """Return what whoever connects is told first."""
        ...

    def join(self, offer: Callable[[Sendable | None], None], word: str) -> Callable[[bool], None]:
        """Begin to hand messages to `offer`, which any thread may call, and None at the end.

        Args:
            offer: see above.
            word: what whoever connects has answered.

        Returns:
            What ends that, called with whether whoever connected has said goodbye.
        """
        ...


class TakeSocket:
    """Serves those who follow a show. The web server's thread.

    Args:
        led: the show.
    """

    def __init__(self, led: Led) -> None:
        self._led, self._shadows = led, 0

    @property
    def full(self) -> bool:
        """Return whether no more are taken."""
        return self._shadows >= MOST_SHADOWS

    async def serve_shadow(self, connection: ServerConnection) -> None:
        """Greet whoever connects and, where they say a word, send the show to them until one of both is gone."""
        self._shadows += 1
        try:
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                await connection.send(self._led.greet())
                word = await asyncio.wait_for(connection.recv(decode=True), WORD_S)
                await self._send_all(connection, word)
        finally:
            self._shadows -= 1

    async def _send_all(self, connection: ServerConnection, word: str) -> None:
        loop, waiting = asyncio.get_running_loop(), asyncio.Queue[Sendable | None]()

        def offer(message: Sendable | None) -> None:
            # The server may have ended meanwhile.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(waiting.put_nowait, message)

        gone = asyncio.ensure_future(connection.wait_closed())
        gone.add_done_callback(lambda _: waiting.put_nowait(None))
        leave = self._led.join(offer, word)
        try:
            while (message := await waiting.get()) is not None:
                if waiting.qsize() > MOST_WAITING:
                    log.warning("a machine that follows this show is ten seconds behind and is let go; it joins anew")
                    return
                if not isinstance(message, str | bytes):
                    message = await asyncio.to_thread(message)
                await connection.send(message)
        finally:
            leave(connection.close_code == CloseCode.NORMAL_CLOSURE)
            gone.cancel()
