"""Leads from the last picture of one generator to those of the next, which share no latent space."""

import cv2
import numpy as np

from likeness.easing import smooth
from likeness.picture import Picture


class GeneratorFade:
    """Holds the picture that was shown last. The render thread alone calls it."""

    def __init__(self) -> None:
        self._shown: Picture | None = None
        self._start: Picture | None = None
        self._along = self._seconds = 0.0

    def start(self, seconds: float) -> None:
        """Have the next pictures come out of the one that is shown now, within `seconds`; 0 cuts."""
        self._start, self._along, self._seconds = self._shown, 0.0, seconds

    def step(self, picture: Picture, dt: float) -> Picture:
        """Return this frame's picture, of the size of `picture`: itself, or a mixture on the way to it.

        Args:
            picture: `[height, width, 3]`; kept, never changed.
            dt: seconds since the frame before.
        """
        if self._start is not None:
            self._along += dt / self._seconds if self._seconds > 0 else 1.0
            if self._along < 1.0:
                picture = self._mixed(self._start, picture, smooth(self._along))
            else:
                self._start = None
        self._shown = picture
        return picture

    def _mixed(self, start: Picture, goal: Picture, share: float) -> Picture:
        if start.shape != goal.shape:
            # Once: what comes in the next frames is of one size.
            height, width = goal.shape[:2]
            scaled = cv2.resize(start, (width, height), interpolation=cv2.INTER_LINEAR)
            start = self._start = scaled.astype(np.uint8, copy=False)
        return cv2.addWeighted(start, 1.0 - share, goal, share, 0.0).astype(np.uint8, copy=False)
