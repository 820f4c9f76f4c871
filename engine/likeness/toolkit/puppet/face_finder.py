"""The face finder: whose face leads, followed from picture to picture, and what it does, in numbers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from likeness.errors import WeightsError
from likeness.faces.detect import Detector, Face
from likeness.faces.landmarks import Points, eye_distance
from likeness.faces.portrait import FEWEST_EYES, choose_main_face
from likeness.toolkit.puppet.expression import Measures, measure_five, measure_mesh
from likeness.toolkit.puppet.face_square import CORNERS, Square
from likeness.toolkit.puppet.mesh_file import read_mesh_file
from likeness.toolkit.puppet.steady import SteadyMeasures

if TYPE_CHECKING:
    from likeness.toolkit.puppet.face_mesh import FaceMesh

Pixels = NDArray[np.uint8]

log = logging.getLogger(__name__)

# In a picture of 640 px a face must be 80 high to be found; 25 ms of one core.
SEARCHED_SIDE = 640
# While a mesh follows one face, the others are looked for only so often.
AGAIN_S = 2.0
# Whoever leads goes on leading beside others, unless one is nearer: so many times as large.
NEARER = 1.6
# From a face's middle, in its heights: farther off is another one.
SAME = 0.6
# Whoever leads and is not seen for so long has left.
LEAVES_S = 1.0
# A mesh's square is so many times as wide as the detector's box of the same face.
SQUARE_BY_BOX = 1.9


@dataclass(frozen=True)
class _Leading:
    """Where the leading face was seen last: its middle in px, its area in px, and when."""

    middle: Points
    area: float
    at: float


class FaceFinder:
    """Measures the face that leads. One thread at a time, outside the show's own process.

    With a mesh a face is found once and then followed; without, it is found in each picture by its eyes and nose, and
    only the head's measures are told. Whoever leads goes on leading while others come, until they leave or somebody
    stands much nearer.

    Args:
        mesh: the file that `mesh_file.find_mesh_file` has found; None or a broken one leaves dlib's five points.
    """

    def __init__(self, mesh: Path | None) -> None:
        self._detector = Detector("hog", longest=SEARCHED_SIDE)
        self._mesh = _open_mesh(mesh)
        self._square: Square | None = None
        self._leading: _Leading | None = None
        self._looked_at = 0.0
        self._steady = SteadyMeasures()

    def read(self, picture: Pixels, at: float) -> Measures:
        """Return the measures of the face that leads, steadied; none where there is no face.

        Args:
            picture: `[height, width, 3]` RGB.
            at: when it came, in seconds; never goes back.
        """
        measures = self._find_face(picture, at) if self._mesh is None else self._follow(self._mesh, picture, at)
        return self._steady.smooth(measures, at)

    def _find_face(self, picture: Pixels, at: float) -> Measures:
        face = self._choose(self._detector.find(picture), picture, at)
        if face is None or face.corners is None:
            return {}
        self._leading = _Leading(_middle(face), face.area, at)
        return measure_five(face.corners, picture.shape)

    def _follow(self, mesh: FaceMesh, picture: Pixels, at: float) -> Measures:
        if self._square is None or at - self._looked_at >= AGAIN_S:
            self._looked_at = at
            face = self._choose(self._detector.find(picture), picture, at)
            if face is not None and not self._follows(face):
                # From a guess at where the face lies to where it does.
                nearer = mesh.find(picture, Square.from_five(face.landmarks))
                self._square = None if nearer is None else Square.from_points(nearer)
        points = None if self._square is None else mesh.find(picture, self._square)
        if points is None or eye_distance(points[list(CORNERS), :2]) < FEWEST_EYES:
            self._square = None
            return {}
        self._square = Square.from_points(points)
        self._leading = _Leading(self._square.middle, (self._square.side / SQUARE_BY_BOX) ** 2, at)
        return measure_mesh(points, picture.shape)

    def _follows(self, face: Face) -> bool:
        """Return whether the mesh follows that face already."""
        return self._square is not None and _is_at(face, self._square.middle)

    def _choose(self, faces: list[Face], picture: Pixels, at: float) -> Face | None:
        """Return the face that is to lead; None while that which leads is not seen and nobody outdoes it."""
        near = [face for face in faces if eye_distance(face.landmarks) >= FEWEST_EYES]
        if not near:
            return None
        main, leading = choose_main_face(near, picture.shape), self._leading
        if leading is None or at - leading.at > LEAVES_S:
            return main
        nearest = min(near, key=lambda face: float(np.hypot(*(_middle(face) - leading.middle))))
        if _is_at(nearest, leading.middle):
            return main if main.area > NEARER * nearest.area else nearest
        # It may be missed in a picture, and the mesh sees from the side whom the detector does not.
        return main if main.area > NEARER * leading.area else None


def _is_at(face: Face, middle: Points) -> bool:
    return bool(np.hypot(*(_middle(face) - middle)) < SAME * (face.box[3] - face.box[1]))


def _middle(face: Face) -> Points:
    left, top, right, bottom = face.box
    return np.array([(left + right) / 2, (top + bottom) / 2])


def _open_mesh(path: Path | None) -> FaceMesh | None:
    if path is None:
        return None
    # It brings torch along, which a process that finds eyes and nose starts faster without.
    from likeness.toolkit.puppet.face_mesh import FaceMesh

    try:
        return FaceMesh(read_mesh_file(path))
    except WeightsError as error:
        log.error("puppet: %s; the head is followed by eyes and nose", error)
        return None
