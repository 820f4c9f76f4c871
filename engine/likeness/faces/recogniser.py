"""Face recogniser for stills: dlib's detector and embedder together, each opened at first use."""

from __future__ import annotations

from functools import cached_property

from likeness.faces.detect import Detector, Face
from likeness.faces.embed import Embedder, Embedding
from likeness.faces.photo import Photo


class FaceRecogniser:
    """Finds the faces of a still and tells who they are. One thread at a time."""

    def open(self) -> None:
        """Open the models now, half a second, rather than at first use.

        Raises:
            LikenessError: a model is absent.
        """
        _ = self._detector, self._embedder

    def find_faces(self, picture: Photo) -> list[Face]:
        """Return the faces of a picture `[height, width, 3]`, uint8 RGB, the biggest first.

        A tenth of a second, longer where HOG finds nobody and the network looks.
        """
        return self._detector.find(picture)

    def embed(self, picture: Photo, face: Face) -> Embedding:
        """Return the embedding `[128]` of a face in its picture."""
        return self._embedder.embed(picture, face)

    @cached_property
    def _detector(self) -> Detector:
        return Detector()

    @cached_property
    def _embedder(self) -> Embedder:
        return Embedder()
