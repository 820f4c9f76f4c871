"""Pictures of exemplars as a composite's file has them: int8 halves, even and odd in a mirror, with a scale each."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

LARGEST = 127  # of int8
FAINTEST = 1e-8  # so that an empty half has a scale


def join_halves(tensors: Mapping[str, Tensor], part: str) -> Tensor:
    """Return one part of every exemplar, `[n, channels, height, width]` float32.

    Args:
        tensors: of a composite weights file.
        part: its name with that of the exemplars, such as "hair_exemplar.detail".
    """
    even, odd = (
        tensors[f"{part}_{parity}"].float() * tensors[f"{part}_{parity}_scale"].reshape(-1, 1, 1, 1)
        for parity in ("even", "odd")
    )
    return torch.cat([even + odd, (even - odd).flip(-1)], dim=-1)


def split_halves(part: str, pictures: Tensor) -> dict[str, Tensor]:
    """Return one part of every exemplar `[n, channels, height, width]` as a file has it, by the tensors' names."""
    left, right = pictures.chunk(2, dim=-1)
    right = right.flip(-1)
    packed = {}
    for parity, half in (("even", (left + right) / 2), ("odd", (left - right) / 2)):
        scale = half.abs().amax((1, 2, 3)).clamp(min=FAINTEST) / LARGEST
        packed[f"{part}_{parity}"] = (half / scale.reshape(-1, 1, 1, 1)).round().to(torch.int8)
        packed[f"{part}_{parity}_scale"] = scale
    return packed
