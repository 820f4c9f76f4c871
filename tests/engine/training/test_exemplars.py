"""Exemplars of skin: faces that wear something are none."""

import cv2
import numpy as np

from likeness.generators.networks.composite_parts import block_layout
from likeness.training.exemplars import find_bare_skins

SIZE, FACES = 128, 40


def draw_skins() -> np.ndarray:
    """Return fine skin of faces `[n, height, width, 1]`: pores of different strength, and eyes."""
    block, rng = block_layout(SIZE)["skin_fine"], np.random.default_rng(4)
    skins = rng.normal(size=(FACES, block.height, block.width)) * rng.uniform(0.5, 2, (FACES, 1, 1)) * 0.01
    for skin in skins:
        for side in (-1, 1):
            row, column = round(0.472 * SIZE) - block.top, block.width // 2 + side * round(0.127 * SIZE)
            skin[row - 3 : row + 3, column - 6 : column + 6] *= 4
    return skins[..., None].astype(np.float32)


def test_faces_with_rims_across_their_cheeks_are_left_out() -> None:
    skins, block = draw_skins(), block_layout(SIZE)["skin_fine"]
    wearers = [3, 11, 25]
    for i in wearers:
        for side in (-1, 1):
            centre = (block.width // 2 + side * round(0.13 * SIZE), round(0.50 * SIZE) - block.top)
            rims = cv2.ellipse(np.zeros(skins.shape[1:3], np.float32), centre, (13, 11), 0, 0, 360, 1.0, 1)
            skins[i, ..., 0] += rims * 8 * skins[i].std()
    bare = find_bare_skins(skins, np.arange(FACES))
    assert not bare[wearers].any()
    assert bare.sum() > FACES / 2


def test_faces_with_paint_are_left_out_wherever_it_is() -> None:
    skins = draw_skins()
    # Beside the cheeks: on the forehead of one, the chin of another.
    skins[7, 4:10, 20:50] += 0.6
    skins[30, -12:-8, 30:60] -= 0.6
    bare = find_bare_skins(skins, np.arange(FACES))
    assert not bare[[7, 30]].any()


def test_only_the_faces_that_are_asked_for_are_judged_and_beside_each_other() -> None:
    skins = draw_skins()
    faces = np.arange(0, FACES, 2)
    assert find_bare_skins(skins, faces).shape == (len(faces),)
    # A skin twice as strong as a whole is no other skin.
    assert (find_bare_skins(3 * skins, faces) == find_bare_skins(skins, faces)).all()
