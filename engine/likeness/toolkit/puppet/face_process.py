"""The face process: measures the camera's faces outside the show's own process, so that no frame waits for it."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness.stoppable_thread import StoppableThread
from likeness.toolkit.puppet.expression import Measures
from likeness.toolkit.puppet.face_finder import FaceFinder
from likeness.toolkit.worker_process import WorkerProcess, ignore_interrupts, lower_priority

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]

# How often the thread looks up, so that it ends soon; a picture and its answer wake it at once.
POLL_S = 0.2
CLOSE_S = 2.0
# A process that dies at once, for want of memory, is started again only so often.
RETRY_S = 5.0


class FaceProcess:
    """Sends pictures to the process and hands on what it measures.

    Its thread starts with the first picture and alone touches the process, which it starts again, with a line in the
    log, where that has died. Of pictures that come while one is looked at the newest waits; the others are dropped.
    Nothing is written to a disk.

    Args:
        mesh: the file of the face mesh, or None.
        tell: called on the thread with the measures of each picture.
    """

    def __init__(self, mesh: Path | None, tell: Callable[[Measures], None]) -> None:
        self._mesh, self._tell = mesh, tell
        self._newest: tuple[Pixels, float] | None = None
        self._wake, self._starting = threading.Event(), threading.Lock()
        self._thread: StoppableThread | None = StoppableThread("puppet", self._run)

    def submit(self, picture: Pixels, at: float) -> None:
        """Leave a picture `[height, width, 3]` RGB, which came at `at`; the newest wins. Never waits. Any thread."""
        self._newest = (picture, at)
        with self._starting:
            if self._thread is not None:
                self._thread.start()
        self._wake.set()

    def forget(self) -> None:
        """Drop the picture that waits. Any thread."""
        self._newest = None

    def close(self) -> None:
        """End the process. Safe to call twice."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.stopping.set()
            self._wake.set()
            thread.close(CLOSE_S)
        self._newest = None

    # All below runs on the thread.

    def _run(self) -> None:
        thread = self._thread
        while thread is not None and not thread.stopping.is_set():
            process = WorkerProcess("likeness puppet", _serve, self._mesh)
            try:
                self._exchange(process, thread)
            except (EOFError, OSError):
                if not thread.stopping.is_set():
                    log.error("the process that follows the face has died; it is started again")
                    self._tell({})
                    thread.stopping.wait(RETRY_S)
            finally:
                process.close()

    def _exchange(self, process: WorkerProcess, thread: StoppableThread) -> None:
        """Send the newest picture and wait for what it says, again and again. Raises where the process has died."""
        while not thread.stopping.is_set():
            newest, self._newest = self._newest, None
            if newest is None:
                self._wake.wait(POLL_S)
                self._wake.clear()
                continue
            process.pipe.send(newest)
            while not process.pipe.poll(POLL_S):
                if thread.stopping.is_set():
                    return
            self._tell(process.pipe.recv())


def _serve(pipe: Connection, mesh: Path | None) -> None:
    """Answer pictures as they come. Runs in the process."""
    ignore_interrupts()
    lower_priority()
    if mesh is not None:
        import torch

        # The other cores are the show's.
        torch.set_num_threads(1)
    finder = FaceFinder(mesh)
    with suppress(EOFError, OSError):
        while True:
            picture, at = pipe.recv()
            pipe.send(finder.read(picture, at))
