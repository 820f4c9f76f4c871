"""The regions of a photo: face, hair, person and background around a face that is turned and anywhere."""

import cv2
import numpy as np
import pytest

from likeness import open_generator
from likeness.faces.photo import Photo
from likeness.faces.regions import find_region
from likeness.files.paths import find_weights
from likeness.picture import to_pictures


@pytest.fixture(scope="module")
def photo() -> Photo:
    """Return a drawn face, turned by 5 degrees, low and on the right of a wide wall."""
    generator = open_generator(find_weights("composite-256"))
    (face,) = to_pictures(generator.synthesize(generator.sample([4]) * 0.5))
    wall = np.full((400, 600, 3), face[4, 4], np.uint8)
    wall[130:386, 320:576] = face
    turn = cv2.getRotationMatrix2D((448, 258), 5, 1.0)
    return np.asarray(cv2.warpAffine(wall, turn, (600, 400), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def test_regions_lie_where_the_face_does_and_share_the_photo(photo: Photo) -> None:
    found = {name: find_region(photo, name) for name in ("face", "background")}
    assert all(mask.shape == (400, 600) for mask in found.values())
    # Hair and clothes lie between them.
    between = 1 - found["face"] - found["background"]
    assert between.min() > -0.01
    assert 0.05 < between.mean() < 0.5
    # The middle of the face, and a wall far from it.
    assert found["face"][260:300, 430:470].min() > 0.9
    assert found["background"][:, :200].min() > 0.99
    assert 0.05 < found["face"].mean() < 0.25
    rows, columns = np.nonzero(found["face"] > 0.5)
    assert abs(columns.mean() - 448) < 40
    assert abs(rows.mean() - 270) < 50
