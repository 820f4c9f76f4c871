"""New pictures of a class, drawn by a DAGAN that need not have seen it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from likeness.faces.photo import read_photo
from likeness.faces.resize import resize
from likeness.generators.variation_file import Variation
from likeness.picture import Picture, to_pictures, to_tensor
from likeness.tools.augment.new_picture import Made, NewPicture, OnStep, keep_new
from likeness.training.pictures import crop_square

# Below this many levels between its channels a picture is grey.
COLOURED = 8


class VariationDrawer:
    """Draws other pictures of a picture's class; one thread at a time.

    Args:
        variation: the DAGAN.
        count: new pictures of each.
    """

    def __init__(self, variation: Variation, count: int) -> None:
        self._variation, self._count = variation, count

    def make(self, path: Path, seed: tuple[int, ...], on_step: OnStep) -> Made:
        """Return new pictures of the class of a picture, of the DAGAN's size or the picture's, whichever is smaller.

        What is grey stays grey.

        Raises:
            PhotoError: it cannot be read.
        """
        network, photo = self._variation.network, read_photo(path)
        side = min(*photo.shape[:2], network.size)
        square = crop_square(photo, network.size)
        noise = [np.random.default_rng((*seed, number)).standard_normal(network.z_dim) for number in range(self._count)]
        z = torch.from_numpy(np.stack(noise)).float()
        images = self._variation.draw(to_tensor(square).expand(self._count, -1, -1, -1), z)
        drawn = [resize(picture, side) for picture in to_pictures(images)]
        if int(np.ptp(square.astype(np.int16), axis=2).max()) < COLOURED:
            drawn = [_to_grey(picture) for picture in drawn]
        on_step(self._count, self._count)
        original = resize(square, side)
        return keep_new(original, original, [NewPicture(picture) for picture in drawn])


def _to_grey(picture: Picture) -> Picture:
    grey = np.rint(picture.astype(np.float32).mean(axis=2, keepdims=True))
    return np.ascontiguousarray(np.broadcast_to(grey, picture.shape), np.uint8)
