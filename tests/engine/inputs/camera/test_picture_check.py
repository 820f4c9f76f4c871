"""Pictures that say themselves that something is wrong with their camera, by a clock that the test turns."""

import numpy as np
import pytest

from likeness.inputs.camera.picture_check import BLACK_S, FROZEN_S, PictureCheck, is_black

RNG = np.random.default_rng(0)


def room(shade: int = 120) -> np.ndarray:
    """Return a picture of an empty room, with a camera's noise."""
    return (np.full((480, 640, 3), shade) + RNG.normal(0, 2, (480, 640, 3))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("black", [np.zeros((480, 640, 3), np.uint8), np.full((480, 640, 3), 16, np.uint8), room(3)])
def test_a_camera_with_its_lid_on_is_black_after_a_while_and_not_at_its_beginning(black: np.ndarray) -> None:
    check = PictureCheck(may_stand_still=True)
    assert check.find_trouble(black, 0.0) == ""
    assert check.find_trouble(black, BLACK_S) == ""
    assert check.find_trouble(black, BLACK_S + 0.1) == "black"
    assert check.find_trouble(room(), BLACK_S + 0.2) == ""
    assert check.find_trouble(black, BLACK_S + 0.3) == ""


def test_a_dark_room_with_one_lamp_is_not_black() -> None:
    dark = room(8)
    assert is_black(dark)
    dark[200:220, 300:320] = 90
    assert not is_black(dark)


def test_a_picture_that_comes_again_and_again_is_frozen_and_an_empty_room_is_not() -> None:
    check, still = PictureCheck(may_stand_still=False), room()
    for second in range(20):
        assert check.find_trouble(room(), float(second)) == ""
    assert check.find_trouble(still, 20.0) == ""
    assert check.find_trouble(still.copy(), 20.0 + FROZEN_S + 0.1) == "frozen"
    assert check.find_trouble(room(), 20.0 + FROZEN_S + 0.2) == ""


def test_a_photo_may_stand_still() -> None:
    check, photo = PictureCheck(may_stand_still=True), room()
    assert check.find_trouble(photo, 0.0) == check.find_trouble(photo, 10 * FROZEN_S) == ""
