"""Fields against closed forms: translations, smooth waves, drawn pictures."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likeness.faces import flow as correspond

SIZE = 64


def wave(strength: float, size: int = SIZE) -> correspond.Field:
    """A smooth field that is zero on the border, of at most `strength` pixels."""
    y, x = np.mgrid[0:size, 0:size] / (size - 1)
    bump = np.sin(np.pi * x) * np.sin(np.pi * y)
    return (strength * np.stack([bump, -bump], axis=2)).astype(np.float32)


def blobs(seed: int = 0, size: int = 128) -> np.ndarray:
    """A smooth random picture, `[size, size]` uint8."""
    noise = np.random.default_rng(seed).standard_normal((size, size)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def test_a_zero_field_leaves_a_picture_as_it_is() -> None:
    picture = blobs()
    assert np.array_equal(correspond.warp(picture, np.zeros((128, 128, 2), np.float32)), picture)


def test_a_constant_field_reads_from_that_far_away() -> None:
    picture = blobs()
    field = np.zeros((128, 128, 2), np.float32)
    field[..., 0] = 5
    assert np.array_equal(correspond.warp(picture, field)[:, :-5], picture[:, 5:])


@settings(max_examples=20, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_constant_fields_compose_to_their_sum(ax: float, ay: float, bx: float, by: float) -> None:
    first = np.full((16, 16, 2), (ax, ay), np.float32)
    second = np.full((16, 16, 2), (bx, by), np.float32)
    assert correspond.compose(first, second) == pytest.approx(first + second, abs=1e-5)


def test_composition_warps_like_two_warps_one_after_the_other() -> None:
    # A ramp: bilinear interpolation is exact on it, so both ways agree to rounding.
    y, x = np.mgrid[0:128, 0:128].astype(np.float32)
    ramp = 3 * x + 2 * y
    running, step = wave(3, 128), wave(2, 128)[:, ::-1].copy()
    twice = correspond.warp(correspond.warp(ramp, running), step)
    once = correspond.warp(ramp, correspond.compose(step, running))
    inner = (slice(4, -4), slice(4, -4))
    assert np.abs(twice - once)[inner].max() < 0.5
    assert np.abs(once - ramp)[inner].max() > 4


@pytest.mark.parametrize("strength", [1.0, 4.0, 8.0])
def test_an_inverse_undoes_its_field(strength: float) -> None:
    field = wave(strength)
    there_and_back = correspond.compose(correspond.invert(field, 20), field)
    assert np.abs(there_and_back).max() < 0.05


def test_a_resized_field_moves_by_the_same_share_of_the_picture() -> None:
    field = np.full((32, 32, 2), 2.0, np.float32)
    assert correspond.resize_field(field, 64) == pytest.approx(np.full((64, 64, 2), 4.0))


def test_smoothing_keeps_a_constant_and_ignores_what_is_not_trusted() -> None:
    field = np.full((SIZE, SIZE, 2), 2.0, np.float32)
    trust = np.ones((SIZE, SIZE), np.float32)
    field[20:30, 20:30] = 50
    trust[20:30, 20:30] = 0
    smooth = correspond.smooth_field(field, trust, 4, floor=0)
    assert smooth == pytest.approx(np.full_like(field, 2.0), abs=1e-3)


def test_long_moves_are_shortened_and_short_ones_stay() -> None:
    field = np.array([[[0.1, 0.0], [300.0, 400.0]]], np.float32)
    short = correspond.limit_length(field, 5)
    assert short[0, 0] == pytest.approx([0.1, 0], abs=1e-4)
    assert short[0, 1] == pytest.approx([3, 4], abs=1e-2)


def test_flow_finds_a_known_shift_and_trusts_it() -> None:
    picture = blobs()
    moved = np.roll(picture, 3, axis=1)
    field, trust = correspond.FlowFinder().find(picture, moved)
    inner = (slice(16, -16), slice(16, -16))
    assert np.median(field[inner][..., 0]) == pytest.approx(3, abs=0.15)
    assert np.median(field[inner][..., 1]) == pytest.approx(0, abs=0.15)
    assert trust[inner].mean() > 0.8


def test_flow_found_alike_is_the_same_in_a_mirror() -> None:
    finder = correspond.FlowFinder()
    one, other = blobs(0), np.roll(blobs(0), 3, axis=1)
    mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in (one, other)]
    field, trust = finder.find_alike(one, other)
    again, also = finder.find_alike(*mirrored)
    assert correspond.mirror_field(again) == pytest.approx(field, abs=1e-6)
    assert also[:, ::-1] == pytest.approx(trust, abs=1e-6)
    assert np.median(field[16:-16, 16:-16, 0]) == pytest.approx(3, abs=0.15)
    # Found once, it is another in the mirror.
    assert np.abs(correspond.mirror_field(finder.find(*mirrored)[0]) - finder.find(one, other)[0]).max() > 0.1


def test_flow_is_not_trusted_between_strangers() -> None:
    finder = correspond.FlowFinder()
    _, same = finder.find(blobs(0), blobs(0))
    _, strange = finder.find(blobs(0), blobs(1))
    assert strange.mean() < 0.5 * same.mean()


def test_even_contrast_takes_the_lighting_away() -> None:
    grey = blobs().astype(np.float32) / 255
    light = np.linspace(0.3, 1.0, 128, dtype=np.float32)[None, :]
    bright = cv2.cvtColor((grey * 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    lit = cv2.cvtColor((grey * light * 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    before = np.abs(bright[..., 0].astype(float) - lit[..., 0]).mean()
    after = np.abs(correspond.even_contrast(bright).astype(float) - correspond.even_contrast(lit)).mean()
    assert after < 0.25 * before
