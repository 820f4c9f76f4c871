"""Faces to look for: drawn by the bundled generator, which needs no pictures beside the repository."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from likeness import open_generator
from likeness.faces.detect import Detector
from likeness.faces.embed import Embedder
from likeness.files.paths import find_weights
from likeness.picture import to_picture

Scene = Callable[..., np.ndarray]


@pytest.fixture(scope="session")
def drawn() -> Callable[[int], np.ndarray]:
    """Return the maker of a face `[256, 256, 3]` RGB by its seed."""
    generator = open_generator(find_weights("composite-256"))
    return lambda seed: np.asarray(to_picture(generator.synthesize(0.7 * generator.sample([seed]))))


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder()


def placed(face: np.ndarray, x: float, y: float, scale: float = 1.0, angle: float = 0.0, size=(480, 360)) -> np.ndarray:
    """A green wall `size` wide and high with a face whose middle is at `x`, `y`, turned by `angle` degrees."""
    matrix = cv2.getRotationMatrix2D((face.shape[1] / 2, face.shape[0] / 2), angle, scale)
    matrix[:, 2] += (x - face.shape[1] / 2, y - face.shape[0] / 2)
    wall = np.full((size[1], size[0], 3), (90, 130, 70), np.uint8)
    mask = cv2.warpAffine(np.full(face.shape[:2], 255, np.uint8), matrix, size)
    moved = cv2.warpAffine(face, matrix, size, flags=cv2.INTER_CUBIC)
    wall[mask > 127] = moved[mask > 127]
    return wall


@pytest.fixture
def scene() -> Scene:
    """Return what puts a face on a wall."""
    return placed
