"""Reads a UDP socket: each datagram as it comes while they are few, all at once between two frames in a flood."""

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum

from likeness.inputs.osc.rate_limit import Sender
from likeness.inputs.osc.udp_socket import DATAGRAM_BYTES

# More datagrams than MANY within this time, about 2,000 a second, are a flood.
WINDOW_S = 0.03
MANY = 60
# Datagrams read in one go before timers get their turn.
BURST = 256
# What a frame gives to reading, at most: some 300 messages. The rest is read beside it.
FRAME_S = 0.003

# The datagram, its sender, and how many numbers for the same parameter it has superseded.
Take = Callable[[bytes, Sender, int], None]


class Traffic(Enum):
    """What a datagram is for."""

    VALUE = "one number for a parameter: of several that come in one frame the last one counts"
    PARAMETER = "a parameter: a few microseconds, wherever it is taken"
    OTHER = "a command, a bundle, a pattern, or nothing: it may read a file, for which no frame waits"


class Reader:
    """Hands datagrams to `take`, in the order in which they came, on one thread at a time.

    A thread that wakes for each message of a flood takes the interpreter from the one that draws, some thousand times
    a second. In a flood the socket is therefore left alone until the show's thread calls `between`, while nobody
    draws; its buffer holds what comes meanwhile, and of the numbers for one parameter from one sender only the last
    is taken. Where no frame comes, or frames cannot keep up, the input's own thread reads.

    Args:
        sock: that never waits.
        loop: of the input's thread.
        take: is called with the lock held.
        meant: says what a datagram is for.

    Attributes:
        lock: whoever takes messages holds it. The show's thread never waits for it.
        flooded: whether frames read.
    """

    def __init__(
        self, sock: socket.socket, loop: asyncio.AbstractEventLoop, take: Take, meant: Callable[[bytes], Traffic]
    ) -> None:
        self._sock, self._loop, self._take, self._meant = sock, loop, take, meant
        self.lock = threading.Lock()
        self.flooded = False
        self._count = 0
        self._since = self._read_at = 0.0
        # Read by a frame, and left to the input's thread: what is behind it waits for it.
        self._rest: deque[tuple[bytes, Sender]] = deque()
        self._newest: dict[tuple[bytes, Sender], tuple[bytes, Sender, int]] = {}
        loop.add_reader(sock, self._readable)

    def close(self) -> None:
        """Read no more. After the loop has stopped."""
        self._loop.remove_reader(self._sock)

    # The show's thread.

    def advance(self) -> None:
        """Take what has come since the last frame, where it is many; never waits."""
        if not self.flooded or not self.lock.acquire(blocking=False):
            return
        try:
            self._read(self._gather, time.monotonic() + FRAME_S)
            self._take_newest()
            if self._rest:
                self._loop.call_soon_threadsafe(self._take_rest)
        finally:
            self.lock.release()

    def _gather(self, datagram: bytes, sender: Sender) -> None:
        meant = Traffic.OTHER if self._rest else self._meant(datagram)
        if meant is Traffic.VALUE:
            key = datagram[: datagram.find(b"\0")], sender
            before = self._newest.pop(key, None)
            # At the end again, since the order counts where a parameter has two addresses.
            self._newest[key] = (datagram, sender, before[2] + 1 if before else 0)
            return
        self._take_newest()
        if meant is Traffic.PARAMETER:
            self._take(datagram, sender, 0)
        else:
            self._rest.append((datagram, sender))

    def _take_newest(self) -> None:
        newest, self._newest = self._newest, {}
        for datagram, sender, superseded in newest.values():
            self._take(datagram, sender, superseded)

    # The input's thread.

    def _readable(self) -> None:
        with self.lock:
            self._read(self._take_one)
            # Counted before the window begins anew: on a machine that is busy it may be long over.
            self.flooded = self._count > MANY
            if self._read_at - self._since > WINDOW_S:
                self._since, self._count = self._read_at, 0
        if self.flooded:
            self._count = 0
            self._loop.remove_reader(self._sock)
            self._loop.call_later(WINDOW_S, self._look)

    def _look(self) -> None:
        """See to it that a flood is read though no frame comes, and when it is over."""
        whole = True
        with self.lock:
            self._take_all_rest()
            if time.monotonic() - self._read_at > WINDOW_S / 2:
                whole = self._read(self._take_one)
            over, self._count = whole and self._count < MANY, 0
        if over:
            self.flooded = False
            self._loop.add_reader(self._sock, self._readable)
        else:
            self._loop.call_later(WINDOW_S if whole else 0.0, self._look)

    def _take_rest(self) -> None:
        with self.lock:
            self._take_all_rest()

    def _take_all_rest(self) -> None:
        while self._rest:
            self._take_one(*self._rest.popleft())

    def _take_one(self, datagram: bytes, sender: Sender) -> None:
        self._take(datagram, sender, 0)

    def _read(self, take: Callable[[bytes, Sender], None], until: float = 0.0) -> bool:
        """Read what there is, or a burst of it, or until that time; return whether that was all."""
        count = 0
        try:
            while count < BURST or until:
                if until and time.monotonic() > until:
                    return False
                try:
                    datagram, sender = self._sock.recvfrom(DATAGRAM_BYTES)
                except (BlockingIOError, InterruptedError):
                    return True
                except OSError:
                    # Windows reports here that somebody we answered has gone.
                    continue
                count += 1
                take(datagram, sender)
            return False
        finally:
            self._count += count
            self._read_at = time.monotonic()
