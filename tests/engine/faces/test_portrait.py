"""Bad photos get a message, and of many faces the sensible one is taken."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.errors import PhotoError
from likeness.faces.detect import Detector, Face
from likeness.faces.photo import read_photo
from likeness.faces.portrait import choose_main_face, find_portrait
from likeness.faces.quality import measure_quality

Drawn = Callable[[int], np.ndarray]
Scene = Callable[..., np.ndarray]


def at(x: float, y: float, side: float) -> Face:
    return Face((x - side / 2, y - side / 2, x + side / 2, y + side / 2), np.zeros((5, 2)), 1.0)


def test_the_biggest_is_chosen_unless_one_nearly_as_big_is_in_the_middle() -> None:
    left, middle, huge = at(60, 200, 100), at(320, 200, 90), at(60, 200, 200)
    assert choose_main_face([left, middle], (400, 640, 3)) is middle
    assert choose_main_face([huge, middle], (400, 640, 3)) is huge


def test_a_good_photo_gets_no_note(drawn: Drawn, scene: Scene, detector: Detector) -> None:
    found = find_portrait(scene(drawn(3), 240, 180), detector, 96)
    assert found.picture.shape == (96, 96, 3)
    assert found.notes == ()


def test_no_face_and_a_tiny_one_are_refused(drawn: Drawn, detector: Detector) -> None:
    with pytest.raises(PhotoError, match=r"no face is found in wall\.jpg"):
        find_portrait(np.full((200, 200, 3), 90, np.uint8), detector, 64, "wall.jpg")

    class Far(Detector):
        def __init__(self) -> None:
            pass

        def find(self, picture: np.ndarray) -> list[Face]:
            return [face.transform(0.1) for face in detector.find(drawn(3))]

    with pytest.raises(PhotoError, match="is tiny"):
        find_portrait(drawn(3), Far(), 64)


def test_forty_faces_end_in_one_and_the_sender_is_told(drawn: Drawn, detector: Detector) -> None:
    crowd = np.vstack([np.hstack([cv2.resize(drawn(3), (160, 160))] * 8)] * 5)
    found = find_portrait(crowd, detector, 64)
    assert "40 faces" in found.notes[0]
    x, y = (found.face.box[0] + found.face.box[2]) / 2, (found.face.box[1] + found.face.box[3]) / 2
    assert abs(x - 640) < 170
    assert abs(y - 400) < 90


def test_dark_blurred_foggy_and_cut_off_are_each_told(drawn: Drawn, scene: Scene, detector: Detector) -> None:
    picture = scene(drawn(3), 240, 180)
    face = detector.find(picture)[0]

    def said(changed: np.ndarray) -> str:
        return " ".join(measure_quality(np.asarray(changed, np.uint8), face).doubts)

    assert said(picture) == ""
    assert "dark" in said(picture // 8)
    assert "bright" in said(np.maximum(picture, 235))
    assert "blurred" in said(cv2.GaussianBlur(picture, (0, 0), 5))
    assert "contrast" in said(118 + picture // 16)
    cut = measure_quality(picture[:, 235:], face.transform(1, -235))
    assert any("outside" in doubt for doubt in cut.doubts)


def test_turned_and_small_faces_are_told(faces: Path, detector: Detector) -> None:
    picture = read_photo(faces / "0002.jpg")
    face = detector.find(picture)[0]
    nose = face.landmarks.copy()
    nose[2] += 0.4 * (nose[1] - nose[0])
    turned = measure_quality(picture, Face(face.box, nose, 1.0))
    assert any("turned away" in doubt for doubt in turned.doubts)
    small = measure_quality(cv2.resize(picture, (80, 80), interpolation=cv2.INTER_AREA), face.transform(80 / 256))
    assert any("small" in doubt for doubt in small.doubts)
