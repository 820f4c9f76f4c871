"""In a painting the face is looked for in calmer copies, and what is not found is said with its reason."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from likeness import open_generator
from likeness.errors import PhotoError
from likeness.faces.align import quadrilateral
from likeness.faces.detect import Detector, Face
from likeness.faces.painting import CALMER, explain_absence, find_painted_faces, place_by_eyes
from likeness.faces.photo import Photo
from likeness.files.paths import find_weights
from likeness.picture import to_picture

FACE = Face((10.0, 10.0, 90.0, 90.0), np.zeros((5, 2)), 1.0)
DICE = np.random.default_rng(0)


class Sees:
    """A detector that finds a face where a picture fulfils a condition."""

    def __init__(self, condition: Callable[[Photo], bool]) -> None:
        self.condition, self.asked = condition, 0

    def find(self, picture: Photo) -> list[Face]:
        self.asked += 1
        return [FACE] if self.condition(picture) else []


def roughness(picture: Photo) -> float:
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


def find(picture: Photo, detector: Sees) -> tuple[list[Face], str]:
    return find_painted_faces(picture, detector)  # type: ignore[arg-type]  # as far as it is asked


def test_a_photo_is_looked_at_once_and_a_rough_painting_smoothed() -> None:
    rough = DICE.integers(0, 256, (120, 120, 3)).astype(np.uint8)
    anything = Sees(lambda picture: True)
    assert find(rough, anything) == ([FACE], "")
    assert anything.asked == 1
    calm = Sees(lambda picture: roughness(picture) < 0.6 * roughness(rough))
    assert find(rough, calm) == ([FACE], "the face was found once the picture was smoothed")
    never = Sees(lambda picture: False)
    assert find(rough, never) == ([], "")
    assert never.asked == 1 + len(CALMER)


def test_a_pale_picture_gets_contrast_and_keeps_its_shape() -> None:
    pale = DICE.integers(120, 136, (120, 120, 1)).repeat(3, 2).astype(np.uint8)
    seen = Sees(lambda picture: float(picture.std()) > 1.5 * float(pale.std()))
    assert find(pale, seen)[1] == "the face was found once the picture was given more contrast"
    assert all(change(pale).shape == pale.shape for change in CALMER.values())


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (np.zeros((40, 300, 3), np.uint8), "it is 300 x 40 px"),
        (np.full((200, 200, 3), 90, np.uint8), "nearly of one brightness"),
        (np.where(DICE.random((200, 200, 1)) < 0.1, 0, 255).repeat(3, 2).astype(np.uint8), "a drawing of lines, 9"),
        (DICE.integers(0, 256, (200, 200, 3)).astype(np.uint8), "turned away, covered"),
    ],
)
def test_a_picture_without_a_face_says_why_and_what_to_do(picture: Photo, reason: str) -> None:
    said = str(explain_absence(picture, "sketch.png"))
    assert "no face is found in sketch.png" in said
    assert reason in said
    assert "--eyes X,Y,X,Y" in said


def test_a_face_in_an_oil_painting_is_found() -> None:
    generator = open_generator(find_weights("composite-256"))
    face = to_picture(generator.synthesize(0.6 * generator.sample([5])))
    canvas = np.full((500, 600, 3), 70, np.uint8)
    canvas[120:376, 180:436] = face
    painted = np.asarray(cv2.medianBlur(canvas, 9) // 32 * 32 + 16, np.uint8)
    faces, _ = find_painted_faces(painted, Detector("hog"))
    assert faces
    left, top, right, bottom = faces[0].box
    assert 180 < left < right < 436
    assert 120 < top < bottom < 376


def test_eyes_alone_cut_the_square_that_an_ordinary_face_has() -> None:
    corners = quadrilateral(place_by_eyes((100.0, 200.0), (160.0, 200.0)))
    side = float(np.hypot(*(corners[3] - corners[0])))
    # Of FFHQ's faces the eyes are some quarter of the square apart and a little above its middle.
    assert side == pytest.approx(4 * 60, rel=0.05)
    middle = corners.mean(axis=0)
    assert middle[0] == pytest.approx(130)
    assert 200 < middle[1] < 215
    with pytest.raises(PhotoError, match="picture's left"):
        place_by_eyes((160.0, 200.0), (100.0, 200.0))
