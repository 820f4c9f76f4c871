"""The easing curves: where they begin and end, that they only go forward, and how fast."""

import itertools

import pytest

from likeness import easing
from likeness.easing import EASINGS

# The largest slope, by the curve's derivative.
STEEPEST = {"linear": 1.0, "smooth": 1.5, "cubic": 3.0, "ease-in": 3.0, "ease-out": 3.0}


@pytest.mark.parametrize("name", sorted(EASINGS))
def test_every_curve_goes_forward_from_0_to_1_at_no_more_than_its_slope(name: str) -> None:
    points = [EASINGS[name](index / 1000) for index in range(1001)]
    slopes = [(b - a) * 1000 for a, b in itertools.pairwise(points)]
    assert (points[0], points[-1]) == (0.0, 1.0)
    assert min(slopes) >= 0.0
    assert max(slopes) == pytest.approx(STEEPEST[name], rel=0.01)


@pytest.mark.parametrize("name", ["linear", "smooth", "cubic"])
def test_the_even_curves_pass_the_middle_at_half_time(name: str) -> None:
    assert EASINGS[name](0.5) == 0.5


def test_the_names_of_the_version_before_still_work_and_warn() -> None:
    with pytest.warns(FutureWarning, match="ease_in"):
        assert easing.leave_slowly(0.5) == EASINGS["ease-in"](0.5)
    with pytest.warns(FutureWarning, match="ease_out"):
        assert easing.arrive_softly(0.5) == EASINGS["ease-out"](0.5)
    with pytest.raises(AttributeError, match="nobody"):
        _ = easing.nobody
