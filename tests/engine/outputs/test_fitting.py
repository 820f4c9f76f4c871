from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness.outputs.fitting import AlphaOutput, FittedOutput, Fitting, Screens, fit, fit_picture, letterbox
from likeness.outputs.output import MemoryOutput
from likeness.picture import Picture
from likeness.ranges import Fit

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


MODES: tuple[Fit, ...] = get_args(Fit)
Maker = Callable[..., Picture]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(16, 90), st.integers(16, 90), st.sampled_from(MODES))
def test_every_mode_fills_any_frame_with_any_picture(width: int, height: int, wide: int, high: int, mode: Fit) -> None:
    frame = fit_picture(np.full((height, width, 3), 200, np.uint8), (wide, high), mode)
    assert frame.shape == (high, wide, 3)
    lowest = {"contain": 0, "blur": 98}.get(mode, 199)
    assert frame.min() >= lowest
    assert frame.max() == 200


@pytest.mark.parametrize("turned", [False, True], ids=["wide", "vertical"])
def test_cover_shows_the_middle_in_its_shape_and_of_a_wide_one_the_eyes_and_the_mouth(
    picture: Maker, turned: bool
) -> None:
    whole = picture(64, 64)
    frame = fit_picture(whole, (36, 64) if turned else (64, 36), "cover")
    assert (frame == (whole[:, 14:50] if turned else whole[18:54])).all()


@pytest.mark.parametrize("turned", [False, True], ids=["wide", "vertical"])
def test_mirror_reflects_the_picture_into_the_bars_again_and_again(picture: Maker, turned: bool) -> None:
    whole = picture(20, 20)
    frame = fit_picture(whole, (20, 70) if turned else (70, 20), "mirror")
    along = frame.transpose(1, 0, 2) if turned else frame
    one = whole.transpose(1, 0, 2) if turned else whole
    back = one[:, ::-1]
    assert (along == np.concatenate([one[:, -5:], back, one, back, one[:, :5]], axis=1)).all()


def test_tile_repeats_it(picture: Maker) -> None:
    whole = picture(20, 20)
    frame = fit_picture(whole, (30, 20), "tile")
    assert (frame == np.concatenate([whole[:, -5:], whole, whole[:, :5]], axis=1)).all()


def test_stretch_uses_all_of_the_frame_and_of_the_picture() -> None:
    halves = np.repeat([[[250], [10]]], 3, axis=2).repeat(8, axis=0).repeat(4, axis=1).astype(np.uint8)
    frame = fit_picture(halves, (32, 8), "stretch")
    assert (frame[:, :12] > 240).all()
    assert (frame[:, 20:] < 20).all()


def test_blur_puts_the_picture_before_itself_dark_and_without_edges(picture: Maker) -> None:
    whole = picture(90, 90)
    frame, bars = fit_picture(whole, (320, 180), "blur"), fit_picture(whole, (320, 180))
    assert (frame[:, 70:250] == bars[:, 70:250]).all()
    left = frame[:, :70].astype(int)
    assert 20 < left.mean() < 0.6 * whole.mean()
    assert np.abs(np.diff(left, axis=0)).max() <= 6


def test_a_picture_that_comes_again_is_the_same_array_until_the_mode_changes(picture: Maker) -> None:
    memory, modes = MemoryOutput(), iter(["mirror", "mirror", "cover"])
    output, whole = FittedOutput(memory, 64, 36, fitting=Fitting(lambda: next(modes))), picture(32, 32)
    for _ in range(3):
        output.show(whole, 0.0)
    first, second, third = memory.pictures
    assert first is second
    assert (third == fit_picture(whole, (64, 36), "cover")).all()


def test_where_edges_are_cut_off_the_mark_is_on_what_is_left(picture: Maker) -> None:
    def mark(fitted: Picture) -> Picture:
        return np.where(np.arange(fitted.shape[1])[None, :, None] > 60, np.uint8(255), fitted)

    memory, mode = MemoryOutput(), ["contain"]
    output = FittedOutput(memory, 64, 36, fitting=Fitting(lambda: mode[0], lambda: mark))
    output.show(picture(32, 32), 0.0)
    mode[0] = "cover"
    output.show(picture(32, 32), 0.0)
    contained, covered = memory.pictures
    assert not contained[:, 61:].any()
    assert (covered[:, 61:] == 255).all()


def test_a_picture_with_alpha_is_fitted_with_it_and_the_bars_are_clear(picture: Maker) -> None:
    memory, whole = MemoryOutput(), picture(32, 32)
    output = AlphaOutput(FittedOutput(memory, 64, 32))
    output.show(whole, 0.0)
    output.alpha = np.full((32, 32), 90, np.uint8)
    output.show(whole, 0.1)
    opaque, clear = memory.pictures
    assert (opaque[:, 16:48, :3] == whole).all()
    assert (opaque[:, 16:48, 3] == 255).all()
    assert (clear[:, 16:48, 3] == 90).all()
    assert not opaque[:, :16].any()
