"""Skin exemplars made fit to be drawn, when a file is opened: pores as strong as skin has them there, and no lines.

Detail is cut from photos where a matte said skin: with it come hair over a forehead, the rim of a hat, half a pair of
glasses and the deepest wrinkles of the old. On a bare face, or a child's, those are scars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.exemplar_halves import join_halves, split_halves
from likeness.generators.networks.resampling import BINOMIAL, filter_both_ways

PART = "skin_exemplar.detail"
# Strength is measured in squares of so many px, each blurred with its neighbours.
CELL = 4
# What is less than this has no skin there: exemplars end where their faces do.
LEAST = 1e-3
# How much stronger than the usual skin of a place an exemplar may be there.
ABOVE = 1.4
# No px is more than so many times the usual standard deviation from its surroundings: a line that is as thin as a hair
# is not felt in the strength around it.
SHARPEST = 1.6


def mend_skin(tensors: Mapping[str, Tensor], left_out: Sequence[int]) -> dict[str, Tensor]:
    """Return a composite's tensors with skins whose detail is nowhere much stronger than is usual at that place.

    What is usual is the median of all skins and their mirror images. Eyes, nostrils and lips are strong in every face
    and stay; on foreheads and cheeks what is strong is hair, rims and paint.

    Args:
        tensors: of a composite weights file.
        left_out: numbers of skins that are not asked what is usual.
    """
    detail = join_halves(tensors, PART)
    strength = _measure_strength(detail)
    asked = [number for number in range(len(detail)) if number not in left_out]
    both = torch.cat([strength[asked], strength[asked].flip(-1)])
    usual = torch.where(both > LEAST, both, torch.nan).nanmedian(0, keepdim=True).values.nan_to_num(LEAST)
    size = detail.shape[2:]
    gain, bound = (
        functional.interpolate(cells, size=size, mode="bilinear", align_corners=False)
        for cells in ((ABOVE * usual / strength).clamp(max=1), SHARPEST * usual)
    )
    return dict(tensors) | split_halves(PART, bound * torch.tanh(detail * gain / bound))


def _measure_strength(detail: Tensor) -> Tensor:
    """Return the standard deviation of `[n, 1, height, width]` around each cell, `[n, 1, height / 4, width / 4]`."""
    power = functional.avg_pool2d(detail.square(), CELL)
    return filter_both_ways(filter_both_ways(power, BINOMIAL), BINOMIAL).clamp(min=1e-12).sqrt()
