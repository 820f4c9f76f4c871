"""Faces and wallpaper, looked at by dlib's own networks."""

from pathlib import Path

import numpy as np
import pytest

from likeness.errors import LikenessError
from likeness.evaluation.seen_faces import look_for_faces, pair_distances
from likeness.faces.photo import read_photo


def test_faces_are_seen_wallpaper_is_not_and_the_same_face_twice_is_alike(faces: Path) -> None:
    one, other = read_photo(faces / "0016.jpg"), read_photo(faces / "0031.jpg")
    wallpaper = np.indices((64, 64)).sum(0)[..., None].repeat(3, 2).astype(np.uint8)
    found = look_for_faces([one, other, wallpaper, one])
    assert (found.pictures, found.found, found.lowest) == (4, 3, 0.0)
    assert found.closest == pytest.approx(0.0, abs=1e-6)
    assert found.median > 0.4
    assert found.same_person == pytest.approx(1 / 3)


def test_distances_are_those_of_all_pairs() -> None:
    found = pair_distances(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    assert found.tolist() == pytest.approx([5.0, 1.0, 18**0.5])
    assert len(pair_distances(np.zeros((1, 2)))) == 0


def test_no_picture_at_all_is_refused() -> None:
    with pytest.raises(LikenessError, match="draw one or more"):
        look_for_faces([])
