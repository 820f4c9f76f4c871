"""The workers that a server starts beside itself, started anew when they die."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Sequence

from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

LOOK_S = 0.5
# One that dies at once is not started a hundred times a minute.
AGAIN_S = 3.0
CLOSE_S = 5.0


class WorkerPool:
    """Keeps processes of `likeness audience work` running, on a thread "audience workers".

    They stop by themselves where this process dies: their stdin closes.

    Args:
        count: how many.
        arguments: of the command, all but the name.
    """

    def __init__(self, count: int, arguments: Sequence[str]) -> None:
        self._count, self._arguments = count, arguments
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        self._started: dict[int, float] = {}
        self._thread = StoppableThread("audience workers", self._watch)

    @property
    def pids(self) -> list[int]:
        """Return the numbers of the processes."""
        return [worker.pid for worker in self._workers.values()]

    def start(self) -> None:
        """Start them."""
        self._thread.start()

    def close(self) -> None:
        """End them: each leaves what it works on to whoever comes next."""
        self._thread.close()
        for worker in self._workers.values():
            if worker.stdin is not None:
                worker.stdin.close()
            worker.terminate()
        for worker in self._workers.values():
            try:
                worker.wait(CLOSE_S)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _watch(self) -> None:
        while True:
            for index in range(self._count):
                self._keep_alive(index)
            if self._thread.stopping.wait(LOOK_S):
                return

    def _keep_alive(self, index: int) -> None:
        worker, now = self._workers.get(index), time.monotonic()
        if worker is not None:
            if worker.poll() is None or now - self._started[index] < AGAIN_S:
                return
            log.warning("worker %d ended with %s and is started again", index + 1, worker.returncode)
        command = [sys.executable, "-m", "likeness.cli", "audience", "work", "--attached", *self._arguments]
        self._started[index] = now
        # In a session of its own, so that it can stand back behind the server's; Ctrl+C reaches it by `close`.
        self._workers[index] = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
