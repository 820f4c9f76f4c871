"""Pictures are averaged when they become smaller and interpolated when they become larger."""

import cv2
import numpy as np
import pytest

from likeness.faces.resize import resize


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def test_a_smaller_picture_is_the_mean_of_the_larger_one() -> None:
    picture = noise(8, 12)
    means = picture.reshape(4, 2, 6, 2, 3).mean((1, 3))
    assert np.abs(resize(picture, 6, 4) - means).max() <= 0.5


def test_a_larger_picture_is_interpolated() -> None:
    ramp = np.repeat(np.arange(0, 240, 24, dtype=np.uint8)[None], 10, 0)
    larger = resize(ramp, 40)
    assert larger.shape == (40, 40)
    assert len(np.unique(larger)) > 30, "repeated pixels would keep the ten values"
    steps = np.diff(resize(ramp.astype(np.float32), 40, enlarge=cv2.INTER_LINEAR)[0, 2:-2])
    assert steps == pytest.approx(np.full(len(steps), 6.0)), "a straight ramp stays one"


def test_a_picture_of_that_size_stays_as_it_is() -> None:
    picture = noise(9, 7)
    assert resize(picture, 7, 9) is picture


def test_a_single_channel_and_the_type_are_kept() -> None:
    picture = noise(9, 7, 1).astype(np.float32)
    for side in (4, 20):
        assert resize(picture, side).shape == (side, side, 1)
        assert resize(picture, side).dtype == np.float32
