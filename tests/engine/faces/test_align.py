"""The cut is FFHQ's: its square by hand, its place in the pictures of the training, and what lies beyond the photo."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.errors import PhotoError
from likeness.faces.align import align, outside_share, quadrilateral
from likeness.faces.detect import Detector
from likeness.faces.photo import read_photo

Drawn = Callable[[int], np.ndarray]
Scene = Callable[..., np.ndarray]


def cut_by(middle: tuple[float, float], half: float, angle: float = 0.0) -> np.ndarray:
    """Landmarks whose square has this middle and half side: eyes 2 x and mouth 1.8 x apart decide, eyes here."""
    eyes, down = half / 2, half / 2
    flat = np.array([[-eyes / 2, 0], [eyes / 2, 0], [0, down / 2], [-9, down], [9, down]]) - (0, 0.1 * down)
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return flat @ rotation + middle


def test_the_square_is_that_of_the_paper() -> None:
    corners = quadrilateral(cut_by((128, 130), 100))
    assert np.allclose(corners, [[28, 30], [28, 230], [228, 230], [228, 30]])
    # A long face: its mouth decides, 1.8 x 80.
    long = np.array([[70.0, 100], [130, 100], [100, 140], [90, 180], [110, 180]])
    assert np.allclose(quadrilateral(long)[0], (100 - 144, 108 - 144))


def test_landmarks_in_one_point_are_refused() -> None:
    with pytest.raises(PhotoError, match="one point"):
        quadrilateral(np.ones((5, 2)))


@pytest.mark.parametrize(("size", "angle"), [(64, 0), (256, 0), (256, 20), (600, -10)])
def test_what_is_cut_is_upright_and_where_it_was(size: int, angle: float) -> None:
    """A gradient is cut: the colour of a pixel tells where it came from."""
    y, x = np.mgrid[0:400, 0:400].astype(np.float32) + 0.5
    picture = np.asarray(np.rint(np.stack([x, y, x], -1) * 255 / 400), np.uint8)
    got = align(picture, cut_by((200, 210), 90, angle), size).astype(float)
    assert got.shape == (size, size, 3)
    place = (np.arange(size) + 0.5) / size * 180 - 90
    turn = np.radians(angle)
    across, down = np.meshgrid(place, place)
    wanted = 200 + np.cos(turn) * across - np.sin(turn) * down
    assert np.abs(got[..., 0] * 400 / 255 - wanted).max() < 2.5


def test_where_the_photo_ends_it_goes_on_softly() -> None:
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (300, 300, 3), np.uint8), (0, 0), 2)
    landmarks = cut_by((150, 30), 100)
    got = align(picture, landmarks, 200).astype(float)
    assert outside_share(picture.shape, landmarks) == pytest.approx(0.35, abs=0.02)
    # In the photo nothing is touched; at its edge there is no seam; far beyond there is no detail.
    assert np.allclose(got[75:, :], picture[5:130, 50:250], atol=2)
    steps = np.abs(np.diff(got, axis=0)).mean(axis=(1, 2))
    assert steps[67:72].max() < 1.5 * steps[80:].max()
    assert got[:6].std(axis=(0, 1)).mean() < 0.2 * got[75:].std(axis=(0, 1)).mean()


def test_a_face_outside_the_photo_is_refused() -> None:
    with pytest.raises(PhotoError, match="outside"):
        align(np.zeros((50, 50, 3), np.uint8), cut_by((900, 900), 100), 64)


def test_aligning_a_cut_face_gives_nearly_the_same_cut(faces: Path, detector: Detector) -> None:
    """These were cut by other landmarks, so that each differs; together they must not be off to one side."""
    square = np.array([[0, 0], [0, 256], [256, 256], [256, 0]])
    corners = []
    for path in sorted(faces.glob("*.jpg"))[1:160:4]:
        found = detector.find(read_photo(path))
        assert found, path.name
        corners.append(quadrilateral(found[0].landmarks))
    off = np.array(corners) - square
    # In px of 256. What was seen: median 11.4, and 0.4 to one side.
    assert np.median(np.hypot(*np.moveaxis(off, -1, 0)).mean(axis=1)) < 14
    assert np.abs(np.median(off.mean(axis=1), axis=0)).max() < 2.5
    width = [np.hypot(*(corner[3] - corner[0])) for corner in corners]
    assert np.median(width) == pytest.approx(256, abs=5)


def test_a_face_that_was_moved_and_turned_is_cut_out_as_before(drawn: Drawn, scene: Scene, detector: Detector) -> None:
    before = scene(drawn(3), 240, 180)
    after = scene(drawn(3), 260, 190, 0.7, 15)
    cuts = [align(each, detector.find(each)[0].landmarks, 128).astype(float)[32:104, 32:96] for each in (before, after)]
    assert np.corrcoef(cuts[0].ravel(), cuts[1].ravel())[0, 1] > 0.95
