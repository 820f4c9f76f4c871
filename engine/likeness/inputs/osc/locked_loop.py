"""The OSC input's thread: an asyncio loop whose jobs all hold one lock."""

import asyncio
import socket
import threading
from collections.abc import Callable

Job = Callable[[], None]


class LockedLoop:
    """Runs jobs one at a time on a thread of its own, from `start` to `close`; each holds `lock`.

    The lock guards all that the OSC input knows: rate limits, subscriptions, bundles that wait. Its usual owner is
    this thread. In a flood the show's thread borrows it between two frames, and never waits for it (`Reader.advance`).
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        # Windows' default loop cannot watch a plain socket.
        self.asyncio_loop = asyncio.SelectorEventLoop()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self.asyncio_loop.run_forever, name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread, after the job that it is at; what is scheduled is dropped."""
        if self._thread is not None:
            self.asyncio_loop.call_soon_threadsafe(self.asyncio_loop.stop)
            self._thread.join()
        self.asyncio_loop.close()

    def call_soon(self, job: Job) -> None:
        """Run `job` as soon as possible. Any thread."""
        self.asyncio_loop.call_soon_threadsafe(self._run, job)

    def call_later(self, wait_s: float, job: Job) -> None:
        """Run `job` in `wait_s` seconds. From a job on this loop."""
        self.asyncio_loop.call_later(wait_s, self._run, job)

    def watch(self, sock: socket.socket, job: Job) -> None:
        """Run `job` whenever `sock` has something to read. Before `start`, or from a job on this loop."""
        self.asyncio_loop.add_reader(sock, self._run, job)

    def unwatch(self, sock: socket.socket) -> None:
        """Leave `sock` alone. From a job on this loop, or after the thread has ended."""
        self.asyncio_loop.remove_reader(sock)

    def _run(self, job: Job) -> None:
        with self.lock:
            job()
