import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness.outputs.fitting import FittedOutput, Screens, fit, letterbox
from likeness.outputs.output import MemoryOutput

sides = st.integers(1, 4000)


@pytest.mark.parametrize(
    ("size", "into", "place"),
    [
        ((512, 512), (1920, 1080), (420, 0, 1080, 1080)),
        ((1920, 1080), (512, 512), (0, 112, 512, 288)),
        ((64, 64), (64, 64), (0, 0, 64, 64)),
        ((1, 4000), (10, 10), (4, 0, 1, 10)),
    ],
)
def test_a_picture_fills_one_direction_and_is_in_the_middle_of_the_other(
    size: tuple[int, int], into: tuple[int, int], place: tuple[int, int, int, int]
) -> None:
    assert fit(size, into) == place


@given(sides, sides, sides, sides)
def test_it_never_leaves_the_frame(width: int, height: int, wide: int, high: int) -> None:
    x, y, w, h = fit((width, height), (wide, high))
    assert 0 <= x <= x + w <= wide
    assert 0 <= y <= y + h <= high
    assert w == wide or h == high


def test_bars_are_black_and_the_picture_keeps_its_colour() -> None:
    frame = letterbox(np.full((10, 10, 3), (10, 200, 90), np.uint8), (40, 20))
    assert frame.shape == (20, 40, 3)
    assert (frame[:, 10:30] == (10, 200, 90)).all()
    assert not frame[:, :10].any()
    assert not frame[:, 30:].any()


def test_a_picture_that_fits_is_passed_on_untouched() -> None:
    picture = np.zeros((10, 20, 3), np.uint8)
    assert letterbox(picture, (20, 10)) is picture


def test_a_picture_that_comes_again_is_fitted_once() -> None:
    inner = MemoryOutput()
    output = FittedOutput(inner, 40, 20, heads=2)
    picture = np.full((10, 20, 3), 90, np.uint8)
    for shown in (picture, picture, picture.copy()):
        output.show(shown, 0.0)
    first, again, other = inner.pictures
    assert first is again
    assert other is not first
    assert (other == first).all()


def test_each_screen_gets_the_same_head_of_a_picture_that_comes_again() -> None:
    left, right = MemoryOutput(), MemoryOutput()
    screens = Screens([left, right])
    picture = np.arange(12, dtype=np.uint8).reshape(1, 4, 3)
    screens.show(picture, 0.0)
    screens.show(picture, 0.1)
    screens.show(255 - picture, 0.2)
    assert left.pictures[0] is left.pictures[1]
    assert right.pictures[0] is right.pictures[1]
    assert (left.pictures[2] == 255 - picture[:, :2]).all()
    assert (right.pictures[2] == 255 - picture[:, 2:]).all()
