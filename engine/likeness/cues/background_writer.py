"""Background writer: files written beside the show, the newest of each name, each failure logged once."""

import logging
import threading
from collections.abc import Callable

from likeness.errors import LikenessError

log = logging.getLogger(__name__)

# How long `close` waits for a slow disk.
CLOSE_TIMEOUT_S = 2.0


class BackgroundWriter:
    """Runs write jobs on one daemon thread, which starts with the first of them.

    Any thread submits; nothing here waits but `flush` and `close`. Jobs have names: one that is submitted again before
    its turn is replaced, so a slow disk writes the newest state and no queue grows. A job that fails is logged once and
    the next one runs; when that name works again, this is logged too. `close` writes what is left before it ends the
    thread, which is why this is no `StoppableThread`.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str = "background writer") -> None:
        self._name = name
        self._jobs: dict[str, Callable[[], None]] = {}
        self._failing: set[str] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._writing = False
        self._thread: threading.Thread | None = None

    def submit(self, name: str, write: Callable[[], None]) -> None:
        """Call `write` soon, on the writer's thread.

        Args:
            name: of what is written, for the log; a job of the same name that still waits is replaced.
            write: writes it; may raise anything.
        """
        with self._changed:
            self._jobs[name] = write
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Wait until every job is done; return whether that was in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs and not self._writing, timeout_s)

    def close(self) -> None:
        """Write what is left, as far as the disk allows, and end the thread. Safe to call twice."""
        if self._thread is not None:
            self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._closed)
                if not self._jobs:
                    return
                name = next(iter(self._jobs))
                write, self._writing = self._jobs.pop(name), True
            self._write(name, write)
            # The job may hold a face. A tensor that is freed while Python exits takes the process down: torch releases
            # the interpreter's lock for it, and a thread that asks for it back then is ended in the middle of C++.
            del write
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _write(self, name: str, write: Callable[[], None]) -> None:
        try:
            write()
        # A disk or a lost device may raise anything, and the next file may go to another place.
        except Exception as error:
            if name not in self._failing:
                known = isinstance(error, LikenessError)
                log.error("%s is not saved: %s", name, error, exc_info=None if known else error)
            self._failing.add(name)
        else:
            if name in self._failing:
                log.warning("%s is saved again", name)
            self._failing.discard(name)
