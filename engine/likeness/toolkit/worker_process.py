"""A process of its own beside the show: begun, talked to over a pipe, ended."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

# How far such a process stands back behind the show, 0 to 19: where cores are short it gets a third of the show's
# share. With 10, a tenth, a visitor's face came to a standstill on a crowded machine.
NICENESS = 5
# A process that is asked to end and does not, within this time, is ended.
PARTING_S = 1.0


class WorkerProcess:
    """A process that begins with this object and ends with `close`, or with the show's own process.

    Nothing is written to disk: what is said goes through a pipe.

    Args:
        name: of the process.
        work: runs over there, with the other end of the pipe and `arguments`; all must survive pickling.

    Attributes:
        pipe: our end, on which to hear it: `recv` raises EOFError or OSError once it has died or was closed.
    """

    def __init__(self, name: str, work: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, *arguments), name=name, daemon=True)
        # Starting takes 10 ms or so; importing torch, a second or two, happens over there.
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.is_alive()

    def send(self, what: Any) -> bool:
        """Send `what` over; return whether there was somebody to take it."""
        try:
            self.pipe.send(what)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End the process, and with it its memory; it is not asked to finish what it does."""
        self.pipe.close()
        self._process.terminate()
        self._process.join(PARTING_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def ignore_interrupts() -> None:
    """Called over there, first: Ctrl+C is for the show, which then ends its companions."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def lower_priority() -> None:
    """Called over there: let the show have the cores first."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
