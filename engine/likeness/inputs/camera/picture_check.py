"""Checks on camera pictures: black or frozen ones, which a driver does not report."""

import numpy as np

from likeness.inputs.camera.frames import Pixels

# Cameras begin with some black pictures until their exposure is set, and a film is black between two scenes.
BLACK_S = 5.0
# Noise makes each picture of a camera another one, also of an empty room.
FROZEN_S = 5.0
# A dark room has lights and noise above this; video's black is 16 where it is read as full range.
DARKEST = 20
# Each eighth px of each eighth row tells as much as all: 50 microseconds for 1280 x 720.
STEP = 8


def is_black(picture: Pixels) -> bool:
    """Return whether there is nothing to see in a picture `[height, width, 3]`."""
    return int(picture[::STEP, ::STEP].max()) < DARKEST


class PictureCheck:
    """Watches the pictures of one open camera. One thread.

    Args:
        may_stand_still: whether the same picture again is no fault, as in a film or a photo.
    """

    def __init__(self, may_stand_still: bool) -> None:
        self._may_stand_still = may_stand_still
        self._seen = np.zeros((0, 0, 3), np.uint8)
        self._bright_at: float | None = None
        self._changed_at = 0.0

    def find_trouble(self, picture: Pixels, now: float) -> str:
        """Return "black" or "frozen" where pictures have been so for a while, else an empty text.

        Args:
            picture: `[height, width, 3]`, the newest.
            now: when it came, in seconds of the monotonic clock.
        """
        if self._bright_at is None or not is_black(picture):
            self._bright_at = now
        seen = picture[::STEP, ::STEP].copy()
        if self._may_stand_still or not np.array_equal(seen, self._seen):
            self._seen, self._changed_at = seen, now
        if now - self._bright_at > BLACK_S:
            return "black"
        return "frozen" if now - self._changed_at > FROZEN_S else ""
