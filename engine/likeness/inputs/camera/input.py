"""A camera, a video, a network stream or a folder of photos, read on a thread of its own: the newest picture wins."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from likeness.events import CameraImage
from likeness.inputs.camera.source import Source, check_source, label_of, open_source

log = logging.getLogger(__name__)

# What was unplugged is looked for after so long, then after twice as long each time, up to the last: a driver that is
# opened in vain holds its bus and writes to the log of the machine.
RETRY_S, LONGEST_RETRY_S = 0.5, 8.0
PARTING_S = 2.0


@dataclass(frozen=True)
class CameraState:
    """What there is to know of a camera: its name, whether pictures come, how many came, their size."""

    name: str
    live: bool
    pictures: int
    size: tuple[int, int]


class CameraInput:
    """Watches a source, from `start` to `close`. Coming and going are one line each in the log.

    Args:
        name: a camera's number from 0, a video or photo, a folder of photos, or a stream's address (rtsp://...).
        open_source: opens it; another one stands in where a test needs a camera that no machine has.

    Raises:
        InputError: where it names a file that is not there.
    """

    def __init__(self, name: str, *, open_source: Callable[[str], Source] = open_source) -> None:
        check_source(name)
        self._name, self._open, self.label = name, open_source, label_of(name)
        self._newest: CameraImage | None = None
        self._taken = self._count = 0
        self._live = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._told = False

    def start(self) -> None:
        """Begin to watch; a camera that is not there yet is waited for."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def live(self) -> bool:
        """Return whether the camera's pictures come in. Any thread."""
        return self._live

    def newest(self) -> CameraImage | None:
        """Return the newest picture once; None until the next one comes. One thread, any."""
        newest = self._newest
        if newest is None or newest.number == self._taken:
            return None
        self._taken = newest.number
        return newest

    def state(self) -> CameraState:
        """Return what there is to know. Any thread."""
        newest = self._newest
        size = (0, 0) if newest is None else (newest.picture.shape[1], newest.picture.shape[0])
        return CameraState(self.label, self._live, self._count, size)

    def forget(self) -> None:
        """Let go of the picture that is held."""
        self._newest = None

    def close(self) -> None:
        """Stop watching. Safe to call twice."""
        if self._thread is not None:
            self._closing.set()
            self._thread.join(PARTING_S)
            if self._thread.is_alive():
                log.warning("camera: the driver of %s does not let go; the show ends without it", self.label)
            self._thread = None
        self._live = False
        self.forget()

    # All below runs on the camera's own thread.

    def _run(self) -> None:
        wait_s = RETRY_S
        while not self._closing.is_set():
            source = self._opened()
            began = time.monotonic()
            # One that comes and goes is not hurried after: each time is two lines in the log.
            if source is not None and self._watch(source) and time.monotonic() - began > LONGEST_RETRY_S:
                wait_s = RETRY_S
            self._closing.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_RETRY_S)

    def _opened(self) -> Source | None:
        try:
            return self._open(self._name)
        # A driver may raise anything, as for a camera that another program holds; it is tried again.
        except Exception as error:  # noqa: BLE001
            self._tell(str(error))
            return None

    def _watch(self, source: Source) -> bool:
        """Take pictures until none comes any more or the show is over; return whether there was one."""
        began = self._count
        try:
            while not self._closing.is_set():
                picture = source.read(self._closing.wait)
                if picture is None:
                    break
                self._count += 1
                self._newest = CameraImage(picture, self._count, time.monotonic())
                if not self._live:
                    self._live, self._told = True, False
                    log.info("camera: %s, %d x %d px", self.label, picture.shape[1], picture.shape[0])
        except Exception as error:  # noqa: BLE001 - a driver may raise anything when its camera is unplugged
            self._tell(str(error))
        finally:
            # Before it is closed: who does not answer keeps that waiting too.
            self._live = False
            self.forget()
            try:
                source.close()
            except Exception as error:  # noqa: BLE001 - what was unplugged may not close, and is gone either way
                log.debug("camera: %s did not close: %s", self.label, error)
        if not self._closing.is_set():
            self._tell("it brings no picture any more")
        return self._count > began

    def _tell(self, what: str) -> None:
        if not self._told:
            log.warning("camera: %s: %s; the show goes on, and it is watched once it is there", self.label, what)
        self._told = True
