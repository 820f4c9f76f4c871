"""Steps of walks that are made of plain greys."""

import numpy as np
import pytest

from likeness.errors import LikenessError
from likeness.evaluation.walk import measure_steps


def greys(*levels: int) -> list[np.ndarray]:
    return [np.full((8, 8, 3), level, np.uint8) for level in levels]


def test_an_even_walk_has_equal_steps_of_its_levels() -> None:
    found = measure_steps(greys(10, 20, 30, 40, 50))
    assert found.frames == 5
    assert found.median == pytest.approx(10 / 127.5)
    assert (found.spread, found.longest) == pytest.approx((0.0, 1.0), abs=1e-6)
    assert found.closure == pytest.approx(4.0)


def test_a_cut_is_the_longest_step_in_medians() -> None:
    assert measure_steps(greys(10, 12, 14, 114, 116, 118)).longest == pytest.approx(50.0)


def test_a_loop_whose_last_frame_is_its_first_again_closes_to_the_bit() -> None:
    assert measure_steps(greys(10, 20, 30, 20, 10)).closure == 0.0


def test_a_walk_that_stands_still_is_even_and_one_that_leaps_out_of_it_is_not() -> None:
    still = measure_steps(greys(7, 7, 7, 7))
    assert (still.spread, still.longest, still.closure) == (0.0, 0.0, 0.0)
    assert measure_steps(greys(7, 7, 7, 7, 90)).longest == float("inf")


def test_two_pictures_are_no_walk() -> None:
    with pytest.raises(LikenessError, match="a walk of 2 pictures"):
        measure_steps(greys(1, 2))
