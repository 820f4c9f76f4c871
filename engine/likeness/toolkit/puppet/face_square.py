"""The square of a picture in which a face is looked for."""

import math

import numpy as np

from likeness.faces.landmarks import Points

# Of a mesh, how many points are of the skin, and which are the outer corners of the eyes, left one first in a picture.
SKIN, CORNERS = 468, (33, 263)
# The square is so much larger than the face's box, as the mesh's authors cut it.
CUT = 1.5
# From five landmarks it is guessed: its side, and its middle below the eyes, in distances between the eyes.
FIRST_SIDE, FIRST_DOWN = 4.4, 0.55


class Square:
    """The square of a picture in which a face is looked for, tilted as the face is.

    Args:
        middle: x and y in px.
        side: px.
        tilt: radians, clockwise on the screen.
    """

    def __init__(self, middle: Points, side: float, tilt: float) -> None:
        self.middle, self.side, self.tilt = middle, side, tilt

    @classmethod
    def from_five(cls, landmarks: Points) -> "Square":
        """Return the square around a face by its five landmarks `[5, 2]`."""
        way = landmarks[1] - landmarks[0]
        down = np.array([-way[1], way[0]])
        middle = landmarks[:2].mean(axis=0) + FIRST_DOWN * down
        return cls(middle, FIRST_SIDE * float(np.hypot(*way)), math.atan2(way[1], way[0]))

    @classmethod
    def from_points(cls, points: Points) -> "Square":
        """Return the square around a face by its mesh in the picture before."""
        low, high = points[:SKIN, :2].min(axis=0), points[:SKIN, :2].max(axis=0)
        way = points[CORNERS[1], :2] - points[CORNERS[0], :2]
        return cls((low + high) / 2, CUT * float((high - low).max()), math.atan2(way[1], way[0]))

    def matrix(self, side: int) -> Points:
        """Return the map `[2, 3]` from a picture of the square, `side` px wide, into the whole picture."""
        scale, cos, sin = self.side / side, math.cos(self.tilt), math.sin(self.tilt)
        turn = scale * np.array([[cos, -sin], [sin, cos]])
        return np.column_stack((turn, self.middle - turn @ np.array([side / 2, side / 2])))
