"""The camera input: reads a source on its own thread, opens it again when it is gone, and keeps the newest picture."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from likeness.events import CameraImage
from likeness.inputs.camera.picture_check import PictureCheck
from likeness.inputs.camera.source import Source, check_source, is_file, open_source, source_label
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# A camera that is gone is tried again after this, then after twice as long each time, up to the longest: a driver that
# is opened in vain holds its bus and writes to the log of the machine.
RETRY_S, LONGEST_RETRY_S = 0.5, 8.0
CLOSE_TIMEOUT_S = 2.0
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "black": "is its lid on, or does another program hold it?",
        "frozen": "it shows the same one again and again; unplug it and plug it in again",
    }
)


@dataclass(frozen=True)
class CameraState:
    """What the show's status tells of a camera.

    Args:
        name: for people.
        live: whether pictures come.
        pictures: how many have come.
        size: of the last one, width and height.
        trouble: "black", "frozen" or "".
    """

    name: str
    live: bool
    pictures: int
    size: tuple[int, int]
    trouble: str = ""


class CameraInput:
    """Reads a source, from `start` to `close`, and opens it again whenever it is gone.

    The thread blocks in the driver; the show takes the newest picture before a frame and never waits. Coming and going
    are one line each in the log, failures of the driver are among them.

    Args:
        name: a camera's number from 0, a video or photo, a folder of photos, or a stream's address (rtsp://...).
        open_source: opens it; tests give their own.

    Raises:
        InputError: where it names a file that is not there.
    """

    def __init__(self, name: str, *, open_source: Callable[[str], Source] = open_source) -> None:
        check_source(name)
        self._name, self._open, self.label = name, open_source, source_label(name)
        self._newest: CameraImage | None = None
        self._taken = self._count = 0
        self._live = False
        self._trouble = ""
        self._thread = StoppableThread("camera", self._run)
        self._warned = False

    def start(self) -> None:
        """Begin to read; a camera that is not there yet is waited for."""
        self._thread.start()

    @property
    def live(self) -> bool:
        """Whether pictures come in. Any thread."""
        return self._live

    def newest(self) -> CameraImage | None:
        """Return the newest picture once; None until the next one comes. One thread."""
        newest = self._newest
        if newest is None or newest.number == self._taken:
            return None
        self._taken = newest.number
        return newest

    def state(self) -> CameraState:
        """Return the camera's state. Any thread."""
        newest = self._newest
        size = (0, 0) if newest is None else (newest.picture.shape[1], newest.picture.shape[0])
        return CameraState(self.label, self._live, self._count, size, self._trouble)

    def drop_picture(self) -> None:
        """Drop the picture that is held."""
        self._newest = None

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        if not self._thread.close(CLOSE_TIMEOUT_S):
            log.warning("camera: the driver of %s does not answer; the show ends without it", self.label)
        self._live = False
        self.drop_picture()

    # All below runs on the camera's own thread.

    def _run(self) -> None:
        wait_s = RETRY_S
        while not self._thread.stopping.is_set():
            source = self._open_source()
            began = time.monotonic()
            # One that comes and goes is tried less often: each time is two lines in the log.
            if source is not None and self._read_until_gone(source) and time.monotonic() - began > LONGEST_RETRY_S:
                wait_s = RETRY_S
            self._thread.stopping.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_RETRY_S)

    def _open_source(self) -> Source | None:
        try:
            return self._open(self._name)
        # A driver may raise anything, as for a camera that another program holds; it is tried again.
        except Exception as error:  # noqa: BLE001
            self._warn(str(error))
            return None

    def _read_until_gone(self, source: Source) -> bool:
        """Read pictures until none comes any more or the show is over; return whether there was one."""
        began = self._count
        check = PictureCheck(may_stand_still=is_file(self._name))
        try:
            while not self._thread.stopping.is_set():
                picture = source.read(self._thread.stopping.wait)
                if picture is None:
                    break
                if not self._live:
                    self._live, self._warned = True, False
                    log.info("camera: %s, %d x %d px", self.label, picture.shape[1], picture.shape[0])
                self._count += 1
                now = time.monotonic()
                # Whoever sees a picture sees a camera that is live.
                self._newest = CameraImage(picture, self._count, now)
                self._tell_trouble(check.find_trouble(picture, now))
        except Exception as error:  # noqa: BLE001 - a driver may raise anything when its camera is unplugged
            self._warn(str(error))
        finally:
            # Before it is closed, which waits for a driver that does not answer.
            self.drop_picture()
            self._live, self._trouble = False, ""
            try:
                source.close()
            except Exception as error:  # noqa: BLE001 - what was unplugged may fail to close, and is gone either way
                log.debug("camera: %s did not close: %s", self.label, error)
        if not self._thread.stopping.is_set():
            self._warn("there is no picture any more")
        return self._count > began

    def _tell_trouble(self, trouble: str) -> None:
        if trouble == self._trouble:
            return
        if trouble:
            log.warning("camera: %s: its pictures are %s; %s", self.label, trouble, ADVICE[trouble])
        else:
            log.info("camera: %s: its pictures are as they should be again", self.label)
        self._trouble = trouble

    def _warn(self, what: str) -> None:
        if not self._warned:
            log.warning("camera: %s: %s; the show goes on and takes it when it is there", self.label, what)
        self._warned = True
