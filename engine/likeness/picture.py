"""A finished picture: bytes, off the device, that nobody changes any more."""

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""`[height, width, 3]` in RGB."""


def black(width: int, height: int) -> Picture:
    """Return a black picture."""
    return np.zeros((height, width, 3), np.uint8)


def dim(picture: Picture, gain: float) -> Picture:
    """Return `picture` at `gain` in [0, 1]; the same array where nothing is to be done."""
    if gain >= 1.0:
        return picture
    table = (np.arange(256) * max(gain, 0.0) + 0.5).astype(np.uint8)
    return table[picture]
