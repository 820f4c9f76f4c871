"""Faces are found, the biggest first, with landmarks that lie where eyes and mouth are."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from likeness.errors import LikenessError
from likeness.faces.detect import Detector, Face, to_face
from likeness.faces.landmarks import eye_distance

Drawn = Callable[[int], np.ndarray]
Scene = Callable[..., np.ndarray]


def test_every_face_is_found_and_the_biggest_comes_first(drawn: Drawn, scene: Scene, detector: Detector) -> None:
    picture = scene(drawn(3), 150, 180, 0.7)
    picture[60:300, 300:470] = scene(drawn(5), 85, 120, 0.5, size=(170, 240))
    found = detector.find(picture)
    assert len(found) == 2
    assert found[0].area > found[1].area
    for face, x in zip(found, (150, 385), strict=True):
        assert abs((face.box[0] + face.box[2]) / 2 - x) < 15


def test_landmarks_turn_and_grow_with_the_face(drawn: Drawn, scene: Scene, detector: Detector) -> None:
    upright = detector.find(scene(drawn(3), 240, 180))[0]
    turned = detector.find(scene(drawn(3), 250, 170, 0.8, 15))[0]
    way = [face.landmarks[1] - face.landmarks[0] for face in (upright, turned)]
    angles = [np.degrees(np.arctan2(-y, x)) for x, y in way]
    assert angles[1] - angles[0] == pytest.approx(15, abs=3)
    assert eye_distance(turned.landmarks) / eye_distance(upright.landmarks) == pytest.approx(0.8, abs=0.05)
    # Left eye, right eye, nose, left and right of the mouth, as they lie in the picture.
    x, y = upright.landmarks.T
    assert x[0] < x[2] < x[1]
    assert x[3] < x[4]
    assert max(y[:2]) < y[2] < min(y[3:])


def test_a_face_is_found_in_a_photo_too_large_to_search_and_its_px_are_those_of_the_photo(
    drawn: Drawn, scene: Scene
) -> None:
    small = Detector("hog", longest=240)
    picture = np.asarray(np.kron(scene(drawn(3), 240, 180), np.ones((2, 2, 1), np.uint8)))
    face = small.find(picture)[0]
    assert eye_distance(face.landmarks) == pytest.approx(128, rel=0.1)
    assert np.allclose(face.landmarks[:2].mean(axis=0), (480, 348), atol=24)


def test_nobody_is_found_on_a_wall(scene: Scene, detector: Detector) -> None:
    assert detector.find(np.full((200, 300, 3), 140, np.uint8)) == []


def test_the_network_finds_a_face_that_the_gradients_miss(faces: Path) -> None:
    from likeness.faces.photo import read_photo

    # A boy with sunglasses and hard light from one side: one of 6 in 100.
    picture = read_photo(faces / "0058.jpg")
    assert Detector("hog").find(picture) == []
    assert len(Detector("auto").find(picture)) == 1


def test_the_68_points_come_by_name_alone_and_say_what_they_forbid(
    drawn: Drawn, scene: Scene, detector: Detector, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        many = Detector("hog", landmarks="68")
    assert "forbids commercial use" in caplog.text
    picture = scene(drawn(3), 240, 180)
    one, other = many.find(picture)[0].landmarks, detector.find(picture)[0].landmarks
    # Two models agree within a tenth of the eyes' distance, the mouth that is reckoned too.
    assert np.abs(one - other)[:3].max() < 7
    assert np.abs(one[3:].mean(axis=0) - other[3:].mean(axis=0)).max() < 9


@pytest.mark.parametrize(("name", "said"), [("hgo", "no detector 'hgo'"), ("absent.onnx", "there is no YuNet model")])
def test_a_detector_that_is_not_there_is_told(name: str, said: str) -> None:
    with pytest.raises(LikenessError, match=said):
        Detector(name)


def test_a_file_that_is_no_yunet_is_told(tmp_path: Path) -> None:
    (tmp_path / "yunet.onnx").write_bytes(b"no network")
    with pytest.raises(LikenessError, match="is no YuNet model"):
        Detector(str(tmp_path / "yunet.onnx"))


def test_a_row_of_yunet_is_a_face() -> None:
    row = np.array([10, 20, 100, 120, 40, 60, 80, 62, 60, 85, 45, 110, 78, 111, 0.9], np.float32)
    face = to_face(row)
    assert face.box == (10, 20, 110, 140)
    assert face.landmarks.tolist() == [[40, 60], [80, 62], [60, 85], [45, 110], [78, 111]]
    assert face.score == pytest.approx(0.9)


def test_a_face_moves_with_its_picture() -> None:
    face = Face((10, 20, 30, 40), np.arange(10.0).reshape(5, 2), 1.0, np.ones((5, 2)))
    moved = face.transform(2, 5, 7)
    assert moved.box == (25, 47, 65, 87)
    assert moved.landmarks[1].tolist() == [2 * 2 + 5, 3 * 2 + 7]
    assert moved.corners is not None
    assert moved.corners[0].tolist() == [7, 9]
