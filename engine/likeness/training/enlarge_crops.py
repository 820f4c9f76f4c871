"""Training crops of `enlarge`: squares of pairs, of blurred photos, and of drawings of random faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.enlarger import FACTOR
from likeness.generators.networks.refiner import Refiner
from likeness.training.crops import choose_start, sample_codes
from likeness.training.dataset import to_images
from likeness.training.enlarge_pairs import EnlargePairs

# The least truncation of random faces, as they are played.
LEAST_PSI = 0.5
# The middle of a square, in parts of the picture: face and hair, down and across.
DOWN, ACROSS = (0.25, 0.76), (0.30, 0.70)
# Of blurred photos: the blur's deviation in px of the drawing, and how much of the photo is seen, the rest drawn.
BLUR, SEEN = (0.4, 1.5), (0.6, 1.0)
BLUR_REACH = 4  # px


@dataclass(frozen=True)
class EnlargeCrop:
    """One square, from the same place of several pictures: first pairs, then blurred photos, then random faces.

    Attributes:
        drawn: what is to be enlarged, `[batch, 3, crop, crop]` in [-1, 1].
        regions: where there is bare skin and where the person is, in [0, 1], `[batch, 2, crop, crop]`.
        photos: of the pairs and of the blurred photos, `[paired + blurred, 3, 2 crop, 2 crop]`.
        refined: of the random faces, what the base's refiner makes of them; `[random, 3, crop, crop]`.
        paired: the number of pairs.
        places: `[1, 2, 2 crop, 2 crop]`, x and y of each pixel in the whole picture, in [-1, 1].
    """

    drawn: Tensor
    regions: Tensor
    photos: Tensor
    refined: Tensor
    paired: int
    places: Tensor


class EnlargeCrops:
    """A sampler of crops; random numbers come from torch's global generator.

    Args:
        pairs: of the training faces.
        composite: draws the random faces; on the device.
        refiner: of the base, where it has one; on the device.
        crop: px of a square of the drawing.
        device: where the crops are wanted.
    """

    def __init__(
        self,
        pairs: EnlargePairs,
        composite: CompositeNetwork,
        refiner: Refiner | None,
        crop: int,
        device: torch.device,
    ) -> None:
        self._pairs, self._composite, self._refiner = pairs, composite, refiner
        self._crop, self._device = crop, device

    def draw(self, count: int) -> EnlargeCrop:
        """Return a crop of `count` pictures, a third of each kind, and two at least."""
        random = count // 3
        blurred = (count - random) // 2
        top, left = (choose_start(self._composite.size, self._crop, *span) for span in (DOWN, ACROSS))
        drawn, regions, photos = self._cut_pairs(count - random, top, left)
        if blurred:
            drawn = torch.cat([drawn[:-blurred], _blur_photos(drawn[-blurred:], photos[-blurred:])])
        refined = drawn[:0]
        if random:
            faces, their_regions, refined = self._draw_random(random, top, left)
            drawn, regions = torch.cat([drawn, faces]), torch.cat([regions, their_regions])
        size, crop = FACTOR * self._composite.size, FACTOR * self._crop
        axis = torch.linspace(-1, 1, size, device=self._device)
        columns, rows = (axis[FACTOR * start : FACTOR * start + crop] for start in (left, top))
        places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]
        drawn, photos = (x.contiguous(memory_format=torch.channels_last) for x in (drawn, photos))
        return EnlargeCrop(drawn, regions, photos, refined, count - random - blurred, places)

    def _cut_pairs(self, count: int, top: int, left: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return drawings, regions and photos of training faces, every other one mirrored."""
        crop, size = self._crop, self._composite.size
        drawn: list[NDArray[np.uint8]] = []
        photos: list[NDArray[np.uint8]] = []
        for number in torch.randint(len(self._pairs), (count,)).tolist():
            mirrored = bool(torch.rand(()) < 0.5)
            start = size - left - crop if mirrored else left
            for kept, rows, unit in ((drawn, self._pairs.drawn, 1), (photos, self._pairs.photos, FACTOR)):
                down, across = (slice(unit * at, unit * (at + crop)) for at in (top, start))
                piece = rows[number, down, across]
                kept.append(piece[:, ::-1] if mirrored else piece)
        both = to_images(np.stack(drawn), self._device)
        return both[:, :3], both[:, 3:].add(1).div(2), to_images(np.stack(photos), self._device)

    @torch.no_grad()
    def _draw_random(self, count: int, top: int, left: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return drawings of random faces, their regions, and their refined drawings."""
        composite = self._composite
        parts = composite.layers(sample_codes(self._pairs.codes, count, LEAST_PSI).to(self._device))
        drawn = composite.draw_parts(parts, composite.size)
        regions = composite.draw_regions(parts)
        refined = drawn if self._refiner is None else self._refiner(drawn, regions[:, :1]).clamp(-1, 1)
        rows, columns = slice(top, top + self._crop), slice(left, left + self._crop)
        return drawn[..., rows, columns], regions[..., rows, columns], refined[..., rows, columns]


def _blur_photos(drawn: Tensor, photos: Tensor) -> Tensor:
    """Return photos at half size, each as soft as a drawing may be, over their drawings.

    What stands in a photo can be met pixel by pixel, hair and clothes too, of which a composite draws somebody else's.
    """
    small = functional.avg_pool2d(photos, FACTOR)
    blur, seen = (torch.empty(len(small), 1, 1, 1).uniform_(*span).to(small.device) for span in (BLUR, SEEN))
    offsets = torch.arange(-BLUR_REACH, BLUR_REACH + 1, device=small.device)
    taps = torch.exp(-(offsets**2) / (2 * blur.flatten()[:, None] ** 2))
    taps = taps / taps.sum(1, keepdim=True)
    batch, channels, height, width = small.shape
    around = functional.pad(small, (BLUR_REACH,) * 4, mode="replicate").reshape(1, batch * channels, height + 8, -1)
    kernels = taps.repeat_interleave(channels, 0)[:, None, :, None]
    down = functional.conv2d(around, kernels, groups=batch * channels)
    soft = functional.conv2d(down, kernels.transpose(2, 3), groups=batch * channels)
    return torch.lerp(drawn, soft.view(batch, channels, height, width), seen)
