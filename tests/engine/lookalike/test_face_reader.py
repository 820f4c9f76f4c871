"""What is seen in the camera's pictures, and in a photo."""

import cv2
import numpy as np

from likeness import open_generator
from likeness.files.paths import find_weights
from likeness.lookalike.face_reader import FaceReader
from likeness.picture import to_picture


def test_a_photo_is_searched_for_smaller_faces_than_the_camera() -> None:
    generator = open_generator(find_weights("composite-256"))
    drawn = np.asarray(to_picture(generator.synthesize(0.7 * generator.sample([3]))))
    crowd = np.full((900, 1600, 3), (90, 130, 70), np.uint8)
    crowd[300:500, 700:900] = cv2.resize(drawn, (200, 200), interpolation=cv2.INTER_AREA)
    reader = FaceReader(64)
    assert reader.read(1, 0.0, crowd, embed=True).faces == 0, "the face is 40 px high where the camera is searched"
    seen = reader.read_photo(2, 0.1, crowd)
    assert seen.present
    assert seen.faces == 1
    assert seen.portrait is not None
    assert seen.portrait.shape == (64, 64, 3)
    assert seen.embedding is not None
    # Who it is does not hang on the size: the same drawing, large before the camera.
    near = reader.read(3, 9.0, np.ascontiguousarray(cv2.resize(drawn, (512, 512))), embed=True)
    assert near.embedding is not None
    assert np.linalg.norm(near.embedding - seen.embedding) < 0.4
    assert not reader.read_photo(4, 9.1, crowd[:250]).present
