"""Worker processes beside the show: started, sent requests over a pipe, terminated."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

from likeness.files.working_folder import leave_removed_folder

# How far such a process stands back behind the show, 0 to 19: where cores are short it gets a third of the show's
# share. With 10, a tenth, a visitor's face came to a standstill on a crowded machine.
NICENESS = 5
# A process that does not end by itself within this time is killed.
CLOSE_TIMEOUT_S = 1.0


class WorkerProcess:
    """A process that runs from the creation of this object to `close`, or to the end of the show's own process.

    Nothing is written to disk: messages go through a pipe.

    Args:
        name: of the process.
        work: runs in the process, with the other end of the pipe and `arguments`; all must survive pickling.

    Attributes:
        pipe: our end: `recv` raises EOFError or OSError once the process has died or was closed.
    """

    def __init__(self, name: str, work: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        # A process begins in the folder of the one that starts it.
        leave_removed_folder()
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, *arguments), name=name, daemon=True)
        # Starting takes 10 ms or so; the new process imports torch, a second or two, on its own time.
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

    def send(self, message: Any) -> bool:
        """Send `message`; return whether the process was there to receive it."""
        try:
            self.pipe.send(message)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Terminate the process, and with it its memory, whatever it is doing."""
        self.pipe.close()
        self._process.terminate()
        self._process.join(CLOSE_TIMEOUT_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def ignore_interrupts() -> None:
    """Call first inside the process: Ctrl+C is for the show, which then closes its worker processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def lower_priority() -> None:
    """Call inside the process: let the show have the cores first."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
