"""The one-euro filter in numbers: still at rest, prompt in motion, exact for what it is."""

import math

import numpy as np
import pytest

from likeness.faces.landmark_filter import SteadyLandmarks

FACE = np.array([[96.0, 120], [160, 120], [128, 170], [105, 190], [150, 190]])


def played(speed: float, seconds: float = 6.0, noise: float = 0.5, fps: int = 30) -> np.ndarray:
    rng, steady = np.random.default_rng(1), SteadyLandmarks()
    return np.array(
        [
            steady.smooth(FACE + np.array([speed * frame / fps, 0]) + rng.normal(0, noise, FACE.shape), frame / fps)
            for frame in range(int(seconds * fps))
        ]
    )


def test_at_rest_the_jitter_is_gone() -> None:
    still = played(0.0)[60:]
    assert still.std(axis=0).mean() < 0.5 / 3
    # From frame to frame the raw points leap by 0.56 px.
    assert np.abs(np.diff(still, axis=0)).mean() < 0.08


@pytest.mark.parametrize(("speed", "late_s"), [(32, 0.07), (64, 0.045), (128, 0.03)])
def test_the_faster_the_head_the_less_is_it_late(speed: float, late_s: float) -> None:
    track = played(speed, noise=0.0)
    late = (FACE[:, 0] + speed * (len(track) - 1) / 30 - track[-1][:, 0]).mean() / speed
    assert 0 < late < late_s


def test_it_is_the_filter_of_the_paper() -> None:
    """With no weight for the speed it is an exponential mean with alpha = 1 / (1 + 1 / (2 pi f dt))."""
    steady, dt = SteadyLandmarks(rest_hz=2.0, speed_weight=0.0), 1 / 25
    steady.smooth(FACE, 0.0)
    alpha = 1 / (1 + 1 / (2 * math.pi * 2.0 * dt))
    assert np.allclose(steady.smooth(FACE + 10, dt) - FACE, 10 * alpha)


def test_another_face_and_a_gap_begin_anew() -> None:
    steady = SteadyLandmarks()
    steady.smooth(FACE, 0.0)
    assert np.array_equal(steady.smooth(FACE + 300, 0.04), FACE + 300)
    assert np.array_equal(steady.smooth(FACE + 305, 3.0), FACE + 305)
    assert not np.array_equal(steady.smooth(FACE + 306, 3.04), FACE + 306)
