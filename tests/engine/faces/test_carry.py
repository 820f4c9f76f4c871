"""A change of a drawing carried over to a photo: what moved is moved, what was lit is lit, the rest is the photo's."""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.faces.carry import carry_change, carry_worn, find_move, join_warps
from likeness.faces.flow import FlowFinder, warp

SIDE = 128


def texture(seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip(128 + 35 * soft / soft.std(), 0, 255).astype(np.uint8)


def shifted(picture: NDArray[np.uint8], right: int) -> NDArray[np.uint8]:
    return np.roll(picture, right, axis=1)


def inside(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    return picture[20:-20, 20:-20].astype(float)


def test_a_photo_moves_as_its_drawing_does_and_keeps_what_the_drawing_has_not() -> None:
    drawing, photo = texture(0), texture(1)
    field = find_move(drawing, shifted(drawing, 3), FlowFinder())
    carried = carry_change(photo, drawing, shifted(drawing, 3), field)
    assert (
        np.abs(inside(carried) - inside(shifted(photo, 3))).mean()
        < 0.3 * np.abs(inside(carried) - inside(photo)).mean()
    )


def test_light_on_the_drawing_falls_on_the_photo() -> None:
    drawing, photo = texture(0) // 2, texture(1) // 2
    still = np.zeros((SIDE, SIDE, 2), np.float32)
    carried = carry_change(photo, drawing, drawing + 40, still)
    assert np.abs(carried.astype(int) - photo - 40).max() <= 1
    assert np.array_equal(carry_change(photo, drawing, drawing, still), photo)


def test_what_a_drawing_wears_is_worn_by_the_photo_as_sharp_and_nothing_else_changes() -> None:
    bare, photo = texture(0) // 2 + 60, texture(1) // 2 + 60
    worn = bare.copy()
    worn[40:44, 20:60], worn[80:82, 20:60] = 10, 250
    carried = carry_worn(photo, bare, worn)
    assert carried[40:44, 20:60].max() < 40
    assert carried[80:82, 20:60].min() > 220
    elsewhere = (worn == bare).all(axis=2)
    assert np.array_equal(carried[elsewhere], photo[elsewhere])


def test_two_warps_of_one_face_are_joined_to_the_way_between_them() -> None:
    mean = texture(2)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    before, after = (
        np.stack([4 * np.sin(np.pi * y + phase), 3 * np.cos(np.pi * x + phase)], axis=2) for phase in (0.0, 1.0)
    )
    drawn, moved = (np.asarray(warp(mean, field), np.uint8) for field in (before, after))
    carried = np.asarray(warp(drawn, join_warps(before, after)), np.uint8)
    assert np.abs(inside(carried) - inside(moved)).mean() < 0.2 * np.abs(inside(drawn) - inside(moved)).mean()
