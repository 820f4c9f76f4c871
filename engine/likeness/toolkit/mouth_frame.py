"""The mouth's frame: where lips, lids and brows lie on the mean face of a composite, in px of a picture of 256."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FAMILY = "mouth"
# What a mouth can do, in the order of the file: the jaw falls, the lips stay together above a fallen jaw, the corners
# go apart, the lips go forward to a point or to a funnel, bare the teeth, press together, the lower one goes below the
# teeth, and the nostrils widen; then a corner goes up or down, that of the person's own left or right.
MOVES = (
    *("jaw", "close", "width", "pucker", "funnel", "bare", "press", "tuck", "breath"),
    *("smile_left", "smile_right", "frown_left", "frown_right"),
)
# What brows can do: both inner ends go up; one goes up at its outer end, or down.
BROWS = ("brows_in", "brow_up_left", "brow_up_right", "brow_down_left", "brow_down_right")
# Both faces are even about this line.
MIDDLE_PX = 128.0
# Of the line between the closed lips: its height in the middle, how much higher it is at the corners, and how far
# those are from the middle.
LIPS_PX, LIPS_RISE_PX, LIPS_HALF_PX = 192.4, 1.2, 26.0
# Of the upper lids' edges: their eyes' distance from the middle, half an eye's width, its corners' height, and how
# much higher the edge is over the pupil.
EYE_OFF_PX, EYE_HALF_PX, EYE_PX, LID_RISE_PX = 34.0, 16.5, 125.5, 9.5
# How far below the corners the lower lids lie; the height of the lashes, and that of the skin above them that unfolds
# over the eye, which ends below the brow.
LOWER_LID_PX, LASHES_PX, LID_PX = 3.0, 3.0, 7.5
GRID_PX = 2.0


@dataclass(frozen=True)
class Box:
    """A part of the mean face.

    Args:
        left, top, width, height: px of a picture of 256, even.
    """

    left: int
    top: int
    width: int
    height: int

    def grid(self) -> tuple[Floats, Floats]:
        """Return x and y of the grid's points, each `[height / 2, width / 2]`."""
        x = self.left + (np.arange(self.width / GRID_PX) + 0.5) * GRID_PX
        y = self.top + (np.arange(self.height / GRID_PX) + 0.5) * GRID_PX
        across, down = np.meshgrid(x, y)
        return across.astype(np.float32), down.astype(np.float32)


# The mouth's fields' box; what lies below the picture moves on with the neck.
LOWER_FACE = Box(56, 128, 144, 144)
# The box of the brows' fields: from the hair's edge down to the lids.
UPPER_FACE = Box(56, 52, 144, 76)
