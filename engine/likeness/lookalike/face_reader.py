"""What the lookout sees in a picture of the camera: one face, held still, judged and cut out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likeness.faces.align import align
from likeness.faces.detect import Detector, Face
from likeness.faces.embed import Embedder, Embedding
from likeness.faces.landmark_filter import SteadyLandmarks
from likeness.faces.landmarks import Points, eye_distance
from likeness.faces.portrait import FEWEST_EYES, choose
from likeness.faces.quality import judge
from likeness.lookalike.arrival import FaceObservation

# In a picture of 640 px a face must be 80 high to be found: an eighth of the picture, 30 ms of one core.
SEARCHED_SIDE = 640
# Whom HOG does not see the network may: half a second of one core, so not in each picture.
SECOND_SIDE, SECOND_EVERY_S = 400, 3.0
# A face that the network has found is followed by it, in every picture, for so long.
SECOND_TRUST_S = 4.0


class FaceReader:
    """Detector, landmarks, filter and embedding. One thread.

    Args:
        portrait: height and width of portraits in px.
    """

    def __init__(self, portrait: int) -> None:
        self._portrait = portrait
        self._first = Detector("hog", longest=SEARCHED_SIDE)
        self._second: Detector | None = None
        self._still: Detector | None = None
        self._embedder: Embedder | None = None
        self._steady = SteadyLandmarks()
        self._second_at = self._second_found_at = -SECOND_TRUST_S

    def read(self, number: int, at: float, picture: NDArray[np.uint8], embed: bool) -> FaceObservation:
        """Return what is seen in a picture `[height, width, 3]` RGB; nobody is no fault."""
        faces = self._find(picture, at)
        if not faces:
            return FaceObservation(number, at, 0)
        face = choose(faces, picture.shape)
        if eye_distance(face.landmarks) < FEWEST_EYES:
            return FaceObservation(number, at, len(faces))
        landmarks = self._steady.follow(face.landmarks, at)
        if not embed:
            return FaceObservation(number, at, len(faces), True)
        return self._recognised(number, at, picture, faces, face, landmarks)

    def read_photo(self, number: int, at: float, picture: NDArray[np.uint8]) -> FaceObservation:
        """Return what is seen in a photo, which comes once and has time: small faces too, and whom HOG does not see."""
        self._still = self._still or Detector()
        faces = self._still.find(picture)
        near = [face for face in faces if eye_distance(face.landmarks) >= FEWEST_EYES]
        if not near:
            return FaceObservation(number, at, len(faces))
        face = choose(near, picture.shape)
        return self._recognised(number, at, picture, faces, face, face.landmarks)

    def _recognised(
        self, number: int, at: float, picture: NDArray[np.uint8], faces: list[Face], face: Face, landmarks: Points
    ) -> FaceObservation:
        quality, portrait = judge(picture, face), align(picture, landmarks, self._portrait)
        embedding = self.embed(picture, face)
        return FaceObservation(number, at, len(faces), True, portrait, embedding, quality.doubts, quality.sharpness)

    def embed(self, picture: NDArray[np.uint8], face: Face) -> Embedding:
        """Return who a face is."""
        self._embedder = self._embedder or Embedder()
        return self._embedder.embed(picture, face)

    def find_drawn(self, picture: NDArray[np.uint8]) -> Face | None:
        """Return the face of a drawing, if one is seen."""
        return next(iter(self._first.find(picture)), None)

    def forget(self) -> None:
        """Let go of where a face was."""
        self._steady.forget()

    def _find(self, picture: NDArray[np.uint8], at: float) -> list[Face]:
        faces = self._first.find(picture)
        trusted = at - self._second_found_at < SECOND_TRUST_S
        if faces or not (trusted or at - self._second_at >= SECOND_EVERY_S):
            return faces
        self._second = self._second or Detector("mmod", longest=SECOND_SIDE)
        self._second_at = at
        faces = self._second.find(picture)
        if faces:
            self._second_found_at = at
        return faces
