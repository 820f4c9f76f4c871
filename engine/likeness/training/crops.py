"""Training crops of `refine`: squares of pairs, and of drawings of random faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.composite_parts import ROWS
from likeness.training.dataset import to_images
from likeness.training.pairs import Pairs

# The share of pairs in a step's pictures; the rest are drawings of random faces, which only the critic scores.
PAIRED = 2 / 3
# The least truncation of those, as it is played, and the share that mix two training faces.
LEAST_PSI, MIXED = 0.6, 1 / 3
# The middle of a square, in parts of the picture: around the face, down and across.
DOWN, ACROSS = (0.46, 0.76), (0.40, 0.60)


@dataclass(frozen=True)
class Crop:
    """One square, from the same place of several pictures.

    Attributes:
        drawn: `[batch, 3, crop, crop]` in [-1, 1].
        skin: where it is bare skin, in [0, 1], `[batch, 1, crop, crop]`.
        photos: `[paired, 3, crop, crop]`, of the first of `drawn`.
        places: `[1, 2, crop, crop]`, x and y of each pixel in the whole picture, in [-1, 1].
    """

    drawn: Tensor
    skin: Tensor
    photos: Tensor
    places: Tensor


class Crops:
    """A sampler of crops; random numbers come from torch's global generator.

    Args:
        pairs: of the training faces.
        composite: draws the random faces; on the device.
        crop: px of a square.
        device: where the crops are wanted.
    """

    def __init__(self, pairs: Pairs, composite: CompositeNetwork, crop: int, device: torch.device) -> None:
        self._pairs, self._composite, self._crop, self._device = pairs, composite, crop, device

    def draw(self, count: int) -> Crop:
        """Return a crop of `count` pictures."""
        paired = min(count, max(1, round(count * PAIRED)))
        crop, size = self._crop, self._composite.size
        top, left = (choose_start(self._composite.size, self._crop, *span) for span in (DOWN, ACROSS))
        rows, columns = slice(top, top + crop), slice(left, left + crop)
        across = slice(size - left - crop, size - left)  # the same in a mirror
        pairs = []
        for number in torch.randint(len(self._pairs), (paired,)).tolist():
            pair = self._pairs.pixels[number]
            pairs.append(pair[rows, across][:, ::-1] if torch.rand(()) < 0.5 else pair[rows, columns])
        both = to_images(np.stack(pairs), self._device)
        drawn, skin, photos = both[:, :3], both[:, 3:4].add(1).div(2), both[:, 4:]
        if count > paired:
            with torch.no_grad():
                codes = sample_codes(self._pairs.codes, count - paired, LEAST_PSI)
                parts = self._composite.layers(codes.to(self._device))
                random_faces, random_skin = self._composite.draw_with_skin(parts)
            drawn = torch.cat([drawn, random_faces[:, :, rows, columns]])
            skin = torch.cat([skin, random_skin[:, :, rows, columns]])
        axis = torch.linspace(-1, 1, size, device=self._device)
        places = torch.stack(torch.meshgrid(axis[columns], axis[rows], indexing="xy"))[None]
        drawn, photos = (x.contiguous(memory_format=torch.channels_last) for x in (drawn, photos))
        return Crop(drawn, skin, photos, places)


def choose_start(size: int, crop: int, least: float, most: float) -> int:
    """Return the start of a square whose middle is from `least` to `most` of the picture, as far as it fits."""
    middle = least + (most - least) * float(torch.rand(()))
    return int(min(max(middle * size - crop / 2, 0), size - crop))


def sample_codes(known: Tensor, count: int, least_psi: float) -> Tensor:
    """Return latents `[count, 4, w_dim]` as they are played: random faces, and mixes of two, layer by layer.

    Args:
        known: latents of pairs, `[pairs, 4, w_dim]`, two of which are mixed.
        count: how many.
        least_psi: the least truncation of random faces.
    """
    psi = least_psi + (1 - least_psi) * torch.rand(count, 1, 1)
    codes = psi * torch.randn(count, 1, known.shape[-1]).expand(-1, ROWS, -1)
    one, other = (known[torch.randint(len(known), (count,))] for _ in range(2))
    mixed = torch.lerp(one, other, torch.rand(count, ROWS, 1))
    return torch.where(torch.rand(count, 1, 1) < MIXED, mixed, codes)
