"""The face reader: finds the nearest face in a picture, steadies its landmarks, cuts it out and recognises it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likeness.faces.align import align
from likeness.faces.detect import Detector, Face
from likeness.faces.embed import Embedding
from likeness.faces.landmark_filter import SteadyLandmarks
from likeness.faces.landmarks import Points, eye_distance
from likeness.faces.portrait import FEWEST_EYES, choose_main_face
from likeness.faces.quality import measure_quality
from likeness.faces.recogniser import FaceRecogniser
from likeness.lookalike.messages import FaceObservation

# In a picture of 640 px a face must be 80 high to be found: an eighth of the picture, 30 ms of one core.
SEARCHED_SIDE = 640
# A face that HOG misses the network may find, in half a second of one core, so not in each picture.
SECOND_SIDE, SECOND_EVERY_S = 400, 3.0
# A face that the network has found is followed by it, in every picture, for this long.
SECOND_TRUST_S = 4.0


class FaceReader:
    """Detector, landmarks, filter and embedding. One thread, that of the vision process.

    Args:
        portrait: height and width of portraits in px.
    """

    def __init__(self, portrait: int) -> None:
        self._portrait = portrait
        self._hog = Detector("hog", longest=SEARCHED_SIDE)
        self._network: Detector | None = None
        # For photos, and for whom a face belongs to; it opens its models when they are first needed.
        self._recogniser = FaceRecogniser()
        self._filter = SteadyLandmarks()
        self._network_at = self._network_found_at = -SECOND_TRUST_S

    def read(self, number: int, at: float, picture: NDArray[np.uint8], embed: bool) -> FaceObservation:
        """Return what there is in a picture `[height, width, 3]` RGB of the camera; an empty one is no error."""
        faces = self._find(picture, at)
        if not faces:
            return FaceObservation(number, at, 0)
        face = choose_main_face(faces, picture.shape)
        if eye_distance(face.landmarks) < FEWEST_EYES:
            return FaceObservation(number, at, len(faces))
        landmarks = self._filter.smooth(face.landmarks, at)
        if not embed:
            return FaceObservation(number, at, len(faces), True)
        return self._recognise(number, at, picture, faces, face, landmarks)

    def read_photo(self, number: int, at: float, picture: NDArray[np.uint8]) -> FaceObservation:
        """Return what there is in a photo, searched for small faces too, and for those that HOG misses."""
        faces = self._recogniser.find_faces(picture)
        near = [face for face in faces if eye_distance(face.landmarks) >= FEWEST_EYES]
        if not near:
            return FaceObservation(number, at, len(faces))
        face = choose_main_face(near, picture.shape)
        return self._recognise(number, at, picture, faces, face, face.landmarks)

    def _recognise(
        self, number: int, at: float, picture: NDArray[np.uint8], faces: list[Face], face: Face, landmarks: Points
    ) -> FaceObservation:
        quality, portrait = measure_quality(picture, face), align(picture, landmarks, self._portrait)
        embedding = self.embed(picture, face)
        return FaceObservation(number, at, len(faces), True, portrait, embedding, quality.doubts, quality.sharpness)

    def embed(self, picture: NDArray[np.uint8], face: Face) -> Embedding:
        """Return the embedding of a face."""
        return self._recogniser.embed(picture, face)

    def find_in_drawing(self, picture: NDArray[np.uint8]) -> Face | None:
        """Return the face in a drawing, or None."""
        return next(iter(self._hog.find(picture)), None)

    def forget(self) -> None:
        """Forget where a face was."""
        self._filter.reset()

    def _find(self, picture: NDArray[np.uint8], at: float) -> list[Face]:
        faces = self._hog.find(picture)
        trusted = at - self._network_found_at < SECOND_TRUST_S
        if faces or not (trusted or at - self._network_at >= SECOND_EVERY_S):
            return faces
        self._network = self._network or Detector("mmod", longest=SECOND_SIDE)
        self._network_at = at
        faces = self._network.find(picture)
        if faces:
            self._network_found_at = at
        return faces
