"""The regions of a photo: face, hair, person and background around a face that is turned and anywhere."""

import cv2
import numpy as np
import pytest

from likeness import open_generator
from likeness.errors import PhotoError
from likeness.faces.photo import Photo
from likeness.faces.regions import REGIONS, find_region
from likeness.files.paths import find_weights
from likeness.picture import to_pictures


@pytest.fixture(scope="module")
def photo() -> Photo:
    """Return a drawn face, turned by 12 degrees, low and on the right of a wide wall."""
    generator = open_generator(find_weights("composite-256"))
    (face,) = to_pictures(generator.synthesize(generator.sample([4]) * 0.5))
    wall = np.full((400, 600, 3), face[4, 4], np.uint8)
    wall[130:386, 320:576] = face
    turn = cv2.getRotationMatrix2D((448, 258), 12, 1.0)
    return np.asarray(cv2.warpAffine(wall, turn, (600, 400), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def test_regions_lie_where_the_face_does_and_share_the_photo(photo: Photo) -> None:
    found = {name: find_region(photo, name) for name in REGIONS}
    assert all(mask.shape == (400, 600) for mask in found.values())
    assert np.abs(found["face"] + found["hair"] - found["person"]).max() < 0.01
    assert np.abs(found["person"] + found["background"] - 1).max() < 0.01
    # The middle of the face, and a wall far from it.
    assert found["face"][260:300, 430:470].min() > 0.9
    assert found["background"][:, :200].min() > 0.99
    assert 0.05 < found["face"].mean() < 0.25
    rows, columns = np.nonzero(found["face"] > 0.5)
    assert abs(columns.mean() - 448) < 40
    assert abs(rows.mean() - 270) < 50


def test_a_picture_without_a_face_is_refused() -> None:
    with pytest.raises(PhotoError, match="no face is found, so there is no hair"):
        find_region(np.full((200, 200, 3), 90, np.uint8), "hair")
