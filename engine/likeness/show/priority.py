"""The cores of a show: how many it draws on, and that its own thread and the render thread have them first."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import torch

from likeness.toolkit.priority import raise_thread, raised_thread

log = logging.getLogger(__name__)

# Of a tensor, for each thread: torch shares out nothing that is smaller.
SHARED_OUT = 2**16


@contextmanager
def playing_first(*, live: bool) -> Iterator[None]:
    """Let the show's thread, which calls this, have the cores first while within, where the system allows it.

    A render, which is not `live`, stays as it was started.
    """
    if not live:
        yield
        return
    with raised_thread() as raised:
        if raised:
            log.info("the threads that play and draw have the cores before other programs")
        yield


def draw_first() -> None:
    """Let the render thread, which calls this, have the cores first, with the threads that draw with it."""
    raise_thread(lambda: torch.zeros(torch.get_num_threads() * SHARED_OUT).add_(1.0))


def share_cores(threads: int) -> None:
    """Let torch and OpenCV compute on so many threads, in the whole process."""
    torch.set_num_threads(threads)
    # OpenCV waits for all its threads, wherever they are: a picture brought to 1080p beside other programs took 4.4 ms
    # on two cores and 1.3 on one.
    cv2.setNumThreads(threads)
