"""One person's photos are near one another, two people's far."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.errors import LikenessError
from likeness.faces.detect import Detector, Face
from likeness.faces.embed import SAME_PERSON, Embedder, identity_distance
from likeness.faces.photo import read_photo

Drawn = Callable[[int], np.ndarray]
Scene = Callable[..., np.ndarray]


def test_one_person_is_near_themselves_and_far_from_others(
    faces: Path, scene: Scene, detector: Detector, embedder: Embedder
) -> None:
    first, second = [], []
    for number in (2, 4, 5):
        plain = read_photo(faces / f"{number:04}.jpg")
        other = scene(plain, 250, 190, 0.9, -8)
        other = np.clip(other.astype(float) * 0.75 + 10, 0, 255).astype(np.uint8)
        for picture, kept in ((plain, first), (cv2.GaussianBlur(other, (0, 0), 1), second)):
            kept.append(embedder.embed(picture, detector.find(picture)[0]))
    distances = np.array([[identity_distance(a, b) for b in second] for a in first])
    assert distances.diagonal().max() < 0.45 < SAME_PERSON
    assert distances[~np.eye(3, dtype=bool)].min() > 0.6


def test_an_embedding_is_128_numbers_and_the_same_each_time(
    drawn: Drawn, scene: Scene, detector: Detector, embedder: Embedder
) -> None:
    picture = scene(drawn(3), 240, 180)
    face = detector.find(picture)[0]
    one, two = embedder.embed(picture, face), embedder.embed(picture, face)
    assert one.shape == (128,)
    assert one.dtype == np.float32
    assert np.array_equal(one, two)


def test_another_detectors_face_is_embedded_too(
    drawn: Drawn, scene: Scene, detector: Detector, embedder: Embedder
) -> None:
    picture = scene(drawn(3), 240, 180)
    face = detector.find(picture)[0]
    stranger = Face((0, 0, 480, 360), face.landmarks, 1.0)
    assert identity_distance(embedder.embed(picture, face), embedder.embed(picture, stranger)) < 0.3


def test_an_embedder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LikenessError, match="is not known"):
        Embedder("facenet")
    (tmp_path / "sface.onnx").write_bytes(b"no network")
    with pytest.raises(LikenessError, match="is no SFace model"):
        Embedder(str(tmp_path / "sface.onnx"))
