"""A face laid back lies where it was, in the photo's light, and leaves the rest of the photo to the bit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from likeness.faces.align import align, quadrilateral
from likeness.faces.landmarks import Points
from likeness.faces.painting import place_by_eyes
from likeness.faces.paste import carry_light, find_changed, paste
from likeness.faces.photo import Photo

SIZE = 96


@pytest.fixture
def photo() -> Photo:
    y, x = np.mgrid[0:300, 0:400]
    waves = [127 + 90 * np.sin(x / a) * np.cos(y / b) for a, b in ((17, 23), (31, 19), (25, 40))]
    return np.asarray(np.stack(waves, axis=-1), np.uint8)


@pytest.fixture
def landmarks() -> Points:
    return place_by_eyes((170.0, 130.0), (220.0, 142.0))


def test_a_cut_laid_back_unchanged_is_the_photo(photo: Photo, landmarks: Points) -> None:
    cut = align(photo, landmarks, SIZE).astype(np.float32)
    again = paste(photo, cut, np.ones((SIZE, SIZE), np.float32), landmarks).astype(float)
    middle = quadrilateral(landmarks).mean(axis=0).astype(int)
    inside = slice(middle[1] - 50, middle[1] + 50), slice(middle[0] - 50, middle[0] + 50)
    assert np.abs(again[inside] - photo[inside]).mean() < 3
    shifted = np.abs(np.roll(again, 4, axis=1)[inside] - photo[inside]).mean()
    assert shifted > 3 * np.abs(again[inside] - photo[inside]).mean()


def test_what_lies_outside_the_square_stays_to_the_bit(photo: Photo, landmarks: Points) -> None:
    kept = photo.copy()
    white = np.full((SIZE, SIZE, 3), 255, np.float32)
    pasted = paste(photo, white, np.ones((SIZE, SIZE), np.float32), landmarks)
    corners = quadrilateral(landmarks)
    low, high = corners.min(axis=0).astype(int) - 2, corners.max(axis=0).astype(int) + 3
    outside = np.ones(photo.shape[:2], bool)
    outside[max(low[1], 0) : high[1], max(low[0], 0) : high[0]] = False
    assert np.array_equal(pasted[outside], photo[outside])
    assert (pasted == 255).all(axis=2).sum() > 0.9 * np.hypot(*(corners[3] - corners[0])) ** 2
    assert np.array_equal(photo, kept)


def test_only_what_changes_in_the_face_is_replaced_and_nothing_at_the_border() -> None:
    drawn = np.full((SIZE, SIZE, 3), 100, np.uint8)
    edited = drawn.copy()
    edited[60:75, 35:60] += 60
    share = find_changed(edited, drawn)
    assert share[67, 47] > 0.8
    assert share[20, 48] == 0
    everywhere = find_changed(drawn + 60, drawn)
    border: NDArray[np.float32] = np.concatenate([everywhere[0], everywhere[-1], everywhere[:, 0], everywhere[:, -1]])
    assert not border.any()
    assert not find_changed(drawn, drawn).any()


def test_the_new_face_has_the_photos_light_and_its_own_features() -> None:
    dice = np.random.default_rng(0)
    drawn = np.full((SIZE, SIZE, 3), 100, np.uint8)
    ramp = np.linspace(-30, 30, SIZE)[None, :, None]
    cut = np.asarray(drawn + ramp, np.uint8)
    edited = np.asarray(drawn + dice.integers(-9, 10, drawn.shape), np.uint8)
    lit = carry_light(edited, drawn, cut)
    middle = slice(24, 72)
    slope = np.polyfit(np.arange(SIZE)[middle], lit.mean(axis=(0, 2))[middle], 1)[0]
    assert slope == pytest.approx(60 / (SIZE - 1), rel=0.15)
    features = np.corrcoef((lit - lit.mean(0)).ravel(), (edited - edited.mean(0)).ravel())[0, 1]
    assert features > 0.95
