"""A film in the place of a camera, for renders: each frame of the show has the film's picture of its time."""

import logging
from collections.abc import Callable
from pathlib import Path

from likeness.events import CameraImage
from likeness.inputs.camera.input import CameraState
from likeness.inputs.camera.source import LONGEST_SIDE, source_label
from likeness.inputs.camera.video_file import VideoFile

log = logging.getLogger(__name__)


class FilmCamera:
    """Reads a video file by the show's own time, on the show's thread; at its end it begins again.

    Nobody is filmed by it, so it is never `live`, and pictures have no mark.

    Args:
        path: of the file.
        now: the time of the frame that begins, in seconds of the show.

    Raises:
        InputError: it is no video that can be read.
    """

    live = False

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._file, self._now, self._label = VideoFile(path, LONGEST_SIDE, now), now, source_label(str(path))
        self._count, self._size = 0, (0, 0)
        log.info("camera: %s, picture by picture", self._label)

    def start(self) -> None:
        """Do nothing; it is read when it is asked."""

    def newest(self) -> CameraImage | None:
        """Return the picture of the frame that begins; None where that is the one before."""
        picture = self._file.picture_by_now()
        if picture is None:
            return None
        self._count += 1
        self._size = (picture.shape[1], picture.shape[0])
        return CameraImage(picture, self._count, self._now())

    def state(self) -> CameraState:
        """Return what the status tells of it."""
        return CameraState(self._label, self.live, self._count, self._size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
