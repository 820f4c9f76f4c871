"""Split an aligned face into the layers and bands that a composite draws.

A Laplacian pyramid of three levels [Burt & Adelson 1983] for each layer, computed on the
layer alone: pixels of other layers are filled first and leave no edge in the bands.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from likeness.faces.flow import Bytes, Image
from likeness.faces.mattes import Mattes
from likeness.faces.resize import resize

LUMA = np.array([0.114, 0.587, 0.299], np.float32)  # BGR, ITU-R BT.601


@dataclass(frozen=True)
class Supports:
    """Where each layer was surely seen, `[size, size]` in [0, 1]: mattes without their rims."""

    skin: Image
    hair: Image
    backdrop: Image


def resize_square(picture: Image, size: int) -> Image:
    """Return a square picture at `size` px, bilinear on the way up; `[height, width]` or with channels."""
    return np.asarray(resize(picture, size, enlarge=cv2.INTER_LINEAR), np.float32)


def to_unit(picture: Bytes) -> Image:
    """Return bytes as numbers in [-1, 1]."""
    return picture.astype(np.float32) / np.float32(127.5) - 1


def layer_supports(mattes: Mattes, size: int) -> Supports:
    """Return the layers' supports at `size`, their rims eroded: there colours are mixed.

    Skin loses two pixels of a half-size matte: with one, dark fringes stained many foreheads.
    """
    cross = np.ones((3, 3), np.uint8)
    skin = cv2.erode(mattes.skin, cross, iterations=2)
    hair = cv2.erode(mattes.person * (1 - mattes.skin), cross)
    backdrop = cv2.erode(1 - mattes.person, cross, iterations=2)
    return Supports(*(resize_square(np.asarray(matte, np.float32), size) for matte in (skin, hair, backdrop)))


def covered_mean(picture: Image, support: Image, size: int) -> tuple[Image, Image]:
    """Return the layer's mean colour in each larger pixel, and how much of that pixel was seen.

    Returns:
        `[size, size, channels]` (zero where nothing was seen) and `[size, size, 1]`.
    """
    seen = resize_square(support, size)[..., None]
    return resize_square(picture * support[..., None], size) / (seen + 1e-4), seen


def fill_unseen(broad: Image, seen: Image) -> Image:
    """Fill what was not seen from its neighbourhood, the nearest seen colours counting most.

    Args:
        broad: `[size, size, channels]`, a layer's colours where seen.
        seen: `[size, size, 1]` in [0, 1].
    """
    filled = np.broadcast_to((broad * seen).sum((0, 1)) / (seen.sum((0, 1)) + 1e-3), broad.shape)
    sigma = broad.shape[0] / 4
    while sigma >= 1:
        weighed = cv2.GaussianBlur(broad * seen, (0, 0), sigma)
        weight = cv2.GaussianBlur(seen, (0, 0), sigma)[..., None]
        trust = np.clip(weight * 8, 0, 1)
        filled = filled * (1 - trust) + trust * weighed / (weight + 1e-5)
        sigma /= 2
    return np.asarray(seen * broad + (1 - seen) * filled, np.float32)


def skin_bands(picture: Image, support: Image, broad: Image) -> tuple[Image, Image, Image]:
    """Return broad, middle and fine skin of a picture, their own size a quarter, half and whole of it.

    Args:
        picture: `[size, size, 3]` in [-1, 1], in the mean frame.
        support: where skin was seen.
        broad: `[size / 4, size / 4, 3]`, skin already filled everywhere.

    Returns:
        Broad `[size / 4, size / 4, 3]`, middle `[size / 2, size / 2, 3]`, fine `[size, size, 1]`:
        the fine band is brightness alone, for colour has next to nothing there.
    """
    size = picture.shape[0]
    layer = support[..., None] * picture + (1 - support[..., None]) * resize_square(broad, size)
    low, mid = resize_square(layer, size // 4), resize_square(layer, size // 2)
    return low, mid - resize_square(low, size // 2), ((layer - resize_square(mid, size)) @ LUMA)[..., None]


def hair_detail(picture: Image, support: Image, floor: float) -> Image:
    """Return strands and shine: log-brightness of hair above its local mean, `[size, size]`.

    In logarithms black hair keeps its shine faint and white hair its shadows deep when a
    strand pattern moves to another colour.
    """
    size = picture.shape[0]
    brightness = np.log(np.maximum((picture + 1) @ LUMA, 0) + np.float32(floor))
    coarse = max(4, size // 16)
    weight = cv2.GaussianBlur(resize_square(support, coarse), (0, 0), 0.8)
    local = cv2.GaussianBlur(resize_square(brightness * support, coarse), (0, 0), 0.8) / (weight + 1e-4)
    mean = cv2.resize(local, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(brightness - mean, -1.2, 1.2) * support, np.float32)
