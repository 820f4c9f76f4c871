"""Generator fade: mixes the last picture of one generator into those of the next, which share no latent space."""

import cv2
import numpy as np

from likeness.easing import smooth
from likeness.picture import Picture


class GeneratorFade:
    """Mixes pictures after a change of generator. The render thread alone calls it."""

    def __init__(self) -> None:
        self._shown: Picture | None = None
        self._from: Picture | None = None
        self._share = self._seconds = 0.0

    @property
    def active(self) -> bool:
        """Whether the last picture was a mixture."""
        return self._from is not None

    def start(self, seconds: float) -> None:
        """Fade from the picture shown now to the next ones within `seconds`; 0 cuts."""
        self._from, self._share, self._seconds = self._shown, 0.0, seconds

    def step(self, picture: Picture, dt: float) -> Picture:
        """Return `picture`, or while fading its mixture with the picture before the change, of its size.

        Args:
            picture: `[height, width, 3]`; kept, never changed.
            dt: seconds since the frame before.
        """
        if self._from is not None:
            self._share += dt / self._seconds if self._seconds > 0 else 1.0
            if self._share < 1.0:
                picture = self._mix(self._from, picture, smooth(self._share))
            else:
                self._from = None
        self._shown = picture
        return picture

    def _mix(self, start: Picture, goal: Picture, share: float) -> Picture:
        if start.shape != goal.shape:
            # Once: the pictures of the next frames have one size.
            height, width = goal.shape[:2]
            scaled = cv2.resize(start, (width, height), interpolation=cv2.INTER_LINEAR)
            start = self._from = scaled.astype(np.uint8, copy=False)
        return cv2.addWeighted(start, 1.0 - share, goal, share, 0.0).astype(np.uint8, copy=False)
