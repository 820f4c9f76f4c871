"""The socket reader: each datagram as it comes while they are few, all at once between two frames in a flood."""

import socket
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from likeness.inputs.osc.locked_loop import LockedLoop
from likeness.inputs.osc.rate_limit import Sender
from likeness.inputs.osc.udp_socket import DATAGRAM_BYTES

# More datagrams than MANY within this time, about 2,000 a second, are a flood.
WINDOW_S = 0.03
MANY = 60
# Datagrams read in one go before timers get their turn.
BURST = 256
# The most of a frame that goes into reading: some 300 messages. The rest is read beside it.
FRAME_S = 0.003


class FloodRule(Enum):
    """How a datagram is treated in a flood."""

    KEEP_NEWEST = "one number for a parameter: of several that come in one frame the last one counts"
    TAKE_EACH = "anything else for a parameter: a few microseconds, so the frame takes it"
    DEFER = "a command, a bundle, a pattern, or nothing: it may read a file, so the input's own thread takes it"


class DatagramReceiver(Protocol):
    """What the reader hands datagrams to, with the loop's lock held."""

    def flood_rule(self, datagram: bytes) -> FloodRule:
        """Return how the datagram is treated in a flood."""
        ...

    def receive(self, datagram: bytes, sender: Sender, superseded: int = 0) -> None:
        """Apply a datagram that takes the place of `superseded` earlier ones."""
        ...


class Reader:
    """Hands datagrams to a receiver, in the order in which they came, on one thread at a time.

    A thread that wakes for each message of a flood takes the interpreter from the one that draws, some thousand times
    a second. In a flood the socket is therefore left alone until the show's thread calls `advance`, between two
    frames; the socket's buffer holds what comes meanwhile, and of the numbers for one parameter from one sender only
    the last is taken. Where no frame comes, or frames cannot keep up, the input's own thread reads.

    Args:
        sock: non-blocking.
        loop: of the input's thread; its lock is held by whoever hands datagrams on.
        receiver: gets the datagrams.

    Attributes:
        flooded: whether frames read.
    """

    def __init__(self, sock: socket.socket, loop: LockedLoop, receiver: DatagramReceiver) -> None:
        self._sock, self._loop, self._receiver = sock, loop, receiver
        self.flooded = False
        self._count = 0
        self._since = self._read_at = 0.0
        # Read by a frame and left to the input's thread; what came after it waits for it.
        self._deferred: deque[tuple[bytes, Sender]] = deque()
        self._newest: dict[tuple[bytes, Sender], tuple[bytes, Sender, int]] = {}
        loop.watch(sock, self._read_burst)

    def close(self) -> None:
        """Stop reading. After the loop's thread has ended."""
        self._loop.unwatch(self._sock)

    # The show's thread.

    def advance(self) -> None:
        """In a flood, hand on what has come since the last frame; never waits."""
        if not self.flooded or not self._loop.lock.acquire(blocking=False):
            return
        try:
            self._read(self._sort, time.monotonic() + FRAME_S)
            self._flush_newest()
            if self._deferred:
                self._loop.call_soon(self._flush_deferred)
        finally:
            self._loop.lock.release()

    def _sort(self, datagram: bytes, sender: Sender) -> None:
        """Hand a datagram on, or keep it until the frame's reading ends, or leave it to the input's thread."""
        rule = FloodRule.DEFER if self._deferred else self._receiver.flood_rule(datagram)
        if rule is FloodRule.KEEP_NEWEST:
            key = datagram[: datagram.find(b"\0")], sender
            before = self._newest.pop(key, None)
            # At the end again, since the order counts where a parameter has two addresses.
            self._newest[key] = (datagram, sender, before[2] + 1 if before else 0)
            return
        self._flush_newest()
        if rule is FloodRule.TAKE_EACH:
            self._receiver.receive(datagram, sender)
        else:
            self._deferred.append((datagram, sender))

    def _flush_newest(self) -> None:
        newest, self._newest = self._newest, {}
        for datagram, sender, superseded in newest.values():
            self._receiver.receive(datagram, sender, superseded)

    # The input's thread.

    def _read_burst(self) -> None:
        self._read(self._receiver.receive)
        # Counted before the window begins anew: on a machine that is busy it may be long over.
        self.flooded = self._count > MANY
        if self._read_at - self._since > WINDOW_S:
            self._since, self._count = self._read_at, 0
        if self.flooded:
            self._count = 0
            self._loop.unwatch(self._sock)
            self._loop.call_later(WINDOW_S, self._watch_flood)

    def _watch_flood(self) -> None:
        """Read the flood where no frame does, and go back to reading each datagram once it is over."""
        self._flush_deferred()
        emptied = True
        if time.monotonic() - self._read_at > WINDOW_S / 2:
            emptied = self._read(self._receiver.receive)
        over, self._count = emptied and self._count < MANY, 0
        if over:
            self.flooded = False
            self._loop.watch(self._sock, self._read_burst)
        else:
            self._loop.call_later(WINDOW_S if emptied else 0.0, self._watch_flood)

    def _flush_deferred(self) -> None:
        while self._deferred:
            self._receiver.receive(*self._deferred.popleft())

    def _read(self, hand_on: Callable[[bytes, Sender], None], until: float = 0.0) -> bool:
        """Read all that has come, or a burst, or until that time; return whether the socket was emptied."""
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
                hand_on(datagram, sender)
            return False
        finally:
            self._count += count
            self._read_at = time.monotonic()
