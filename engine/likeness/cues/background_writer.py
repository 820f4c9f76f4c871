"""Writes files beside the show: the newest of each name, on a thread of its own, a fault said once."""

import logging
import threading
from collections.abc import Callable

from likeness.errors import LikenessError

log = logging.getLogger(__name__)

# At the end, so long is waited for a slow disk.
PARTING_S = 2.0


class BackgroundWriter:
    """Writes what `put` leaves, from any thread. What is put twice before its turn is written once, the newer way."""

    def __init__(self) -> None:
        self._jobs: dict[str, Callable[[], None]] = {}
        self._failing: set[str] = set()
        self._change = threading.Condition()
        self._closed = False
        self._writing = False
        self._thread: threading.Thread | None = None

    def submit(self, name: str, write: Callable[[], None]) -> None:
        """Have `write` called soon. A `LikenessError` from it is said once, until it has worked again."""
        with self._change:
            self._jobs[name] = write
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def flush(self, timeout_s: float = PARTING_S) -> bool:
        """Wait until all that was put is written; return whether it was, in time."""
        with self._change:
            return self._change.wait_for(lambda: not self._jobs and not self._writing, timeout_s)

    def close(self) -> None:
        """Write what is left, as far as the disk allows, and end. Safe to call twice."""
        if self._thread is not None:
            self.flush()
        with self._change:
            self._closed = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join(PARTING_S)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._jobs or self._closed)
                if not self._jobs:
                    return
                name = next(iter(self._jobs))
                write, self._writing = self._jobs.pop(name), True
            self._write(name, write)
            # It may hold a face. One that is let go of while Python ends takes the process down: torch gives the lock
            # away for it, and a thread that asks for it back then is ended in the middle of C++.
            del write
            with self._change:
                self._writing = False
                self._change.notify_all()

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
