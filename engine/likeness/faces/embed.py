"""Face embeddings: 128 numbers for each face, close for two photos of one person."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.errors import LikenessError
from likeness.faces.detect import Face, ShapeModel, close_up
from likeness.faces.landmarks import eye_distance, rotate_quarter
from likeness.faces.model_files import IDENTITY, given_model, model_file
from likeness.faces.photo import Photo

Embedding = NDArray[np.float32]

# Below this distance two photos show one person: 99.38 % of the pairs of LFW (said with dlib's model).
SAME_PERSON = 0.6
# What SFace takes, in px, and gives.
SFACE_SIDE, SFACE_NUMBERS = 112, 128
# Where HOG's box lies around the eyes, in eye distances; measured on 500 aligned faces.
BOX_HALF, BOX_DOWN = 1.17, 0.46


class Embedder:
    """Takes embeddings. One thread at a time.

    dlib's ResNet holds Python's lock all the while, 70 ms of one core: whoever draws pictures meanwhile has it run
    in another process.

    Args:
        name: "dlib", or the path of an SFace .onnx file. Their numbers cannot be compared with each other.

    Raises:
        LikenessError: a model is absent.
    """

    def __init__(self, name: str = "dlib") -> None:
        self._sface = None if name == "dlib" else _open_sface(name)
        if self._sface is not None:
            return
        import dlib

        self._dlib = dlib
        self._resnet = dlib.face_recognition_model_v1(model_file(IDENTITY))
        self._shape: ShapeModel | None = None

    def embed(self, picture: Photo, face: Face) -> Embedding:
        """Return the embedding `[128]` of a face in a picture `[height, width, 3]` uint8 RGB; the same each time."""
        if self._sface is not None:
            row = np.array([[*face.box, *face.landmarks.ravel(), face.score]], np.float32)
            chip = self._sface.alignCrop(np.ascontiguousarray(picture[..., ::-1]), row)
            vector = np.asarray(self._sface.feature(chip), np.float32).ravel()
            # SFace compares directions; of unit vectors the distance says the same.
            return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
        view, inside = close_up(picture, self._with_corners(picture, face))
        dlib = self._dlib
        corners = inside.landmarks if inside.corners is None else inside.corners
        parts = [dlib.point(round(x), round(y)) for x, y in corners]
        shape = dlib.full_object_detection(dlib.rectangle(*(round(side) for side in inside.box)), parts)
        return np.array(self._resnet.compute_face_descriptor(view, shape), np.float32)

    def _with_corners(self, picture: Photo, face: Face) -> Face:
        """Return the face with dlib's own five points, which another detector does not find."""
        if face.corners is not None:
            return face
        self._shape = self._shape or ShapeModel()
        way = face.landmarks[1] - face.landmarks[0]
        middle = face.landmarks[0:2].mean(axis=0) + BOX_DOWN * rotate_quarter(way)
        half = BOX_HALF * eye_distance(face.landmarks)
        x, y = (float(number) for number in middle)
        return self._shape.complete(picture, Face((x - half, y - half, x + half, y + half), face.landmarks, face.score))


def identity_distance(a: Embedding, b: Embedding) -> float:
    """Return how far two embeddings are apart.

    With dlib's, below 0.6 is the same person; with SFace's, below 1.128 by its authors [Zhong et al. 2021].
    """
    return float(np.linalg.norm(np.asarray(a, np.float64) - np.asarray(b, np.float64)))


def _open_sface(name: str) -> cv2.FaceRecognizerSF:
    path = given_model(name, "SFace model")
    try:
        sface = cv2.FaceRecognizerSF.create(path, "")
        # Another network opens too, and fails at the first face.
        count = sface.feature(np.zeros((SFACE_SIDE, SFACE_SIDE, 3), np.uint8)).size
    except cv2.error as error:
        raise LikenessError(f"{path} is no SFace model that OpenCV {cv2.__version__} opens: {error.err}") from error
    if count != SFACE_NUMBERS:
        raise LikenessError(f"{path} is no SFace model: it makes {count} numbers of a face, not {SFACE_NUMBERS}")
    return sface
