"""Shapes: closed forms, and random ones that are the same for the same key."""

import math
from itertools import pairwise
from statistics import fmean, pvariance

import pytest

from likeness.parameters.lfo_shapes import SHAPES, hold, random_value, saw, sine, smooth, square, triangle

PHASES = [k / 40 for k in range(-80, 200)]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_stays_within_the_fader(shape: str) -> None:
    assert all(0 <= SHAPES[shape](phase, 7) <= 1 for phase in PHASES)


def test_the_regular_shapes_are_what_their_names_say() -> None:
    for phase in PHASES:
        assert sine(phase, 0) == pytest.approx((1 + math.sin(2 * math.pi * phase)) / 2)
        # The triangle of the same phase is the arcsine of the sine.
        assert triangle(phase, 0) == pytest.approx(0.5 + math.asin(math.sin(2 * math.pi * phase)) / math.pi, abs=1e-7)
        assert saw(phase, 0) == pytest.approx(phase - math.floor(phase))
    assert [square(phase, 0) for phase in (0, 0.49, 0.5, 0.99, 1.0)] == [1, 1, 0, 0, 1]


def test_hold_keeps_one_value_a_cycle_and_smooth_goes_through_all_of_them() -> None:
    for cycle in range(-3, 20):
        assert {hold(cycle + part, 5) for part in (0.0, 0.3, 0.999)} == {hold(float(cycle), 5)}
        assert smooth(float(cycle), 5) == hold(float(cycle), 5)
        middle = (hold(float(cycle), 5) + hold(cycle + 1.0, 5)) / 2
        assert smooth(cycle + 0.5, 5) == pytest.approx(middle)
    steps = [abs(smooth(k / 1000, 5) - smooth((k + 1) / 1000, 5)) for k in range(20_000)]
    # The steepest of 3t^2 - 2t^3 is 1.5.
    assert max(steps) <= 0.0015


def test_draws_are_uniform_and_of_two_keys_unlike() -> None:
    row, other = ([random_value(key, k) for k in range(20_000)] for key in (1, 2))
    assert fmean(row) == pytest.approx(0.5, abs=0.01)
    assert pvariance(row) == pytest.approx(1 / 12, abs=0.002)
    together = fmean((a - 0.5) * (b - 0.5) for a, b in zip(row, other, strict=True)) * 12
    following = fmean((a - 0.5) * (b - 0.5) for a, b in pairwise(row)) * 12
    assert abs(together) < 0.03
    assert abs(following) < 0.03
