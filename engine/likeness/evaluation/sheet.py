"""A sheet that shows memorising: each fixed seed beside the training picture nearest to it."""

from collections.abc import Sequence
from pathlib import Path

from likeness.evaluation.features import read_square, resized
from likeness.picture import Picture, sheet, to_pictures, to_tensor

PAIRS_A_ROW = 8
SIDE = 128


def nearest_sheet(pairs: Sequence[tuple[Picture, Path]], side: int = SIDE) -> Picture:
    """Return the pairs, eight a row: the seed's picture, and right of it the file nearest to it."""
    tiles = []
    for picture, path in pairs:
        tiles += to_pictures(resized(to_tensor(picture), side)) + to_pictures(read_square(path, side))
    return sheet(tiles, 2 * PAIRS_A_ROW)
