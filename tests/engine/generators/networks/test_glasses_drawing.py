"""The drawing of glasses on a plain picture: both lenses alike, temples that fade toward the ears."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from likeness.generators.networks.glasses_drawing import EAR, Measures, draw_glasses
from likeness.training.glasses import LENGTHS, MEASURED_ON, RIMS

SIDE = 256


def draw(name: str, dark: float, skin: float = 1.0) -> Tensor:
    """Return glasses on plain skin, `[3, SIDE, SIDE]`, upright and in the middle."""
    rims = RIMS[name]
    told = {key: getattr(rims, key) / MEASURED_ON if key in LENGTHS else getattr(rims, key) for key in vars(rims)}
    measures = Measures(torch.tensor([type(rims)(**told).flat()]))
    line = (torch.arange(SIDE) + 0.5) / SIDE - 0.5
    u, v = line.expand(1, 1, SIDE, SIDE), line[:, None].expand(1, 1, SIDE, SIDE)
    plain, one = torch.full((1, 3, SIDE, SIDE), 0.2), torch.ones(1, 1, 1, 1)
    return draw_glasses(plain, u, v, torch.full_like(u, skin), measures, dark * one, one)[0]


@pytest.mark.parametrize("dark", [0.0, 1.0])
@pytest.mark.parametrize("name", ["steel wire, large and round", "dark, cat's eyes"])
def test_light_falls_on_both_lenses_alike(name: str, dark: float) -> None:
    drawn, rims = draw(name, dark), RIMS[name]
    row = slice(SIDE // 2 + round(rims.below) - 8, SIDE // 2 + round(rims.below) + 8)
    left, right = (
        drawn[:, row, SIDE // 2 + round(side * rims.apart) - 10 : SIDE // 2 + round(side * rims.apart) + 10]
        for side in (-1, 1)
    )
    assert left.mean() == pytest.approx(right.mean(), abs=0.02)
    # What a dark lens mirrors lies to one side of it, where light comes from.
    for lens in (left, right):
        assert not dark or lens[:, :, :10].mean() > lens[:, :, 10:].mean() + 0.01


def test_a_temple_fades_on_its_way_to_the_ear() -> None:
    rims = RIMS["black, square"]
    row = SIDE // 2 + round(rims.below - rims.hinge * rims.half_height)
    taken = (0.2 - draw("black, square", 0.0)[:, row - 4 : row + 5].mean(0).amin(0))[SIDE // 2 :]
    outer = round(rims.apart + rims.half_width) + round(rims.top)
    way = taken[outer : round(EAR * SIDE) + 2].tolist()
    assert way[0] > 0.8
    assert way[-1] == pytest.approx(0.0, abs=0.01)
    assert max(a - b for a, b in pairwise(way)) < 0.15
    # Hair hides it.
    hidden = (0.2 - draw("black, square", 0.0, skin=0.0)[:, row].mean(0))[SIDE // 2 :]
    assert hidden[round(0.33 * SIDE) :].abs().max() < 0.01
