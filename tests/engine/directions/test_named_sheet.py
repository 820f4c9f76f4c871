"""A sheet of directions: a row for each with its name, and on each picture the amount that it shows."""

from collections.abc import Callable
from typing import Any

import torch

from likeness.directions.named_sheet import NamedDirection, draw_named_sheet

SIDE, GAP = 64, 2


def test_each_row_has_its_name_and_what_the_direction_does(toy: Callable[..., Any]) -> None:
    generator = toy(1, 8)
    smile, nothing = torch.eye(8)[:1], torch.zeros(1, 8)
    rows = [NamedDirection("smile", smile, (-3, 0, 3)), NamedDirection("none", nothing, (-3, 0, 3))]
    drawn = draw_named_sheet(generator, rows, side=SIDE)
    assert drawn.shape == (2 * SIDE + GAP, 4 * SIDE + 3 * GAP, 3)
    tiles = [[drawn[y : y + SIDE, x : x + SIDE] for x in range(0, 4 * SIDE, SIDE + GAP)] for y in (0, SIDE + GAP)]
    named, other = tiles[0][0], tiles[1][0]
    assert named.any()
    assert other.any()
    assert (named != other).any(), "each its own name"
    above = slice(0, SIDE - 20)  # the amounts are written below
    assert (tiles[0][1][above] != tiles[0][3][above]).any()
    assert (tiles[1][1][above] == tiles[1][3][above]).all()
    assert (tiles[1][1] != tiles[1][3]).any(), "each its own amount"
    assert (tiles[0][2][above] == tiles[1][2][above]).all(), "the same face at 0"
