"""A sheet of what directions do to one face, a row for each with its name."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import torch
from torch import Tensor

from likeness.generator import Generator
from likeness.latent import truncate
from likeness.picture import Picture, black, resize_images, sheet, to_pictures

# Of a switch's pictures: off, ghosts, on.
SWITCH_AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class NamedDirection:
    """A row of a sheet.

    Attributes:
        name: written at its left.
        direction: `[num_ws, w_dim]`.
        amounts: written on its pictures, in the direction's own length.
    """

    name: str
    direction: Tensor
    amounts: Sequence[float]


@torch.no_grad()
def draw_named_sheet(
    generator: Generator, directions: Sequence[NamedDirection], seed: int = 0, psi: float = 0.7, side: int = 96
) -> Picture:
    """Return a sheet with a row for each direction, as many amounts each: its name, and what it does to a face.

    Args:
        generator: whose face it is.
        directions: at least one.
        seed: of the face.
        psi: its truncation.
        side: of one picture, in px.
    """
    face = truncate(generator.sample([seed]), generator.mean, psi)[0]
    tiles: list[Picture] = []
    for row in directions:
        tiles.append(_write(black(side, side), row.name, side // 2))
        moved = torch.stack([face + amount * row.direction.to(face) for amount in row.amounts])
        pictures = to_pictures(resize_images(generator.synthesize(moved).clamp(-1, 1), side))
        tiles += [
            _write(picture, f"{amount:g}", side - 4) for picture, amount in zip(pictures, row.amounts, strict=True)
        ]
    return sheet(tiles, 1 + len(directions[0].amounts), gap=2)


def _write(picture: Picture, words: str, bottom: int) -> Picture:
    """Return a picture with a line of white words that ends at its row `bottom`."""
    written = picture.copy()
    cv2.putText(written, words, (4, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return written
