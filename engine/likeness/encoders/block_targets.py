"""Target values for each block of a composite, read from a photo in the mean frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from likeness.encoders.linear_fit import Matrix
from likeness.faces import bands
from likeness.faces.flow import Bytes, Field, Image, invert, resize_field, warp
from likeness.faces.mattes import Mattes, signed_distance
from likeness.generators.networks.composite_parts import Block

# Least deviation of a wall's colours, in units of [-1, 1]; hair as near to the wall as this many deviations is not
# told from it; and over how many its own colour fades in.
LEAST_SPREAD, APART, FADE = 0.08, 3.0, 2.0


@dataclass(frozen=True)
class BlockTarget:
    """Target values of one block, and where the photo shows them, channels first."""

    wanted: Matrix
    seen: Matrix


def read_targets(
    picture: Bytes, field: Field, mattes: Mattes, skin: Matrix, layout: Mapping[str, Block]
) -> dict[str, BlockTarget]:
    """Read every block from a photo; the fine skin only where the photo comes at its size.

    Args:
        picture: `[size, size, 3]` uint8 BGR, whole or half the model's size.
        field: warps the photo into the mean frame, in pixels of its own size.
        mattes: hard ones, in the mean frame.
        skin: the block as last drawn, `[3, height, width]` RGB; it fills what was not seen.
        layout: the network's blocks.
    """
    size = picture.shape[0]
    face = bands.to_unit(np.asarray(warp(picture, resize_field(field, size)), np.uint8))
    places = bands.layer_supports(mattes, size)
    targets = {}
    grid = layout["field"].grid
    targets["field"] = _full_target(invert(resize_field(field, grid)) / np.float32(grid))
    edges = np.stack([signed_distance(mattes.skin), signed_distance(mattes.person)], axis=2)
    targets["edges"] = _full_target(bands.resize_square(edges, layout["edges"].grid))
    for name in ("hair", "backdrop", "skin"):
        mean, seen = bands.covered_mean(face, getattr(places, name), layout[name].grid)
        targets[name] = BlockTarget(
            _channels_first(mean[..., ::-1]), np.clip(seen * 1.5 - 0.25, 0, 1).transpose(2, 0, 1)
        )
    broad = targets["skin"]
    filled = broad.seen * broad.wanted + (1 - broad.seen) * skin
    targets |= _skin_detail(face, places.skin, np.ascontiguousarray(filled.transpose(1, 2, 0)[..., ::-1]), layout)
    return targets


def leave_out_wall(targets: Mapping[str, BlockTarget], drawn: Matrix) -> dict[str, BlockTarget]:
    """Return targets in which the hair is not seen where it has the wall's colour.

    Hair is read where the drawing has it, a little beside where the photo has it, and what it is read from there is
    wall: before a saturated one black hair turned blue. Where the drawn hair itself is of the wall's colour, as dark
    hair before a dark wall, all is left as it is.

    Args:
        targets: of `read_targets`.
        drawn: the hair as last drawn, `[3, height, width]` RGB.
    """
    hair, wall = targets["hair"], targets["backdrop"]
    if not (wall.seen.any() and hair.seen.any()):
        return dict(targets)
    colour = _mean_colour(wall.wanted, wall.seen)
    spread = float(np.sqrt(_mean_colour(((wall.wanted - colour) ** 2).sum(0, keepdims=True), wall.seen).item()))
    spread = max(spread, LEAST_SPREAD)
    if np.linalg.norm(_mean_colour(drawn, hair.seen) - colour) < APART * spread:
        return dict(targets)
    apart = ((hair.wanted - colour) ** 2).sum(0, keepdims=True)
    own = 1 - np.exp(-apart / (2 * (FADE * spread) ** 2))
    return {**targets, "hair": BlockTarget(hair.wanted, np.asarray(hair.seen * own, np.float32))}


def _mean_colour(picture: Matrix, seen: Matrix) -> Matrix:
    """Of `[channels, height, width]` where it is seen, `[channels, 1, 1]`."""
    return np.asarray((picture * seen).sum((1, 2), keepdims=True) / seen.sum(), np.float32)


def _skin_detail(face: Image, support: Image, broad: Image, layout: Mapping[str, Block]) -> dict[str, BlockTarget]:
    """The middle band, and the fine one of a face of the model's whole size; as `bands.skin_bands`."""
    size = face.shape[0]
    middle, fine = layout["skin_middle"], layout["skin_fine"]
    layer = support[..., None] * face + (1 - support[..., None]) * bands.resize_square(broad, size)
    mid = bands.resize_square(layer, middle.grid)
    band = mid - bands.resize_square(bands.resize_square(layer, layout["skin"].grid), middle.grid)
    found = {"skin_middle": _crop_target(band[..., ::-1], support, middle)}
    if size == fine.grid:
        found["skin_fine"] = _crop_target(_brightness(layer - bands.resize_square(mid, size)), support, fine)
    return found


def _brightness(picture: Image) -> Image:
    """Of a BGR picture, `[height, width, 1]`."""
    return np.asarray(cv2.transform(picture, bands.LUMA[None]), np.float32)[..., None]


def _crop_target(band: Image, support: Image, block: Block) -> BlockTarget:
    rows, columns = slice(block.top, block.top + block.height), slice(block.left, block.left + block.width)
    seen = bands.resize_square(support, block.grid)[rows, columns]
    return BlockTarget(_channels_first(band[rows, columns]), seen[None])


def _full_target(picture: Image) -> BlockTarget:
    return BlockTarget(_channels_first(picture), np.ones((1, 1, 1), np.float32))


def _channels_first(picture: Image) -> Matrix:
    return np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32)
